"""Attempts of a whole execution, of a node or of an item, page by page; and where the items of a map stand."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from alula.control import token, view
from alula.control.clock import timestamp
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
MAX_NODES, MAX_STRETCHES, STRETCHES = 200, 1_000, 200


def list_attempts(connection: Connection, library: Library, request: browse_pb2.ListAttemptsRequest) -> browse_pb2.AttemptPage:
    """A page of attempts.

    Raises:
        NotFound: no such execution or node.
        InvalidInput: items or nodes that cannot be, or a token of another list.
    """
    items = _items(request)
    if len(request.node_ids) > MAX_NODES or (request.node_ids and request.node_id):
        raise InvalidInput(f"node_ids: {len(request.node_ids)} given, expected at most {MAX_NODES}, and no node_id beside them")
    limit, place = token.limit_of(request.limit), token.decode(request.token, "attempts", _TYPES)
    execution = ExecutionId.from_proto(request.id)
    row = executions.get(connection, execution)
    if request.node_id:
        _node(connection, execution, row.key, request.node_id)
    after: Any = place
    wanted = [request.node_id] if request.node_id else request.node_ids
    rows = browse.attempt_page(connection, row.key, wanted, items, after, limit + 1)
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


def _items(request: browse_pb2.ListAttemptsRequest) -> tuple[int, int] | None:
    """The first and the last item that is asked for; None: every one."""
    last = request.last_item or request.item
    if request.item < 0 or last < request.item or (request.last_item and not request.item):
        given = f"{request.item} to {request.last_item}" if request.last_item else str(request.item)
        raise InvalidInput(f"item: {given} given, expected an index plus one, or 0 for every item, and a last_item that is not before it")
    if request.without_items and request.item:
        raise InvalidInput(f"without_items: given together with item {request.item}; leave one of them out")
    if request.without_items:
        return -1, -1
    return (request.item - 1, last - 1) if request.item else None


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
    row, node = _map(connection, message)
    states = browse.item_states(connection, row.key, message.node_id)
    size = max(_size(connection, library, row, node, message.node_id), states[-1][0] + 1 if states else 0)
    phases, cached = bytearray(size), bytearray(size)
    for item, phase, cache_status in states:
        phases[item] = AttemptPhase.FAILED if phase == AttemptPhase.RETRYABLE_FAILED else phase
        cached[item] = cache_status == core.CatalogCacheStatus.CACHE_HIT
    if not states and node.phase == NodePhase.RECOVERED:  # taken over whole: no item was tried here
        phases = bytearray([AttemptPhase.SUCCEEDED]) * size
    return browse_pb2.ItemsResponse(size=size, phases=bytes(phases), cached=bytes(cached))


def get_item_spans(
    connection: Connection, library: Library, request: browse_pb2.GetItemSpansRequest, now: int
) -> browse_pb2.ItemSpansResponse:
    """When the items of an array node ran, however many they are.

    Args:
        now: µs since the epoch.
    Raises:
        NotFound: no such execution or node.
        InvalidInput: the node has no items, or too many stretches.
    """
    if request.stretches > MAX_STRETCHES:
        raise InvalidInput(f"stretches: {request.stretches} given, expected at most {MAX_STRETCHES}")
    row, node = _map(connection, request.id)
    span = browse.item_span(connection, row.key, request.id.node_id)
    result = browse_pb2.ItemSpansResponse(size=_size(connection, library, row, node, request.id.node_id), attempts=span.attempts)
    if not span.attempts:
        return result
    count = request.stretches or STRETCHES
    end = max(span.last_end, now if span.running else 0, span.first_start + 1)
    width = -(-(end - span.first_start + 1) // count)
    started, ended = browse.item_stretches(connection, row.key, request.id.node_id, span.first_start, width)
    running = 0
    for stretch in range(count):
        running += started.get(stretch, 0)
        gone, failed = ended.get(stretch, (0, 0))
        result.running.append(running)
        result.failed.append(failed)
        running -= gone
    result.begin.CopyFrom(timestamp(span.first_start))
    result.end.CopyFrom(timestamp(span.first_start + width * count))
    return result


def _map(connection: Connection, message: core.NodeExecutionIdentifier) -> tuple[Any, Any]:
    execution = ExecutionId.from_proto(message.execution_id)
    row = executions.get(connection, execution)
    node = _node(connection, execution, row.key, message.node_id)
    if node.kind != NodeKind.ARRAY.value:
        raise InvalidInput(f'node "{message.node_id}" of {execution} is no map: it has no items')
    return row, node


def _size(connection: Connection, library: Library, row: Any, node: Any, node_id: str) -> int:
    """Items of the map: the length of the lists that it goes over, 0 as long as its inputs are not known."""
    if node.inputs is None:
        return 0
    spec = GraphNodes(connection, library, row).find(node_id)
    bound = set(spec.array_node.bound_inputs) if spec is not None else set()
    inputs = core.LiteralMap.FromString(node.inputs).literals
    lists = [one.collection for name, one in sorted(inputs.items()) if name not in bound and one.WhichOneof("value") == "collection"]
    return len(lists[0].literals) if lists else 1
