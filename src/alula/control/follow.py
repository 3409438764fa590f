"""Live streams: an execution as it is and then each change; an attempt's log as it grows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import Connection

from alula.control import logfile, view
from alula.control.hub import Watcher
from alula.control.launch import Launched, Origin, new_name
from alula.control.platform import Platform
from alula.control.query import Query
from alula.database import execution as executions
from alula.database import node as nodes
from alula.errors import NotFound
from alula.idl import admin, core
from alula.idl.identifier import ExecutionId
from alula.idl.phase import TERMINAL_ATTEMPT, AttemptPhase, ExecutionPhase
from alula.idl.v1 import cache_pb2, service_pb2

CHUNK = 256 * 1024
LOG_POLL_S = 0.2  # a growing file is looked at this often while somebody follows it


class LogPlace(NamedTuple):
    """A log: bytes start to end of a file, which grows until the attempt has ended; no path: nothing was written."""

    path: str
    start: int
    end: int
    is_ended: bool

    @property
    def size(self) -> int:
        return self.end - self.start


class Follower:
    """Streams for one server."""

    def __init__(self, platform: Platform, query: Query) -> None:
        self._platform = platform
        self._query = query

    async def run(self, request: admin.ExecutionCreateRequest, origin: Origin) -> admin.Execution:
        """Launches and waits for the end. One answer, taken from memory after the commit, so it needs no read and no stream."""
        request.name = request.name or new_name()
        with self._platform.hub.watch(ExecutionId(request.project, request.domain, request.name)) as watcher:
            return await self._end(watcher, await self._platform.launcher.launch(request, origin))

    async def _end(self, watcher: Watcher, made: Launched) -> admin.Execution:
        while (run := (await watcher.next()).ended) is None:
            continue
        return view.ended(run, made.spec, made.workflow, self._platform.settings.store)

    async def launch(
        self, request: admin.ExecutionCreateRequest, origin: Origin, *, with_nodes: bool
    ) -> AsyncIterator[service_pb2.ExecutionUpdate]:
        """Launches and watches in one stream.

        The first update is the launch's own commit, so it needs no read, and comes at once: a client that only launches waits for
        it and for nothing more.
        """
        request.name = request.name or new_name()
        execution = ExecutionId(request.project, request.domain, request.name)
        with self._platform.hub.watch(execution) as watcher:
            made = await self._platform.launcher.launch(request, origin)
            first = admin.Execution(id=execution.to_proto(), spec=made.spec)
            first.closure.phase = ExecutionPhase.RUNNING
            yield service_pb2.ExecutionUpdate(execution=first)
            if with_nodes:
                async for update in self._changes(watcher, execution, made.key, with_nodes=True):
                    yield update
            else:
                yield service_pb2.ExecutionUpdate(execution=await self._end(watcher, made))

    async def watch(
        self, execution: ExecutionId, *, with_nodes: bool, at_once: tuple[int, int] | None = None, is_brief: bool = False
    ) -> AsyncIterator[service_pb2.ExecutionUpdate]:
        """The state as it is, then each change until the execution has ended.

        Args:
            at_once: how many nodes of the state the first update has, read before the others, and how many each later one; None: all
                in the first. What changes while they are read comes again behind them.
            is_brief: nodes without the execution's id and the addresses of inputs and outputs.
        """
        with self._platform.hub.watch(execution) as watcher:
            first, later = at_once or (None, 1)
            begin = partial(self._begin, execution=execution, most=first if with_nodes else 0, is_brief=is_brief)
            key, rest, update = await self._platform.read(begin)
            if with_nodes:
                update.attempts.extend(self._platform.telemetry.live(key))
            is_over = ExecutionPhase(update.execution.closure.phase).is_terminal
            yield update
            changes = partial(self._query.changes, execution=execution, key=key, is_brief=is_brief)
            for start in range(0, len(rest), later):
                yield await self._platform.read(partial(changes, ids=rest[start : start + later]))
            if not is_over:
                async for update in self._changes(watcher, execution, key, with_nodes=with_nodes, is_brief=is_brief):
                    yield update

    async def _changes(
        self, watcher: Watcher, execution: ExecutionId, key: int, *, with_nodes: bool, is_brief: bool = False
    ) -> AsyncIterator[service_pb2.ExecutionUpdate]:
        """Each change until the execution has ended; without nodes only what the execution itself went through."""
        while True:
            change = await watcher.next_or_told()
            if with_nodes and (said := self._platform.telemetry.live(key, watcher.told())):
                yield service_pb2.ExecutionUpdate(attempts=said)
            if change is None:
                continue
            if change.is_execution and (with_nodes or change.is_terminal):
                ids = list(change.nodes) if with_nodes else []
                yield await self._platform.read(partial(self._snapshot, execution=execution, ids=ids, is_brief=is_brief))
            elif with_nodes and change.nodes:
                changed = partial(self._query.changes, execution=execution, key=key, ids=list(change.nodes), is_brief=is_brief)
                yield await self._platform.read(changed)
            if change.is_terminal:
                return

    def _begin(
        self, connection: Connection, execution: ExecutionId, *, most: int | None, is_brief: bool
    ) -> tuple[int, list[str], service_pb2.ExecutionUpdate]:
        """Key of an execution, ids of its nodes that are still to be read, and the first update, of so many nodes at most.

        Its phase is read before its nodes are: of one that had ended no change is missed.
        """
        row = executions.get(connection, execution)
        ids = nodes.ids(connection, row.key) if most != 0 else []
        size = len(ids) if most is None else most
        return row.key, ids[size:], self._update(connection, execution, row, ids[:size], is_brief=is_brief)

    def _snapshot(self, connection: Connection, execution: ExecutionId, ids: list[str], *, is_brief: bool) -> service_pb2.ExecutionUpdate:
        return self._update(connection, execution, executions.get(connection, execution), ids, is_brief=is_brief)

    def _update(
        self, connection: Connection, execution: ExecutionId, row: Any, ids: list[str], *, is_brief: bool
    ) -> service_pb2.ExecutionUpdate:
        update = self._query.changes(connection, execution, row.key, ids, is_brief=is_brief)
        update.execution.CopyFrom(view.execution(row, root=self._platform.settings.store))
        return update

    async def log_place(self, attempt: core.TaskExecutionIdentifier, item: int) -> LogPlace:
        """Where an attempt's log lies now.

        Raises:
            NotFound: there is no such attempt, or it came from the cache.
        """
        return await self._place(attempt, item, await self._find(attempt, item, is_needed=True))

    async def log_place_if_any(self, attempt: core.TaskExecutionIdentifier, item: int) -> LogPlace | None:
        """As `log_place`; None of an attempt that may still begin."""
        row = await self._find(attempt, item, is_needed=False)
        return await self._place(attempt, item, row) if row is not None else None

    async def _place(self, attempt: core.TaskExecutionIdentifier, item: int, row: Any) -> LogPlace:
        if row.cache_source:
            raise NotFound(_computed_elsewhere(attempt, item, row.cache_source))
        is_ended = AttemptPhase(row.phase) in TERMINAL_ATTEMPT
        if not row.log_uri:
            return LogPlace("", 0, 0, is_ended)
        end = row.log_end if is_ended and row.log_end else await asyncio.to_thread(logfile.size, row.log_uri)
        return LogPlace(row.log_uri, row.log_start, max(row.log_start, end), is_ended)

    async def logs(
        self, attempt: core.TaskExecutionIdentifier, item: int, *, follow: bool, tail_bytes: int = 0, offset: int = 0
    ) -> AsyncIterator[service_pb2.LogChunk]:
        """An attempt's log: what there is, and if asked for what is added until it ends. Memory stays flat.

        Args:
            tail_bytes: begin at most this far before the present end; 0: at the beginning.
            offset: begin here, in bytes from the attempt's first; wins over `tail_bytes`.
        """
        execution = ExecutionId.from_proto(attempt.node_execution_id.execution_id)
        position = -1
        with self._platform.hub.watch(execution) as watcher:
            while True:
                row = await self._find(attempt, item, is_needed=not follow)
                if row is not None and row.cache_source:
                    raise NotFound(_computed_elsewhere(attempt, item, row.cache_source))
                is_ended = row is not None and AttemptPhase(row.phase) in TERMINAL_ATTEMPT
                if row is not None and row.log_uri:
                    end = row.log_end if is_ended and row.log_end else logfile.size(row.log_uri)
                    if position < 0:
                        position = max(row.log_start, end - tail_bytes) if tail_bytes and not offset else row.log_start + offset
                    while position < end:
                        data = await asyncio.to_thread(logfile.read, row.log_uri, position, min(CHUNK, end - position))
                        if not data:
                            break
                        yield service_pb2.LogChunk(data=data, offset=position - row.log_start)
                        position += len(data)
                if is_ended or not follow:
                    yield service_pb2.LogChunk(is_end=is_ended)
                    return
                with suppress(TimeoutError):
                    await asyncio.wait_for(watcher.next(), LOG_POLL_S)

    async def _find(self, attempt: core.TaskExecutionIdentifier, item: int, *, is_needed: bool) -> Any:
        try:
            return await self._platform.read(lambda c: self._query.attempt_row(c, attempt, item))
        except NotFound:
            execution = ExecutionId.from_proto(attempt.node_execution_id.execution_id)
            row = await self._platform.read(lambda c: executions.get(c, execution))
            if is_needed or ExecutionPhase(row.phase).is_terminal:
                raise
            return None


def _computed_elsewhere(attempt: core.TaskExecutionIdentifier, item: int, source: bytes) -> str:
    """Where the log of an item lies that the output cache answered."""
    by = cache_pb2.CacheSource.FromString(source)
    node = by.source_task_execution.node_execution_id
    other = f" --item {by.item - 1}" if by.item else ""
    place = f"{attempt.node_execution_id.execution_id.name} {attempt.node_execution_id.node_id}[{item}]"
    return f"{place} came from the cache; who computed it has the log: `alula logs {node.execution_id.name} {node.node_id}{other}`"
