"""Rows of running executions: written in bulk by the turn, read back after a restart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, literal, select, update

from alula.database import tables as t
from alula.database.engine import execute, insert_sql, update_sql
from alula.engine.event import Failure
from alula.engine.state import Attempt, Node, Run, Turn
from alula.idl.phase import SUCCESSFUL_NODE, TERMINAL_ATTEMPT, TERMINAL_EXECUTION, TERMINAL_NODE, AttemptPhase, NodePhase

Values = tuple[Any, ...]

NODE_FIXED = ("execution_key", "node_id", "spec_node_id", "scope_id", "parent_id", "kind", "created_at", "inputs")
NODE_CHANGING = (
    *("phase", "started_at", "ended_at", "updated_at", "duration_us", "user_failures", "system_failures"),
    *("cache_status", "cache_reason", "cache_source", "child", "chosen", "is_dynamic", "answer_order", "answer_clock_s"),
    *("error_code", "error_kind", "error_message", "error_node", "deck_uri", "outputs_uri", "outputs"),
)
ATTEMPT_ID = ("execution_key", "node_id", "item", "retry_attempt")
ATTEMPT_FIXED = (*ATTEMPT_ID, "task_project", "task_domain", "task_name", "task_version", "created_at", "child")
ATTEMPT_CHANGING = (
    *("phase", "started_at", "ended_at", "updated_at", "duration_us", "error_code", "error_kind", "error_message", "is_recoverable"),
    *("log_uri", "log_start", "log_end", "queued_us", "provisioning_us", "import_us", "read_us", "run_us", "write_us"),
    *("peak_rss_bytes", "worker", "cache_status", "system_failures", "outputs"),
)
RUN_CHANGING = (
    *("phase", "started_at", "ended_at", "updated_at", "duration_us", "error_code", "error_kind", "error_message", "error_node"),
    *("abort_cause", "abort_principal", "outputs"),
)
CALL = ("execution_key", "node_id", "owner_id", "item", "call_key", "generation", "after", "clock_s", "digest", "place", "node")
EVENT = ("execution_key", "sequence", "at", "kind", "node_id", "item", "attempt", "detail")
NO_REPORT = (0, 0, 0, 0, 0, 0, 0, 0, "")  # log_end to worker
NO_FAILURE = ("", "", "", "")


def _failure(failure: Failure | None) -> tuple[str, str, str, str]:
    return NO_FAILURE if failure is None else (text(failure.code), failure.kind, text(failure.message), failure.node_id)


def text(value: str) -> str:
    """User's text as PostgreSQL takes it too: it refuses NUL, and one task's message would hold up every execution."""
    return value.replace("\x00", "\\x00") if "\x00" in value else value


def _node_changing(node: Node, at: int) -> Values:
    return (
        int(node.phase),
        node.started_at,
        node.ended_at,
        at,
        node.ended_at - node.started_at if node.ended_at and node.started_at else 0,
        node.user_failures,
        node.system_failures,
        node.cache_status,
        node.cache_reason,
        node.cache_source,
        node.child,
        node.chosen,
        int(node.closure is not None or node.has_calls),
        node.answer_order,
        node.answer_clock_s,
        *_failure(node.failure),
        node.deck_uri,
        node.outputs_uri,
        node.outputs.SerializeToString() if node.outputs is not None and not node.outputs_uri else None,
    )


def _attempt_changing(attempt: Attempt, at: int, outputs: bytes | None) -> Values:
    code, kind, message, _ = _failure(attempt.failure)
    may_retry = int(attempt.failure is not None and attempt.failure.is_recoverable)
    started = attempt.started_at or attempt.created_at
    head = (int(attempt.phase), attempt.started_at, attempt.ended_at, at, attempt.ended_at - started if attempt.ended_at else 0)
    tail = (attempt.cache_status, attempt.system_failures, outputs)
    r = attempt.report
    if r is None:
        return (*head, code, kind, message, may_retry, attempt.log_uri, attempt.log_start, *NO_REPORT, *tail)
    times = (r.queued_us, r.provisioning_us, r.import_us, r.read_us, r.run_us, r.write_us, r.peak_rss_bytes)
    log = (attempt.log_uri, attempt.log_start, r.log_end)
    return (*head, code, kind, message, may_retry, *log, *times, r.worker, *tail)


class TurnWriter:
    """Collects turns and writes them in a handful of statements, inserts before updates, the last state of each row."""

    def __init__(self, dialect: str) -> None:
        self._insert_node = insert_sql(t.node_execution, NODE_FIXED + NODE_CHANGING, dialect)
        self._update_node = update_sql(t.node_execution, NODE_CHANGING, ("execution_key", "node_id"), dialect)
        self._insert_attempt = insert_sql(t.task_execution, ATTEMPT_FIXED + ATTEMPT_CHANGING, dialect)
        self._insert_hit = insert_sql(t.task_execution, (*ATTEMPT_FIXED, *ATTEMPT_CHANGING, "cache_source"), dialect)
        self._update_attempt = update_sql(t.task_execution, ATTEMPT_CHANGING, ATTEMPT_ID, dialect)
        self._update_run = update_sql(t.execution, RUN_CHANGING, ("key",), dialect)
        self._insert_call = insert_sql(t.task_call, CALL, dialect)
        self._insert_event = insert_sql(t.event, EVENT, dialect)
        self._insert_closure = insert_sql(t.dynamic_closure, ("execution_key", "node_id", "closure"), dialect, ignore=True)
        self._nodes: dict[tuple[int, str], tuple[Node, int]] = {}
        self._attempts: dict[tuple[int, str, int, int], tuple[Attempt, Run, int]] = {}
        self._runs: dict[int, tuple[Run, int]] = {}
        self._events: list[Values] = []

    def add(self, turn: Turn, event: Values) -> None:
        """Takes a turn; `event` is the row of what caused it."""
        key, at = turn.run.key, turn.at
        for node_id, node in turn.nodes.items():
            self._nodes[key, node_id] = (node, at)
        for (node_id, item, number), attempt in turn.attempts.items():
            self._attempts[key, node_id, item, number] = (attempt, turn.run, at)
        if turn.run_changed:
            self._runs[key] = (turn.run, at)
        self._events.append((*event[:-1], text(event[-1])))

    def discard(self, key: int) -> None:
        """Forgets what was added for one execution."""
        self._nodes = {k: v for k, v in self._nodes.items() if k[0] != key}
        self._attempts = {k: v for k, v in self._attempts.items() if k[0] != key}
        self._runs.pop(key, None)
        self._events = [e for e in self._events if e[0] != key]

    def write(self, connection: Connection) -> None:
        """Writes what was added and forgets it."""
        self._write_nodes(connection)
        self._write_attempts(connection)
        if self._runs:
            self._many(connection, self._update_run, [_run_values(run, at) for run, at in self._runs.values()])
        self._many(connection, self._insert_event, self._events)
        self._nodes, self._attempts, self._runs, self._events = {}, {}, {}, []

    def _write_nodes(self, connection: Connection) -> None:
        inserts: list[Values] = []
        updates: list[Values] = []
        closures: list[Values] = []
        calls: list[Values] = []
        for (key, node_id), (node, at) in self._nodes.items():
            changing = _node_changing(node, at)
            if node.is_new:
                node.is_new = False
                inputs = node.inputs.SerializeToString() if node.inputs is not None else None
                kind = node.spec.kind.value
                inserts.append((key, node_id, node.spec.id, node.scope_id, node.parent_id, kind, node.created_at, inputs, *changing))
                if (origin := node.spec.origin) is not None:
                    place, packed = text(origin.place), node.spec.node.SerializeToString()
                    named = (key, node_id, node.scope_id, origin.item, origin.key, origin.generation, origin.after, origin.clock_s)
                    calls.append((*named, origin.digest, place, packed))
            else:
                updates.append((*changing, key, node_id))
            if node.closure is not None and node.is_closure_new:
                node.is_closure_new = False
                closures.append((key, node_id, node.closure.SerializeToString()))
        self._many(connection, self._insert_node, inserts)
        self._many(connection, self._update_node, updates)
        self._many(connection, self._insert_closure, closures)
        self._many(connection, self._insert_call, calls)

    def _write_attempts(self, connection: Connection) -> None:
        inserts: list[Values] = []
        hits: list[Values] = []  # with one column more, which nobody else pays for
        updates: list[Values] = []
        for (key, node_id, item, number), (attempt, run, at) in self._attempts.items():
            outputs = _item_outputs(run, attempt)
            changing = _attempt_changing(attempt, at, outputs)
            if attempt.is_new:
                attempt.is_new = False
                task = attempt.task
                names = (task.project, task.domain, task.name, task.version) if task else ("", "", "", "")
                row = (key, node_id, item, number, *names, attempt.created_at, attempt.child, *changing)
                if attempt.cache_source:
                    hits.append((*row, attempt.cache_source))
                else:
                    inserts.append(row)
            else:
                updates.append((*changing, key, node_id, item, number))
        self._many(connection, self._insert_attempt, inserts)
        self._many(connection, self._insert_hit, hits)
        self._many(connection, self._update_attempt, updates)

    @staticmethod
    def _many(connection: Connection, statement: str, rows: list[Values]) -> None:
        if rows:
            execute(connection, statement, rows)


def _item_outputs(run: Run, attempt: Attempt) -> bytes | None:
    """An array item keeps its outputs in its attempt's row: it has no node of its own."""
    if attempt.item < 0:
        return None
    node = run.nodes.get(attempt.node_id)
    found = node.array.outputs.get(attempt.item) if node is not None and node.array is not None else None
    return found.SerializeToString() if found is not None else None


