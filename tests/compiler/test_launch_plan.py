from __future__ import annotations

from typing import Any

import pytest
from tests.compiler import programs
from tests.compiler.specs import serialize

from alula.compiler.launch_plan import compile_launch_plan, resolve_inputs
from alula.errors import CompileFailed, InvalidInput, Unsupported
from alula.idl import admin, core

S = core.SimpleType
ID = core.Identifier(resource_type=core.LAUNCH_PLAN, project="p", domain="d", name="plan", version="v")
INT = core.LiteralType(simple=S.INTEGER)
OPTIONAL = core.LiteralType(union_type=core.UnionType(variants=[INT, core.LiteralType(simple=S.NONE)]))


def interface(**inputs: Any) -> Any:
    variables = {name: core.Variable(type=type_) for name, type_ in inputs.items()}
    return core.TypedInterface(inputs=core.VariableMap(variables=variables))


def number(value: int) -> Any:
    return core.Literal(scalar=core.Scalar(primitive=core.Primitive(integer=value)))


def text(value: str) -> Any:
    return core.Literal(scalar=core.Scalar(primitive=core.Primitive(string_value=value)))


def plan(defaults: dict[str, Any] | None = None, fixed: dict[str, Any] | None = None, schedule: Any = None) -> Any:
    parameters = {name: core.Parameter(default=value) for name, value in (defaults or {}).items()}
    return admin.LaunchPlanSpec(
        default_inputs=core.ParameterMap(parameters=parameters),
        fixed_inputs=core.LiteralMap(literals=fixed or {}),
        entity_metadata=admin.LaunchPlanMetadata(schedule=schedule),
    )


WORKFLOW = interface(a=INT, b=INT, c=OPTIONAL, d=INT, at=core.LiteralType(simple=S.DATETIME))


def test_expected_are_defaults_and_what_nobody_gave() -> None:
    closure = compile_launch_plan(ID, plan({"b": number(1)}, {"d": number(2)}), WORKFLOW)
    parameters = closure.expected_inputs.parameters
    assert {name: entry.WhichOneof("behavior") for name, entry in parameters.items()} == {
        "a": "required",
        "at": "required",
        "b": "default",
        "c": "required",
    }
    assert [name for name, entry in parameters.items() if entry.required and name != "at"] == ["a"]
    assert parameters["b"].var.type == INT
    assert closure.state == admin.LaunchPlanState.INACTIVE


def test_an_input_may_be_defaulted_and_fixed() -> None:
    closure = compile_launch_plan(ID, plan({"a": number(1)}, {"a": number(2)}), interface(a=INT))
    assert closure.expected_inputs.parameters["a"].default == number(1)
    inputs = resolve_inputs(closure.expected_inputs, core.LiteralMap(literals={"a": number(2)}), core.LiteralMap())
    assert inputs.literals["a"] == number(2)


def test_a_plan_as_flytekit_sends_it_compiles() -> None:
    registered = serialize(programs.child_plan)
    (found,) = registered.plans.values()
    assert (sorted(found.expected_inputs.parameters), sorted(found.fixed_inputs.literals)) == (["a"], ["b"])


def cron(kickoff: str = "") -> Any:
    return admin.Schedule(cron_schedule=admin.CronSchedule(schedule="@daily"), kickoff_time_input_arg=kickoff)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (plan({"z": number(1)}), 'UNKNOWN_INPUT_NAME default input "z": the workflow has no input "z"; its inputs are: a, at, b, c, d'),
        (plan(fixed={"z": number(1)}), 'UNKNOWN_INPUT_NAME fixed input "z"'),
        (plan({"a": text("x")}), 'BINDING_TYPE default input "a": expected int, got str "x"; pass a whole number or annotate a: str'),
        (plan(fixed={"a": text("x")}), 'BINDING_TYPE fixed input "a": expected int, got str "x"'),
        (
            plan(schedule=cron()),
            'SCHEDULE input "a": a scheduled launch plan leaves it without a value; give it a default or a fixed value',
        ),
        (plan(schedule=cron("z")), 'UNKNOWN_INPUT_NAME schedule kickoff_time_input_arg "z"'),
        (plan(schedule=cron("a")), 'SCHEDULE schedule kickoff_time_input_arg "a": expected a datetime input, got int'),
    ],
)
def test_a_plan_that_cannot_run_is_refused(spec: Any, message: str) -> None:
    with pytest.raises(CompileFailed) as caught:
        compile_launch_plan(ID, spec, WORKFLOW)
    assert message in str(caught.value)


def test_a_schedule_needs_every_input_save_the_kickoff_time() -> None:
    spec = plan({"a": number(1), "b": number(1)}, {"d": number(1)}, cron("at"))
    assert "at" in compile_launch_plan(ID, spec, WORKFLOW).expected_inputs.parameters


def test_a_declared_type_that_does_not_fit_is_refused() -> None:
    spec = plan()
    spec.default_inputs.parameters["a"].var.type.simple = S.STRING
    spec.default_inputs.parameters["a"].required = True
    with pytest.raises(CompileFailed, match='BINDING_TYPE default input "a": expected int, got str'):
        compile_launch_plan(ID, spec, WORKFLOW)


def test_launch_conditions_are_unsupported() -> None:
    spec = plan()
    spec.entity_metadata.launch_conditions.SetInParent()
    with pytest.raises(Unsupported, match="launch plan p/d/plan:v: launch conditions are not supported"):
        compile_launch_plan(ID, spec, WORKFLOW)


def test_inputs_are_defaults_then_given_then_fixed() -> None:
    spec = plan({"b": number(1)}, {"d": number(2)})
    expected = compile_launch_plan(ID, spec, interface(a=INT, b=INT, c=OPTIONAL, d=INT)).expected_inputs
    given = core.LiteralMap(literals={"a": number(7)})
    inputs = resolve_inputs(expected, spec.fixed_inputs, given)
    assert dict(inputs.literals) == {"a": number(7), "b": number(1), "d": number(2)}
    given.literals["b"].CopyFrom(number(8))
    given.literals["d"].CopyFrom(number(2))  # the fixed value itself, as a relaunch sends it
    assert resolve_inputs(expected, spec.fixed_inputs, given).literals["b"] == number(8)


def test_everything_wrong_with_inputs_comes_at_once() -> None:
    spec = plan({"b": number(1)}, {"d": number(2)})
    expected = compile_launch_plan(ID, spec, interface(a=INT, b=INT, c=OPTIONAL, d=INT)).expected_inputs
    given = core.LiteralMap(literals={"b": text("x"), "d": number(3), "z": number(4)})
    with pytest.raises(InvalidInput) as caught:
        resolve_inputs(expected, spec.fixed_inputs, given)
    assert str(caught.value).splitlines() == [
        'invalid input b: expected int, got str "x"; pass a whole number or annotate b: str',
        "invalid input d: the launch plan fixes it; leave it out, or launch another launch plan",
        "invalid input z: there is no such input; the inputs are: a, b, c",
        "missing input a: int is required and has no default; pass it",
    ]
