"""flytekit programs as the server receives them."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from flytekit.configuration import ImageConfig, SerializationSettings
from flytekit.models.admin.workflow import WorkflowSpec
from flytekit.models.launch_plan import LaunchPlan
from flytekit.models.task import TaskSpec
from flytekit.tools.translator import get_serializable

from alula.compiler.closure import LaunchPlanInterface, compile_workflow
from alula.compiler.launch_plan import compile_launch_plan
from alula.idl import admin, core
from alula.idl.identifier import EntityId

SETTINGS = SerializationSettings(project="p", domain="d", version="v", image_config=ImageConfig.auto_default_image())


@dataclass
class Registered:
    """A program and everything it needs, as wire messages."""

    spec: admin.WorkflowSpec | None = None
    tasks: dict[EntityId, core.TaskTemplate] = field(default_factory=dict)
    plans: dict[EntityId, LaunchPlanInterface] = field(default_factory=dict)

    def compile(self) -> core.CompiledWorkflowClosure:
        return compile_workflow(self.spec, self.tasks, self.plans)


def serialize(program: Any) -> Registered:
    """What `pyflyte register` would send for a workflow, in memory."""
    found: OrderedDict[Any, Any] = OrderedDict()
    main = get_serializable(found, SETTINGS, program)
    result = Registered(spec=main.to_flyte_idl() if isinstance(main, WorkflowSpec) else None)
    interfaces = {}
    for model in found.values():
        if isinstance(model, TaskSpec):
            template = model.to_flyte_idl().template
            result.tasks[EntityId.from_proto(template.id)] = template
        elif isinstance(model, WorkflowSpec):
            template = model.to_flyte_idl().template
            interfaces[EntityId.from_proto(template.id)] = template.interface
    for model in found.values():
        if isinstance(model, LaunchPlan):
            plan = model.to_flyte_idl()
            interface = interfaces[EntityId.from_proto(plan.spec.workflow_id)]
            closure = compile_launch_plan(plan.id, plan.spec, interface)
            result.plans[EntityId.from_proto(plan.id)] = LaunchPlanInterface(
                closure.expected_inputs, closure.expected_outputs, plan.spec.fixed_inputs
            )
    return result


def rows(connections: Any) -> dict[str, list[str]]:
    """One direction of `connections` as plain lists."""
    return {node_id: list(row.ids) for node_id, row in connections.items()}