def _run_values(run: Run, at: int) -> Values:
    duration = run.ended_at - run.started_at if run.ended_at and run.started_at else 0
    outputs = run.outputs.SerializeToString() if run.outputs is not None else None
    head = (int(run.phase), run.started_at, run.ended_at, at, duration)
    return (*head, *_failure(run.failure), text(run.abort_cause), text(run.abort_principal), outputs, run.key)


def close(connection: Connection, run: Run, at: int) -> None:
    """Writes the end of an execution that its engine cannot bring about: its live nodes and attempts are ABORTED."""
    n, a, key = t.node_execution.c, t.task_execution.c, run.key
    live_nodes = (n.execution_key == key, n.phase.not_in([int(p) for p in TERMINAL_NODE]))
    connection.execute(update(t.node_execution).where(*live_nodes).values(phase=int(NodePhase.ABORTED), ended_at=at, updated_at=at))
    live_attempts = (a.execution_key == key, a.phase.not_in([int(p) for p in TERMINAL_ATTEMPT]))
    connection.execute(update(t.task_execution).where(*live_attempts).values(phase=int(AttemptPhase.ABORTED), ended_at=at, updated_at=at))
    execute(connection, update_sql(t.execution, RUN_CHANGING, ("key",), connection.dialect.name), [_run_values(run, at)])


