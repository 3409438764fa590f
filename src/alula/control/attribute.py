"""Settings of projects, domains and workflows (Flyte's matchable resources), with their fallback from narrow to wide."""

from __future__ import annotations

from sqlalchemy import Connection

from alula.control.clock import Clock
from alula.database import project as rows
from alula.errors import InvalidInput, NotFound
from alula.idl import admin

CONFIG = admin.MatchableResource.WORKFLOW_EXECUTION_CONFIG
_UNSETTABLE = {admin.MatchableResource.QUALITY_OF_SERVICE_SPECIFICATION}
_TARGETS = {
    "task_resource_attributes": admin.MatchableResource.TASK_RESOURCE,
    "cluster_resource_attributes": admin.MatchableResource.CLUSTER_RESOURCE,
    "execution_queue_attributes": admin.MatchableResource.EXECUTION_QUEUE,
    "execution_cluster_label": admin.MatchableResource.EXECUTION_CLUSTER_LABEL,
    "quality_of_service": admin.MatchableResource.QUALITY_OF_SERVICE_SPECIFICATION,
    "plugin_overrides": admin.MatchableResource.PLUGIN_OVERRIDE,
    "workflow_execution_config": admin.MatchableResource.WORKFLOW_EXECUTION_CONFIG,
    "cluster_assignment": admin.MatchableResource.CLUSTER_ASSIGNMENT,
}

Level = tuple[str, str, str]  # project, domain, workflow


def _levels(project: str, domain: str, workflow: str) -> list[Level]:
    wanted = [(project, domain, workflow), (project, domain, ""), (project, "", "")]
    return [level for i, level in enumerate(wanted) if level not in wanted[:i]]


def get(connection: Connection, resource: int, project: str, domain: str, workflow: str) -> tuple[Level, admin.MatchingAttributes]:
    """The attributes that hold at a level, with the level that set them.

    Raises:
        NotFound: no level sets them; never for the execution config of a project, which has defaults.
    """
    for level in _levels(project, domain, workflow):
        value = rows.get_attribute(connection, resource, *level)
        if value is not None:
            return level, admin.MatchingAttributes.FromString(value)
    if resource == CONFIG and not domain and not workflow:
        return (project, "", ""), admin.MatchingAttributes(workflow_execution_config=admin.WorkflowExecutionConfig())
    name = admin.MatchableResource.Name(resource)
    raise NotFound(f"{name} is set neither for {'/'.join(p for p in (project, domain, workflow) if p)} nor above it")


def put(connection: Connection, level: Level, attributes: admin.MatchingAttributes, clock: Clock) -> None:
    """Sets attributes at a level.

    Raises:
        InvalidInput: no attributes given, or of a kind that has no effect here.
    """
    target = attributes.WhichOneof("target")
    if target is None:
        raise InvalidInput(f"matching_attributes: expected one of {', '.join(sorted(_TARGETS))}, got none")
    resource = _TARGETS[target]
    if resource in _UNSETTABLE:
        raise InvalidInput("matching_attributes.quality_of_service: cannot be set at any level; set it on the execution")
    rows.set_attribute(connection, resource, *level, attributes.SerializeToString(), clock())


def delete(connection: Connection, resource: int, level: Level) -> None:
    """Removes attributes; nothing to remove is no error."""
    rows.delete_attribute(connection, resource, *level)


def execution_config(connection: Connection, project: str, domain: str, workflow: str) -> admin.WorkflowExecutionConfig:
    """The execution settings that hold for a workflow, empty if nobody set any."""
    try:
        return get(connection, CONFIG, project, domain, workflow)[1].workflow_execution_config
    except NotFound:
        return admin.WorkflowExecutionConfig()


def configurations(connection: Connection, resource: int) -> admin.ListMatchableAttributesResponse:
    """Every level at which attributes of one kind are set."""
    found = [
        admin.MatchableAttributesConfiguration(
            project=row.project,
            domain=row.domain,
            workflow=row.workflow,
            attributes=admin.MatchingAttributes.FromString(row.attributes),
        )
        for row in rows.list_attributes(connection, resource)
    ]
    return admin.ListMatchableAttributesResponse(configurations=found)
