"""alula.v1.MetricService: what attempts say of themselves."""

from __future__ import annotations

from alula.control.measure import get_series, list_metrics
from alula.control.platform import Platform
from alula.idl.v1 import metric_pb2
from alula.server.context import Context


class MetricService:
    """alula.v1.MetricService."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def ListMetrics(self, request: metric_pb2.ListMetricsRequest, context: Context) -> metric_pb2.ListMetricsResponse:
        return await self._platform.read(lambda c: list_metrics(c, request))

    async def GetSeries(self, request: metric_pb2.GetSeriesRequest, context: Context) -> metric_pb2.GetSeriesResponse:
        return await self._platform.read(lambda c: get_series(c, request))