def set_log_end(connection: Connection, attempt: tuple[int, str, int, int], log_uri: str, log_end: int) -> None:
    """Writes where the log of an attempt ends that had ended before its worker did."""
    c = t.task_execution.c
    key, node_id, item, number = attempt
    where = (c.execution_key == key, c.node_id == node_id, c.item == item, c.retry_attempt == number, c.log_uri == log_uri)
    connection.execute(update(t.task_execution).where(*where, c.log_end == 0).values(log_end=log_end))


def live_executions(connection: Connection) -> Sequence[Row[Any]]:
    """Rows of all executions without a terminal phase."""
    terminal = [int(p) for p in TERMINAL_EXECUTION]
    return connection.execute(select(t.execution).where(t.execution.c.phase.not_in(terminal)).order_by(t.execution.c.key)).all()


def node_rows(connection: Connection, key: int) -> Sequence[Row[Any]]:
    """Rows of an execution's nodes in the order in which they were reached."""
    return connection.execute(
        select(t.node_execution).where(t.node_execution.c.execution_key == key).order_by(t.node_execution.c.key)
    ).all()


def cached_rows(connection: Connection, key: int, node_id: str = "") -> Sequence[Any]:
    """Node, item (−1: none) and source of what the output cache answered in an execution, or in one of its nodes."""
    n, a = t.node_execution.c, t.task_execution.c
    found: list[Any] = []
    for c, item in ((n, literal(-1)), (a, a.item)):
        where = [c.execution_key == key, c.cache_source.is_not(None), c.cache_source != b"", *([c.node_id == node_id] if node_id else [])]
        found += connection.execute(select(c.node_id, item.label("item"), c.cache_source).where(*where).order_by(c.key)).all()
    return found


