"""Why things are as they are: what the cache said of a node, and where an attempt's time went."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from alula.control.clock import timestamp
from alula.database import execution as executions
from alula.database import tables as t
from alula.errors import NotFound
from alula.idl import core
from alula.idl.identifier import ExecutionId
from alula.idl.v1 import service_pb2, worker_pb2

_PREFIX = "CACHE_"


def explain_cache(connection: Connection, message: core.NodeExecutionIdentifier) -> service_pb2.CacheExplanation:
    """What the cache said when the node asked, and why.

    Raises:
        NotFound: no such execution or node.
    """
    execution = ExecutionId.from_proto(message.execution_id)
    key = executions.get(connection, execution).key
    c = t.node_execution.c
    columns = (c.cache_status, c.cache_reason, c.cache_source)
    row = connection.execute(select(*columns).where(c.execution_key == key, c.node_id == message.node_id)).one_or_none()
    if row is None:
        raise NotFound(f'execution "{execution}" has no node "{message.node_id}"')
    status = core.CatalogCacheStatus.Name(row.cache_status).removeprefix(_PREFIX)
    result = service_pb2.CacheExplanation(id=message, status=status, reason=row.cache_reason)
    if status == "DISABLED":
        result.reason = "the task is not cached, or has no outputs; give it cache=…"
    if row.cache_source:
        source = core.CatalogMetadata.FromString(row.cache_source)
        result.key = source.artifact_tag.artifact_id
        result.source.CopyFrom(source.source_task_execution)
        result.reason = "the same task, cache version and inputs were computed before"
    return result


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
    )
    if row.ended_at:
        detail.ended_at.CopyFrom(timestamp(row.ended_at))
    return detail
