"""Lists with Flyte's filters, sorting and paging, and single reads: every read that a service answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, select

from alula.control import view
from alula.control.call import compiled as compiled_calls
from alula.control.library import DOMAINS
from alula.database import entity, signal
from alula.database import execution as executions
from alula.database import project as projects
from alula.database import run as run_rows
from alula.database import tables as t
from alula.database.filter import (
    ColumnSpec,
    Filter,
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
from alula.engine.graph import END, START, NodeKind
from alula.errors import InvalidInput, NotFound
from alula.idl import admin, core
from alula.idl.identifier import HIDDEN_PREFIX, LAUNCH_PLAN, TASK, WORKFLOW, EntityId, ExecutionId
from alula.idl.phase import AttemptPhase, ExecutionPhase, NodePhase
from alula.idl.v1 import service_pb2
from alula.objectstore import store

Columns = Mapping[str, ColumnSpec]


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


ENTITY_COLUMNS: dict[int, Columns] = {
    TASK: _entity_columns(t.task, "task"),
    WORKFLOW: _entity_columns(t.workflow, "workflow"),
    LAUNCH_PLAN: _entity_columns(t.launch_plan, "launch_plan"),
}


def _execution_columns() -> Columns:
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


EXECUTION_COLUMNS = _execution_columns()


def _node_columns() -> Columns:
    c = t.node_execution.c
    found = {
        "node_id": text(c.node_id),
        "phase": enum(c.phase, {p.name: int(p) for p in NodePhase}),
        "duration": span(c.duration_us, _span_us),
        "error_code": text(c.error_code),
        **_stamps(c, "created_at", "updated_at", "started_at"),
    }
    return found | {f"node_execution.{name}": spec for name, spec in list(found.items())}


NODE_COLUMNS = _node_columns()


def _attempt_columns() -> Columns:
    c = t.task_execution.c
    found = {
        "retry_attempt": integer(c.retry_attempt),
        "phase": enum(c.phase, {p.name: int(p) for p in AttemptPhase}),
        "duration": span(c.duration_us, _span_us),
        **_stamps(c, "created_at", "updated_at", "started_at"),
    }
    return found | {f"task_execution.{name}": spec for name, spec in list(found.items())}


ATTEMPT_COLUMNS = _attempt_columns()
PROJECT_COLUMNS: Columns = {
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
NAMED_COLUMNS: Columns = {
    name: spec
    for base in (
        {"name": text(t.named_entity.c.name), "state": integer(t.named_entity.c.state), **_stamps(t.named_entity.c, "created_at")},
    )
    for key, spec in base.items()
    for name in (key, f"entities.{key}", f"named_entity_metadata.{key}")
}


def _signal_columns() -> Columns:
    c, n = t.signal.c, t.node_execution.c
    phase = select(n.phase).where(n.execution_key == c.execution_key, n.node_id == c.node_id).scalar_subquery()
    found = {
        "signal_id": text(c.signal_id),
        "phase": enum(phase, {p.name: int(p) for p in NodePhase}),  # of the gate that asked last
        **_stamps(c, "created_at", "updated_at"),
    }
    return found | {f"signal.{name}": spec for name, spec in list(found.items())}


SIGNAL_COLUMNS = _signal_columns()


class Query:
    """Reads for one server: `root` of its store and `base` address of its web links."""

    def __init__(self, root: str, base: Callable[[], str]) -> None:
        self._root = root
        self._base = base

    # Entities ---------------------------------------------------------------------------------------------------------

    def get_task(self, connection: Connection, message: core.Identifier) -> admin.Task:
        return view.task(entity.get(connection, _entity(message, TASK)))

    def get_workflow(self, connection: Connection, message: core.Identifier) -> admin.Workflow:
        return view.workflow(entity.get(connection, _entity(message, WORKFLOW)), is_full=True)

    def get_launch_plan(self, connection: Connection, message: core.Identifier) -> admin.LaunchPlan:
        return view.launch_plan(entity.get(connection, _entity(message, LAUNCH_PLAN)))

    def active_launch_plan(self, connection: Connection, request: admin.ActiveLaunchPlanRequest) -> admin.LaunchPlan:
        i = request.id
        row = entity.active_launch_plan(connection, i.project, i.domain, i.name)
        if row is None:
            raise NotFound(f"launch plan {i.project}/{i.domain}/{i.name} has no active version; activate one first")
        return view.launch_plan(row)

    def entities(self, connection: Connection, kind: int, request: Any) -> tuple[list[Any], str]:
        """A page of versions of one kind, with the next token."""
        table = entity.table_of(kind)
        place = request.id if hasattr(request, "id") else request
        where = _in_place(table, place.project, place.domain)
        if getattr(place, "name", ""):
            where.append(table.c.name == place.name)
        if isinstance(request, admin.ActiveLaunchPlanListRequest):
            where.append(table.c.state == entity.ACTIVE)
        elif not getattr(place, "name", ""):
            where.append(table.c.name.not_like(f"{HIDDEN_PREFIX}%"))
        filters = getattr(request, "filters", "")
        rows, token = _page(
            request,
            filters,
            ENTITY_COLUMNS[kind],
            lambda w, o, n, s: entity.select_page(connection, table, where + w, o, n, s),
            table.c.key,
        )
        shown: dict[int, Callable[[Any], Any]] = {
            TASK: view.task,
            WORKFLOW: lambda row: view.workflow(row, is_full=False),
            LAUNCH_PLAN: view.launch_plan,
        }
        return [shown[kind](row) for row in rows], token

    def names(self, connection: Connection, kind: int, request: Any) -> tuple[list[Any], str]:
        """A page of named entities of one kind."""
        n = t.named_entity.c
        where = [n.resource_type == kind, *_in_place(t.named_entity, request.project, request.domain)]

        def read(w: list[Any], order: Sequence[Any], limit: int, offset: int) -> Sequence[Any]:
            return connection.execute(select(t.named_entity).where(*where, *w).order_by(*order).limit(limit).offset(offset)).all()

        return _page(request, request.filters, NAMED_COLUMNS, read, n.name, is_ascending=True)

    def named_entity(self, connection: Connection, kind: int, i: Any) -> Any:
        n = t.named_entity.c
        where = (n.resource_type == kind, n.project == i.project, n.domain == i.domain, n.name == i.name)
        row = connection.execute(select(t.named_entity).where(*where)).one_or_none()
        if row is None:
            raise NotFound(f"{i.project}/{i.domain}/{i.name} does not exist; register it first")
        return row

    # Executions -------------------------------------------------------------------------------------------------------

    def execution(self, connection: Connection, message: core.WorkflowExecutionIdentifier) -> admin.Execution:
        row = executions.get(connection, ExecutionId.from_proto(message))
        return view.execution(row, root=self._root)

    def execution_data(self, connection: Connection, message: core.WorkflowExecutionIdentifier) -> admin.WorkflowExecutionGetDataResponse:
        row = executions.get(connection, ExecutionId.from_proto(message))
        inputs, outputs = core.LiteralMap.FromString(row.inputs or b""), core.LiteralMap.FromString(row.outputs or b"")
        return admin.WorkflowExecutionGetDataResponse(
            full_inputs=inputs, full_outputs=outputs, inputs=view.url_blob("", inputs), outputs=view.url_blob("", outputs)
        )

    def executions(self, connection: Connection, request: admin.ResourceListRequest) -> admin.ExecutionList:
        place = request.id
        where = _in_place(t.execution, place.project, place.domain)
        if place.name:
            where.append(t.execution.c.name == place.name)
        if not _names_field(parse_filters(request.filters), "state"):
            where.append(t.execution.c.state == 0)
        rows, token = _page(
            request,
            request.filters,
            EXECUTION_COLUMNS,
            lambda w, o, n, s: executions.select_page(connection, where + w, o, n, s),
            t.execution.c.key,
        )
        tags = executions.tags_of(connection, [row.key for row in rows]) if rows else {}
        shown = [view.execution(row, tags.get(row.key, ()), root=self._root, is_listed=True) for row in rows]
        return admin.ExecutionList(executions=shown, token=token)

    def _node_row(self, connection: Connection, message: core.NodeExecutionIdentifier) -> tuple[ExecutionId, Any]:
        execution = ExecutionId.from_proto(message.execution_id)
        key = executions.get(connection, execution).key
        c = t.node_execution.c
        row = connection.execute(select(t.node_execution).where(c.execution_key == key, c.node_id == message.node_id)).one_or_none()
        if row is None:
            raise NotFound(f'execution "{execution}" has no node "{message.node_id}" yet; `alula get execution` shows those it has')
        return execution, row

    def _node(self, connection: Connection, execution: ExecutionId, row: Any) -> admin.NodeExecution:
        """A node; one that has just asked for an execution names it once that exists."""
        is_there = not row.child or row.kind != NodeKind.LAUNCH_PLAN.value or NodePhase(row.phase).is_terminal
        if not is_there:
            child = ExecutionId(execution.project, execution.domain, row.child)
            is_there = executions.find(connection, child) is not None
        return view.node(execution, row, self._root, is_child_there=is_there)

    def node(self, connection: Connection, message: core.NodeExecutionIdentifier) -> admin.NodeExecution:
        execution, row = self._node_row(connection, message)
        return self._node(connection, execution, row)

    def changes(self, connection: Connection, execution: ExecutionId, key: int, ids: Sequence[str]) -> service_pb2.ExecutionUpdate:
        """Those nodes of an execution as they are, in the order in which they were reached, with the names no graph holds."""
        update = service_pb2.ExecutionUpdate(nodes=self._changed_nodes(connection, execution, key, ids) if ids else [])
        inner = [i for i in ids if "-0-" in i and not i.endswith((START, END))]
        for node_id, packed in run_rows.call_names(connection, key, inner).items() if inner else ():
            update.names[node_id] = core.Node.FromString(packed).metadata.name
        return update

    def _changed_nodes(self, connection: Connection, execution: ExecutionId, key: int, ids: Sequence[str]) -> list[admin.NodeExecution]:
        c = t.node_execution.c
        found: list[Any] = []
        for start in range(0, len(ids), 500):
            chosen = (c.execution_key == key, c.node_id.in_(ids[start : start + 500]))
            found += connection.execute(select(t.node_execution).where(*chosen).order_by(c.key)).all()
        return [self._node(connection, execution, row) for row in found]

    def node_data(self, connection: Connection, message: core.NodeExecutionIdentifier) -> admin.NodeExecutionGetDataResponse:
        execution, row = self._node_row(connection, message)
        inputs, outputs = _values(row)
        response = admin.NodeExecutionGetDataResponse(
            full_inputs=inputs, full_outputs=outputs, inputs=view.url_blob("", inputs), outputs=view.url_blob("", outputs)
        )
        place = f"flyte://v1/{execution.project}/{execution.domain}/{execution.name}/{row.node_id}"
        response.flyte_urls.inputs, response.flyte_urls.outputs = f"{place}/i", f"{place}/o"
        if row.deck_uri:
            response.flyte_urls.deck = f"{place}/d"
        if row.is_dynamic:
            packed = run_rows.dynamic_closures(connection, row.execution_key).get(row.node_id)
            compiled = response.dynamic_workflow.compiled_workflow
            if packed is not None:
                compiled.ParseFromString(packed)
            else:
                compiled.CopyFrom(self._called(connection, row))
            response.dynamic_workflow.id.CopyFrom(response.dynamic_workflow.compiled_workflow.primary.template.id)
        return response

    def _called(self, connection: Connection, row: Any) -> core.CompiledWorkflowClosure:
        """What the task of a node has called, as a graph."""
        c = t.task_execution.c
        chosen = (c.execution_key == row.execution_key, c.node_id == row.node_id)
        attempt = connection.execute(select(t.task_execution).where(*chosen).limit(1)).one()
        calls = list(run_rows.call_rows(connection, row.execution_key, row.node_id))
        nodes = [core.Node.FromString(call.node) for call in calls]
        ids = {EntityId.from_proto(n.task_node.reference_id) for n in nodes if n.WhichOneof("target") == "task_node"}
        tasks = [core.CompiledTask.FromString(entity.get(connection, one).closure) for one in sorted(ids)]
        return compiled_calls(view.entity_id(WORKFLOW, attempt, "task_"), calls, tasks)

    def nodes(self, connection: Connection, request: admin.NodeExecutionListRequest) -> admin.NodeExecutionList:
        execution = ExecutionId.from_proto(request.workflow_execution_id)
        key = executions.get(connection, execution).key
        c = t.node_execution.c
        where = [c.execution_key == key, c.parent_id == request.unique_parent_id]
        columns = [x for x in c if x.name not in ("inputs", "outputs")]

        def read(w: list[Any], order: Sequence[Any], limit: int, offset: int) -> Sequence[Any]:
            return connection.execute(select(*columns).where(*where, *w).order_by(*order).limit(limit).offset(offset)).all()

        rows, token = _page(request, request.filters, NODE_COLUMNS, read, c.key, is_ascending=True)
        return admin.NodeExecutionList(node_executions=[self._node(connection, execution, r) for r in rows], token=token)

    # Attempts ---------------------------------------------------------------------------------------------------------

    def attempts(self, connection: Connection, request: admin.TaskExecutionListRequest) -> admin.TaskExecutionList:
        execution, node = self._node_row(connection, request.node_execution_id)
        base, c = self._base(), t.task_execution.c
        where = [c.execution_key == node.execution_key, c.node_id == node.node_id]
        if node.kind == NodeKind.ARRAY.value:
            items = connection.execute(select(t.task_execution).where(*where).order_by(c.item, c.retry_attempt)).all()
            return admin.TaskExecutionList(task_executions=[view.array_attempt(execution, node, items, self._root, base)])

        def read(w: list[Any], order: Sequence[Any], limit: int, offset: int) -> Sequence[Any]:
            return connection.execute(select(t.task_execution).where(*where, *w).order_by(*order).limit(limit).offset(offset)).all()

        rows, token = _page(request, request.filters, ATTEMPT_COLUMNS, read, c.key, is_ascending=True)
        return admin.TaskExecutionList(task_executions=[view.attempt(execution, r, self._root, base) for r in rows], token=token)

    def attempt_row(self, connection: Connection, message: core.TaskExecutionIdentifier, item: int = -1) -> Any:
        """An attempt's row; `item` ≥ 0 for one of an array node."""
        execution, node = self._node_row(connection, message.node_execution_id)
        c = t.task_execution.c
        where = (c.execution_key == node.execution_key, c.node_id == node.node_id, c.item == item, c.retry_attempt == message.retry_attempt)
        row = connection.execute(select(t.task_execution).where(*where)).one_or_none()
        if row is None:
            which = f"item {item}, " if item >= 0 else ""
            raise NotFound(f'node "{execution}/{node.node_id}" has no {which}attempt {message.retry_attempt}')
        return row

    def attempt(self, connection: Connection, message: core.TaskExecutionIdentifier) -> admin.TaskExecution:
        execution, node = self._node_row(connection, message.node_execution_id)
        if node.kind == NodeKind.ARRAY.value:
            request = admin.TaskExecutionListRequest(node_execution_id=message.node_execution_id, limit=1)
            return self.attempts(connection, request).task_executions[0]
        return view.attempt(execution, self.attempt_row(connection, message), self._root, self._base())

    def attempt_data(self, connection: Connection, message: core.TaskExecutionIdentifier) -> admin.TaskExecutionGetDataResponse:
        _, node = self._node_row(connection, message.node_execution_id)
        inputs, outputs = _values(node)
        return admin.TaskExecutionGetDataResponse(
            full_inputs=inputs, full_outputs=outputs, inputs=view.url_blob("", inputs), outputs=view.url_blob("", outputs)
        )

    # Others -----------------------------------------------------------------------------------------------------------

    def projects(self, connection: Connection, request: admin.ProjectListRequest) -> admin.Projects:
        where: list[ColumnElement[bool]] = []
        if not _names_field(parse_filters(request.filters), "state"):
            where.append(t.project.c.state == admin.Project.ACTIVE)
        rows, token = _page(
            request,
            request.filters,
            PROJECT_COLUMNS,
            lambda w, o, n, s: projects.select_page(connection, where + w, o, n, s),
            t.project.c.id,
            is_ascending=True,
            default_limit=1000,
        )
        return admin.Projects(projects=[view.project(row, DOMAINS) for row in rows], token=token)

    def project(self, connection: Connection, project_id: str) -> admin.Project:
        row = projects.find(connection, project_id)
        if row is None:
            raise NotFound(f'project "{project_id}" does not exist; `alula list projects` shows those that do', code="PROJECT_NOT_FOUND")
        return view.project(row, DOMAINS)

    def signals(self, connection: Connection, request: admin.SignalListRequest) -> tuple[ExecutionId, Sequence[Any], str]:
        execution = ExecutionId.from_proto(request.workflow_execution_id)
        key = executions.get(connection, execution).key
        rows, token = _page(
            request,
            request.filters,
            SIGNAL_COLUMNS,
            lambda w, o, n, s: signal.select_page(connection, key, w, o, n, s),
            t.signal.c.signal_id,
            is_ascending=True,
        )
        return execution, rows, token


