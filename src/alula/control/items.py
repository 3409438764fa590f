"""What the items of a map came to: what failed, by its cause, and how long they took."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection

from alula.database import browse
from alula.database import execution as executions
from alula.engine.graph import NodeKind
from alula.errors import InvalidInput, NotFound
from alula.idl import core
from alula.idl.identifier import ExecutionId
from alula.idl.phase import AttemptPhase
from alula.idl.v1 import browse_pb2

MAX_CAUSES = 20
MAX_SLOWEST = 5
_ERROR_LENGTH = 2000
_LINE_LENGTH = 500
_FAILED = (AttemptPhase.FAILED, AttemptPhase.RETRYABLE_FAILED)
# What differs from item to item in errors of one cause: numbers, addresses, ids.
_VARYING = re.compile(r"0x[0-9a-f]+|\b[0-9a-f]{12,}\b|\d+(?:[.,_]\d+)*", re.IGNORECASE)


def summarize_items(connection: Connection, message: core.NodeExecutionIdentifier) -> browse_pb2.ItemsSummary:
    """Failures by cause and durations of an array node's items, each by its last attempt.

    Raises:
        NotFound: no such execution or node.
        InvalidInput: the node has no items.
    """
    execution = ExecutionId.from_proto(message.execution_id)
    row = executions.get(connection, execution)
    node = browse.node(connection, row.key, message.node_id)
    if node is None:
        raise NotFound(f'execution "{execution}" has no node "{message.node_id}" yet; `alula get execution` shows those it has')
    if node.kind != NodeKind.ARRAY.value:
        raise InvalidInput(f'node "{message.node_id}" of {execution} is no map: it has no items')
    last = {found.item: found for found in browse.item_ends(connection, row.key, message.node_id, _ERROR_LENGTH)}.values()
    summary = browse_pb2.ItemsSummary()
    _add_failures(summary, (found for found in last if found.phase in _FAILED))
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
