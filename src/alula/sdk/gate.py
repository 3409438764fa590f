"""Gates: a workflow that waits for a person, a value or a time, without holding a process."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

from alula.errors import DefinitionError, NonRecoverable
from alula.sdk.caller import Caller, current_caller
from alula.sdk.duration import Span, parse_span
from alula.sdk.graph import Graph, Node, required_graph
from alula.sdk.interface import Interface, Port
from alula.sdk.promise import Promise
from alula.sdk.where import user_place

if TYPE_CHECKING:
    from alula.idl import core
    from alula.sdk.local import Local

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Gate:
    """Target of a node that waits.

    Args:
        kind: "approve", "signal" or "sleep".
        signal: the name people answer to.
        span: how long a sleep takes.
        timeout: after which the gate fails; None: it waits.
    """

    kind: str
    signal: str = ""
    span: dt.timedelta = dt.timedelta(0)
    timeout: dt.timedelta | None = None

    def calls(self) -> Sequence[Any]:
        return ()

    def serialize(self, node: Node, made: core.Node, serializer: Any) -> None:
        """Fills in the IDL's gate node."""
        from alula.sdk.serialize import duration

        if self.kind == "sleep":
            made.gate_node.sleep.duration.CopyFrom(duration(self.span))
        elif self.kind == "approve":
            made.gate_node.approve.signal_id = self.signal
        else:
            made.gate_node.signal.signal_id = self.signal
            made.gate_node.signal.type.CopyFrom(node.interface.outputs["o0"].converter.literal_type)
            made.gate_node.signal.output_variable_name = "o0"

    def run_here(self, node: Node, local: Local) -> Any:
        if self.kind == "sleep":
            return None  # a plain call waits for nothing
        if self.signal not in local.signals:
            answer = "True" if self.kind == "approve" else "…"
            raise DefinitionError(
                f'gate "{self.signal}" has no answer in a plain call; write {local.graph.name.rsplit(".", 1)[-1]}'
                f'.run_local(signals={{"{self.signal}": {answer}}}, …)',
                where=node.where,
            )
        given = local.signals[self.signal]
        if self.kind == "signal":
            return given
        if not given:
            raise NonRecoverable(f'gate "{self.signal}" was rejected', code="ReceivedRejectSignal")
        return local.value(node.values["o0"]) if "o0" in node.values else None


def _answerable(name: str, what: str) -> str:
    if not name or not isinstance(name, str):
        raise DefinitionError(f'{what} needs a name for people to answer to, for instance "go-live"', where=user_place())
    return name


async def _approved(caller: Caller, gate: Gate, value: T) -> T:
    """In an async task the value is at hand: it is shown to whoever decides, if its type has a form for that, and comes back as it is."""
    try:
        interface = Interface(_single(type(value)), {}, where=user_place())
        interface.to_proto()
    except DefinitionError:
        interface = Interface({}, {})
    await caller.gate(gate, interface, {"o0": value} if interface.inputs else {}, user_place())
    return value


def _named(graph: Graph, name: str, what: str) -> None:
    _answerable(name, what)
    if name in graph.signals:
        raise DefinitionError(f'{what}: this workflow has a gate "{name}" already; give each its own name', where=user_place())
    graph.signals.add(name)


def _single(annotation: Any) -> dict[str, Port]:
    return {"o0": Port("o0", annotation, "gate, value")}


def approve(value: T, name: str, timeout: Span | None = None) -> T:
    """Wait until a person approves, then hand `value` on; a rejection fails the node.

    Args:
        value: what is approved; shown to whoever decides.
        name: of the gate, unique in the workflow.
        timeout: after which the gate fails, `"12h"`, seconds or a timedelta; None: it waits.
    Raises:
        DefinitionError: outside a workflow, or a name that is taken.
    """
    caller = current_caller()
    if caller is not None:
        gate = Gate("approve", _answerable(name, "al.approve"), timeout=None if timeout is None else parse_span(timeout))
        return cast(T, _approved(caller, gate, value))
    graph = required_graph("al.approve(…)", "a plain function cannot wait for a person")
    if not isinstance(value, Promise):
        raise DefinitionError(f"al.approve takes the result of a call, got {type(value).__name__}", where=user_place())
    _named(graph, name, "al.approve")
    gate = Gate("approve", name, timeout=None if timeout is None else parse_span(timeout))
    if value._annotation is None:
        result = graph.call(gate, name, Interface({}, {}), {})
        _ = value >> result
        return cast(T, result)
    ports = _single(value._annotation)
    return cast(T, graph.call(gate, name, Interface(ports, ports, "single"), {"o0": value}))


def wait_for_input(name: str, type: type[T], timeout: Span | None = None) -> T:
    """Wait until somebody gives a value.

    Args:
        name: of the gate, unique in the workflow.
        type: of the value.
        timeout: as for `approve`.
    Raises:
        DefinitionError: outside a workflow, a name that is taken, a type that is not supported.
    """
    interface = Interface({}, _single(type), "single", where=user_place())
    caller = current_caller()
    if caller is not None:
        gate = Gate("signal", _answerable(name, "al.wait_for_input"), timeout=None if timeout is None else parse_span(timeout))
        return cast(T, caller.gate(gate, interface, {}, user_place()))
    graph = required_graph("al.wait_for_input(…)", "a plain function takes the value as a parameter")
    _named(graph, name, "al.wait_for_input")
    interface.to_proto()
    gate = Gate("signal", name, timeout=None if timeout is None else parse_span(timeout))
    return cast(T, graph.call(gate, name, interface, {}))


def sleep(duration: Span) -> None:
    """Wait for a span of time; order what follows with `>>`. A plain call of the workflow does not wait.

    Args:
        duration: `"5m"`, seconds or a timedelta.
    Raises:
        DefinitionError: outside a workflow.
    """
    caller = current_caller()
    if caller is not None:
        return cast(None, caller.gate(Gate("sleep", span=parse_span(duration, "sleep")), Interface({}, {}), {}, user_place()))
    graph = required_graph("al.sleep(…)", "in a plain function use time.sleep")
    return cast(None, graph.call(Gate("sleep", span=parse_span(duration, "sleep")), "sleep", Interface({}, {}), {}))