def recovered_nodes(connection: Connection, key: int, node_id: str = "") -> set[str]:
    """Ids of the nodes of an execution, or of one, that it took over from the execution it recovers."""
    c = t.node_execution.c
    where = [c.execution_key == key, c.phase == int(NodePhase.RECOVERED)]
    if node_id:
        where.append(c.node_id == node_id)
    return set(connection.execute(select(c.node_id).where(*where)).scalars())


def unsuccessful_nodes(connection: Connection, key: int, ids: Sequence[str]) -> set[str]:
    """Those of the nodes of an execution that were reached and did not succeed."""
    c = t.node_execution.c
    successful = [int(phase) for phase in SUCCESSFUL_NODE]
    where = (c.execution_key == key, c.node_id.in_(ids), c.phase.not_in(successful))
    return set(connection.execute(select(c.node_id).where(*where)).scalars())


def attempt_rows(connection: Connection, key: int) -> Sequence[Row[Any]]:
    """Rows of an execution's attempts, oldest first."""
    c = t.task_execution.c
    return connection.execute(select(t.task_execution).where(c.execution_key == key).order_by(c.node_id, c.item, c.retry_attempt)).all()


def dynamic_closures(connection: Connection, key: int) -> dict[str, bytes]:
    """Serialised CompiledWorkflowClosure by node id."""
    c = t.dynamic_closure.c
    return {row.node_id: row.closure for row in connection.execute(select(t.dynamic_closure).where(c.execution_key == key))}


def call_rows(connection: Connection, key: int, owner_id: str | None = None) -> Sequence[Row[Any]]:
    """What tasks of an execution called while they ran, in the order in which the calls became nodes.

    Args:
        owner_id: of this node alone.
    """
    c, n = t.task_call.c, t.node_execution.c
    where = [c.execution_key == key, n.execution_key == key, n.node_id == c.node_id]
    if owner_id is not None:
        where.append(c.owner_id == owner_id)
    return connection.execute(select(t.task_call).where(*where).order_by(n.key)).all()


def call_names(connection: Connection, key: int, ids: Sequence[str]) -> dict[str, bytes]:
    """Serialised core.Node by node id, of those nodes that a running task called."""
    c = t.task_call.c
    found: dict[str, bytes] = {}
    for start in range(0, len(ids), 500):
        chosen = (c.execution_key == key, c.node_id.in_(ids[start : start + 500]))
        found.update({row.node_id: row.node for row in connection.execute(select(c.node_id, c.node).where(*chosen))})
    return found


def last_sequence(connection: Connection, key: int) -> int:
    c = t.event.c
    found = connection.execute(select(c.sequence).where(c.execution_key == key).order_by(c.sequence.desc()).limit(1)).scalar()
    return int(found or 0)


def history(connection: Connection, key: int, after: int = 0, limit: int | None = None) -> Sequence[Row[Any]]:
    """The events of an execution in order, those whose sequence number is above `after`."""
    c = t.event.c
    return connection.execute(select(t.event).where(c.execution_key == key, c.sequence > after).order_by(c.sequence).limit(limit)).all()
