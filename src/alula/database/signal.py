"""Rows of signals: what a gate waits for, and the value once somebody gave it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, insert, select, update

from alula.database import tables as t
from alula.idl.phase import TERMINAL_EXECUTION, ExecutionPhase, NodePhase

_LIVE = [int(phase) for phase in ExecutionPhase if phase not in TERMINAL_EXECUTION]


def open_signal(connection: Connection, key: int, signal_id: str, node_id: str, type_: bytes, at: int) -> None:
    """Makes the signal known, unless it is; `node_id` is the gate that asks for it now, empty if none does.

    Of several gates that ask for one signal at once the first stays its gate.
    """
    c, row = t.signal.c, find(connection, key, signal_id)
    if row is None:
        values = {"execution_key": key, "signal_id": signal_id, "node_id": node_id, "type": type_, "created_at": at, "updated_at": at}
        connection.execute(insert(t.signal).values(values))
    elif node_id and row.node_id != node_id and not _is_running(connection, key, row.node_id):
        connection.execute(update(t.signal).where(c.execution_key == key, c.signal_id == signal_id).values(node_id=node_id))


def _is_running(connection: Connection, key: int, node_id: str) -> bool:
    n = t.node_execution.c
    query = select(n.phase).where(n.execution_key == key, n.node_id == node_id)
    return connection.execute(query).scalar() == int(NodePhase.RUNNING)


def find(connection: Connection, key: int, signal_id: str) -> Row[Any] | None:
    c = t.signal.c
    return connection.execute(select(t.signal).where(c.execution_key == key, c.signal_id == signal_id)).one_or_none()


def set_value(connection: Connection, key: int, signal_id: str, value: bytes, principal: str, at: int) -> None:
    c, values = t.signal.c, {"value": value, "principal": principal, "updated_at": at}
    connection.execute(update(t.signal).where(c.execution_key == key, c.signal_id == signal_id).values(values))


def given(connection: Connection, key: int) -> dict[str, bytes]:
    """Serialised values by signal id, of the signals that have one."""
    c = t.signal.c
    query = select(c.signal_id, c.value).where(c.execution_key == key, c.value.is_not(None))
    return {row.signal_id: row.value for row in connection.execute(query)}


def of_execution(connection: Connection, key: int) -> list[Row[Any]]:
    """The signals of an execution by name, each with whether its gate waits for it now."""
    return list(connection.execute(_with_gate().where(t.signal.c.execution_key == key).order_by(t.signal.c.signal_id)))


def waiting(connection: Connection, project: str, domain: str, limit: int) -> list[Row[Any]]:
    """The signals that gates of live executions wait for, the oldest first: a look for each execution that is live, of many none more.

    Args:
        project, domain: of these alone; empty: of every one.
    """
    s, e, n = t.signal.c, t.execution.c, t.node_execution.c
    query = _with_gate().where(e.phase.in_(_LIVE), s.value.is_(None), n.phase == int(NodePhase.RUNNING))
    for column, wanted in ((e.project, project), (e.domain, domain)):
        if wanted:
            # As an expression, or SQLite would go through the index of all that ever ran there.
            query = query.where(func.coalesce(column, "") == wanted)
    return list(connection.execute(query.order_by(s.created_at, s.execution_key, s.signal_id).limit(limit)))


def _with_gate() -> Select[Any]:
    s, e, n = t.signal.c, t.execution.c, t.node_execution.c
    is_waiting = and_(s.value.is_(None), e.phase.in_(_LIVE), n.phase == int(NodePhase.RUNNING))
    gate = and_(n.execution_key == s.execution_key, n.node_id == s.node_id)
    tables = t.signal.join(t.execution, e.key == s.execution_key).outerjoin(t.node_execution, gate)
    shown = (s.signal_id, s.node_id, s.type, s.value, s.principal, s.created_at, s.updated_at)
    return select(*shown, e.project, e.domain, e.name, e.workflow_name, func.coalesce(is_waiting, False).label("is_waiting")).select_from(
        tables
    )
