"""Rows of tasks, workflows, launch plans and the names they share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, insert, select, update

from alula.database import tables as t
from alula.errors import Internal, NotFound
from alula.idl.identifier import HIDDEN_PREFIX, KIND_NAMES, LAUNCH_PLAN, TASK, WORKFLOW, EntityId

TABLES: dict[int, Table] = {TASK: t.task, WORKFLOW: t.workflow, LAUNCH_PLAN: t.launch_plan}
ACTIVE, INACTIVE = 1, 0


def table_of(resource_type: int) -> Table:
    found = TABLES.get(resource_type)
    if found is None:
        raise Internal(f"resource type {resource_type} has no table")
    return found


def _is(table: Table, entity: EntityId) -> list[ColumnElement[bool]]:
    c = table.c
    return [c.project == entity.project, c.domain == entity.domain, c.name == entity.name, c.version == entity.version]


def find(connection: Connection, entity: EntityId) -> Row[Any] | None:
    table = table_of(entity.resource_type)
    return connection.execute(select(table).where(*_is(table, entity))).one_or_none()


def get(connection: Connection, entity: EntityId) -> Row[Any]:
    """The version's row.

    Raises:
        NotFound: no such version.
    """
    row = find(connection, entity)
    if row is None:
        kind = KIND_NAMES[entity.resource_type]
        raise NotFound(
            f"{entity} does not exist; register it first, `alula list {kind.replace(' ', '-')}s` shows what there is",
            code="ENTITY_NOT_FOUND",
        )
    return row


def add(connection: Connection, entity: EntityId, at: int, values: dict[str, Any]) -> None:
    """Inserts a version and its name, if the name is new."""
    names = {"project": entity.project, "domain": entity.domain, "name": entity.name}
    stamps = {"created_at": at, "updated_at": at}
    connection.execute(insert(table_of(entity.resource_type)).values(**names, version=entity.version, **stamps, **values))
    n = t.named_entity.c
    name_is = (n.resource_type == entity.resource_type, n.project == entity.project, n.domain == entity.domain, n.name == entity.name)
    if connection.execute(select(n.state).where(*name_is)).one_or_none() is None:
        state = 2 if entity.name.startswith(HIDDEN_PREFIX) else 0  # NamedEntityState.SYSTEM_GENERATED hides it from lists
        connection.execute(insert(t.named_entity).values(resource_type=entity.resource_type, **names, state=state, **stamps))


def select_page(
    connection: Connection,
    table: Table,
    where: Sequence[ColumnElement[bool]],
    order: Sequence[ColumnElement[Any]],
    limit: int,
    offset: int,
) -> Sequence[Row[Any]]:
    return connection.execute(select(table).where(*where).order_by(*order).limit(limit).offset(offset)).all()


def active_launch_plan(connection: Connection, project: str, domain: str, name: str) -> Row[Any] | None:
    c = t.launch_plan.c
    where = (c.project == project, c.domain == domain, c.name == name, c.state == ACTIVE)
    return connection.execute(select(t.launch_plan).where(*where)).one_or_none()


def activate(connection: Connection, entity: EntityId, state: int, at: int) -> None:
    """Sets a launch plan's state; activating one demotes the other active version of the name in the same transaction."""
    c = t.launch_plan.c
    if state == ACTIVE:
        others = (c.project == entity.project, c.domain == entity.domain, c.name == entity.name, c.state == ACTIVE)
        connection.execute(update(t.launch_plan).where(*others).values(state=INACTIVE, updated_at=at))
    connection.execute(update(t.launch_plan).where(*_is(t.launch_plan, entity)).values(state=state, updated_at=at))
