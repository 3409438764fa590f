"""Rows of attempts as requests see them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select

from alula.database import tables as t

_c = t.task_execution.c


def _of(key: int, node_id: str) -> tuple[ColumnElement[bool], ...]:
    return (_c.execution_key == key, _c.node_id == node_id)


def find(connection: Connection, key: int, node_id: str, item: int, number: int) -> Row[Any] | None:
    """An attempt of a node; `item` is −1 outside of an array."""
    where = (*_of(key, node_id), _c.item == item, _c.retry_attempt == number)
    return connection.execute(select(t.task_execution).where(*where)).one_or_none()


def any_of(connection: Connection, key: int, node_id: str) -> Row[Any]:
    """Any attempt of a node that has some."""
    return connection.execute(select(t.task_execution).where(*_of(key, node_id)).limit(1)).one()


def of_items(connection: Connection, key: int, node_id: str) -> Sequence[Row[Any]]:
    """Every attempt of an array node, by item and number."""
    return connection.execute(select(t.task_execution).where(*_of(key, node_id)).order_by(_c.item, _c.retry_attempt)).all()


def tasks_of(connection: Connection, key: int, node_id: str) -> list[tuple[str, str, str]]:
    """Project, domain and name of the tasks that a node ran."""
    query = select(_c.task_project, _c.task_domain, _c.task_name).where(*_of(key, node_id)).distinct()
    return [(project, domain, name) for project, domain, name in connection.execute(query)]
