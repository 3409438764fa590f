"""What the nodes of an execution are called: the graph knows the names, node executions only ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from alula.idl import core


class Names:
    """Names by the id of a node execution.

    Args:
        closure: of the workflow; empty if it is not known.
    """

    def __init__(self, closure: core.CompiledWorkflowClosure) -> None:
        self._closure = closure
        self._primary = nodes_by_id(closure.primary.template)
        self._inner: dict[str, Names] = {}
        self._given: dict[str, str] = {}

    def learn(self, node_id: str, closure: core.CompiledWorkflowClosure) -> None:
        """The graph that a dynamic task's node turned out to hold."""
        self._inner[node_id] = Names(closure)

    def learn_names(self, names: Mapping[str, str]) -> None:
        """Names by node id, of nodes that no graph holds."""
        self._given.update(names)

    def of(self, node_id: str, spec_id: str) -> str:
        """The name of a node, its id in the graph where the graph is not known (inside a dynamic task).

        Args:
            node_id: unique in the execution, `n1-0-n0`: node, attempt, node within it, and so on.
            spec_id: the last node's id in its own graph.
        """
        if node_id in self._given:
            return self._given[node_id]
        owner = max((one for one in self._inner if node_id.startswith(f"{one}-")), key=len, default="")
        if owner:
            return self._inner[owner].of(node_id.removeprefix(f"{owner}-").partition("-")[2], spec_id)
        nodes, rest = self._primary, node_id
        while rest != spec_id:
            held = [one for one in nodes if rest.startswith(f"{one}-") and rest.removeprefix(f"{one}-").partition("-")[0].isdigit()]
            if not held:
                return spec_id
            outer = max(held, key=len)
            inner = rest.removeprefix(f"{outer}-").partition("-")[2]
            nodes, rest = self._within(nodes[outer], nodes), inner
        return (nodes[spec_id].metadata.name if spec_id in nodes else "") or spec_id

    def _within(self, node: core.Node, around: dict[str, core.Node]) -> dict[str, core.Node]:
        """Nodes that may run inside a node: a branch's are in the graph around it; a dynamic task's are not known here."""
        target = node.WhichOneof("target")
        if target == "workflow_node":
            wanted = node.workflow_node.sub_workflow_ref
            return next((nodes_by_id(sub.template) for sub in self._closure.sub_workflows if sub.template.id == wanted), {})
        return around if target == "branch_node" else {}


def nodes_by_id(template: core.WorkflowTemplate) -> dict[str, core.Node]:
    """Every node of one graph, those in the cases of its branches and the failure node included."""
    found: dict[str, core.Node] = {}

    def walk(nodes: Iterable[core.Node]) -> None:
        for node in nodes:
            found[node.id] = node
            if node.WhichOneof("target") == "branch_node":
                block = node.branch_node.if_else
                cases = [block.case.then_node, *(other.then_node for other in block.other)]
                walk([*cases, *([block.else_node] if block.HasField("else_node") else [])])

    walk([*template.nodes, *([template.failure_node] if template.HasField("failure_node") else [])])
    return found
