"""alula.v1.RunService: whole programs, live streams, logs, and why things are as they are."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator

from alula.control import named
from alula.control.evict import evict
from alula.control.explain import attempt_detail, events, explain_cache
from alula.control.follow import Follower
from alula.control.platform import Platform
from alula.control.provenance import provenance
from alula.control.query import Query
from alula.executors.process import ProcessExecutor
from alula.idl import admin
from alula.idl.identifier import EntityId, ExecutionId
from alula.idl.v1 import service_pb2, source_pb2
from alula.server.context import Context
from alula.version import __version__


class RunService:
    """alula.v1.RunService."""

    def __init__(self, platform: Platform, query: Query, follower: Follower, home: str) -> None:
        self._platform = platform
        self._query = query
        self._follower = follower
        self._home = home

    async def Register(self, request: service_pb2.RegisterRequest, context: Context) -> service_pb2.RegisterResponse:
        entries = await self._platform.registrar.register(request, context.principal)
        for project, domain in {(entity.project, entity.domain) for entity, is_new in entries if is_new}:
            self._platform.feed.tell_entities(project, domain)
        shown = [service_pb2.RegisterResponse.Entry(id=i.to_proto(), is_new=is_new) for i, is_new in entries]
        return service_pb2.RegisterResponse(entries=shown)

    async def Run(self, request: admin.ExecutionCreateRequest, context: Context) -> admin.Execution:
        return await self._follower.run(request, named.origin(request, context.principal))

    async def Launch(self, request: service_pb2.LaunchRequest, context: Context) -> AsyncIterator[service_pb2.ExecutionUpdate]:
        origin = named.origin(request.request, context.principal)
        async for update in self._follower.launch(request.request, origin, with_nodes=request.nodes):
            yield update

    async def Watch(self, request: service_pb2.WatchRequest, context: Context) -> AsyncIterator[service_pb2.ExecutionUpdate]:
        async for update in self._follower.watch(ExecutionId.from_proto(request.id), with_nodes=request.nodes):
            yield update

    async def Logs(self, request: service_pb2.LogsRequest, context: Context) -> AsyncIterator[service_pb2.LogChunk]:
        item = request.item - 1
        start = {"tail_bytes": request.tail_bytes, "offset": request.offset}
        async for chunk in self._follower.logs(request.id, item, follow=request.follow, **start):
            yield chunk

    async def ExplainCache(self, request: admin.NodeExecutionGetRequest, context: Context) -> service_pb2.CacheExplanation:
        return await self._platform.read(lambda c: explain_cache(c, request.id))

    async def Rerun(self, request: service_pb2.RerunRequest, context: Context) -> admin.ExecutionCreateResponse:
        made = await self._platform.launcher.rerun(request, context.principal)
        return admin.ExecutionCreateResponse(id=made.id.to_proto())

    async def EvictCache(self, request: service_pb2.EvictCacheRequest, context: Context) -> service_pb2.EvictCacheResponse:
        return service_pb2.EvictCacheResponse(evicted=await self._platform.write(lambda c: evict(c, request)))

    async def GetAttempt(self, request: service_pb2.GetAttemptRequest, context: Context) -> service_pb2.AttemptDetail:
        item = request.item - 1
        return await self._platform.read(lambda c: attempt_detail(request.id, self._query.attempt_row(c, request.id, item)))

    async def Events(self, request: service_pb2.EventsRequest, context: Context) -> service_pb2.EventsResponse:
        return await self._platform.read(lambda c: events(c, request))

    async def GetProvenance(self, request: admin.ObjectGetRequest, context: Context) -> source_pb2.Provenance:
        platform, wanted = self._platform, EntityId.from_proto(request.id)
        return await platform.read(lambda c: provenance(c, platform.library, platform.environments, wanted))

    async def Status(self, request: service_pb2.StatusRequest, context: Context) -> service_pb2.StatusResponse:
        executor = self._platform.executor
        response = service_pb2.StatusResponse(
            version=__version__,
            home=self._home,
            database=self._platform.database.url,
            object_store=self._platform.settings.store,
            executions_live=self._platform.driver.live,
            python=f"{sys.version_info.major}.{sys.version_info.minor}",
        )
        response.started_at.FromMicroseconds(self._platform.started_at)
        if isinstance(executor, ProcessExecutor):
            response.workers = executor.worker_count
            response.attempts_running = executor.running_count
            response.attempts_queued = executor.queued_count
        return response
