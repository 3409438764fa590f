"""Conditions of branches: operands that exist, kinds that can be compared."""

from __future__ import annotations

from typing import Any

from alula.compiler.interface import castable, type_of_scalar
from alula.compiler.problem import Problem
from alula.idl import core
from alula.idl.literal import describe_type

_EQUALITY = (core.ComparisonExpression.EQ, core.ComparisonExpression.NEQ)
_ORDERED = (
    core.SimpleType.INTEGER,
    core.SimpleType.FLOAT,
    core.SimpleType.STRING,
    core.SimpleType.DATETIME,
    core.SimpleType.DURATION,
)
_SYMBOLS = {
    core.ComparisonExpression.EQ: "==",
    core.ComparisonExpression.NEQ: "!=",
    core.ComparisonExpression.GT: ">",
    core.ComparisonExpression.GTE: ">=",
    core.ComparisonExpression.LT: "<",
    core.ComparisonExpression.LTE: "<=",
}


def condition_problems(expression: Any, operands: dict[str, core.LiteralType | None], place: str) -> list[Problem]:
    """Everything wrong with one condition.

    Args:
        expression: `core.BooleanExpression`.
        operands: types of the branch node's inputs by name (`n0.o0`, `.a`); None where only the run knows.
        place: the condition, in words.
    """
    kind = expression.WhichOneof("expr")
    if kind == "conjunction":
        both = expression.conjunction
        left = condition_problems(both.left_expression, operands, place)
        return left + condition_problems(both.right_expression, operands, place)
    if kind != "comparison":
        return [Problem("CONDITION", place, "the condition is empty", "compare something, for instance x > 10")]
    comparison = expression.comparison
    found: list[Problem] = []
    types = []
    for operand in (comparison.left_value, comparison.right_value):
        type_ = _operand_type(operand, operands, place)
        if isinstance(type_, Problem):
            found.append(type_)
        types.append(type_)
    if not found and None not in types:
        problem = _comparison_problem(comparison.operator, types[0], types[1], place)
        found += [problem] if problem is not None else []
    return found


def _operand_type(operand: Any, operands: dict[str, core.LiteralType | None], place: str) -> core.LiteralType | Problem | None:
    kind = operand.WhichOneof("val")
    if kind == "var":
        if operand.var not in operands:
            names = ", ".join(sorted(operands)) or "none"
            return Problem("CONDITION_OPERAND", place, f'"{operand.var}" is no input of the branch', f"bind it; the inputs are: {names}")
        return operands[operand.var]
    if kind == "primitive":
        return type_of_scalar(core.Scalar(primitive=operand.primitive))
    if kind == "scalar":
        return type_of_scalar(operand.scalar)
    return Problem("CONDITION_OPERAND", place, "a comparison has no value on one side", "compare with a value or an output")


def _comparison_problem(operator: int, left: Any, right: Any, place: str) -> Problem | None:
    # An optional compares by the value it holds, so any of its variants that fits will do.
    pairs = [(mine, theirs) for mine in _variants(left) for theirs in _variants(right)]
    matching = [(mine, theirs) for mine, theirs in pairs if castable(mine, theirs) or castable(theirs, mine)]
    symbol = _SYMBOLS.get(operator, str(operator))
    is_none_test = any(_is_none(side) for side in (left, right))
    if not matching and not is_none_test:
        return Problem(
            "CONDITION_TYPE",
            place,
            f"cannot compare {describe_type(left)} {symbol} {describe_type(right)}",
            "compare values of one type; int and float are never mixed",
        )
    if operator not in _EQUALITY and (is_none_test or not any(_is_ordered(mine) and _is_ordered(theirs) for mine, theirs in matching)):
        return Problem("CONDITION_OPERATOR", place, f"{describe_type(left)} has no order, so {symbol} means nothing", "use == or !=")
    return None


def _variants(type_: Any) -> list[Any]:
    return list(type_.union_type.variants) if type_.WhichOneof("type") == "union_type" else [type_]


def _is_none(type_: Any) -> bool:
    return bool(type_.WhichOneof("type") == "simple" and type_.simple == core.SimpleType.NONE)


def _is_ordered(type_: Any) -> bool:
    kind = type_.WhichOneof("type")
    return kind == "enum_type" or (kind == "simple" and type_.simple in _ORDERED)
