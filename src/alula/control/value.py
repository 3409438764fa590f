"""What executions of a list took in, gave and measured, so that it stands beside them; no more than is shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from alula.database import value as rows
from alula.database.metric import AttemptKey, value_of
from alula.errors import InvalidInput
from alula.idl import core
from alula.idl.identifier import ExecutionId
from alula.idl.phase import NodePhase
from alula.idl.v1 import browse_pb2, cache_pb2

MAX_EXECUTIONS = 100
MAX_COLUMNS = 100
MAX_VALUE_BYTES = 4 * 1024
MAX_VALUES_BYTES = 32 * 1024  # of the inputs, and of the outputs, of one execution
_MAX_RECOVERIES = 8  # of one another

Said = dict[tuple[str, str], float]  # by node id and name


@dataclass(slots=True)
class _Metrics:
    """Last values by execution, and the executions of which not every node was looked at."""

    said: dict[int, Said] = field(default_factory=dict)
    cut: set[int] = field(default_factory=set)


def execution_values(connection: Connection, request: browse_pb2.GetExecutionValuesRequest) -> browse_pb2.ExecutionValuesResponse:
    """The values that are named, or all, of the executions that exist.

    Raises:
        InvalidInput: none or too many executions, or too many names.
    """
    if not 1 <= len(request.ids) <= MAX_EXECUTIONS:
        raise InvalidInput(f"ids: {len(request.ids)} given, expected 1 to {MAX_EXECUTIONS}")
    for kind in ("inputs", "outputs", "metrics"):
        if len(getattr(request, kind)) > MAX_COLUMNS:
            raise InvalidInput(f"{kind}: {len(getattr(request, kind))} given, at most {MAX_COLUMNS}")
        if any("\x00" in name for name in getattr(request, kind)):
            raise InvalidInput(f"{kind}: a name has the character NUL in it, which none may have; leave it out")
    blobs = [kind for kind in ("inputs", "outputs") if request.all or getattr(request, kind)]
    ids = list(dict.fromkeys(map(ExecutionId.from_proto, request.ids)))
    found = rows.rows_of(connection, ids, blobs)
    metrics = _Metrics()
    if request.all or request.metrics:
        metrics = _last_metrics(connection, list(found.values()), None if request.all else list(request.metrics))
    result = browse_pb2.ExecutionValuesResponse()
    for each in ids:
        if (row := found.get(each)) is None:
            continue
        one = result.executions.add(id=each.to_proto())
        for kind in blobs:
            wanted = None if request.all else set(getattr(request, kind))
            one.left_out.extend(add_values(getattr(row, kind), kind, getattr(one, kind), MAX_VALUE_BYTES, MAX_VALUES_BYTES, wanted))
        shown: Counter[str] = Counter()
        for (node_id, name), value in sorted(metrics.said.get(row.key, {}).items()):
            shown[name] += 1
            if shown[name] <= rows.MAX_NODES:
                one.metrics.add(node_id=node_id, name=name, last=value)
        if max(shown.values(), default=0) > rows.MAX_NODES:
            metrics.cut.add(row.key)
        one.is_left_out = bool(one.left_out) or row.key in metrics.cut
    return result


def add_values(
    packed: bytes | None, kind: str, into: core.LiteralMap, most_bytes: int, left: int, wanted: set[str] | None = None
) -> Iterator[str]:
    """Adds literals by name, and says which it leaves out.

    Args:
        most_bytes, left: of one literal, and of all of them.
        wanted: names; None: every one.
    """
    for name, literal in sorted(core.LiteralMap.FromString(packed or b"").literals.items()):
        if wanted is not None and name not in wanted:
            continue
        size = literal.ByteSize()
        if size > min(most_bytes, left):
            yield f"{kind}.{name}"
            continue
        left -= size
        into.literals[name].CopyFrom(literal)


def _last_metrics(connection: Connection, executions: Sequence[Any], names: Sequence[str] | None, depth: int = 0) -> _Metrics:
    """Also of nodes that the output cache answered or a recovery took over: those of whoever computed them."""
    found = _Metrics()
    keys = [row.key for row in executions]
    if not keys:
        return found
    for row in rows.last_points(connection, keys, names):
        _put(found, row[0], row[1], row[4], row[5])
    hits: list[tuple[int, str, cache_pb2.CacheSource]] = []
    taken: dict[int, set[str]] = {}
    for row in rows.taken_nodes(connection, keys):
        if row.node_id is None:
            found.cut.add(row.execution_key)
            continue
        if row.phase == NodePhase.RECOVERED:
            taken.setdefault(row.execution_key, set()).add(row.node_id)
        if row.cache_source:
            hits.append((row.execution_key, row.node_id, cache_pb2.CacheSource.FromString(row.cache_source)))
    _add_hits(connection, found, hits, names)
    recoveries = [row for row in executions if row.key in taken and row.source]
    if depth < _MAX_RECOVERIES:
        _add_recovered(connection, found, recoveries, taken, names, depth)
    else:
        found.cut.update(row.key for row in recoveries)
    return found


def _add_hits(
    connection: Connection, found: _Metrics, hits: Sequence[tuple[int, str, cache_pb2.CacheSource]], names: Sequence[str] | None
) -> None:
    by = [(hit, hit[2].source_task_execution) for hit in hits]
    source_rows = rows.rows_of(connection, _distinct(task.node_execution_id.execution_id for _, task in by), ()) if by else {}
    takers: dict[AttemptKey, list[tuple[int, str]]] = {}
    for (key, node_id, source), task in by:
        row = source_rows.get(ExecutionId.from_proto(task.node_execution_id.execution_id))
        if row is not None:
            attempt = AttemptKey(row.key, task.node_execution_id.node_id, source.item - 1, task.retry_attempt)
            takers.setdefault(attempt, []).append((key, node_id))
    for point in rows.last_points_of(connection, list(takers), names) if takers else ():
        for key, node_id in takers[AttemptKey(*point[:4])]:
            _put(found, key, node_id, point[4], point[5])


def _add_recovered(
    connection: Connection, found: _Metrics, executions: Sequence[Any], taken: dict[int, set[str]], names: Sequence[str] | None, depth: int
) -> None:
    sources = {row.key: ExecutionId(row.project, row.domain, row.source) for row in executions}
    source_rows = rows.rows_of(connection, _distinct(sources.values()), ()) if sources else {}
    before = _last_metrics(connection, list(source_rows.values()), names, depth + 1)
    for key, source in sources.items():
        row = source_rows.get(source)
        if row is not None and row.key in before.cut:
            found.cut.add(key)
        for (node_id, name), value in (before.said.get(row.key, {}) if row is not None else {}).items():
            if node_id in taken[key]:
                found.said.setdefault(key, {}).setdefault((node_id, name), value)


def _put(found: _Metrics, key: int, node_id: str, name: str | None, value: float | None) -> None:
    if name is None:
        found.cut.add(key)
        return
    found.said.setdefault(key, {})[node_id, name] = value_of(value)


def _distinct(ids: Iterable[Any]) -> list[ExecutionId]:
    return list(dict.fromkeys(each if isinstance(each, ExecutionId) else ExecutionId.from_proto(each) for each in ids))
