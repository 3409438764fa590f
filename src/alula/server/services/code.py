"""alula.v1.CodeService."""

from __future__ import annotations

import asyncio

from alula.control.code import Code, code_of
from alula.control.platform import Platform
from alula.idl import core
from alula.idl.identifier import EntityId
from alula.idl.v1 import code_pb2
from alula.server.context import Context


class CodeService:
    """alula.v1.CodeService."""

    def __init__(self, platform: Platform, code: Code) -> None:
        self._platform = platform
        self._code = code

    async def Offer(self, request: code_pb2.OfferRequest, context: Context) -> code_pb2.OfferResponse:
        await self._platform.read(lambda c: self._platform.library.check_place(c, request.project, request.domain))
        return await asyncio.to_thread(self._code.offer, request)

    async def ListFiles(self, request: code_pb2.ListFilesRequest, context: Context) -> code_pb2.ListFilesResponse:
        return await asyncio.to_thread(self._code.files, await self._uri(request.id))

    async def GetFile(self, request: code_pb2.GetFileRequest, context: Context) -> code_pb2.GetFileResponse:
        return await asyncio.to_thread(self._code.file, await self._uri(request.id), request.path)

    async def _uri(self, message: core.Identifier) -> str:
        return await self._platform.read(lambda c: code_of(c, self._platform.library, EntityId.from_proto(message)))
