"""Launching one task: the hidden workflow and launch plan around it."""

from __future__ import annotations

import re

from alula.idl import admin, core
from alula.idl.identifier import HIDDEN_PREFIX

_MAX_NODE_ID = 63


def single_task_node_id(task_name: str) -> str:
    """Id of the only node: letters, digits and dashes of the task's name, the last 63 of them; clients show it."""
    tail = re.sub(r"[^A-Za-z0-9-]", "", task_name)[-_MAX_NODE_ID:].strip("-")
    return tail or "task"


def hidden_name(task_name: str) -> str:
    """Name of the workflow and launch plan that stand for a task."""
    return f"{HIDDEN_PREFIX}{task_name}"


def wrap_task(task: core.TaskTemplate) -> tuple[admin.WorkflowSpec, admin.LaunchPlanSpec]:
    """The workflow of one node that runs a task, and a launch plan that asks for exactly the task's inputs.

    Both are called `.flytegen.<task name>`, in the task's project, domain and version.
    """
    node_id = single_task_node_id(task.id.name)
    workflow_id = core.Identifier(
        resource_type=core.WORKFLOW,
        project=task.id.project,
        domain=task.id.domain,
        name=hidden_name(task.id.name),
        version=task.id.version,
    )
    spec = admin.WorkflowSpec()
    template = spec.template
    template.id.CopyFrom(workflow_id)
    template.interface.CopyFrom(task.interface)
    template.metadata.SetInParent()
    template.metadata_defaults.SetInParent()
    node = template.nodes.add(id=node_id)
    node.metadata.name = task.id.name
    node.metadata.retries.SetInParent()
    node.task_node.reference_id.CopyFrom(task.id)
    node.task_node.reference_id.resource_type = core.TASK
    for name in sorted(task.interface.inputs.variables):
        node.inputs.add(var=name).binding.promise.var = name
    for name in sorted(task.interface.outputs.variables):
        promise = template.outputs.add(var=name).binding.promise
        promise.node_id, promise.var = node_id, name
    return spec, admin.LaunchPlanSpec(workflow_id=workflow_id)
