"""The tree of an execution's nodes: read page by page, named, and found by name."""

from __future__ import annotations

from alula.client import rpc
from alula.client.attempt import attempts_of, node_identifier
from alula.client.names import Names
from alula.client.node import Nodes, NodeView, Reuse, view_of
from alula.client.wire import Wire
from alula.errors import InvalidInput, NotFound
from alula.idl import admin, core
from alula.idl.identifier import ExecutionId
from alula.idl.phase import NodePhase

_PAGE = 1000


async def read(wire: Wire, execution: ExecutionId, names: Names) -> Nodes:
    """Every node execution, parents before their children.

    Args:
        names: what the nodes are called; learns of those beneath dynamic ones.
    """
    found = Nodes()
    await _under(wire, execution, "", found, names)
    return found


async def _under(wire: Wire, execution: ExecutionId, parent: str, into: list[NodeView], names: Names) -> None:
    token = ""
    while True:
        request = admin.NodeExecutionListRequest(
            workflow_execution_id=execution.to_proto(), limit=_PAGE, token=token, unique_parent_id=parent
        )
        answer = await wire.call(rpc.LIST_NODES, request)
        for node in answer.node_executions:
            into.append(view_of(node, parent, names))
            if node.metadata.is_dynamic:
                await learn(wire, execution, node.id.node_id, names)
            if node.metadata.is_parent_node:
                await _under(wire, execution, node.id.node_id, into, names)
        token = answer.token
        if not token:
            return


async def learn(wire: Wire, execution: ExecutionId, node: str, names: Names) -> None:
    """Reads what the nodes beneath a dynamic one are called."""
    request = admin.NodeExecutionGetDataRequest(id=node_identifier(execution, node))
    names.learn(node, (await wire.call(rpc.GET_NODE_DATA, request)).dynamic_workflow.compiled_workflow)


def find(execution: ExecutionId, views: Nodes, node: str) -> str:
    """The id of a node given by id or name.

    Raises:
        NotFound: there is none; InvalidInput: several nodes have that name.
    """
    if any(view.id == node for view in views):
        return node
    # Of a task launched by itself the name is that of the task, with its module.
    found = [view.id for view in views if view.name == node or view.name.endswith((f"/{node}", f".{node}"))]
    if not found:
        names = ", ".join(f"{v.id} ({v.name})" for v in views if not v.id.endswith(("start-node", "end-node")))
        raise NotFound(f'execution {execution}: it has no node "{node}"; it has {names or "none yet"}')
    if len(found) > 1:
        raise InvalidInput(f"execution {execution}: {len(found)} nodes are called {node}; give an id: {', '.join(found)}")
    return found[0]


async def reuse(wire: Wire, execution: ExecutionId, views: Nodes) -> list[Reuse]:
    """Per task node that has ended well, in order: how much was computed and how much came from the output cache."""
    made = []
    for view in views:
        if view.phase is NodePhase.RECOVERED:
            made.append(Reuse(id=view.id, name=view.name, computed=0, cached=0, recovered=1))
        elif view.is_array and view.phase.is_success:
            made.append(await _array_reuse(wire, execution, view))
        elif view.phase.is_success and (view.cache or await attempts_of(wire, execution, view.id)):
            is_hit = view.cache == "HIT"
            made.append(Reuse(id=view.id, name=view.name, computed=int(not is_hit), cached=int(is_hit)))
    return made


async def _array_reuse(wire: Wire, execution: ExecutionId, view: NodeView) -> Reuse:
    """By item: one that was served from the cache shows an attempt that says so."""
    shown = [item for each in await attempts_of(wire, execution, view.id) for item in each.closure.metadata.external_resources]
    hits = {item.index for item in shown if item.cache_status == core.CatalogCacheStatus.CACHE_HIT}
    computed = {item.index for item in shown} - hits
    return Reuse(id=view.id, name=view.name, computed=len(computed), cached=len(hits))