def _entity(message: core.Identifier, kind: int) -> EntityId:
    if message.resource_type not in (core.UNSPECIFIED, kind) and kind != TASK:
        name = core.ResourceType.Name(message.resource_type)
        raise InvalidInput(f"id.resource_type: expected {core.ResourceType.Name(kind)} or UNSPECIFIED, got {name}")
    if not message.version:
        raise InvalidInput("id.version: expected a version, got none")
    return EntityId(kind, message.project, message.domain, message.name, message.version)


def _in_place(table: Table, project: str, domain: str) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if project:
        where.append(table.c.project == project)
    if domain:
        where.append(table.c.domain == domain)
    return where


def _names_field(filters: Sequence[Filter], field: str) -> bool:
    return any(f.field == field for f in filters)


def _values(row: Any) -> tuple[core.LiteralMap, core.LiteralMap]:
    packed = store.get_bytes(row.outputs_uri) if row.outputs is None and row.outputs_uri else row.outputs
    return core.LiteralMap.FromString(row.inputs or b""), core.LiteralMap.FromString(packed or b"")


def _page(
    request: Any,
    filters: str,
    columns: Columns,
    read: Callable[[list[Any], Sequence[Any], int, int], Sequence[Any]],
    tie: ColumnElement[Any],
    *,
    is_ascending: bool = False,
    default_limit: int | None = None,
) -> tuple[list[Any], str]:
    """One page: filters, order (ties broken by `tie`, so that pages never overlap), limit and token."""
    page = parse_page(request.limit, request.token, default_limit=default_limit)
    where = apply_filters(parse_filters(filters), columns)
    order = apply_sort(request.sort_by, columns, [tie.asc() if is_ascending else tie.desc()])
    rows = list(read(where, order, page.limit, page.offset))
    return rows, next_token(page, len(rows))
