"""What attempts said, read back: the latest of each metric, whole series; what is cached shows those of the attempt that computed it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection

from alula.database import execution as executions
from alula.database import metric as rows
from alula.database import run as run_rows
from alula.database.metric import AttemptKey, value_of
from alula.errors import InvalidInput, NotFound
from alula.idl.identifier import ExecutionId
from alula.idl.v1 import cache_pb2, metric_pb2

_MAX_NUMBER = (1 << 63) - 1

Found = dict[tuple[str, int, int], metric_pb2.AttemptMetrics]  # by node id, item and attempt


def list_metrics(connection: Connection, request: metric_pb2.ListMetricsRequest) -> metric_pb2.ListMetricsResponse:
    """Metrics, parameters, progress and deck of the attempts of an execution that said anything.

    Raises:
        NotFound: no such execution.
    """
    key = executions.get(connection, ExecutionId.from_proto(request.id)).key
    found = list(_collect(connection, key, request.node_id).values())
    found += _of_hits(connection, key, request.node_id)
    found += _of_recovered(connection, key, request.node_id)
    if not request.all_attempts:
        found = list({(one.node_id, one.item): one for one in sorted(found, key=lambda one: one.retry_attempt)}.values())
    found.sort(key=lambda one: (one.node_id, one.item, one.retry_attempt))
    return metric_pb2.ListMetricsResponse(attempts=found)


def _collect(connection: Connection, key: int, node_id: str) -> Found:
    found: Found = {}

    def of(row: Any) -> metric_pb2.AttemptMetrics:
        return found.setdefault(
            (row.node_id, row.item, row.attempt),
            metric_pb2.AttemptMetrics(node_id=row.node_id, item=row.item + 1, retry_attempt=row.attempt),
        )

    for row in rows.summaries(connection, key, node_id):
        of(row).metrics.add(
            name=row.name,
            last=value_of(row.last),
            min=value_of(row.min),
            max=value_of(row.max),
            points=row.points,
            last_step=row.last_step,
        )
    for row in rows.parameters(connection, key, node_id):
        of(row).parameters.add(name=row.name, value=row.value)
    for row in rows.notes(connection, key, node_id):
        one = of(row)
        one.deck_uri = row.deck_uri
        if row.done is not None:
            one.progress.CopyFrom(metric_pb2.Progress(done=row.done, total=row.total or 0.0, message=row.message))
    return found


def _of_hits(connection: Connection, key: int, node_id: str) -> Iterable[metric_pb2.AttemptMetrics]:
    """For each node and item that the output cache answered, what the attempt said that had computed it."""
    by_execution: dict[ExecutionId, list[tuple[Any, cache_pb2.CacheSource]]] = {}
    for row in run_rows.cached_rows(connection, key, node_id):
        source = cache_pb2.CacheSource.FromString(row.cache_source)
        execution = ExecutionId.from_proto(source.source_task_execution.node_execution_id.execution_id)
        by_execution.setdefault(execution, []).append((row, source))
    for execution, hits in by_execution.items():
        found = executions.find(connection, execution)
        if found is None:
            continue
        nodes = {source.source_task_execution.node_execution_id.node_id for _, source in hits}
        said = _collect(connection, found.key, nodes.pop() if len(nodes) == 1 else "")
        for hit, source in hits:
            by = source.source_task_execution
            one = said.get((by.node_execution_id.node_id, source.item - 1, by.retry_attempt))
            if one is not None:
                yield _as_of(one, hit, source)


def _as_of(one: metric_pb2.AttemptMetrics, hit: Any, source: cache_pb2.CacheSource) -> metric_pb2.AttemptMetrics:
    made = metric_pb2.AttemptMetrics()
    made.CopyFrom(one)
    made.node_id, made.item, made.retry_attempt = hit.node_id, hit.item + 1, 0
    made.computed_by.CopyFrom(source.source_task_execution)
    made.computed_by_item = source.item
    return made


def _of_recovered(connection: Connection, key: int, node_id: str) -> Iterable[metric_pb2.AttemptMetrics]:
    """For each node that a recovery took over, what its last attempt in the execution before said."""
    taken = run_rows.recovered_nodes(connection, key, node_id)
    own = executions.find_by_key(connection, key) if taken else None
    source = ExecutionId(own.project, own.domain, own.source) if own is not None and own.source else None
    if source is None:
        return
    before = list_metrics(connection, metric_pb2.ListMetricsRequest(id=source.to_proto(), node_id=node_id))
    for one in before.attempts:
        if one.node_id not in taken:
            continue
        if not one.HasField("computed_by"):
            one.computed_by.node_execution_id.node_id = one.node_id
            one.computed_by.node_execution_id.execution_id.CopyFrom(source.to_proto())
            one.computed_by.retry_attempt, one.computed_by_item = one.retry_attempt, one.item
        yield one


def get_series(connection: Connection, request: metric_pb2.GetSeriesRequest) -> metric_pb2.GetSeriesResponse:
    """Points of an attempt's metrics; of a node that was served from the cache those of the attempt that had computed it.

    Raises:
        NotFound: no such execution, or a metric that the attempt did not log.
        InvalidInput: `firsts` does not fit `names`, or a number that no series has.
    """
    if request.firsts and len(request.firsts) != len(request.names):
        raise InvalidInput(f"firsts: {len(request.firsts)} given for {len(request.names)} names; expected one for each name, or none")
    if any(first > _MAX_NUMBER for first in request.firsts):
        raise InvalidInput(f"firsts: expected numbers of points, up to {_MAX_NUMBER}, got {max(request.firsts)}")
    key = _source_of(connection, request)
    names = rows.names(connection, key)
    if missing := [name for name in request.names if name not in names]:
        there = ", ".join(names) or "none"
        raise NotFound(f'node "{request.id.node_id}", attempt {request.retry_attempt}: no metric "{missing[0]}"; there are: {there}')
    firsts = dict(zip(request.names, request.firsts, strict=False))
    series = [_series(connection, key, _wanted(request, name, firsts.get(name, 0)), request.most) for name in request.names or names]
    return metric_pb2.GetSeriesResponse(series=series)


def _wanted(request: metric_pb2.GetSeriesRequest, name: str, first: int) -> rows.Wanted:
    def given(field: str) -> int | None:
        return getattr(request, field) if request.HasField(field) else None  # type: ignore[arg-type]

    return rows.Wanted(name, first, (given("from_step"), given("to_step")), (given("from_us"), given("to_us")))


def _series(connection: Connection, key: AttemptKey, wanted: rows.Wanted, most: int) -> metric_pb2.MetricSeries:
    extent = rows.extent(connection, key, wanted) if most else None
    if extent is None or extent.points <= most:
        found = rows.series(connection, key, wanted)
        points = len(found)  # more may have come since they were counted
    else:
        found, points = _thinned(connection, key, wanted, extent, most), extent.points
    series = metric_pb2.MetricSeries(name=wanted.name, first=found[0][0] if found else wanted.first, points=points)
    _, steps, values, instants = zip(*found, strict=True) if found else ((), (), (), ())
    series.steps.extend(steps)
    series.values.extend(map(value_of, values))
    series.at_us.extend(instants)
    return series


def _thinned(connection: Connection, key: AttemptKey, wanted: rows.Wanted, extent: rows.Extent, most: int) -> Sequence[Any]:
    """At most so many points: the ends, and of equal stretches the lowest and the highest and a gap, where there is one."""
    inner = max(0, most - 2)
    found = rows.thinned(connection, key, wanted, extent, inner // 2)
    if (excess := len(found) - most) > 0:  # as many as there are gaps: with fewer stretches they are no more, as a rule
        found = rows.thinned(connection, key, wanted, extent, max(0, inner // 2 - -(-excess // 2)))
    if len(found) > most:
        found = rows.thinned(connection, key, wanted, extent, inner // 3)
    return found[-most:]


def _source_of(connection: Connection, request: metric_pb2.GetSeriesRequest) -> AttemptKey:
    execution = executions.get(connection, ExecutionId.from_proto(request.id.execution_id))
    own = AttemptKey(execution.key, request.id.node_id, request.item - 1, request.retry_attempt)
    node_id = request.id.node_id
    for one in (*_of_hits(connection, execution.key, node_id), *_of_recovered(connection, execution.key, node_id)):
        if one.item != request.item or not one.HasField("computed_by"):
            continue
        source = one.computed_by
        of = executions.find(connection, ExecutionId.from_proto(source.node_execution_id.execution_id))
        if of is not None:
            return AttemptKey(of.key, source.node_execution_id.node_id, one.computed_by_item - 1, source.retry_attempt)
    return own
