"""Items of maps: where they stand, when they ran, what they came to."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection

from alula.control.clock import timestamp
from alula.control.graph_node import GraphNodes
from alula.control.library import Library
from alula.database import browse
from alula.database import execution as executions
from alula.database import node as nodes
from alula.engine.graph import NodeKind
from alula.errors import InvalidInput
from alula.idl import core
from alula.idl.identifier import ExecutionId
from alula.idl.phase import AttemptPhase, NodePhase
from alula.idl.v1 import browse_pb2

MAX_STRETCHES, STRETCHES = 1_000, 200
MAX_CAUSES = 20
MAX_SLOWEST = 5
_LINE_LENGTH = 500
_ERROR_LENGTH = _LINE_LENGTH + 1  # so much is read of an error that a longer line is known to be one
# What differs from item to item in errors of one cause: numbers, addresses, ids.
_VARYING = re.compile(r"0x[0-9a-f]+|\b[0-9a-f]{12,}\b|\d+(?:[.,_]\d+)*", re.IGNORECASE)


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


def summarize_items(connection: Connection, message: core.NodeExecutionIdentifier) -> browse_pb2.ItemsSummary:
    """Failures by cause and durations of an array node's items, each by its last attempt.

    Raises:
        NotFound: no such execution or node.
        InvalidInput: the node has no items.
    """
    row, _ = _map(connection, message)
    last = {found.item: found for found in browse.item_ends(connection, row.key, message.node_id, _ERROR_LENGTH)}.values()
    summary = browse_pb2.ItemsSummary()
    _add_failures(summary, (found for found in last if found.phase in browse.FAILED_ATTEMPT))
    _add_durations(summary, last)
    return summary


def _add_failures(summary: browse_pb2.ItemsSummary, failed: Iterable[Any]) -> None:
    causes: dict[tuple[str, str], browse_pb2.ItemFailures] = {}
    for found in failed:
        line = _first_line(found.error_message)
        cause = causes.setdefault(
            (found.error_code, _VARYING.sub("#", line)), browse_pb2.ItemFailures(code=found.error_code, message=line, first_item=found.item)
        )
        cause.count += 1
    ranked = sorted(causes.values(), key=lambda cause: (-cause.count, cause.first_item))
    summary.failures.extend(ranked[:MAX_CAUSES])
    summary.other_failures = sum(cause.count for cause in ranked[MAX_CAUSES:])


def _first_line(text: str) -> str:
    line = text.strip().partition("\n")[0].strip()
    return line if len(line) <= _LINE_LENGTH else line[: _LINE_LENGTH - 1] + "…"


def _add_durations(summary: browse_pb2.ItemsSummary, last: Iterable[Any]) -> None:
    ran = [each for each in last if each.started_at and each.ended_at and each.cache_status != core.CatalogCacheStatus.CACHE_HIT]
    by_time = sorted(((each.ended_at - each.started_at, each.item) for each in ran), key=lambda each: (-each[0], each[1]))
    if not by_time:
        return
    summary.timed = len(by_time)
    summary.max_us, summary.min_us = by_time[0][0], by_time[-1][0]
    summary.median_us = by_time[len(by_time) // 2][0]
    for duration_us, item in by_time[:MAX_SLOWEST]:
        summary.slowest.add(item=item, duration_us=duration_us)


def _map(connection: Connection, message: core.NodeExecutionIdentifier) -> tuple[Any, Any]:
    execution = ExecutionId.from_proto(message.execution_id)
    row = executions.get(connection, execution)
    node = browse.node(connection, row.key, message.node_id, with_inputs=True)
    if node is None:
        raise nodes.missing(execution, message.node_id)
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
