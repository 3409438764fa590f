"""alula.v1.CodeService."""

from __future__ import annotations

import asyncio

from alula.control.code import Code
from alula.control.platform import Platform
from alula.errors import Unsupported
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
        raise Unsupported("ListFiles: not offered yet")

    async def GetFile(self, request: code_pb2.GetFileRequest, context: Context) -> code_pb2.GetFileResponse:
        raise Unsupported("GetFile: not offered yet")
