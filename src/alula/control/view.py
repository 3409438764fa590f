"""Rows as the IDL shows them to clients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from google.protobuf.message import Message

from alula.control.clock import duration, timestamp
from alula.engine.graph import END, START, NodeKind
from alula.engine.state import Run
from alula.idl import admin, core, event, paths
from alula.idl.identifier import LAUNCH_PLAN, TASK, WORKFLOW, EntityId, ExecutionId
from alula.idl.phase import AttemptPhase, ExecutionPhase, NodePhase

SHORT_ERROR = 500
_PARENTS = frozenset({NodeKind.SUBWORKFLOW.value, NodeKind.BRANCH.value})


def entity_id(kind: int, row: Any, prefix: str = "") -> core.Identifier:
    """An identifier from the columns `project`, `domain`, `name` and `version`, with a prefix if the row has one."""
    return EntityId(
        kind,
        getattr(row, f"{prefix}project"),
        getattr(row, f"{prefix}domain"),
        getattr(row, f"{prefix}name"),
        getattr(row, f"{prefix}version"),
    ).to_proto()


def task(row: Any) -> admin.Task:
    closure = admin.TaskClosure(compiled_task=core.CompiledTask.FromString(row.closure), created_at=timestamp(row.created_at))
    return admin.Task(id=entity_id(TASK, row), closure=closure, short_description=row.short_description)


def workflow(row: Any, *, is_full: bool) -> admin.Workflow:
    """A workflow; in lists only its interface is compiled, as on Flyte's server."""
    compiled = core.CompiledWorkflowClosure()
    if is_full:
        compiled.ParseFromString(row.closure)
    elif row.interface:
        compiled.primary.template.interface.ParseFromString(row.interface)
    closure = admin.WorkflowClosure(compiled_workflow=compiled, created_at=timestamp(row.created_at))
    return admin.Workflow(id=entity_id(WORKFLOW, row), closure=closure, short_description=row.short_description)


def launch_plan(row: Any) -> admin.LaunchPlan:
    closure = admin.LaunchPlanClosure.FromString(row.closure)
    closure.state = row.state
    closure.created_at.CopyFrom(timestamp(row.created_at))
    closure.updated_at.CopyFrom(timestamp(row.updated_at))
    return admin.LaunchPlan(id=entity_id(LAUNCH_PLAN, row), spec=admin.LaunchPlanSpec.FromString(row.spec), closure=closure)


def error_of(row: Any, *, is_short: bool = False) -> core.ExecutionError | None:
    """The error in a row; lists shorten its message."""
    if not row.error_code:
        return None
    message = row.error_message
    if is_short and len(message) > SHORT_ERROR:
        message = message[:SHORT_ERROR] + "…"
    return core.ExecutionError(code=row.error_code, message=message, kind=core.ExecutionError.ErrorKind.Value(row.error_kind or "UNKNOWN"))


def execution(row: Any, tags: Sequence[str] = (), *, root: str = "", is_listed: bool = False) -> admin.Execution:
    spec = admin.ExecutionSpec.FromString(row.spec)
    spec.tags[:] = tags or list(spec.tags)
    closure = admin.ExecutionClosure(
        phase=row.phase,
        created_at=timestamp(row.created_at),
        updated_at=timestamp(row.updated_at),
        workflow_id=entity_id(WORKFLOW, row, "workflow_"),
    )
    closure.state_change_details.state = row.state
    closure.state_change_details.principal = row.state_principal
    closure.state_change_details.occurred_at.CopyFrom(timestamp(row.state_changed_at or row.created_at))
    if row.started_at:
        closure.started_at.CopyFrom(timestamp(row.started_at))
        closure.duration.CopyFrom(duration(row.duration_us))
    if (error := error_of(row, is_short=is_listed)) is not None:
        closure.error.CopyFrom(error)
    elif row.phase == ExecutionPhase.ABORTED:
        closure.abort_metadata.cause, closure.abort_metadata.principal = row.abort_cause, row.abort_principal
    elif row.phase == ExecutionPhase.SUCCEEDED and not is_listed:
        id_ = ExecutionId(row.project, row.domain, row.name)
        closure.outputs.uri = paths.output_prefix(root, id_, END, 0) + "/outputs.pb"
    id_proto = core.WorkflowExecutionIdentifier(project=row.project, domain=row.domain, name=row.name)
    return admin.Execution(id=id_proto, spec=spec, closure=closure)


