"""Items of maps: where they stand, when they ran, what they came to."""

from __future__ import annotations

import heapq
import re
import sys
from array import array
from collections.abc import Iterable, Iterator
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
    causes, durations = _Causes(), _Durations()
    for found in _last(browse.item_ends(connection, row.key, message.node_id, _ERROR_LENGTH)):
        if found.phase in browse.FAILED_ATTEMPT:
            causes.add(found)
        if found.started_at and found.ended_at and found.cache_status != core.CatalogCacheStatus.CACHE_HIT:
            durations.add(found.item, found.ended_at - found.started_at)
    summary = browse_pb2.ItemsSummary(failures=causes.ranked())
    summary.other_failures = causes.failed - sum(cause.count for cause in summary.failures)
    first = [cause.first_item for cause in summary.failures]
    errors = browse.item_errors(connection, row.key, message.node_id, first, _ERROR_LENGTH) if first else {}
    for cause in summary.failures:
        cause.message = _first_line(errors[cause.first_item])
    durations.show(summary)
    return summary


def _last(attempts: Iterable[Any]) -> Iterator[Any]:
    """The last attempt of each item, of attempts in the order of items."""
    before = None
    for attempt in attempts:
        if before is not None and before.item != attempt.item:
            yield before
        before = attempt
    if before is not None:
        yield before


class _Causes:
    """Failures counted by cause. Of a cause no text is kept: each item's may be another, and long."""

    def __init__(self) -> None:
        self.failed = 0
        self._places: dict[int, int] = {}
        self._codes: list[str] = []
        self._counts, self._firsts = array("q"), array("q")

    def add(self, attempt: Any) -> None:
        self.failed += 1
        known = hash((attempt.error_code, _VARYING.sub("#", _first_line(attempt.error_message))))
        place = self._places.setdefault(known, len(self._counts))
        if place == len(self._counts):
            self._codes.append(sys.intern(attempt.error_code))
            self._counts.append(0)
            self._firsts.append(attempt.item)
        self._counts[place] += 1

    def ranked(self) -> list[browse_pb2.ItemFailures]:
        """The most frequent causes first, without their messages."""
        places = heapq.nsmallest(MAX_CAUSES, range(len(self._counts)), key=lambda at: (-self._counts[at], self._firsts[at]))
        return [browse_pb2.ItemFailures(code=self._codes[at], count=self._counts[at], first_item=self._firsts[at]) for at in places]


class _Durations:
    """How long items took."""

    def __init__(self) -> None:
        self._items, self._spans = array("q"), array("q")

    def add(self, item: int, span_us: int) -> None:
        self._items.append(item)
        self._spans.append(span_us)

    def show(self, into: browse_pb2.ItemsSummary) -> None:
        if not self._spans:
            return
        ordered = sorted(self._spans)
        into.timed, into.min_us, into.max_us = len(ordered), ordered[0], ordered[-1]
        into.median_us = ordered[(len(ordered) - 1) // 2]
        slowest = heapq.nsmallest(MAX_SLOWEST, zip((-span for span in self._spans), self._items, strict=True))
        for span, item in slowest:
            into.slowest.add(item=item, duration_us=-span)


def _first_line(text: str) -> str:
    line = text.strip().partition("\n")[0].strip()
    return line if len(line) <= _LINE_LENGTH else line[: _LINE_LENGTH - 1] + "…"


def _map(connection: Connection, message: core.NodeExecutionIdentifier) -> tuple[Any, Any]:
    execution = ExecutionId.from_proto(message.execution_id)
    row = executions.get(connection, execution)
    node = nodes.find(connection, row.key, message.node_id, with_values=True)
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
