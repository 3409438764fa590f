"""Branch conditions over literals, with Flyte's rules: kinds must match, both sides of AND and OR are evaluated."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from alula.idl import core

_OPERATORS: dict[int, Callable[[Any, Any], bool]] = {
    core.ComparisonExpression.EQ: operator.eq,
    core.ComparisonExpression.NEQ: operator.ne,
    core.ComparisonExpression.GT: operator.gt,
    core.ComparisonExpression.GTE: operator.ge,
    core.ComparisonExpression.LT: operator.lt,
    core.ComparisonExpression.LTE: operator.le,
}
_EQUALITY = {core.ComparisonExpression.EQ, core.ComparisonExpression.NEQ}


class ConditionFailed(Exception):
    """The condition cannot be evaluated on these values."""


def evaluate(expression: core.BooleanExpression, inputs: core.LiteralMap) -> bool:
    """Whether the expression holds for the branch node's inputs.

    Raises:
        ConditionFailed: operands of different kinds, an unknown operand, or an order asked of something unordered.
    """
    if expression.WhichOneof("expr") == "conjunction":
        left = evaluate(expression.conjunction.left_expression, inputs)
        right = evaluate(expression.conjunction.right_expression, inputs)
        return (left and right) if expression.conjunction.operator == core.ConjunctionExpression.AND else (left or right)
    comparison = expression.comparison
    left_kind, left_value = _operand(comparison.left_value, inputs)
    right_kind, right_value = _operand(comparison.right_value, inputs)
    is_equality = comparison.operator in _EQUALITY
    if "none_type" in (left_kind, right_kind) and is_equality:
        is_same = left_kind == right_kind
        return is_same if comparison.operator == core.ComparisonExpression.EQ else not is_same
    if left_kind != right_kind:
        raise ConditionFailed(f"cannot compare {left_kind} with {right_kind}; make both sides the same type")
    if left_kind in ("boolean", "none_type") and not is_equality:
        raise ConditionFailed(f"{left_kind} values have no order; compare them with == or !=")
    return _OPERATORS[comparison.operator](left_value, right_value)


def _operand(operand: core.Operand, inputs: core.LiteralMap) -> tuple[str, Any]:
    case = operand.WhichOneof("val")
    if case == "primitive":
        return _primitive(operand.primitive)
    if case == "scalar":
        return _scalar(operand.scalar, "constant")
    if operand.var not in inputs.literals:
        return "none_type", None  # an Optional input that nobody gave
    literal = inputs.literals[operand.var]
    if literal.WhichOneof("value") != "scalar":
        raise ConditionFailed(f'"{operand.var}" is a {literal.WhichOneof("value")}; only scalars can be compared')
    return _scalar(literal.scalar, operand.var)


def _scalar(scalar: core.Scalar, place: str) -> tuple[str, Any]:
    case = scalar.WhichOneof("value")
    if case == "union":
        return _scalar(scalar.union.value.scalar, place)
    if case == "none_type":
        return "none_type", None
    if case != "primitive":
        raise ConditionFailed(f'"{place}" is a {case}; only primitives can be compared')
    return _primitive(scalar.primitive)


def _primitive(primitive: core.Primitive) -> tuple[str, Any]:
    kind = primitive.WhichOneof("value") or "none_type"
    value: Any = getattr(primitive, kind, None)
    if kind == "datetime":
        return kind, value.seconds  # whole seconds, as Flyte compares them
    if kind == "duration":
        return kind, value.ToNanoseconds()
    return kind, value