def ended(run: Run, spec: admin.ExecutionSpec, workflow: EntityId, root: str) -> admin.Execution:
    """A run that has just ended, as its row will be read: for whoever launched it and waits."""
    closure = admin.ExecutionClosure(
        phase=run.phase,
        created_at=timestamp(run.created_at),
        updated_at=timestamp(run.ended_at),
        started_at=timestamp(run.started_at),
        duration=duration(run.ended_at - run.started_at),
        workflow_id=workflow.to_proto(),
    )
    failure = run.failure
    if failure is not None:
        kind = core.ExecutionError.ErrorKind.Value(failure.kind)
        closure.error.CopyFrom(core.ExecutionError(code=failure.code, message=failure.message, kind=kind))
    elif run.phase is ExecutionPhase.ABORTED:
        closure.abort_metadata.cause, closure.abort_metadata.principal = run.abort_cause, run.abort_principal
    else:
        closure.outputs.uri = paths.output_prefix(root, run.id, END, 0) + "/outputs.pb"
    return admin.Execution(id=run.id.to_proto(), spec=spec, closure=closure)


def node(execution_id: ExecutionId, row: Any, root: str, *, is_child_there: bool = True, is_brief: bool = False) -> admin.NodeExecution:
    """A node execution.

    Args:
        is_child_there: the execution it launches is on record, so that a client may ask for it.
        is_brief: without the execution's id and the addresses of inputs and outputs.
    """
    closure = admin.NodeExecutionClosure(
        phase=row.phase, created_at=timestamp(row.created_at), updated_at=timestamp(row.updated_at), deck_uri=row.deck_uri
    )
    if row.started_at:
        closure.started_at.CopyFrom(timestamp(row.started_at))
        closure.duration.CopyFrom(duration(row.duration_us))
    if (error := error_of(row)) is not None:
        closure.error.CopyFrom(error)
    elif not is_brief and NodePhase(row.phase).is_success and row.spec_node_id != END:
        closure.output_uri = row.outputs_uri or paths.output_prefix(root, execution_id, row.node_id, 0) + "/outputs.pb"
    if row.kind == NodeKind.LAUNCH_PLAN.value and is_child_there:
        child = ExecutionId(execution_id.project, execution_id.domain, row.child)
        closure.workflow_node_metadata.executionId.CopyFrom(child.to_proto())
    elif row.kind in (NodeKind.TASK.value, NodeKind.ARRAY.value):
        closure.task_node_metadata.cache_status = row.cache_status
        if row.cache_source:
            closure.task_node_metadata.catalog_key.ParseFromString(row.cache_source)
    has_inputs = not is_brief and row.spec_node_id != START
    return admin.NodeExecution(
        id=core.NodeExecutionIdentifier(node_id=row.node_id, execution_id=None if is_brief else execution_id.to_proto()),
        input_uri=f"{paths.node_data(root, execution_id, row.node_id)}/inputs.pb" if has_inputs else "",
        closure=closure,
        metadata=admin.NodeExecutionMetaData(
            spec_node_id=row.spec_node_id,
            is_parent_node=row.kind in _PARENTS or bool(row.is_dynamic),
            is_dynamic=bool(row.is_dynamic),
            is_array=row.kind == NodeKind.ARRAY.value,
        ),
    )


def _attempt_phase(phase: int) -> int:
    return int(AttemptPhase.FAILED if phase == AttemptPhase.RETRYABLE_FAILED else phase)


def log_link(base: str, execution_id: ExecutionId, row: Any) -> core.TaskLog:
    """Where a browser reads an attempt's log."""
    item = f"?item={row.item}" if row.item >= 0 else ""
    place = f"{execution_id.project}/{execution_id.domain}/{execution_id.name}/{row.node_id}/{row.retry_attempt}"
    return core.TaskLog(uri=f"{base}/api/alula/v1/logs/{place}{item}", name="log", message_format=core.TaskLog.UNKNOWN)


