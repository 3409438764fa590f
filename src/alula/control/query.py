"""Lists with Flyte's filters, sorting and paging, and single reads: every read that a service answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection

from alula.control import view
from alula.control.call import compiled as compiled_calls
from alula.control.library import DOMAINS
from alula.database import attempt as attempts
from alula.database import entity, listing
from alula.database import execution as executions
from alula.database import node as nodes
from alula.database import project as projects
from alula.database import run as run_rows
from alula.engine.graph import END, START, NodeKind
from alula.errors import InvalidInput, NotFound
from alula.idl import admin, core
from alula.idl.identifier import LAUNCH_PLAN, TASK, WORKFLOW, EntityId, ExecutionId
from alula.idl.phase import NodePhase
from alula.idl.v1 import service_pb2
from alula.objectstore import store


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
        place = request.id if hasattr(request, "id") else request
        is_active = isinstance(request, admin.ActiveLaunchPlanListRequest)
        rows, token = listing.entities(
            connection, kind, request, place.project, place.domain, getattr(place, "name", ""), is_active=is_active
        )
        shown: dict[int, Callable[[Any], Any]] = {
            TASK: view.task,
            WORKFLOW: lambda row: view.workflow(row, is_full=False),
            LAUNCH_PLAN: view.launch_plan,
        }
        return [shown[kind](row) for row in rows], token

    def names(self, connection: Connection, kind: int, request: Any) -> tuple[list[Any], str]:
        """A page of named entities of one kind."""
        return listing.names(connection, kind, request)

    def named_entity(self, connection: Connection, kind: int, i: Any) -> Any:
        row = entity.find_name(connection, kind, (i.project, i.domain, i.name))
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
        rows, token = listing.executions(connection, request, place.project, place.domain, place.name)
        tags = executions.tags_of(connection, [row.key for row in rows]) if rows else {}
        shown = [view.execution(row, tags.get(row.key, ()), root=self._root, is_listed=True) for row in rows]
        return admin.ExecutionList(executions=shown, token=token)

    def _node_row(
        self, connection: Connection, message: core.NodeExecutionIdentifier, *, with_values: bool = False
    ) -> tuple[ExecutionId, Any]:
        execution = ExecutionId.from_proto(message.execution_id)
        key = executions.get(connection, execution).key
        row = nodes.find(connection, key, message.node_id, with_values=with_values)
        if row is None:
            raise nodes.missing(execution, message.node_id)
        return execution, row

    def _node(self, connection: Connection, execution: ExecutionId, row: Any, *, is_brief: bool = False) -> admin.NodeExecution:
        """A node; one that has just asked for an execution names it once that exists."""
        is_there = not row.child or row.kind != NodeKind.LAUNCH_PLAN.value or NodePhase(row.phase).is_terminal
        if not is_there:
            child = ExecutionId(execution.project, execution.domain, row.child)
            is_there = executions.find(connection, child) is not None
        return view.node(execution, row, self._root, is_child_there=is_there, is_brief=is_brief)

    def node(self, connection: Connection, message: core.NodeExecutionIdentifier) -> admin.NodeExecution:
        execution, row = self._node_row(connection, message)
        return self._node(connection, execution, row)

    def changes(
        self, connection: Connection, execution: ExecutionId, key: int, ids: Sequence[str], *, is_brief: bool = False
    ) -> service_pb2.ExecutionUpdate:
        """Those nodes of an execution as they are, in the order in which they were reached, with the names no graph holds."""
        changed = [self._node(connection, execution, row, is_brief=is_brief) for row in nodes.some(connection, key, ids)]
        update = service_pb2.ExecutionUpdate(nodes=changed)
        inner = [i for i in ids if "-0-" in i and not i.endswith((START, END))]
        for node_id, packed in run_rows.call_names(connection, key, inner).items() if inner else ():
            update.names[node_id] = core.Node.FromString(packed).metadata.name
        return update

    def node_data(self, connection: Connection, message: core.NodeExecutionIdentifier) -> admin.NodeExecutionGetDataResponse:
        execution, row = self._node_row(connection, message, with_values=True)
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
        attempt = attempts.any_of(connection, row.execution_key, row.node_id)
        calls = list(run_rows.call_rows(connection, row.execution_key, row.node_id))
        nodes = [core.Node.FromString(call.node) for call in calls]
        ids = {EntityId.from_proto(n.task_node.reference_id) for n in nodes if n.WhichOneof("target") == "task_node"}
        tasks = [core.CompiledTask.FromString(entity.get(connection, one).closure) for one in sorted(ids)]
        return compiled_calls(view.entity_id(WORKFLOW, attempt, "task_"), calls, tasks)

    def nodes(self, connection: Connection, request: admin.NodeExecutionListRequest) -> admin.NodeExecutionList:
        execution = ExecutionId.from_proto(request.workflow_execution_id)
        key = executions.get(connection, execution).key
        rows, token = listing.nodes(connection, request, key, request.unique_parent_id)
        return admin.NodeExecutionList(node_executions=[self._node(connection, execution, r) for r in rows], token=token)

    # Attempts ---------------------------------------------------------------------------------------------------------

    def attempts(self, connection: Connection, request: admin.TaskExecutionListRequest) -> admin.TaskExecutionList:
        execution, node = self._node_row(connection, request.node_execution_id)
        base = self._base()
        if node.kind == NodeKind.ARRAY.value:
            items = attempts.of_items(connection, node.execution_key, node.node_id)
            return admin.TaskExecutionList(task_executions=[view.array_attempt(execution, node, items, self._root, base)])
        rows, token = listing.attempts(connection, request, node.execution_key, node.node_id)
        return admin.TaskExecutionList(task_executions=[view.attempt(execution, r, self._root, base) for r in rows], token=token)

    def attempt_row(self, connection: Connection, message: core.TaskExecutionIdentifier, item: int = -1) -> Any:
        """An attempt's row; `item` ≥ 0 for one of an array node."""
        execution, node = self._node_row(connection, message.node_execution_id)
        row = attempts.find(connection, node.execution_key, node.node_id, item, message.retry_attempt)
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
        _, node = self._node_row(connection, message.node_execution_id, with_values=True)
        inputs, outputs = _values(node)
        return admin.TaskExecutionGetDataResponse(
            full_inputs=inputs, full_outputs=outputs, inputs=view.url_blob("", inputs), outputs=view.url_blob("", outputs)
        )

    # Others -----------------------------------------------------------------------------------------------------------

    def projects(self, connection: Connection, request: admin.ProjectListRequest) -> admin.Projects:
        rows, token = listing.projects(connection, request)
        return admin.Projects(projects=[view.project(row, DOMAINS) for row in rows], token=token)

    def project(self, connection: Connection, project_id: str) -> admin.Project:
        row = projects.find(connection, project_id)
        if row is None:
            raise NotFound(f'project "{project_id}" does not exist; `alula list projects` shows those that do', code="PROJECT_NOT_FOUND")
        return view.project(row, DOMAINS)

    def signals(self, connection: Connection, request: admin.SignalListRequest) -> tuple[ExecutionId, Sequence[Any], str]:
        execution = ExecutionId.from_proto(request.workflow_execution_id)
        key = executions.get(connection, execution).key
        rows, token = listing.signals(connection, request, key)
        return execution, rows, token


def _entity(message: core.Identifier, kind: int) -> EntityId:
    if message.resource_type not in (core.UNSPECIFIED, kind) and kind != TASK:
        name = core.ResourceType.Name(message.resource_type)
        raise InvalidInput(f"id.resource_type: expected {core.ResourceType.Name(kind)} or UNSPECIFIED, got {name}")
    if not message.version:
        raise InvalidInput("id.version: expected a version, got none")
    return EntityId(kind, message.project, message.domain, message.name, message.version)


def _values(row: Any) -> tuple[core.LiteralMap, core.LiteralMap]:
    packed = store.get_bytes(row.outputs_uri) if row.outputs is None and row.outputs_uri else row.outputs
    return core.LiteralMap.FromString(row.inputs or b""), core.LiteralMap.FromString(packed or b"")
