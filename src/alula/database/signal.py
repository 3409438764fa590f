"""Rows of signals: what a gate waits for, and the value once somebody gave it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from alula.database import tables as t


def open_signal(connection: Connection, key: int, signal_id: str, node_id: str, type_: bytes, at: int) -> None:
    """Makes the signal known, unless it is; `node_id` is the gate that asks for it now, empty if none does."""
    c, row = t.signal.c, find(connection, key, signal_id)
    if row is None:
        values = {"execution_key": key, "signal_id": signal_id, "node_id": node_id, "type": type_, "created_at": at, "updated_at": at}
        connection.execute(insert(t.signal).values(values))
    elif node_id and row.node_id != node_id:
        connection.execute(update(t.signal).where(c.execution_key == key, c.signal_id == signal_id).values(node_id=node_id))


def find(connection: Connection, key: int, signal_id: str) -> Row[Any] | None:
    c = t.signal.c
    return connection.execute(select(t.signal).where(c.execution_key == key, c.signal_id == signal_id)).one_or_none()


def set_value(connection: Connection, key: int, signal_id: str, value: bytes, at: int) -> None:
    c = t.signal.c
    connection.execute(update(t.signal).where(c.execution_key == key, c.signal_id == signal_id).values(value=value, updated_at=at))


def given(connection: Connection, key: int) -> dict[str, bytes]:
    """Serialised values by signal id, of the signals that have one."""
    c = t.signal.c
    query = select(c.signal_id, c.value).where(c.execution_key == key, c.value.is_not(None))
    return {row.signal_id: row.value for row in connection.execute(query)}
