"""What a launch would be refused for, all of it at once and field by field; nothing is written."""

from __future__ import annotations

from sqlalchemy import Connection

from alula.compiler.launch_plan import input_problems
from alula.control.launch_form import form_problems
from alula.control.library import DOMAINS, Library
from alula.control.register import Registrar
from alula.database import execution as executions
from alula.errors import AlulaError, InvalidInput
from alula.idl import admin, core
from alula.idl.identifier import LAUNCH_PLAN, TASK, EntityId, ExecutionId
from alula.idl.v1 import browse_pb2


def check_launch(
    connection: Connection, library: Library, registrar: Registrar, request: admin.ExecutionCreateRequest
) -> browse_pb2.CheckLaunchResponse:
    """Problems of a launch, those with its form first."""
    result = browse_pb2.CheckLaunchResponse()
    for field, message in form_problems(request):
        result.problems.add(field=field, message=message, code=InvalidInput.code)
    try:
        library.check_place(connection, request.project, request.domain)
    except AlulaError as error:
        field = "project" if request.domain in DOMAINS else "domain"
        result.problems.add(field=field, message=error.message, code=error.code)
    name = ExecutionId(request.project, request.domain, request.name)
    if request.name and executions.find(connection, name) is not None:
        taken = executions.taken(name)
        result.problems.add(field="name", message=taken.message, code=taken.code)
    if request.spec.HasField("launch_plan"):
        try:
            expected, fixed = _plan(connection, library, registrar, EntityId.from_proto(request.spec.launch_plan))
        except AlulaError as error:
            result.problems.add(field="launch_plan", message=error.message, code=error.code)
        else:
            given = request.inputs if request.HasField("inputs") else request.spec.inputs
            for field, message in input_problems(expected, fixed, given):
                result.problems.add(field=f"inputs.{field}", message=message, code=InvalidInput.code)
    return result


def _plan(connection: Connection, library: Library, registrar: Registrar, target: EntityId) -> tuple[core.ParameterMap, core.LiteralMap]:
    """The inputs that a launch plan, or that of a task, expects, and those it fixes."""
    if target.resource_type == TASK:
        made = registrar.single_task_plan(connection, target)
        return made.closure.expected_inputs, made.spec.fixed_inputs
    plan = library.launch_plan(connection, target._replace(resource_type=LAUNCH_PLAN))
    return plan.closure.expected_inputs, plan.spec.fixed_inputs
