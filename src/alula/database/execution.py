"""Rows of executions as requests see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from alula.database import tables as t
from alula.database.engine import execute, insert_sql
from alula.database.run import text
from alula.errors import AlreadyExists, NotFound
from alula.idl.identifier import ExecutionId
from alula.idl.phase import ExecutionPhase, NodePhase

LIGHT = [c for c in t.execution.c if c.name not in ("inputs", "outputs", "user_inputs")]


def next_key(connection: Connection) -> int:
    """The key after the last one given out."""
    return int(connection.execute(select(func.max(t.execution.c.key))).scalar() or 0) + 1


def add(connection: Connection, dialect: str, values: dict[str, Any]) -> None:
    """Inserts an execution.

    Raises:
        AlreadyExists: the name is taken in its project and domain.
    """
    columns = tuple(values)
    try:
        execute(connection, insert_sql(t.execution, columns, dialect), [tuple(values.values())])
    except IntegrityError as e:
        raise taken(ExecutionId(values["project"], values["domain"], values["name"])) from e


def taken(execution: ExecutionId) -> AlreadyExists:
    return AlreadyExists(f'execution "{execution}" exists already; choose another name or leave it empty', code="EXECUTION_EXISTS")


def add_tags(connection: Connection, key: int, tags: Sequence[str]) -> None:
    if tags:
        connection.execute(insert(t.execution_tag), [{"execution_key": key, "name": tag} for tag in sorted(set(tags))])


def add_labels(connection: Connection, key: int, labels: Mapping[str, str]) -> None:
    if labels:
        columns = ("execution_key", "key", "value")
        rows = [(key, text(name), text(value)) for name, value in sorted(labels.items())]
        execute(connection, insert_sql(t.execution_label, columns, connection.dialect.name, ignore=True), rows)


# Statements of the hot path are built once: building one costs more than running it.
_c = t.execution.c
_BY_NAME = select(t.execution).where(_c.project == bindparam("p"), _c.domain == bindparam("d"), _c.name == bindparam("n"))


def find(connection: Connection, execution: ExecutionId) -> Row[Any] | None:
    return connection.execute(_BY_NAME, {"p": execution.project, "d": execution.domain, "n": execution.name}).one_or_none()


def get(connection: Connection, execution: ExecutionId) -> Row[Any]:
    """The execution's row.

    Raises:
        NotFound: there is none of that name.
    """
    row = find(connection, execution)
    if row is None:
        raise NotFound(f'execution "{execution}" does not exist; `alula list executions` shows those that do')
    return row


def find_by_key(connection: Connection, key: int) -> Row[Any] | None:
    return connection.execute(select(t.execution).where(t.execution.c.key == key)).one_or_none()


def by_key(connection: Connection, key: int) -> Row[Any]:
    return connection.execute(select(t.execution).where(t.execution.c.key == key)).one()


def light_rows(connection: Connection, keys: Sequence[int]) -> list[Row[Any]]:
    """Executions without the blobs of inputs and outputs, in the order of `keys`."""
    found = {row.key: row for row in connection.execute(select(*LIGHT).where(t.execution.c.key.in_(list(keys))))}
    return [found[key] for key in keys if key in found]


def places(connection: Connection) -> list[tuple[str, str]]:
    """Every project and domain with executions: one look into the index for each, however many executions there are."""
    e = t.execution.c
    first = select(e.project, e.domain).order_by(e.project, e.domain).limit(1)
    found: list[tuple[str, str]] = []
    row = connection.execute(first).one_or_none()
    while row is not None:
        project, domain = row
        found.append((project, domain))
        row = connection.execute(first.where(e.project == project, e.domain > domain)).one_or_none()
        if row is None:
            row = connection.execute(first.where(e.project > project)).one_or_none()
    return found


def tags_of(connection: Connection, keys: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    c = t.execution_tag.c
    for row in connection.execute(select(t.execution_tag).where(c.execution_key.in_(list(keys))).order_by(c.name)):
        found.setdefault(row.execution_key, []).append(row.name)
    return found


def set_state(connection: Connection, key: int, state: int, at: int, principal: str) -> None:
    """Archives or unarchives."""
    values = {"state": state, "state_changed_at": at, "state_principal": principal, "updated_at": at}
    connection.execute(update(t.execution).where(t.execution.c.key == key).values(values))


def is_awaited(connection: Connection, parent_key: int, node_id: str) -> bool:
    """Whether the node that launched an execution still waits for it."""
    e, n = t.execution.c, t.node_execution.c
    phase = connection.execute(select(e.phase).where(e.key == parent_key)).scalar_one_or_none()
    if phase is None or ExecutionPhase(phase).is_terminal:
        return False
    node = connection.execute(select(n.phase).where(n.execution_key == parent_key, n.node_id == node_id)).scalar_one_or_none()
    return node is None or not NodePhase(node).is_terminal


def children(connection: Connection, key: int) -> Sequence[Row[Any]]:
    """Executions that launch plan nodes of this one started."""
    return connection.execute(select(t.execution).where(t.execution.c.parent_key == key)).all()
