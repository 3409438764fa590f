"""Launch plans: what a launch must give, what is fixed, and the inputs that result."""

from __future__ import annotations

from typing import Any

from alula.compiler.interface import castable, is_optional, literal_problem, mismatch
from alula.compiler.problem import Problem
from alula.compiler.task import id_problems
from alula.errors import CompileFailed, InvalidInput, Unsupported
from alula.idl import admin, core
from alula.idl.identifier import LAUNCH_PLAN, EntityId
from alula.idl.literal import describe_type


def compile_launch_plan(
    id: core.Identifier, spec: admin.LaunchPlanSpec, workflow_interface: core.TypedInterface
) -> admin.LaunchPlanClosure:
    """The closure of a launch plan: state inactive, expected inputs and outputs.

    Expected are the inputs with a default and every workflow input that is neither defaulted nor fixed; the latter are
    required unless their type takes None. An input may be both defaulted and fixed: it is then listed, and the fixed value wins.

    Args:
        id: of the launch plan.
        spec: as sent.
        workflow_interface: of the workflow that `spec.workflow_id` names.
    Raises:
        CompileFailed: with every problem found.
        Unsupported: the spec has launch conditions.
    """
    what = str(EntityId.from_proto(id)._replace(resource_type=LAUNCH_PLAN))
    if spec.entity_metadata.HasField("launch_conditions"):
        raise Unsupported(f"{what}: launch conditions are not supported; start it by a schedule or from the code that makes the data")
    inputs = workflow_interface.inputs.variables
    problems = id_problems(id, LAUNCH_PLAN)
    problems += _default_problems(spec, inputs)
    problems += _fixed_problems(spec, inputs)
    closure = admin.LaunchPlanClosure(expected_outputs=workflow_interface.outputs)
    expected = closure.expected_inputs.parameters
    for name in sorted(inputs):
        if name in spec.default_inputs.parameters:
            expected[name].CopyFrom(spec.default_inputs.parameters[name])
            if not expected[name].HasField("var"):
                expected[name].var.CopyFrom(inputs[name])
        elif name not in spec.fixed_inputs.literals:
            expected[name].var.CopyFrom(inputs[name])
            # Written out even if False: an optional input without a default is one that may be left out.
            expected[name].required = not is_optional(inputs[name].type)
    problems += _schedule_problems(spec, closure, inputs)
    if problems:
        raise CompileFailed(what, [str(problem) for problem in problems])
    return closure


def _unknown(name: str, inputs: Any, place: str) -> Problem:
    names = ", ".join(sorted(inputs)) or "none"
    return Problem("UNKNOWN_INPUT_NAME", place, f'the workflow has no input "{name}"', f"its inputs are: {names}")


def _default_problems(spec: admin.LaunchPlanSpec, inputs: Any) -> list[Problem]:
    found = []
    for name, parameter in sorted(spec.default_inputs.parameters.items()):
        place = f'default input "{name}"'
        if name not in inputs:
            found.append(_unknown(name, inputs, place))
            continue
        wanted = inputs[name].type
        declared = parameter.var.type
        if declared.WhichOneof("type") is not None and not castable(declared, wanted):
            kind = describe_type(declared)
            found.append(mismatch(wanted, kind, kind, place))
        elif parameter.WhichOneof("behavior") == "default":
            problem = literal_problem(parameter.default, wanted, place)
            found += [problem] if problem is not None else []
    return found


def _fixed_problems(spec: admin.LaunchPlanSpec, inputs: Any) -> list[Problem]:
    found = []
    for name, literal in sorted(spec.fixed_inputs.literals.items()):
        place = f'fixed input "{name}"'
        if name not in inputs:
            found.append(_unknown(name, inputs, place))
            continue
        problem = literal_problem(literal, inputs[name].type, place)
        found += [problem] if problem is not None else []
    return found


def _schedule_problems(spec: admin.LaunchPlanSpec, closure: admin.LaunchPlanClosure, inputs: Any) -> list[Problem]:
    """A schedule has nobody to ask: every input needs a value, save the one that receives the kickoff time."""
    schedule = spec.entity_metadata.schedule
    if schedule.WhichOneof("ScheduleExpression") is None:
        return []
    found = []
    kickoff = schedule.kickoff_time_input_arg
    if kickoff:
        place = f'schedule kickoff_time_input_arg "{kickoff}"'
        if kickoff not in inputs:
            found.append(_unknown(kickoff, inputs, place))
        elif not castable(core.LiteralType(simple=core.SimpleType.DATETIME), inputs[kickoff].type):
            shown = describe_type(inputs[kickoff].type)
            found.append(Problem("SCHEDULE", place, f"expected a datetime input, got {shown}", "choose a datetime input"))
        elif kickoff in spec.fixed_inputs.literals:
            found.append(Problem("SCHEDULE", place, "the input is fixed", "leave it free: the schedule fills it in"))
    for name, parameter in sorted(closure.expected_inputs.parameters.items()):
        if parameter.required and name != kickoff and name not in spec.fixed_inputs.literals:
            remedy = "give it a default or a fixed value"
            found.append(Problem("SCHEDULE", f'input "{name}"', "a scheduled launch plan leaves it without a value", remedy))
    return found


def input_problems(expected: core.ParameterMap, fixed: core.LiteralMap, given: core.LiteralMap) -> list[tuple[str, str]]:
    """Everything that is wrong with the inputs of a launch: each input's name, and what is wrong in words that name it, too."""
    found: list[tuple[str, str]] = []
    for name, parameter in expected.parameters.items():
        if name in given.literals:
            problem = literal_problem(given.literals[name], parameter.var.type, f'input "{name}"')
            if problem is not None:
                found.append((name, f"invalid input {name}: {problem.message}; {problem.remedy}"))
        elif parameter.WhichOneof("behavior") != "default" and parameter.required and name not in fixed.literals:
            kind = describe_type(parameter.var.type)
            found.append((name, f"missing input {name}: {kind} is required and has no default; pass it"))
    for name in given.literals:
        if name in fixed.literals:
            if given.literals[name] != fixed.literals[name]:
                message = f"invalid input {name}: the launch plan fixes it; leave it out, or launch another launch plan"
                found.append((name, message))
        elif name not in expected.parameters:
            names = ", ".join(sorted(expected.parameters)) or "none"
            found.append((name, f"invalid input {name}: there is no such input; the inputs are: {names}"))
    return sorted(found, key=lambda problem: problem[1])


def resolve_inputs(expected: core.ParameterMap, fixed: core.LiteralMap, given: core.LiteralMap) -> core.LiteralMap:
    """The inputs an execution starts with: defaults, what was given, what is fixed.

    Args:
        expected: of the launch plan's closure.
        fixed: of the launch plan's spec.
        given: of the request. A fixed input may be given only with its fixed value.
    Returns:
        Values by input; an optional input that nobody gave is absent.
    Raises:
        InvalidInput: with everything that is wrong: unknown, missing, fixed or ill-typed inputs.
    """
    if found := input_problems(expected, fixed, given):
        raise InvalidInput("\n".join(message for _, message in found))
    result = core.LiteralMap()
    for name, parameter in expected.parameters.items():
        if name in given.literals:
            result.literals[name].CopyFrom(given.literals[name])
        elif parameter.WhichOneof("behavior") == "default":
            result.literals[name].CopyFrom(parameter.default)
    for name, literal in fixed.literals.items():
        result.literals[name].CopyFrom(literal)
    return result
