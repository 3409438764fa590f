"""Launch plan nodes: an execution of its own, named so that launching it twice is launching it once."""

from __future__ import annotations

import hashlib
import re

from alula.engine import event as ev
from alula.engine import scope
from alula.engine.effect import LaunchChild
from alula.engine.event import Failure
from alula.engine.state import Node, Turn
from alula.errors import Internal
from alula.idl import core
from alula.idl.phase import ExecutionPhase, NodePhase

MAX_NAME = 63
_FORBIDDEN = re.compile(r"[^a-z0-9-]")  # node ids may hold capitals, dots and underscores, execution names not


def child_name(parent: str, node_id: str, attempt: int, item: int = -1) -> str:
    """`<parent>-<node>-<attempt>`, or a hash of it where that is no execution name; the same for the same node, always."""
    plain = f"{parent}-{node_id}-{attempt}" + (f"-{item}" if item >= 0 else "")
    if len(plain) <= MAX_NAME and not _FORBIDDEN.search(plain):
        return plain
    head = _FORBIDDEN.sub("-", plain.lower())[:30].rstrip("-")
    return f"{head}-{hashlib.sha256(plain.encode()).hexdigest()[:30]}"


def start(turn: Turn, node: Node) -> None:
    if node.spec.reference is None:
        raise Internal(f'node "{node.id}" refers to no launch plan')
    node.child = child_name(turn.run.id.name, node.id, 0)
    node.started_at = turn.at
    scope.set_phase(turn, node, NodePhase.RUNNING)
    found = scope.recovered(turn, node)
    inputs = node.inputs or core.LiteralMap()
    turn.effects.append(LaunchChild(node.id, -1, node.child, node.spec.reference, inputs, found.child if found else ""))


def on_child_ended(turn: Turn, node: Node, event: ev.ChildEnded) -> None:
    """Takes the child's outputs, or its failure."""
    if event.name != node.child:
        return
    if event.phase == ExecutionPhase.SUCCEEDED:
        scope.end_node(turn, node, NodePhase.SUCCEEDED, outputs=event.outputs or core.LiteralMap())
    else:
        scope.end_node(turn, node, NodePhase.FAILED, failure=child_failure(event))


def child_failure(event: ev.ChildEnded) -> Failure:
    """What a failed child execution means to its parent."""
    phase = ExecutionPhase(event.phase).name
    cause = event.failure
    message = f"child execution {event.name} ended {phase}" + (f": {cause.message}" if cause else "")
    return Failure(code=cause.code if cause else f"Child{phase.title()}", message=message, kind=cause.kind if cause else "USER")
