"""What a launch starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from alula.client import rpc, value
from alula.client.wire import Wire
from alula.idl import admin, core
from alula.sdk.interface import Interface


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a launch starts: its id, how its inputs become literals, and its interface if the function is at hand."""

    id: core.Identifier
    parameters: Mapping[str, core.Parameter]
    interface: Interface | None = None


async def exact(wire: Wire, identifier: core.Identifier, interface: Interface | None = None) -> Target:
    """The target of an exact id."""
    if identifier.resource_type == core.TASK:
        task = await wire.call(rpc.GET_TASK, admin.ObjectGetRequest(id=identifier))
        variables = task.closure.compiled_task.template.interface.inputs.variables
        # A task has no launch plan that could hold defaults, so each input is required.
        parameters = {name: core.Parameter(var=variables[name], required=True) for name in variables}
        return Target(id=task.id, parameters=parameters, interface=interface)
    plan_id = core.Identifier()
    plan_id.CopyFrom(identifier)
    plan_id.resource_type = core.LAUNCH_PLAN  # a workflow is launched by its default launch plan, of the same name and version
    plan = await wire.call(rpc.GET_LAUNCH_PLAN, admin.ObjectGetRequest(id=plan_id))
    return Target(id=plan.id, parameters=value.parameters_of(plan), interface=interface)
