"""alula.v1.GateService: what executions ask people for."""

from __future__ import annotations

from alula.control.gates import list_gates, list_waiting
from alula.control.platform import Platform
from alula.idl.v1 import gate_pb2
from alula.server.context import Context


class GateService:
    """alula.v1.GateService."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def ListGates(self, request: gate_pb2.ListGatesRequest, context: Context) -> gate_pb2.ListGatesResponse:
        return await self._platform.read(lambda c: list_gates(c, request))

    async def ListWaiting(self, request: gate_pb2.ListWaitingRequest, context: Context) -> gate_pb2.ListWaitingResponse:
        return await self._platform.read(lambda c: list_waiting(c, request))
