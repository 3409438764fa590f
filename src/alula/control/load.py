"""Rebuilding runs from their rows: after a restart, and after a commit that failed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from alula.control import rerun
from alula.control.call import recorded_spec
from alula.control.launch import load_recovered, make_run
from alula.control.library import Library
from alula.database import execution as execution_rows
from alula.database import run as rows
from alula.database import signal
from alula.engine.event import Failure
from alula.engine.graph import END, START, Graph, NodeKind, NodeSpec, Scope, index_closure
from alula.engine.nodes.array import new_state
from alula.engine.retry import exhausted, may_retry
from alula.engine.scope import COUNTED
from alula.engine.state import ArrayState, Attempt, Node, Run, ScopeState
from alula.idl import admin, core
from alula.idl.identifier import TASK, WORKFLOW, EntityId, ExecutionId
from alula.idl.phase import TERMINAL_ATTEMPT, AttemptPhase, ExecutionPhase, NodePhase
from alula.objectstore import store

# A child execution has a source only if its parent recovers an execution whose child that was.
RECOVERING = frozenset({admin.ExecutionMetadata.RECOVERED, admin.ExecutionMetadata.CHILD_WORKFLOW})


def load_run(connection: Connection, library: Library, key: int, fetch: Callable[[str], bytes] = store.get_bytes) -> Run | None:
    """The run of an execution as its rows say; None if it has ended or never was.

    Args:
        fetch: reads outputs that lie in the object store.
    """
    row = execution_rows.find_by_key(connection, key)
    if row is None or ExecutionPhase(row.phase).is_terminal:
        return None
    spec = admin.ExecutionSpec.FromString(row.spec)
    execution = ExecutionId(row.project, row.domain, row.name)
    run = make_run(execution, key, spec, core.LiteralMap.FromString(row.inputs or b""), row.created_at)
    workflow = EntityId(WORKFLOW, row.workflow_project, row.workflow_domain, row.workflow_name, row.workflow_version)
    run.graph = library.workflow(connection, workflow).graph
    run.phase, run.started_at, run.is_new = ExecutionPhase(row.phase), row.started_at, False
    run.sequence = rows.last_sequence(connection, key)
    run.parent = (row.parent_key, row.parent_node, row.parent_item)
    if row.source and row.mode in RECOVERING:
        source = execution_rows.find(connection, ExecutionId(row.project, row.domain, row.source))
        run.recovered = load_recovered(connection, source.key, fetch, with_inputs=bool(row.rerun_from)) if source is not None else {}
        if row.rerun_from and source is not None:
            anew = rerun.read(row.rerun_from)
            run.anew = rerun.without_cache(connection, source, anew)
            run.recovered = rerun.kept(connection, library, source, run.graph, anew, run.recovered)
    run.signals = {s: core.Literal.FromString(value) for s, value in signal.given(connection, key).items()}
    _Loader(connection, library, run, fetch).load()
    return run


class _Loader:
    """Rebuilds one run; parents come before their children because rows are in the order in which nodes were reached."""

    def __init__(self, connection: Connection, library: Library, run: Run, fetch: Callable[[str], bytes]) -> None:
        self._run, self._fetch = run, fetch
        self._calls: dict[str, list[NodeSpec]] = {}
        for row in rows.call_rows(connection, run.key):
            self._calls.setdefault(row.owner_id, []).append(recorded_spec(connection, library, row))
        self._nodes = rows.node_rows(connection, run.key)
        self._closures = rows.dynamic_closures(connection, run.key)
        self._attempts: dict[str, list[Any]] = {}
        for row in rows.attempt_rows(connection, run.key):
            self._attempts.setdefault(row.node_id, []).append(row)

    def load(self) -> None:
        run = self._run
        self._open("", "", run.graph.primary, run.graph, run.inputs)
        for row in self._nodes:
            state = run.scopes.get(row.scope_id)
            if state is not None:
                self._add(state, row)
        for state in run.scopes.values():
            self._count(state)
        for node in list(run.nodes.values()):
            if not node.phase.is_terminal:
                self._resume(node)

    def _open(self, scope_id: str, prefix: str, scope: Scope, graph: Graph, inputs: core.LiteralMap) -> None:
        remaining = dict(scope.upstream_count)
        self._run.scopes[scope_id] = ScopeState(id=scope_id, scope=scope, graph=graph, inputs=inputs, prefix=prefix, remaining=remaining)

    def _add(self, state: ScopeState, row: Any) -> None:
        spec = _spec_of(self._run, state, row)
        node = _node(row, spec, self._fetch)
        node.attempt = self._last_attempt(node)
        self._run.nodes[node.id] = node
        state.nodes[spec.id] = node
        state.count_made(node)
        if node.phase.is_terminal:
            state.count_ended(node)
        state.last_answer = max(state.last_answer, node.answer_order // 2 * 2)
        if node.answer_order and not node.is_given_up and not node.answer_clock_s:
            state.unclocked[node.answer_order] = node
        if node.phase.is_terminal:
            return
        inputs = node.inputs or core.LiteralMap()
        if node.id in self._calls:
            self._open_calls(node)
        if spec.kind is NodeKind.SUBWORKFLOW and spec.reference is not None:
            self._open(node.id, f"{node.id}-0-", state.graph.subs[spec.reference], state.graph, inputs)
        elif node.id in self._closures and node.phase is NodePhase.DYNAMIC_RUNNING:
            node.closure = core.CompiledWorkflowClosure.FromString(self._closures[node.id])
            graph = index_closure(node.closure)
            found = self._run.recovered.get(node.id)
            number = node.attempt.number if node.attempt else found.attempt if found else 0
            self._open(node.id, f"{node.id}-{number}-", graph.primary, graph, inputs)
        elif spec.kind is NodeKind.ARRAY and node.phase is NodePhase.RUNNING:
            node.array = self._array(node)

    def _open_calls(self, node: Node) -> None:
        """What a running task called: the latest call at each place counts."""
        specs = self._calls[node.id]
        scope = Scope(template=core.WorkflowTemplate(), nodes={s.id: s for s in specs}, downstream={}, upstream_count={})
        self._open(node.id, f"{node.id}-0-", scope, Graph(primary=scope), core.LiteralMap())
        self._run.scopes[node.id].calls = {(s.origin.item, s.origin.key): s for s in specs if s.origin is not None}
        node.has_calls = True

    def _last_attempt(self, node: Node) -> Attempt | None:
        found = [r for r in self._attempts.get(node.id, ()) if r.item < 0]
        return _attempt(found[-1]) if found else None

    def _array(self, node: Node) -> ArrayState:
        """Items by their latest attempt; those that were never started stay for `fill`."""
        state = new_state(node)
        latest: dict[int, Any] = {}
        for row in self._attempts.get(node.id, ()):
            latest[row.item] = row
            if row.phase == AttemptPhase.FAILED and not row.child:
                state.tries[row.item] = row.retry_attempt + 1
                if row.error_kind != "SYSTEM":
                    state.user_failures[row.item] = state.user_failures.get(row.item, 0) + 1
                elif row.system_failures:
                    state.system_failures[row.item] = row.system_failures
        for item, row in latest.items():
            if row.phase == AttemptPhase.SUCCEEDED:
                state.outputs[item] = core.LiteralMap.FromString(row.outputs or b"")
            elif AttemptPhase(row.phase) not in TERMINAL_ATTEMPT:
                state.calls[item] = _attempt(row)
            else:
                failure = _last_failure(node, state, row)
                if failure is not None:
                    state.failures[item] = failure
        state.retry = deque(i for i in range(state.size) if i not in state.outputs and i not in state.failures and i not in state.calls)
        state.next_item = state.size
        return state

    def _count(self, state: ScopeState) -> None:
        """What every node still waits for, which nodes are ready, and whether the graph is failing."""
        if state.calls is not None:
            return
        scope, failed_at = state.scope, 0
        for spec_id, node in state.nodes.items():
            if node.parent_id != state.id or not node.phase.is_terminal:
                continue
            if node.phase in (NodePhase.FAILED, NodePhase.TIMED_OUT) and node.ended_at >= failed_at:
                state.failure, failed_at = node.failure, node.ended_at  # the last one is reported
            is_failed = not node.phase.is_success
            for target in scope.downstream.get(spec_id, ()):
                state.remaining[target] -= 1
                if is_failed:
                    state.skipped.add(target)
        failure_node = scope.failure_node
        if state.failure is not None and (not scope.finishes_independent or END in state.nodes):
            state.is_closing = True
            if failure_node is not None and failure_node.id not in state.nodes:
                self._run.ready.append((state.id, failure_node, state.id))
            return
        for spec_id, count in state.remaining.items():
            if count == 0 and spec_id not in state.nodes and spec_id not in state.skipped and spec_id != START:
                self._run.ready.append((state.id, scope.nodes[spec_id], state.id))

    def _resume(self, node: Node) -> None:
        """Puts a live node where it goes on: its child, its items, or its own beginning."""
        run, kind = self._run, node.spec.kind
        if kind is NodeKind.BRANCH and node.phase is NodePhase.RUNNING:
            chosen = next(s for s in _inner_specs(node.spec) if s.id == node.chosen)
            if chosen.id not in run.scopes[node.scope_id].nodes:
                run.ready.append((node.scope_id, chosen, node.id))
            return
        if kind not in COUNTED or node.closure is not None:
            return
        if node.attempt is None and node.array is None and not node.child:
            run.waiting.append(node.id)  # for a slot or for the cache: it begins anew as soon as there is room
            return
        if run.max_parallelism > 0 and not node.has_calls:  # a caller has lent its slot to what it calls
            node.holds_slot = True
            run.slots_used += 1
        if node.array is not None:
            run.filling.append(node.id)
        elif node.spec.call is not None:
            node.holds_reservation = node.spec.call.is_serialized and node.cache_status == core.CatalogCacheStatus.CACHE_MISS


def _spec_of(run: Run, state: ScopeState, row: Any) -> NodeSpec:
    if row.parent_id != row.scope_id:
        return next(s for s in _inner_specs(run.nodes[row.parent_id].spec) if s.id == row.spec_node_id)
    failure = state.scope.failure_node
    if failure is not None and failure.id == row.spec_node_id:
        return failure
    return state.scope.nodes[row.spec_node_id]


def _inner_specs(branch: NodeSpec) -> list[NodeSpec]:
    return [spec for _, spec in branch.cases] + ([branch.otherwise] if branch.otherwise else [])


def _last_failure(node: Node, state: ArrayState, row: Any) -> Failure | None:
    """What an item whose latest attempt failed has failed of; None if another attempt is due."""
    failure = _failure(row) or Failure(code="Unknown", message="")
    call = node.spec.inner.call if node.spec.inner else None
    if call is None:
        return failure
    user, system = state.user_failures.get(row.item, 0), state.system_failures.get(row.item, 0)
    if may_retry(failure, retries=call.retries, user_failures=user, system_failures=system):
        return None
    return exhausted(failure, retries=call.retries, user_failures=user, system_failures=system)


def _outputs(row: Any, fetch: Callable[[str], bytes]) -> core.LiteralMap | None:
    if row.outputs is not None:
        return core.LiteralMap.FromString(row.outputs)
    return core.LiteralMap.FromString(fetch(row.outputs_uri)) if row.outputs_uri else None


def _node(row: Any, spec: NodeSpec, fetch: Callable[[str], bytes]) -> Node:
    return Node(
        id=row.node_id,
        spec=spec,
        scope_id=row.scope_id,
        parent_id=row.parent_id,
        phase=NodePhase(row.phase),
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        inputs=core.LiteralMap.FromString(row.inputs) if row.inputs is not None else None,
        outputs=_outputs(row, fetch),
        outputs_uri=row.outputs_uri,
        failure=_failure(row),
        user_failures=row.user_failures,
        system_failures=row.system_failures,
        cache_status=row.cache_status,
        cache_reason=row.cache_reason,
        cache_source=row.cache_source or b"",
        child=row.child,
        chosen=row.chosen,
        deck_uri=row.deck_uri,
        answer_order=row.answer_order,
        answer_clock_s=row.answer_clock_s,
        is_new=False,
    )


def _failure(row: Any) -> Failure | None:
    if not row.error_code:
        return None
    node_id, is_recoverable = getattr(row, "error_node", ""), bool(getattr(row, "is_recoverable", False))
    return Failure(code=row.error_code, message=row.error_message, kind=row.error_kind, node_id=node_id, is_recoverable=is_recoverable)


def _attempt(row: Any) -> Attempt:
    return Attempt(
        node_id=row.node_id,
        item=row.item,
        number=row.retry_attempt,
        phase=AttemptPhase(row.phase),
        created_at=row.created_at,
        task=EntityId(TASK, row.task_project, row.task_domain, row.task_name, row.task_version) if row.task_name else None,
        started_at=row.started_at,
        ended_at=row.ended_at,
        failure=_failure(row),
        log_uri=row.log_uri,
        log_start=row.log_start,
        child=row.child,
        is_new=False,
    )
