"""Why things are as they are: what happened, what the cache said of a node, and where an attempt's time went."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from alula.catalog.nearest import Entry, nearest
from alula.control import view
from alula.control.clock import timestamp
from alula.database import attempt as attempts
from alula.database import cache
from alula.database import execution as executions
from alula.database import node as nodes
from alula.database import run as rows
from alula.engine.story import plain_detail, words
from alula.errors import InvalidInput
from alula.idl import core
from alula.idl.identifier import TASK, ExecutionId
from alula.idl.phase import AttemptPhase
from alula.idl.v1 import cache_pb2, service_pb2, worker_pb2

_PREFIX = "CACHE_"
EVENTS, MAX_EVENTS = 1_000, 10_000  # of one page
ENTRIES = 500  # of a task's newest the nearest is looked for among
MAX_TOKEN = 18  # digits of a sequence number that the database can hold


def events(connection: Connection, request: service_pb2.EventsRequest) -> service_pb2.EventsResponse:
    """What happened to an execution, a page of it.

    Raises:
        NotFound: no such execution. InvalidInput: the token is none of ours.
    """
    if not (request.token or "0").isdecimal() or len(request.token) > MAX_TOKEN:
        raise InvalidInput(f"token {request.token[:40]!r}: expected the one of the page before; leave it empty for the first page")
    key = executions.get(connection, ExecutionId.from_proto(request.id)).key
    limit = min(request.limit or EVENTS, MAX_EVENTS)
    found = rows.history(connection, key, int(request.token or 0), limit + 1)
    shown = [_event(row) for row in found[:limit]]
    return service_pb2.EventsResponse(events=shown, token=str(shown[-1].sequence) if len(found) > limit else "")


def _event(row: Any) -> service_pb2.ExecutionEvent:
    return service_pb2.ExecutionEvent(
        sequence=row.sequence,
        at=timestamp(row.at),
        kind=row.kind,
        node_id=row.node_id,
        item=row.item + 1,
        attempt=row.attempt,
        detail=plain_detail(row),
        text=words(row),
    )


def explain_cache(connection: Connection, message: core.NodeExecutionIdentifier) -> service_pb2.CacheExplanation:
    """What the cache said when the node asked, and why.

    Raises:
        NotFound: no such execution or node.
    """
    execution = ExecutionId.from_proto(message.execution_id)
    key = executions.get(connection, execution).key
    row = nodes.find(connection, key, message.node_id)
    if row is None:
        raise nodes.missing(execution, message.node_id)
    status = core.CatalogCacheStatus.Name(row.cache_status).removeprefix(_PREFIX)
    result = service_pb2.CacheExplanation(id=message, status=status, reason=row.cache_reason)
    if row.phase == core.NodeExecution.RECOVERED:
        result.reason = "not asked: its outputs were taken over from the execution before"
    elif status == "DISABLED":
        result.reason = "the task is not cached, or has no outputs; give it cache=…"
    for hit in rows.cached_rows(connection, key, message.node_id):
        source = cache_pb2.CacheSource.FromString(hit.cache_source)
        into = result if hit.item < 0 else result.items.add(item=hit.item)
        into.key, into.source_item = source.artifact_tag.artifact_id, source.item
        into.source.CopyFrom(source.source_task_execution)
    if result.key:
        result.reason = "the same task, cache version and inputs were computed before"
    elif (
        row.cache_status == core.CatalogCacheStatus.CACHE_POPULATED
        and (near := _nearest(connection, key, message, row.updated_at)) is not None
    ):
        result.nearest.CopyFrom(near)
    return result


def _nearest(connection: Connection, key: int, node: core.NodeExecutionIdentifier, at: int) -> service_pb2.NearestEntry | None:
    """Which of the entries that were there when a node asked differs least from the one that it filled, before the instant `at`."""
    others: list[Entry] = []
    own: Entry | None = None
    for project, domain, name in attempts.tasks_of(connection, key, node.node_id):
        for found in cache.before(connection, project, domain, name, at, ENTRIES):
            entry = Entry.of(found.cache_version, found.interface_digest, found.input_digests, found.source)
            if own is None and _is_by(entry, node):
                own = entry
            elif own is not None:
                others.append(entry)
    if own is None or (difference := nearest(own, others)) is None:
        return None
    source = cache_pb2.CacheSource.FromString(difference.entry.source)
    return service_pb2.NearestEntry(
        source=source.source_task_execution,
        source_item=source.item,
        inputs=difference.inputs,
        cache_version=difference.entry.cache_version if difference.is_other_version else "",
        is_other_interface=difference.is_other_interface,
    )


def _is_by(entry: Entry, node: core.NodeExecutionIdentifier) -> bool:
    source = cache_pb2.CacheSource.FromString(entry.source)
    return source.source_task_execution.node_execution_id == node and not source.item


def attempt_detail(message: core.TaskExecutionIdentifier, row: Any) -> service_pb2.AttemptDetail:
    """Where an attempt's time went, in µs; what the parts leave of the wall clock is reporting."""
    times = worker_pb2.AttemptTimes(import_us=row.import_us, read_us=row.read_us, run_us=row.run_us, write_us=row.write_us)
    known = row.queued_us + row.provisioning_us + row.import_us + row.read_us + row.run_us + row.write_us
    wall = max(0, (row.ended_at or row.updated_at) - row.created_at)
    detail = service_pb2.AttemptDetail(
        node=message.node_execution_id,
        retry_attempt=row.retry_attempt,
        created_at=timestamp(row.created_at),
        queued_us=row.queued_us,
        provisioning_us=row.provisioning_us,
        times=times,
        reporting_us=max(0, wall - known) if row.ended_at else 0,
        peak_rss_bytes=row.peak_rss_bytes,
        cause=row.error_kind,
        phase=row.phase if row.phase != AttemptPhase.RETRYABLE_FAILED else AttemptPhase.FAILED,
        item=row.item + 1,
        has_log=bool(row.log_uri),
        cache_status=row.cache_status,
        worker=row.worker,
        is_recoverable=bool(row.is_recoverable),
        child=row.child,
    )
    if row.task_name:
        detail.task_id.CopyFrom(view.entity_id(TASK, row, "task_"))
    if row.started_at:
        detail.started_at.CopyFrom(timestamp(row.started_at))
    if (error := view.error_of(row)) is not None:
        detail.error.CopyFrom(error)
    if row.ended_at:
        detail.ended_at.CopyFrom(timestamp(row.ended_at))
    return detail
