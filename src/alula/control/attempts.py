"""Attempts of a whole execution, of a node or of an item, page by page; and where the items of a map stand."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from alula.control import token, view
from alula.control.explain import attempt_detail
from alula.control.graph_node import GraphNodes, resources, task_of
from alula.control.library import Library
from alula.database import browse
from alula.database import execution as executions
from alula.engine.graph import NodeKind
from alula.errors import InvalidInput, NotFound
from alula.idl import core
from alula.idl.identifier import ExecutionId
from alula.idl.phase import AttemptPhase, NodePhase
from alula.idl.v1 import browse_pb2

_TYPES = (str, int, int)
MAX_ITEM = (1 << 31) - 1


def list_attempts(connection: Connection, library: Library, request: browse_pb2.ListAttemptsRequest) -> browse_pb2.AttemptPage:
    """A page of attempts.

    Raises:
        NotFound: no such execution or node.
        InvalidInput: a negative item, or a token of another list.
    """
    if request.item < 0:
        raise InvalidInput(f"item: {request.item} given, expected an index plus one, or 0 for every item")
    limit, place = token.limit_of(request.limit), token.decode(request.token, "attempts", _TYPES)
    execution = ExecutionId.from_proto(request.id)
    row = executions.get(connection, execution)
    if request.node_id:
        _node(connection, execution, row.key, request.node_id)
    after: Any = place
    rows = browse.attempt_page(connection, row.key, request.node_id, request.item - 1 if request.item else None, after, limit + 1)
    nodes = GraphNodes(connection, library, row)
    asked: dict[tuple[str, tuple[Any, ...]], core.Resources] = {}
    result = browse_pb2.AttemptPage()
    for found in rows[:limit]:
        detail = result.attempts.add()
        detail.CopyFrom(attempt_detail(view.attempt_id(execution, found.node_id, found.retry_attempt, found), found))
        if found.task_name:
            task = task_of(found)
            if (found.node_id, task) not in asked:
                asked[found.node_id, task] = resources(connection, library, task, nodes.find(found.node_id))
            detail.resources.CopyFrom(asked[found.node_id, task])
    if len(rows) > limit:
        last = rows[limit - 1]
        result.token = token.encode("attempts", last.node_id, last.item, last.retry_attempt)
    return result


def _node(connection: Connection, execution: ExecutionId, key: int, node_id: str) -> Any:
    row = browse.node(connection, key, node_id, with_inputs=True)
    if row is None:
        raise NotFound(f'execution "{execution}" has no node "{node_id}" yet; `alula get execution` shows those it has')
    return row


def get_items(connection: Connection, library: Library, message: core.NodeExecutionIdentifier) -> browse_pb2.ItemsResponse:
    """Where the items of an array node stand, a byte each.

    Raises:
        NotFound: no such execution or node.
        InvalidInput: the node has no items.
    """
    execution = ExecutionId.from_proto(message.execution_id)
    row = executions.get(connection, execution)
    node = _node(connection, execution, row.key, message.node_id)
    if node.kind != NodeKind.ARRAY.value:
        raise InvalidInput(f'node "{message.node_id}" of {execution} is no map: it has no items')
    states = browse.item_states(connection, row.key, message.node_id)
    size = max(_size(connection, library, row, node, message.node_id), states[-1][0] + 1 if states else 0)
    phases, cached = bytearray(size), bytearray(size)
    for item, phase, cache_status in states:
        phases[item] = AttemptPhase.FAILED if phase == AttemptPhase.RETRYABLE_FAILED else phase
        cached[item] = cache_status == core.CatalogCacheStatus.CACHE_HIT
    if not states and node.phase == NodePhase.RECOVERED:  # taken over whole: no item was tried here
        phases = bytearray([AttemptPhase.SUCCEEDED]) * size
    return browse_pb2.ItemsResponse(size=size, phases=bytes(phases), cached=bytes(cached))


def _size(connection: Connection, library: Library, row: Any, node: Any, node_id: str) -> int:
    """Items of the map: the length of the lists that it goes over, 0 as long as its inputs are not known."""
    if node.inputs is None:
        return 0
    spec = GraphNodes(connection, library, row).find(node_id)
    bound = set(spec.array_node.bound_inputs) if spec is not None else set()
    inputs = core.LiteralMap.FromString(node.inputs).literals
    lists = [one.collection for name, one in sorted(inputs.items()) if name not in bound and one.WhichOneof("value") == "collection"]
    return len(lists[0].literals) if lists else 1
