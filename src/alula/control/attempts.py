"""Attempts of a whole execution, of some of its nodes or of some items of a map, page by page."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from alula.control import token, view
from alula.control.explain import attempt_detail
from alula.control.graph_node import GraphNodes, resources, task_of
from alula.control.library import Library
from alula.database import browse
from alula.database import execution as executions
from alula.database import node as nodes
from alula.errors import InvalidInput
from alula.idl import core
from alula.idl.identifier import ExecutionId
from alula.idl.v1 import browse_pb2

_TYPES = (str, int, int)
MAX_ITEM = (1 << 31) - 1
MAX_NODES = 200


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
    if request.node_id and nodes.find(connection, row.key, request.node_id) is None:
        raise nodes.missing(execution, request.node_id)
    after: Any = place
    wanted = [request.node_id] if request.node_id else request.node_ids
    rows = browse.attempt_page(connection, row.key, wanted, items, after, limit + 1)
    graph = GraphNodes(connection, library, row)
    asked: dict[tuple[str, tuple[Any, ...]], core.Resources] = {}
    result = browse_pb2.AttemptPage()
    for found in rows[:limit]:
        detail = result.attempts.add()
        detail.CopyFrom(attempt_detail(view.attempt_id(execution, found.node_id, found.retry_attempt, found), found))
        if found.task_name:
            task = task_of(found)
            if (found.node_id, task) not in asked:
                asked[found.node_id, task] = resources(connection, library, task, graph.find(found.node_id))
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
