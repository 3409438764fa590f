"""Having the output cache forget."""

from __future__ import annotations

import difflib
from typing import Any

from sqlalchemy import Connection

from alula.database import attempt as attempts
from alula.database import cache, entity
from alula.database import execution as executions
from alula.database import node as nodes
from alula.database import run as rows
from alula.errors import InvalidInput, NotFound
from alula.idl import core
from alula.idl.identifier import ExecutionId
from alula.idl.v1 import service_pb2


def evict(connection: Connection, request: service_pb2.EvictCacheRequest) -> int:
    """Removes entries; the outputs that executions recorded stay.

    Returns:
        How many entries there were.
    Raises:
        NotFound: no such execution, node or task; InvalidInput: neither a task nor a node is named.
    """
    if request.HasField("node"):
        keys = _of_node(connection, request.node)
    elif not request.task_name:
        raise InvalidInput("evict: expected the name of a task, or a node execution")
    else:
        keys = cache.keys_of(connection, request.project, request.domain, request.task_name, request.cache_version)
        if not keys:  # entries may outlive their task's name, so only an answer of none is looked into
            _check_known(connection, request)
    cache.remove(connection, keys)
    return len(keys)


def _check_known(connection: Connection, request: service_pb2.EvictCacheRequest) -> None:
    names = entity.names_in(connection, core.TASK, request.project, request.domain)
    if request.task_name not in names:
        short = [name for name in names if name.endswith(f".{request.task_name}")]
        near = short or difflib.get_close_matches(request.task_name, names, n=1)
        hint = f"did you mean {near[0]}?" if near else "see `alula list tasks`"
        raise NotFound(f'no task "{request.task_name}" in {request.project}/{request.domain}; {hint}')


def _of_node(connection: Connection, message: core.NodeExecutionIdentifier) -> list[bytes]:
    """Keys of what a node was given by the cache, and of what it filled; of an array node those of its items."""
    execution = ExecutionId.from_proto(message.execution_id)
    key = executions.get(connection, execution).key
    if nodes.find(connection, key, message.node_id) is None:
        raise nodes.missing(execution, message.node_id)
    given = [core.CatalogMetadata.FromString(row.cache_source) for row in rows.cached_rows(connection, key, message.node_id)]
    found = {bytes.fromhex(one.artifact_tag.artifact_id) for one in given}
    for task in attempts.tasks_of(connection, key, message.node_id):
        found |= {row.cache_key for row in cache.sources_of(connection, *task) if _is_by(row, message)}
    return cache.present(connection, list(found))


def _is_by(row: Any, message: core.NodeExecutionIdentifier) -> bool:
    source = core.CatalogMetadata.FromString(row.source or b"").source_task_execution.node_execution_id
    return bool(source.node_id == message.node_id and source.execution_id == message.execution_id)
