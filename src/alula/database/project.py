"""Rows of projects and of the settings attached to projects, domains and workflows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select, update

from alula.database import tables as t
from alula.errors import AlreadyExists


def find(connection: Connection, project: str) -> Row[Any] | None:
    return connection.execute(select(t.project).where(t.project.c.id == project)).one_or_none()


def add(connection: Connection, project: str, name: str, description: str, labels: bytes, at: int) -> None:
    """Inserts a project.

    Raises:
        AlreadyExists: the id is taken.
    """
    if find(connection, project) is not None:
        raise AlreadyExists(f'project "{project}" exists already', code="PROJECT_EXISTS")
    values = {"id": project, "name": name or project, "description": description, "labels": labels, "created_at": at, "updated_at": at}
    connection.execute(insert(t.project).values(values))


def change(connection: Connection, project: str, values: dict[str, Any]) -> int:
    """Updates a project; the number of rows, 0 if there is none."""
    return connection.execute(update(t.project).where(t.project.c.id == project).values(values)).rowcount


def _level(resource: int, project: str, domain: str, workflow: str) -> list[ColumnElement[bool]]:
    c = t.attribute.c
    return [c.resource == resource, c.project == project, c.domain == domain, c.workflow == workflow]


def get_attribute(connection: Connection, resource: int, project: str, domain: str, workflow: str) -> bytes | None:
    """The attributes set at exactly this level."""
    where = _level(resource, project, domain, workflow)
    return connection.execute(select(t.attribute.c.attributes).where(*where)).scalar_one_or_none()


def set_attribute(connection: Connection, resource: int, project: str, domain: str, workflow: str, value: bytes, at: int) -> None:
    delete_attribute(connection, resource, project, domain, workflow)
    values = {"resource": resource, "project": project, "domain": domain, "workflow": workflow, "attributes": value, "updated_at": at}
    connection.execute(insert(t.attribute).values(values))


def delete_attribute(connection: Connection, resource: int, project: str, domain: str, workflow: str) -> None:
    connection.execute(delete(t.attribute).where(*_level(resource, project, domain, workflow)))


def list_attributes(connection: Connection, resource: int) -> Sequence[Row[Any]]:
    return connection.execute(select(t.attribute).where(t.attribute.c.resource == resource).order_by(t.attribute.c.project)).all()
