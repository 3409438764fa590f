"""Flyte's lists: what each may be filtered and sorted by, and a page of it with the token of the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, select

from alula.database import tables as t
from alula.database.entity import ACTIVE, table_of
from alula.database.execution import LIGHT
from alula.database.filter import (
    ColumnSpec,
    apply_filters,
    apply_sort,
    enum,
    instant,
    integer,
    next_token,
    parse_filters,
    parse_page,
    span,
    text,
)
from alula.idl import admin
from alula.idl.identifier import HIDDEN_PREFIX, LAUNCH_PLAN, TASK, WORKFLOW
from alula.idl.phase import AttemptPhase, ExecutionPhase, NodePhase

Rows = tuple[list[Row[Any]], str]
"""A page, and the token of the next one; empty if it is the last."""
_Columns = Mapping[str, ColumnSpec]


def _micros(value: datetime) -> int:
    return int(value.timestamp() * 1_000_000)


def _span_us(value: timedelta) -> int:
    return int(value.total_seconds() * 1_000_000)


def _stamps(c: Any, *names: str) -> dict[str, ColumnSpec]:
    return {name: instant(c[name], _micros) for name in names}


def _entity_columns(table: Table, prefix: str) -> dict[str, ColumnSpec]:
    c = table.c
    found = {name: text(c[name]) for name in ("project", "domain", "name", "version")}
    found |= _stamps(c, "created_at", "updated_at")
    if table is t.launch_plan:
        found["state"] = integer(c.state)
        found["schedule_type"] = text(c.schedule_type)
        for part in ("project", "domain", "name", "version"):
            found[f"workflow.{part}"] = text(c[f"workflow_{part}"])
    if table is t.task:
        found["type"] = text(c.type)
    return found | {f"{prefix}.{name}": spec for name, spec in found.items() if "." not in name}


_ENTITY: dict[int, _Columns] = {
    TASK: _entity_columns(t.task, "task"),
    WORKFLOW: _entity_columns(t.workflow, "workflow"),
    LAUNCH_PLAN: _entity_columns(t.launch_plan, "launch_plan"),
}


def _execution_columns() -> _Columns:
    c = t.execution.c
    found = {
        "execution_name": text(c.name),
        "name": text(c.name),
        "project": text(c.project),
        "domain": text(c.domain),
        "execution_project": text(c.project),
        "execution_domain": text(c.domain),
        "phase": enum(c.phase, {p.name: int(p) for p in ExecutionPhase}),
        "state": integer(c.state),
        "mode": integer(c.mode),
        "user": text(c.principal),
        "duration": span(c.duration_us, _span_us),
        "error_code": text(c.error_code),
        "error_kind": text(c.error_kind),
        **_stamps(c, "created_at", "updated_at", "started_at"),
    }
    found |= {f"execution.{name}": spec for name, spec in list(found.items())}
    for prefix in ("workflow", "launch_plan", "task"):
        for part in ("project", "domain", "name", "version"):
            found[f"{prefix}.{part}"] = text(c[f"{prefix}_{part}"])
    found["version"] = text(c.workflow_version)
    tag = select(t.execution_tag.c.name).where(t.execution_tag.c.execution_key == c.key).limit(1).scalar_subquery()
    for name in ("admin_tag.name", "execution_tag.name", "admin_tag.key", "execution_tag.key"):
        found[name] = text(tag)
    return found


_EXECUTION = _execution_columns()


def _node_columns() -> _Columns:
    c = t.node_execution.c
    found = {
        "node_id": text(c.node_id),
        "phase": enum(c.phase, {p.name: int(p) for p in NodePhase}),
        "duration": span(c.duration_us, _span_us),
        "error_code": text(c.error_code),
        **_stamps(c, "created_at", "updated_at", "started_at"),
    }
    return found | {f"node_execution.{name}": spec for name, spec in list(found.items())}


_NODE = _node_columns()


def _attempt_columns() -> _Columns:
    c = t.task_execution.c
    found = {
        "retry_attempt": integer(c.retry_attempt),
        "phase": enum(c.phase, {p.name: int(p) for p in AttemptPhase}),
        "duration": span(c.duration_us, _span_us),
        **_stamps(c, "created_at", "updated_at", "started_at"),
    }
    return found | {f"task_execution.{name}": spec for name, spec in list(found.items())}


_ATTEMPT = _attempt_columns()
_PROJECT: _Columns = {
    name: spec
    for base in (
        {
            "identifier": text(t.project.c.id),
            "id": text(t.project.c.id),
            "name": text(t.project.c.name),
            "state": integer(t.project.c.state),
            **_stamps(t.project.c, "created_at", "updated_at"),
        },
    )
    for key, spec in base.items()
    for name in (key, f"project.{key}")
}
_NAMED: _Columns = {
    name: spec
    for base in (
        {"name": text(t.named_entity.c.name), "state": integer(t.named_entity.c.state), **_stamps(t.named_entity.c, "created_at")},
    )
    for key, spec in base.items()
    for name in (key, f"entities.{key}", f"named_entity_metadata.{key}")
}


def _signal_columns() -> _Columns:
    c, n = t.signal.c, t.node_execution.c
    phase = select(n.phase).where(n.execution_key == c.execution_key, n.node_id == c.node_id).scalar_subquery()
    found = {
        "signal_id": text(c.signal_id),
        "phase": enum(phase, {p.name: int(p) for p in NodePhase}),  # of the gate that asked last
        **_stamps(c, "created_at", "updated_at"),
    }
    return found | {f"signal.{name}": spec for name, spec in list(found.items())}


_SIGNAL = _signal_columns()


def entities(
    connection: Connection, kind: int, request: Any, project: str, domain: str, name: str = "", *, is_active: bool = False
) -> Rows:
    """Versions of one kind, the newest first; without a name those of names that are the system's are left out.

    Args:
        is_active: launch plans that are active, alone.
    """
    table = table_of(kind)
    where = _in_place(table, project, domain)
    if name:
        where.append(table.c.name == name)
    if is_active:
        where.append(table.c.state == ACTIVE)
    elif not name:
        where.append(table.c.name.not_like(f"{HIDDEN_PREFIX}%"))
    return _page(connection, list(table.c), where, request, _ENTITY[kind], table.c.key)


def names(connection: Connection, kind: int, request: Any) -> Rows:
    """Named entities of one kind, by name."""
    n = t.named_entity.c
    where = [n.resource_type == kind, *_in_place(t.named_entity, request.project, request.domain)]
    return _page(connection, list(n), where, request, _NAMED, n.name, is_ascending=True)


def executions(connection: Connection, request: Any, project: str, domain: str, name: str = "") -> Rows:
    """Executions without their inputs and outputs, the newest first; those that are archived only if the state is asked for."""
    c = t.execution.c
    where = _in_place(t.execution, project, domain)
    if name:
        where.append(c.name == name)
    if not _asks_for(request, "state"):
        where.append(c.state == 0)
    return _page(connection, LIGHT, where, request, _EXECUTION, c.key)


def nodes(connection: Connection, request: Any, key: int, parent_id: str) -> Rows:
    """Nodes of an execution beneath another, or at the top, without their inputs and outputs, in the order in which they were reached."""
    c = t.node_execution.c
    columns = [each for each in c if each.name not in ("inputs", "outputs")]
    return _page(connection, columns, [c.execution_key == key, c.parent_id == parent_id], request, _NODE, c.key, is_ascending=True)


def attempts(connection: Connection, request: Any, key: int, node_id: str) -> Rows:
    """Attempts of a node, oldest first."""
    c = t.task_execution.c
    where = [c.execution_key == key, c.node_id == node_id]
    return _page(connection, list(c), where, request, _ATTEMPT, c.key, is_ascending=True)


def projects(connection: Connection, request: Any) -> Rows:
    """Projects by id; those that are archived only if the state is asked for."""
    c = t.project.c
    where = [] if _asks_for(request, "state") else [c.state == admin.Project.ACTIVE]
    return _page(connection, list(c), where, request, _PROJECT, c.id, is_ascending=True, default_limit=1000)


def signals(connection: Connection, request: Any, key: int) -> Rows:
    """Signals of an execution by name."""
    c = t.signal.c
    return _page(connection, list(c), [c.execution_key == key], request, _SIGNAL, c.signal_id, is_ascending=True)


def _in_place(table: Table, project: str, domain: str) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if project:
        where.append(table.c.project == project)
    if domain:
        where.append(table.c.domain == domain)
    return where


def _asks_for(request: Any, field: str) -> bool:
    return any(each.field == field for each in parse_filters(request.filters))


def _page(
    connection: Connection,
    shown: Sequence[ColumnElement[Any]],
    where: Sequence[ColumnElement[bool]],
    request: Any,
    columns: _Columns,
    tie: ColumnElement[Any],
    *,
    is_ascending: bool = False,
    default_limit: int | None = None,
) -> Rows:
    """One page: filters, order (ties broken by `tie`, so that pages never overlap), limit and token."""
    page = parse_page(request.limit, request.token, default_limit=default_limit)
    asked = apply_filters(parse_filters(getattr(request, "filters", "")), columns)
    order = apply_sort(request.sort_by, columns, [tie.asc() if is_ascending else tie.desc()])
    query = select(*shown).where(*where, *asked).order_by(*order).limit(page.limit).offset(page.offset)
    rows = list(connection.execute(query).all())
    return rows, next_token(page, len(rows))
