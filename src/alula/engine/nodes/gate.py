"""Gate nodes: an approval, a value from outside, or an instant to wait for. No process waits, only a row."""

from __future__ import annotations

from alula.engine import event as ev
from alula.engine import scope
from alula.engine.effect import OpenSignal, SetTimer
from alula.engine.event import Failure
from alula.engine.state import Node, Turn
from alula.idl import core
from alula.idl.phase import NodePhase

BOOLEAN = core.LiteralType(simple=core.SimpleType.BOOLEAN)


def start(turn: Turn, node: Node) -> None:
    """Opens the signal or sets the timer."""
    node.started_at = turn.at
    scope.set_phase(turn, node, NodePhase.RUNNING)
    gate = node.spec.node.gate_node
    case = gate.WhichOneof("condition")
    if case == "approve":
        turn.effects.append(OpenSignal(node.id, gate.approve.signal_id, BOOLEAN))
    elif case == "signal":
        turn.effects.append(OpenSignal(node.id, gate.signal.signal_id, gate.signal.type))
    turn.effects += timers(node)
    signal_id = gate.approve.signal_id if case == "approve" else gate.signal.signal_id
    if signal_id in turn.run.signals:  # given before, to another gate of that name or by who created it
        on_signal(turn, node, signal_id, turn.run.signals[signal_id])


def timers(node: Node) -> list[SetTimer]:
    """The timers a running gate needs, from its row alone."""
    gate = node.spec.node.gate_node
    found = []
    if gate.WhichOneof("condition") == "sleep":
        found.append(SetTimer(node.started_at + gate.sleep.duration.ToMicroseconds(), node.id, -1, "sleep", 0))
    if node.spec.timeout_us:
        found.append(SetTimer(node.started_at + node.spec.timeout_us, node.id, -1, "gate", 0))
    return found


def on_signal(turn: Turn, node: Node, signal_id: str, value: core.Literal) -> None:
    """Takes the value if it is this gate's signal."""
    gate = node.spec.node.gate_node
    case = gate.WhichOneof("condition")
    if case == "approve" and gate.approve.signal_id == signal_id:
        if value.scalar.primitive.WhichOneof("value") != "boolean":
            return  # of another gate, of another type, under the same name
        if value.scalar.primitive.boolean:
            scope.end_node(turn, node, NodePhase.SUCCEEDED, outputs=node.inputs or core.LiteralMap())
        else:
            failure = Failure(code="ReceivedRejectSignal", message=f'the approval "{signal_id}" was rejected')
            scope.end_node(turn, node, NodePhase.FAILED, failure=failure)
    elif case == "signal" and gate.signal.signal_id == signal_id:
        outputs = core.LiteralMap(literals={gate.signal.output_variable_name or "o0": value})
        scope.end_node(turn, node, NodePhase.SUCCEEDED, outputs=outputs)


def on_timer(turn: Turn, node: Node, event: ev.TimerFired) -> None:
    """A sleep is over, or nobody answered in time."""
    if event.what == "sleep":
        scope.end_node(turn, node, NodePhase.SUCCEEDED, outputs=core.LiteralMap())
        return
    seconds = node.spec.timeout_us / 1e6
    message = f'gate "{node.spec.id}" was not answered within its timeout of {seconds:g} s; raise timeout= or answer earlier'
    scope.end_node(turn, node, NodePhase.FAILED, failure=Failure(code="TimeoutExpired", message=message, is_timeout=True))
