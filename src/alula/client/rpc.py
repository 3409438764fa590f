"""The RPCs a client calls, each with its path and answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from google.protobuf.message import Message

from alula.idl import admin, service
from alula.idl.v1 import code_pb2, gate_pb2, metric_pb2, source_pb2
from alula.idl.v1 import service_pb2 as v1

Q = TypeVar("Q", bound=Message)
R = TypeVar("R", bound=Message)


@dataclass(frozen=True, slots=True)
class Rpc(Generic[Q, R]):
    """One RPC: `path` is `/service/method`."""

    path: str
    request: type[Q]
    response: type[R]


def _admin(name: str, request: type[Q], response: type[R]) -> Rpc[Q, R]:
    return Rpc(f"/flyteidl.service.AdminService/{name}", request, response)


def _run(name: str, request: type[Q], response: type[R]) -> Rpc[Q, R]:
    return Rpc(f"/alula.v1.RunService/{name}", request, response)


GET_TASK = _admin("GetTask", admin.ObjectGetRequest, admin.Task)
GET_WORKFLOW = _admin("GetWorkflow", admin.ObjectGetRequest, admin.Workflow)
GET_LAUNCH_PLAN = _admin("GetLaunchPlan", admin.ObjectGetRequest, admin.LaunchPlan)
GET_ACTIVE_LAUNCH_PLAN = _admin("GetActiveLaunchPlan", admin.ActiveLaunchPlanRequest, admin.LaunchPlan)
LIST_TASKS = _admin("ListTasks", admin.ResourceListRequest, admin.TaskList)
LIST_WORKFLOWS = _admin("ListWorkflows", admin.ResourceListRequest, admin.WorkflowList)
LIST_LAUNCH_PLANS = _admin("ListLaunchPlans", admin.ResourceListRequest, admin.LaunchPlanList)
LIST_EXECUTIONS = _admin("ListExecutions", admin.ResourceListRequest, admin.ExecutionList)
LIST_PROJECTS = _admin("ListProjects", admin.ProjectListRequest, admin.Projects)
LIST_NODES = _admin("ListNodeExecutions", admin.NodeExecutionListRequest, admin.NodeExecutionList)
LIST_ATTEMPTS = _admin("ListTaskExecutions", admin.TaskExecutionListRequest, admin.TaskExecutionList)
GET_EXECUTION = _admin("GetExecution", admin.WorkflowExecutionGetRequest, admin.Execution)
GET_EXECUTION_DATA = _admin("GetExecutionData", admin.WorkflowExecutionGetDataRequest, admin.WorkflowExecutionGetDataResponse)
GET_NODE_DATA = _admin("GetNodeExecutionData", admin.NodeExecutionGetDataRequest, admin.NodeExecutionGetDataResponse)
TERMINATE = _admin("TerminateExecution", admin.ExecutionTerminateRequest, admin.ExecutionTerminateResponse)
RELAUNCH = _admin("RelaunchExecution", admin.ExecutionRelaunchRequest, admin.ExecutionCreateResponse)
RECOVER = _admin("RecoverExecution", admin.ExecutionRecoverRequest, admin.ExecutionCreateResponse)
SET_SIGNAL = Rpc("/flyteidl.service.SignalService/SetSignal", admin.SignalSetRequest, admin.SignalSetResponse)
LIST_SIGNALS = Rpc("/flyteidl.service.SignalService/ListSignals", admin.SignalListRequest, admin.SignalList)
UPLOAD_LOCATION = Rpc(
    "/flyteidl.service.DataProxyService/CreateUploadLocation", service.CreateUploadLocationRequest, service.CreateUploadLocationResponse
)
DOWNLOAD_LOCATION = Rpc(
    "/flyteidl.service.DataProxyService/CreateDownloadLocation",
    service.CreateDownloadLocationRequest,
    service.CreateDownloadLocationResponse,
)
LIST_GATES = Rpc("/alula.v1.GateService/ListGates", gate_pb2.ListGatesRequest, gate_pb2.ListGatesResponse)
OFFER = Rpc("/alula.v1.CodeService/Offer", code_pb2.OfferRequest, code_pb2.OfferResponse)
REGISTER = _run("Register", v1.RegisterRequest, v1.RegisterResponse)
LAUNCH = _run("Launch", v1.LaunchRequest, v1.ExecutionUpdate)
WATCH = _run("Watch", v1.WatchRequest, v1.ExecutionUpdate)
LOGS = _run("Logs", v1.LogsRequest, v1.LogChunk)
EVENTS = _run("Events", v1.EventsRequest, v1.EventsResponse)
LIST_METRICS = Rpc("/alula.v1.MetricService/ListMetrics", metric_pb2.ListMetricsRequest, metric_pb2.ListMetricsResponse)
GET_SERIES = Rpc("/alula.v1.MetricService/GetSeries", metric_pb2.GetSeriesRequest, metric_pb2.GetSeriesResponse)
STATUS = _run("Status", v1.StatusRequest, v1.StatusResponse)
GET_PROVENANCE = _run("GetProvenance", admin.ObjectGetRequest, source_pb2.Provenance)
EXPLAIN_CACHE = _run("ExplainCache", admin.NodeExecutionGetRequest, v1.CacheExplanation)
EVICT_CACHE = _run("EvictCache", v1.EvictCacheRequest, v1.EvictCacheResponse)
UPDATE_LAUNCH_PLAN = _admin("UpdateLaunchPlan", admin.LaunchPlanUpdateRequest, admin.LaunchPlanUpdateResponse)
RERUN = _run("Rerun", v1.RerunRequest, admin.ExecutionCreateResponse)
GET_ATTEMPT = _run("GetAttempt", v1.GetAttemptRequest, v1.AttemptDetail)
