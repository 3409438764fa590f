from __future__ import annotations

from typing import Any

import pytest

from alula.engine.condition import ConditionFailed, evaluate
from alula.idl import core
from alula.testing.engine_kit.graphs import literals

C, J = core.ComparisonExpression, core.ConjunctionExpression
INPUTS = literals(a=5, ok=True, xs=[1], none=None)


def side(value: Any) -> core.Operand:
    if isinstance(value, str):
        return core.Operand(var=value)
    kind = {bool: "boolean", int: "integer", float: "float_value"}[type(value)]
    return core.Operand(primitive=core.Primitive(**{kind: value}))


def compare(left: Any, operator: int, right: Any) -> core.BooleanExpression:
    return core.BooleanExpression(comparison=C(left_value=side(left), operator=operator, right_value=side(right)))


def both(operator: int, left: core.BooleanExpression, right: core.BooleanExpression) -> core.BooleanExpression:
    return core.BooleanExpression(conjunction=J(operator=operator, left_expression=left, right_expression=right))


YES, NO = compare("a", C.EQ, 5), compare("a", C.NEQ, 5)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (compare("a", C.GT, 4), True),
        (compare("a", C.GTE, 6), False),
        (compare("a", C.LT, 5), False),
        (compare("a", C.LTE, 5), True),
        (compare("ok", C.EQ, True), True),
        (compare("none", C.EQ, "ghost"), True),
        (compare("none", C.NEQ, "a"), True),
        (both(J.AND, YES, NO), False),
        (both(J.OR, NO, YES), True),
    ],
)
def test_conditions(expression: core.BooleanExpression, expected: bool) -> None:
    assert evaluate(expression, INPUTS) is expected


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (compare("a", C.GT, 4.0), "cannot compare integer with float_value"),
        (compare("ok", C.GT, False), "boolean values have no order"),
        (compare("none", C.GT, "ghost"), "none_type values have no order"),
        (compare("none", C.GT, "a"), "cannot compare none_type with integer"),
        (compare("xs", C.EQ, 1), '"xs" is a collection; only scalars can be compared'),
        (both(J.OR, YES, compare("a", C.EQ, 4.0)), "cannot compare"),
    ],
)
def test_what_cannot_be_compared_fails_and_nothing_is_left_out(expression: core.BooleanExpression, message: str) -> None:
    with pytest.raises(ConditionFailed, match=message):
        evaluate(expression, INPUTS)


def test_instants_compare_at_whole_seconds() -> None:
    def at(nanos: int) -> core.Operand:
        operand = core.Operand()
        operand.primitive.datetime.seconds, operand.primitive.datetime.nanos = 7, nanos
        return operand

    assert evaluate(core.BooleanExpression(comparison=C(left_value=at(1), operator=C.EQ, right_value=at(999))), INPUTS)
