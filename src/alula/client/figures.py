"""What attempts said of themselves, as the client shows it: metrics, parameters, progress, decks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from alula.client import rpc
from alula.client.transfer import LinkOffload
from alula.client.wire import Wire
from alula.errors import NotFound
from alula.idl import core
from alula.idl.identifier import ExecutionId
from alula.idl.v1 import metric_pb2


class Point(NamedTuple):
    """One point of a metric."""

    step: int
    value: float
    at: datetime


class Metric(NamedTuple):
    """One metric of one attempt; NaN does not count for `min` and `max`."""

    last: float
    min: float
    max: float
    points: int
    last_step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one attempt said.

    Attributes:
        node: id of the node.
        item: index in a map, -1 for an ordinary task.
        attempt: 0 for the first.
        metrics: by name.
        parameters: by name.
        progress: done, total (0: not known) and a message; None if it never said any.
        deck: URI of its deck, empty without one.
        computed_by: where the node or item was served from the cache: the execution whose figures these are, else empty.
    """

    node: str
    item: int
    attempt: int
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    progress: tuple[float, float, str] | None = None
    deck: str = ""
    computed_by: str = ""

    @property
    def place(self) -> str:
        """`n0`, or `n0[3]` for an item of a map."""
        return place_of(self.node, self.item)


def place_of(node: str, item: int) -> str:
    return f"{node}[{item}]" if item >= 0 else node


def figures_of(message: metric_pb2.AttemptMetrics) -> Figures:
    """The view of a message."""
    progress = message.progress if message.HasField("progress") else None
    return Figures(
        node=message.node_id,
        item=message.item - 1,
        attempt=message.retry_attempt,
        metrics={m.name: Metric(m.last, m.min, m.max, m.points, m.last_step) for m in message.metrics},
        parameters={p.name: json.loads(p.value) for p in message.parameters},
        progress=(progress.done, progress.total, progress.message) if progress is not None else None,
        deck=message.deck_uri,
        computed_by=message.computed_by.node_execution_id.execution_id.name,
    )


async def listed(wire: Wire, execution: ExecutionId, node: str, *, all_attempts: bool) -> metric_pb2.ListMetricsResponse:
    """What `read` gives, as it is on the wire."""
    request = metric_pb2.ListMetricsRequest(id=execution.to_proto(), node_id=node, all_attempts=all_attempts)
    return await wire.call(rpc.LIST_METRICS, request)


async def read(wire: Wire, execution: ExecutionId, node: str = "", *, all_attempts: bool = False) -> list[Figures]:
    """The attempts that said anything, by node, item and attempt.

    Args:
        node: id of a node; empty: every node.
        all_attempts: also those before the last one of a node or item.
    """
    return [figures_of(one) for one in (await listed(wire, execution, node, all_attempts=all_attempts)).attempts]


async def series(wire: Wire, execution: ExecutionId, node: str, metric: str, *, item: int = -1, attempt: int | None = None) -> list[Point]:
    """Every point of one metric, in order.

    Args:
        attempt: None: the last one that said anything.
    Raises:
        NotFound: no such node, attempt or metric.
    """
    chosen = attempt if attempt is not None else (await _chosen(wire, execution, node, item, None)).attempt
    request = metric_pb2.GetSeriesRequest(id=_node(execution, node), retry_attempt=chosen, item=item + 1, names=[metric])
    (found,) = (await wire.call(rpc.GET_SERIES, request)).series
    columns = zip(found.steps, found.values, found.at_us, strict=True)
    return [Point(step, value, datetime.fromtimestamp(at / 1e6, UTC)) for step, value, at in columns]


async def deck(wire: Wire, execution: ExecutionId, node: str, *, item: int = -1, attempt: int | None = None) -> str:
    """A deck as HTML.

    Args:
        attempt: None: the last one that wrote a deck.
    Raises:
        NotFound: none was written.
    """
    uri = (await _chosen(wire, execution, node, item, attempt, has_deck=True)).deck
    return await wire.blocking(lambda: _fetch(wire, uri))


def _fetch(wire: Wire, uri: str) -> str:
    offload = LinkOffload(wire)
    try:
        return offload.fetch(uri).read_text(encoding="utf-8")
    finally:
        offload.close()


async def _chosen(wire: Wire, execution: ExecutionId, node: str, item: int, attempt: int | None, *, has_deck: bool = False) -> Figures:
    found = await read(wire, execution, node, all_attempts=True)
    there = [one for one in found if (not has_deck or one.deck) and attempt in (None, one.attempt)]
    fitting = [one for one in there if one.item == item]
    if fitting:
        return fitting[-1]
    which = place_of(node, item) + ("" if attempt is None else f", attempt {attempt}")
    what = "wrote no deck" if has_deck else "logged no metric"
    others = ", ".join(dict.fromkeys(one.place for one in await read(wire, execution, all_attempts=True) if one.deck or not has_deck))
    raise NotFound(f"execution {execution}: {which} {what}; those that did: {others or 'none'}")


def _node(execution: ExecutionId, node: str) -> core.NodeExecutionIdentifier:
    return core.NodeExecutionIdentifier(node_id=node, execution_id=execution.to_proto())
