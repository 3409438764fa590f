"""Branch nodes: the first case that holds, else the default; only the chosen node ever exists at run time."""

from __future__ import annotations

from alula.engine import scope
from alula.engine.condition import ConditionFailed, evaluate
from alula.engine.event import Failure
from alula.engine.graph import NodeSpec
from alula.engine.state import Node, Turn
from alula.idl import core
from alula.idl.phase import NodePhase


def choose(node: Node) -> NodeSpec | Failure:
    """The node to run, or the failure the author asked for when no case holds.

    Raises:
        ConditionFailed: a condition cannot be evaluated on these inputs.
    """
    inputs = node.inputs or core.LiteralMap()
    for condition, then in node.spec.cases:
        if evaluate(condition, inputs):
            return then
    if node.spec.otherwise is not None:
        return node.spec.otherwise
    error = node.spec.node.branch_node.if_else.error
    return Failure(code="UserProvidedError", message=error.message or f'no case of "{node.id}" holds and it has no else')


def start(turn: Turn, node: Node) -> None:
    """Evaluates the conditions and makes the chosen node ready as the branch's only child."""
    try:
        chosen = choose(node)
    except ConditionFailed as e:
        chosen = Failure(code="MalformedBranchUserError", message=f'node "{node.id}": {e}')
    if isinstance(chosen, Failure):
        scope.end_node(turn, node, NodePhase.FAILED, failure=chosen)
        return
    node.chosen, node.started_at = chosen.id, turn.at
    scope.set_phase(turn, node, NodePhase.RUNNING)
    turn.run.ready.append((node.scope_id, chosen, node.id))