def attempt(execution_id: ExecutionId, row: Any, root: str, base: str) -> admin.TaskExecution:
    """One attempt of an ordinary task node."""
    closure = admin.TaskExecutionClosure(
        phase=_attempt_phase(row.phase),
        created_at=timestamp(row.created_at),
        updated_at=timestamp(row.updated_at),
        task_type="python-task",
        logs=[log_link(base, execution_id, row)] if row.log_uri else [],
    )
    if row.started_at or row.ended_at:
        closure.started_at.CopyFrom(timestamp(row.started_at or row.created_at))
        closure.duration.CopyFrom(duration(row.duration_us))
    if (error := error_of(row)) is not None:
        closure.error.CopyFrom(error)
    elif row.phase == AttemptPhase.SUCCEEDED:
        closure.output_uri = paths.output_prefix(root, execution_id, row.node_id, row.retry_attempt) + "/outputs.pb"
    closure.metadata.generated_name = f"{execution_id.name}-{row.node_id}-{row.retry_attempt}"
    return admin.TaskExecution(
        id=attempt_id(execution_id, row.node_id, row.retry_attempt, row),
        input_uri=f"{paths.node_data(root, execution_id, row.node_id)}/inputs.pb",
        closure=closure,
    )


def attempt_id(execution_id: ExecutionId, node_id: str, number: int, row: Any) -> core.TaskExecutionIdentifier:
    return core.TaskExecutionIdentifier(
        task_id=entity_id(TASK, row, "task_"),
        node_execution_id=core.NodeExecutionIdentifier(node_id=node_id, execution_id=execution_id.to_proto()),
        retry_attempt=number,
    )


def array_attempt(execution_id: ExecutionId, node_row: Any, items: Sequence[Any], root: str, base: str) -> admin.TaskExecution:
    """The one attempt an array node shows: its items are external resources, the latest attempt of each last."""
    phases = {NodePhase.SUCCEEDED: AttemptPhase.SUCCEEDED, NodePhase.FAILED: AttemptPhase.FAILED, NodePhase.ABORTED: AttemptPhase.ABORTED}
    closure = admin.TaskExecutionClosure(
        phase=int(phases.get(NodePhase(node_row.phase), AttemptPhase.RUNNING)),
        created_at=timestamp(node_row.created_at),
        updated_at=timestamp(node_row.updated_at),
        started_at=timestamp(node_row.started_at),
        duration=duration(node_row.duration_us),
        task_type="container_array",
    )
    if (error := error_of(node_row)) is not None:
        closure.error.CopyFrom(error)
    elif node_row.phase == NodePhase.SUCCEEDED:
        closure.output_uri = paths.output_prefix(root, execution_id, node_row.node_id, 0) + "/outputs.pb"
    for row in items:
        resource = event.ExternalResourceInfo(
            external_id=f"{execution_id.name}-{row.node_id}-{row.item}-{row.retry_attempt}",
            index=row.item,
            retry_attempt=row.retry_attempt,
            phase=_attempt_phase(row.phase),
            cache_status=row.cache_status,
            logs=[log_link(base, execution_id, row)] if row.log_uri else [],
        )
        if row.child:
            child = ExecutionId(execution_id.project, execution_id.domain, row.child)
            resource.workflow_node_metadata.execution_id.CopyFrom(child.to_proto())
        closure.metadata.external_resources.append(resource)
    closure.metadata.generated_name = f"{execution_id.name}-{node_row.node_id}-0"
    task_row = items[0] if items else None
    node_proto = core.NodeExecutionIdentifier(node_id=node_row.node_id, execution_id=execution_id.to_proto())
    id_ = (
        attempt_id(execution_id, node_row.node_id, 0, task_row) if task_row else core.TaskExecutionIdentifier(node_execution_id=node_proto)
    )
    return admin.TaskExecution(id=id_, input_uri=f"{paths.node_data(root, execution_id, node_row.node_id)}/inputs.pb", closure=closure)


def project(row: Any, domains: Sequence[str]) -> admin.Project:
    return admin.Project(
        id=row.id,
        name=row.name,
        description=row.description,
        labels=admin.Labels.FromString(row.labels or b""),
        state=row.state,
        domains=[admin.Domain(id=d, name=d) for d in domains],
    )


def url_blob(url: str, message: Message) -> admin.UrlBlob:
    return admin.UrlBlob(url=url, bytes=message.ByteSize())
