"""DataProxyService."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from alula.control.data import DataProxy
from alula.control.platform import Platform
from alula.idl import service
from alula.server.context import Context


class DataProxyService:
    """flyteidl.service.DataProxyService."""

    def __init__(self, platform: Platform, proxy: DataProxy) -> None:
        self._platform = platform
        self._proxy = proxy

    async def CreateUploadLocation(
        self, request: service.CreateUploadLocationRequest, context: Context
    ) -> service.CreateUploadLocationResponse:
        await self._platform.read(lambda c: self._platform.library.check_place(c, request.project, request.domain))
        return await asyncio.to_thread(self._proxy.upload, request)

    async def CreateDownloadLocation(
        self, request: service.CreateDownloadLocationRequest, context: Context
    ) -> service.CreateDownloadLocationResponse:
        span = timedelta(seconds=request.expires_in.ToSeconds()) if request.HasField("expires_in") else None
        url, expires_at = await asyncio.to_thread(self._proxy.download, request.native_url, span)
        return service.CreateDownloadLocationResponse(signed_url=url, expires_at=expires_at)

    async def CreateDownloadLink(self, request: service.CreateDownloadLinkRequest, context: Context) -> service.CreateDownloadLinkResponse:
        return await self._platform.read(lambda c: self._proxy.deck(c, request))

    async def GetData(self, request: service.GetDataRequest, context: Context) -> service.GetDataResponse:
        return await self._platform.read(lambda c: self._proxy.data(c, request.flyte_url))
