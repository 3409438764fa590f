"""Who answers the gates of a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from alula.compiler.interface import literal_problem
from alula.errors import InvalidInput
from alula.idl import core
from alula.idl.literal import describe_type
from alula.sdk.duration import Span, parse_span


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """A gate that waits.

    Attributes:
        name: people answer to.
        node: id of its node.
        kind: "approve" or "signal".
        value: what is to be approved; None if that is nothing.
        type: of the answer, in words.
        timeout_s: after which it fails, 0: never.
    """

    name: str
    node: str
    kind: str
    value: Any
    type: str
    timeout_s: float


@dataclass(frozen=True, slots=True)
class After:
    """An answer that comes later."""

    span: Span
    value: Any

    @property
    def wait_us(self) -> int:
        return round(parse_span(self.span, "after").total_seconds() * 1e6)


def after(span: Span, value: Any) -> Any:
    """An answer that is given when the gate has waited for a span: `answers={"go-live": after("11h", True)}`."""
    return After(span, value)


Answers = Mapping[str, Any] | Callable[[Gate], Any]


def answer_to(answers: Answers, gate: Gate) -> tuple[bool, Any]:
    """Whether there is an answer, and which. A callable that gives None has none."""
    if not callable(answers):
        if gate.name not in answers:
            return False, None
        found = answers[gate.name]
        if not callable(found):
            return True, found
        found = found(gate)
    else:
        found = answers(gate)
    return found is not None, found


def literal_of(gate: Gate, value: Any, type_: core.LiteralType) -> core.Literal:
    """The answer as the gate takes it.

    Raises:
        InvalidInput: it is of another type.
    """
    from alula.client.value import by_parameters

    place = f'the answer to gate "{gate.name}"'
    try:
        parameter = core.Parameter(var=core.Variable(type=type_))
        literal = by_parameters({gate.name: parameter}, {gate.name: value}).literals[gate.name]
    except InvalidInput as error:
        raise InvalidInput(f"{place}: expected {describe_type(type_)}, got {value!r}: {error.message}", code=error.code) from error
    problem = literal_problem(literal, type_, place)
    if problem is not None:
        raise InvalidInput(str(problem))
    return literal
