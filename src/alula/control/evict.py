"""Having the output cache forget."""

from __future__ import annotations

import difflib
from typing import Any

from sqlalchemy import Connection, delete, select

from alula.database import execution as executions
from alula.database import run as rows
from alula.database import tables as t
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
        return _delete(connection, _of_node(connection, request.node))
    if not request.task_name:
        raise InvalidInput("evict: expected the name of a task, or a node execution")
    c = t.cache_entry.c
    where = [c.project == request.project, c.domain == request.domain, c.task_name == request.task_name]
    if request.cache_version:
        where.append(c.cache_version == request.cache_version)
    keys = [row.cache_key for row in connection.execute(select(c.cache_key).where(*where))]
    if not keys:  # entries may outlive their task's name, so only an answer of none is looked into
        _check_known(connection, request)
    return _delete(connection, keys)


def _check_known(connection: Connection, request: service_pb2.EvictCacheRequest) -> None:
    n = t.named_entity.c
    place = [n.resource_type == core.TASK, n.project == request.project, n.domain == request.domain]
    if connection.execute(select(n.name).where(*place, n.name == request.task_name)).first() is None:
        names = connection.execute(select(n.name).where(*place)).scalars().all()
        short = [name for name in names if name.endswith(f".{request.task_name}")]
        near = short or difflib.get_close_matches(request.task_name, names, n=1)
        hint = f"did you mean {near[0]}?" if near else "see `alula list tasks`"
        raise NotFound(f'no task "{request.task_name}" in {request.project}/{request.domain}; {hint}')


def _delete(connection: Connection, keys: list[bytes]) -> int:
    c = t.cache_entry.c
    for start in range(0, len(keys), 500):
        connection.execute(delete(t.cache_entry).where(c.cache_key.in_(keys[start : start + 500])))
    return len(keys)


def _of_node(connection: Connection, message: core.NodeExecutionIdentifier) -> list[bytes]:
    """Keys of what a node was given by the cache, and of what it filled; of an array node those of its items."""
    execution = ExecutionId.from_proto(message.execution_id)
    key = executions.get(connection, execution).key
    n = t.node_execution.c
    if connection.execute(select(n.key).where(n.execution_key == key, n.node_id == message.node_id)).one_or_none() is None:
        raise NotFound(f'execution "{execution}" has no node "{message.node_id}"')
    given = [core.CatalogMetadata.FromString(row.cache_source) for row in rows.cached_rows(connection, key, message.node_id)]
    found = {bytes.fromhex(one.artifact_tag.artifact_id) for one in given}
    a, c = t.task_execution.c, t.cache_entry.c
    tasks = connection.execute(
        select(a.task_project, a.task_domain, a.task_name).where(a.execution_key == key, a.node_id == message.node_id).distinct()
    ).all()
    for task in tasks:
        where = (c.project == task.task_project, c.domain == task.task_domain, c.task_name == task.task_name)
        found |= {row.cache_key for row in connection.execute(select(c.cache_key, c.source).where(*where)) if _is_by(row, message)}
    listed = list(found)
    there: list[bytes] = []
    for start in range(0, len(listed), 500):
        chosen = select(c.cache_key).where(c.cache_key.in_(listed[start : start + 500]))
        there += connection.execute(chosen).scalars()
    return there


def _is_by(row: Any, message: core.NodeExecutionIdentifier) -> bool:
    source = core.CatalogMetadata.FromString(row.source or b"").source_task_execution.node_execution_id
    return bool(source.node_id == message.node_id and source.execution_id == message.execution_id)
