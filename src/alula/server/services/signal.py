"""SignalService."""

from __future__ import annotations

from alula.control import signal
from alula.control.platform import Platform
from alula.control.query import Query
from alula.idl import admin
from alula.server.context import Context


class SignalService:
    """flyteidl.service.SignalService."""

    def __init__(self, platform: Platform, query: Query) -> None:
        self._platform = platform
        self._query = query

    async def GetOrCreateSignal(self, request: admin.SignalGetOrCreateRequest, context: Context) -> admin.Signal:
        return await self._platform.signaller.get_or_create(request)

    async def ListSignals(self, request: admin.SignalListRequest, context: Context) -> admin.SignalList:
        execution, rows, token = await self._platform.read(lambda c: self._query.signals(c, request))
        return admin.SignalList(signals=[signal.view(execution, row) for row in rows], token=token)

    async def SetSignal(self, request: admin.SignalSetRequest, context: Context) -> admin.SignalSetResponse:
        await self._platform.signaller.set(request, context.principal)
        return admin.SignalSetResponse()
