"""Rows of tasks, workflows, launch plans and the names they share."""

from __future__ import annotations

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
    if find_name(connection, entity.resource_type, (entity.project, entity.domain, entity.name)) is None:
        state = 2 if entity.name.startswith(HIDDEN_PREFIX) else 0  # NamedEntityState.SYSTEM_GENERATED hides it from lists
        connection.execute(insert(t.named_entity).values(resource_type=entity.resource_type, **names, state=state, **stamps))


def _name_is(kind: int, place: tuple[str, str, str]) -> list[ColumnElement[bool]]:
    n, (project, domain, name) = t.named_entity.c, place
    return [n.resource_type == kind, n.project == project, n.domain == domain, n.name == name]


def find_name(connection: Connection, kind: int, place: tuple[str, str, str]) -> Row[Any] | None:
    """The named entity of a project, domain and name."""
    return connection.execute(select(t.named_entity).where(*_name_is(kind, place))).one_or_none()


def change_name(connection: Connection, kind: int, place: tuple[str, str, str], description: str, state: int, at: int) -> bool:
    """Describes or archives a name; whether there is one."""
    values = {"description": description, "state": state, "updated_at": at}
    return bool(connection.execute(update(t.named_entity).where(*_name_is(kind, place)).values(values)).rowcount)


def names_in(connection: Connection, kind: int, project: str, domain: str) -> list[str]:
    """Every name of a kind, also those that are archived."""
    n = t.named_entity.c
    where = (n.resource_type == kind, n.project == project, n.domain == domain)
    return list(connection.execute(select(n.name).where(*where)).scalars())


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
