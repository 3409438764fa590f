"""alula.v1.BrowseService: what pages show at a glance."""

from __future__ import annotations

from alula.control.attempts import list_attempts
from alula.control.check import check_launch
from alula.control.compare import compare_executions
from alula.control.items import get_item_spans, get_items, summarize_items
from alula.control.overview import overview
from alula.control.platform import Platform
from alula.control.search import search_executions
from alula.control.value import execution_values
from alula.control.versions import get_entity, list_entities, list_versions
from alula.idl import admin
from alula.idl.v1 import browse_pb2
from alula.server.context import Context


class BrowseService:
    """alula.v1.BrowseService."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def GetOverview(self, request: browse_pb2.GetOverviewRequest, context: Context) -> browse_pb2.Overview:
        return await self._platform.read(lambda c: overview(c, self._platform.clock(), self._platform.settings.endpoint()))

    async def SearchExecutions(self, request: browse_pb2.SearchExecutionsRequest, context: Context) -> browse_pb2.ExecutionPage:
        return await self._platform.read(lambda c: search_executions(c, request, self._platform.settings.store))

    async def ListEntities(self, request: browse_pb2.ListEntitiesRequest, context: Context) -> browse_pb2.EntityPage:
        return await self._platform.read(lambda c: list_entities(c, request))

    async def GetEntity(self, request: browse_pb2.GetEntityRequest, context: Context) -> browse_pb2.Entity:
        return await self._platform.read(lambda c: get_entity(c, request))

    async def ListVersions(self, request: browse_pb2.ListVersionsRequest, context: Context) -> browse_pb2.VersionPage:
        return await self._platform.read(lambda c: list_versions(c, request))

    async def ListAttempts(self, request: browse_pb2.ListAttemptsRequest, context: Context) -> browse_pb2.AttemptPage:
        return await self._platform.read(lambda c: list_attempts(c, self._platform.library, request))

    async def GetItems(self, request: browse_pb2.GetItemsRequest, context: Context) -> browse_pb2.ItemsResponse:
        return await self._platform.read(lambda c: get_items(c, self._platform.library, request.id))

    async def GetItemSpans(self, request: browse_pb2.GetItemSpansRequest, context: Context) -> browse_pb2.ItemSpansResponse:
        platform = self._platform
        return await platform.read(lambda c: get_item_spans(c, platform.library, request, platform.clock()))

    async def GetItemsSummary(self, request: browse_pb2.GetItemsRequest, context: Context) -> browse_pb2.ItemsSummary:
        return await self._platform.read(lambda c: summarize_items(c, request.id))

    async def CompareExecutions(
        self, request: browse_pb2.CompareExecutionsRequest, context: Context
    ) -> browse_pb2.CompareExecutionsResponse:
        platform = self._platform
        return await platform.read(
            lambda c: compare_executions(c, platform.library, platform.environments, request, platform.settings.store)
        )

    async def GetExecutionValues(
        self, request: browse_pb2.GetExecutionValuesRequest, context: Context
    ) -> browse_pb2.ExecutionValuesResponse:
        return await self._platform.read(lambda c: execution_values(c, request))

    async def CheckLaunch(self, request: admin.ExecutionCreateRequest, context: Context) -> browse_pb2.CheckLaunchResponse:
        platform = self._platform
        return await platform.read(lambda c: check_launch(c, platform.library, platform.registrar, request))
