"""Sub-workflow nodes: a graph inside the graph, in the same execution."""

from __future__ import annotations

from alula.engine import scope
from alula.engine.state import Node, Turn
from alula.errors import Internal
from alula.idl.phase import NodePhase


def start(turn: Turn, node: Node) -> None:
    """Opens the sub-workflow's graph with the node's inputs."""
    graph = turn.run.scopes[node.scope_id].graph
    found = graph.subs.get(node.spec.reference) if node.spec.reference else None
    if found is None or node.inputs is None:
        raise Internal(f'node "{node.id}" refers to {node.spec.reference}, which its closure does not hold')
    node.started_at = turn.at
    scope.set_phase(turn, node, NodePhase.RUNNING)
    scope.open_scope(turn, node.id, f"{node.id}-0-", found, graph, node.inputs)
