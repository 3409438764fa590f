"""Rows of node executions as requests see them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from alula.database import tables as t
from alula.errors import NotFound
from alula.idl.identifier import ExecutionId

_AT_ONCE = 500  # ids in a statement
_c = t.node_execution.c
_WITHOUT_VALUES = [column for column in _c if column.name not in ("inputs", "outputs")]


def find(connection: Connection, key: int, node_id: str, *, with_values: bool = False) -> Row[Any] | None:
    """A node of an execution, with its inputs and outputs if they are asked for."""
    columns = _c if with_values else _WITHOUT_VALUES
    return connection.execute(select(*columns).where(_c.execution_key == key, _c.node_id == node_id)).one_or_none()


def ids(connection: Connection, key: int) -> list[str]:
    """Ids of an execution's nodes in the order in which they were reached."""
    return list(connection.execute(select(_c.node_id).where(_c.execution_key == key).order_by(_c.key)).scalars())


def some(connection: Connection, key: int, ids: Sequence[str]) -> list[Row[Any]]:
    """Those nodes of an execution without their values, in the order in which they were reached among every 500 ids."""
    found: list[Row[Any]] = []
    for start in range(0, len(ids), _AT_ONCE):
        chosen = (_c.execution_key == key, _c.node_id.in_(ids[start : start + _AT_ONCE]))
        found += connection.execute(select(*_WITHOUT_VALUES).where(*chosen).order_by(_c.key)).all()
    return found


def missing(execution: ExecutionId, node_id: str) -> NotFound:
    """The error of a node that an execution does not have."""
    return NotFound(f'execution "{execution}" has no node "{node_id}" yet; `alula get execution` shows those it has')
