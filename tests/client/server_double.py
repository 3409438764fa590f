"""A small server over real gRPC and HTTP for the tests of client and command line: it stores, and "runs" by a function given to it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import grpc
from grpc_status import rpc_status

from alula.client import rpc
from alula.control.code import Code
from alula.control.data import Links
from alula.control.limit import Limits
from alula.errors import AlreadyExists, AlulaError, FailedPrecondition, InvalidInput, NotFound, Unavailable
from alula.idl import admin, core, service
from alula.idl.v1 import code_pb2
from alula.idl.v1 import service_pb2 as v1
from alula.objectstore.signed import Signer, key_uri
from alula.server.status import to_proto

Outcome = core.LiteralMap | core.ExecutionError
PHASES = {core.LiteralMap: 4, core.ExecutionError: 6}


@dataclass
class Double:
    """State of the double; `outcome` decides how an execution ends, `gate` when (set: at once)."""

    root: Path
    outcome: Callable[[admin.ExecutionCreateRequest], Outcome] = lambda request: core.LiteralMap()
    gate: threading.Event = field(default_factory=threading.Event)
    address: str = ""
    http: str = ""
    registered: list[v1.RegisterRequest] = field(default_factory=list)
    executions: dict[str, admin.Execution] = field(default_factory=dict)
    requests: dict[str, admin.ExecutionCreateRequest] = field(default_factory=dict)
    outputs: dict[str, core.LiteralMap] = field(default_factory=dict)
    nodes: list[admin.NodeExecution] = field(default_factory=list)
    logs: dict[str, list[bytes]] = field(default_factory=dict)
    log_breaks: list[int] = field(default_factory=list)  # bytes before which a log's stream ends as if the server went away
    events: list[v1.ExecutionEvent] = field(default_factory=list)
    puts: list[str] = field(default_factory=list)
    signer: Signer = field(default_factory=lambda: Signer(b"0123456789abcdef", lambda: datetime.now(UTC)))

    # CodeService

    def offer(self, request: code_pb2.OfferRequest) -> code_pb2.OfferResponse:
        links = Links(root=f"file://{self.root}", base=lambda: self.http, signer=self.signer, limits=Limits())
        return Code(links).offer(request)

    # DataProxyService

    def upload_location(self, request: service.CreateUploadLocationRequest) -> service.CreateUploadLocationResponse:
        key = f"uploads/{request.project}/{request.domain}/{request.filename_root or request.content_md5.hex()}/{request.filename}"
        query = self.signer.sign("PUT", key, datetime.now(UTC) + timedelta(minutes=5), md5=request.content_md5)
        return service.CreateUploadLocationResponse(signed_url=f"{self.http}/{key}?{query}", native_url=f"file://{self.root}/{key}")

    def download_location(self, request: service.CreateDownloadLocationRequest) -> service.CreateDownloadLocationResponse:
        key = request.native_url.removeprefix(f"file://{self.root}/")
        return service.CreateDownloadLocationResponse(
            signed_url=f"{self.http}/{key}?{self.signer.sign('GET', key, datetime.now(UTC) + timedelta(minutes=5))}"
        )

    # Entities

    def register(self, request: v1.RegisterRequest) -> v1.RegisterResponse:
        known = {each.id.SerializeToString() for old in self.registered for each in [*old.tasks, *old.workflows, *old.launch_plans]}
        self.registered.append(request)
        entries = [
            v1.RegisterResponse.Entry(id=each.id, is_new=each.id.SerializeToString() not in known)
            for each in [*request.tasks, *request.workflows, *request.launch_plans]
        ]
        return v1.RegisterResponse(entries=entries)

    def _plans(self) -> list[admin.LaunchPlan]:
        made = []
        for request in self.registered:
            for each in request.launch_plans:
                plan = admin.LaunchPlan(id=each.id, spec=each.spec)
                plan.closure.expected_inputs.CopyFrom(each.spec.default_inputs)
                made.append(plan)
        return made

    def get_launch_plan(self, request: admin.ObjectGetRequest) -> admin.LaunchPlan:
        found = [plan for plan in self._plans() if plan.id == request.id]
        if not found:
            raise NotFound(f"launch plan {request.id.name}:{request.id.version} does not exist")
        return found[-1]

    def list_launch_plans(self, request: admin.ResourceListRequest) -> admin.LaunchPlanList:
        found = [plan for plan in self._plans() if request.id.name in ("", plan.id.name)]
        return admin.LaunchPlanList(launch_plans=found[::-1][: request.limit])

    def _tasks(self) -> list[admin.Task]:
        made = []
        for request in self.registered:
            for each in request.tasks:
                task = admin.Task(id=each.id)
                task.closure.compiled_task.template.CopyFrom(each.spec.template)
                made.append(task)
        return made

    def get_task(self, request: admin.ObjectGetRequest) -> admin.Task:
        found = [task for task in self._tasks() if task.id == request.id]
        if not found:
            raise NotFound(f"task {request.id.name} does not exist")
        return found[-1]

    def list_tasks(self, request: admin.ResourceListRequest) -> admin.TaskList:
        found = [task for task in self._tasks() if request.id.name in ("", task.id.name)]
        return admin.TaskList(tasks=found[::-1][: request.limit])

    def list_workflows(self, request: admin.ResourceListRequest) -> admin.WorkflowList:
        found = [admin.Workflow(id=each.id) for old in self.registered for each in old.workflows]
        return admin.WorkflowList(workflows=found[::-1][: request.limit])

    def get_workflow(self, request: admin.ObjectGetRequest) -> admin.Workflow:
        for each in (each for old in self.registered for each in old.workflows):
            if (each.id.name, each.id.version) == (request.id.name, request.id.version):
                made = admin.Workflow(id=each.id)
                made.closure.compiled_workflow.primary.template.CopyFrom(each.spec.template)
                return made
        raise NotFound(f"workflow {request.id.name} does not exist")

    def active(self, request: admin.ActiveLaunchPlanRequest) -> admin.LaunchPlan:
        raise NotFound("no active version")

    # Executions

    def create(self, request: admin.ExecutionCreateRequest) -> admin.Execution:
        name = request.name or f"e{len(self.executions)}"
        if name in self.executions:
            raise AlreadyExists(f"execution {name} exists")
        made = admin.Execution(id=core.WorkflowExecutionIdentifier(project=request.project, domain=request.domain, name=name))
        made.spec.CopyFrom(request.spec)
        made.closure.phase = 2
        made.closure.workflow_id.CopyFrom(request.spec.launch_plan)
        made.closure.created_at.FromDatetime(datetime(2026, 11, 23, 12))
        self.executions[name], self.requests[name] = made, request
        return made

    def _end(self, name: str) -> None:
        execution = self.executions[name]
        if execution.closure.phase != 2:
            return
        outcome = self.outcome(self.requests[name])
        execution.closure.phase = PHASES[type(outcome)]
        if isinstance(outcome, core.ExecutionError):
            execution.closure.error.CopyFrom(outcome)
        else:
            self.outputs[name] = outcome

    def launch(self, request: v1.LaunchRequest) -> Iterator[v1.ExecutionUpdate]:
        yield v1.ExecutionUpdate(execution=self.create(request.request))
        yield from self.watch(v1.WatchRequest(id=next(reversed(self.executions.values())).id))

    def watch(self, request: v1.WatchRequest) -> Iterator[v1.ExecutionUpdate]:
        name = request.id.name
        if name not in self.executions:
            raise NotFound(f"execution {name} does not exist")
        yield v1.ExecutionUpdate(execution=self.executions[name], nodes=self.nodes if request.nodes else [])
        self.gate.wait(20)
        self._end(name)
        yield v1.ExecutionUpdate(execution=self.executions[name])

    def get_execution(self, request: admin.WorkflowExecutionGetRequest) -> admin.Execution:
        if request.id.name not in self.executions:
            raise NotFound(f"execution {request.id.name} does not exist", code="EXECUTION_NOT_FOUND")
        if self.gate.is_set():
            self._end(request.id.name)
        return self.executions[request.id.name]

    def list_executions(self, request: admin.ResourceListRequest) -> admin.ExecutionList:
        if "nosuch" in request.filters:
            raise InvalidInput("filter eq(nosuch,…): no field 'nosuch' here; there are phase")
        return admin.ExecutionList(executions=list(self.executions.values())[::-1][: request.limit])

    def data(self, request: admin.WorkflowExecutionGetDataRequest) -> admin.WorkflowExecutionGetDataResponse:
        return admin.WorkflowExecutionGetDataResponse(full_outputs=self.outputs[request.id.name])

    def terminate(self, request: admin.ExecutionTerminateRequest) -> admin.ExecutionTerminateResponse:
        execution = self.executions[request.id.name]
        if execution.closure.phase != 2:
            raise FailedPrecondition(f"execution {request.id.name} has ended")
        execution.closure.phase = 7
        execution.closure.abort_metadata.cause = request.cause
        self.gate.set()
        return admin.ExecutionTerminateResponse()

    def again(self, request: Any) -> admin.ExecutionCreateResponse:
        old = self.requests[request.id.name]
        return admin.ExecutionCreateResponse(
            id=self.create(admin.ExecutionCreateRequest(project=old.project, domain=old.domain, name=request.name, spec=old.spec)).id
        )

    def list_nodes(self, request: admin.NodeExecutionListRequest) -> admin.NodeExecutionList:
        found = [node for node in self.nodes if node.metadata.retry_group == request.unique_parent_id]
        start = int(request.token or 0)
        page = found[start : start + 2]  # small pages, so that the client has to follow tokens
        return admin.NodeExecutionList(node_executions=page, token=str(start + 2) if len(page) == 2 else "")

    def list_attempts(self, request: admin.TaskExecutionListRequest) -> admin.TaskExecutionList:
        node = request.node_execution_id
        count = len(self.logs.get(node.node_id, ()))
        made = []
        for retry in range(count):
            one = admin.TaskExecution(id=core.TaskExecutionIdentifier(node_execution_id=node, retry_attempt=retry))
            one.closure.phase = 3
            made.append(one)
        return admin.TaskExecutionList(task_executions=made)

    def stream_logs(self, request: v1.LogsRequest) -> Iterator[v1.LogChunk]:
        data = self.logs[request.id.node_execution_id.node_id][request.id.retry_attempt]
        for byte in range(request.offset, len(data)):  # a byte a chunk: every character is torn
            if self.log_breaks and byte == self.log_breaks[0]:
                self.log_breaks.pop(0)
                raise Unavailable("the server is stopping")
            yield v1.LogChunk(data=data[byte : byte + 1], offset=byte)
        yield v1.LogChunk(is_end=True)

    def list_events(self, request: v1.EventsRequest) -> v1.EventsResponse:
        start = int(request.token or 0)
        return v1.EventsResponse(events=self.events[start : start + 1], token=str(start + 1) if start + 1 < len(self.events) else "")

    def projects(self, request: admin.ProjectListRequest) -> admin.Projects:
        return admin.Projects(projects=[admin.Project(id="flytesnacks", name="Snacks", domains=[admin.Domain(id="development")])])

    def status(self, request: v1.StatusRequest) -> v1.StatusResponse:
        return v1.StatusResponse(version="0.1.0", home="/home", database="sqlite", object_store=str(self.root), workers=2)


def _methods(double: Double) -> dict[rpc.Rpc[Any, Any], Callable[[Any], Any]]:
    return {
        rpc.OFFER: double.offer,
        rpc.UPLOAD_LOCATION: double.upload_location,
        rpc.DOWNLOAD_LOCATION: double.download_location,
        rpc.REGISTER: double.register,
        rpc.GET_WORKFLOW: double.get_workflow,
        rpc.GET_LAUNCH_PLAN: double.get_launch_plan,
        rpc.GET_ACTIVE_LAUNCH_PLAN: double.active,
        rpc.LIST_LAUNCH_PLANS: double.list_launch_plans,
        rpc.LIST_WORKFLOWS: double.list_workflows,
        rpc.GET_TASK: double.get_task,
        rpc.LIST_TASKS: double.list_tasks,
        rpc.GET_EXECUTION: double.get_execution,
        rpc.LIST_EXECUTIONS: double.list_executions,
        rpc.GET_EXECUTION_DATA: double.data,
        rpc.TERMINATE: double.terminate,
        rpc.RELAUNCH: double.again,
        rpc.RECOVER: double.again,
        rpc.LIST_NODES: double.list_nodes,
        rpc.LIST_ATTEMPTS: double.list_attempts,
        rpc.LIST_PROJECTS: double.projects,
        rpc.STATUS: double.status,
        rpc.EVENTS: double.list_events,
    }


def _unary(method: Callable[[Any], Any]) -> Callable[[Any, grpc.ServicerContext], Any]:
    def call(request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return method(request)
        except AlulaError as error:
            context.abort_with_status(rpc_status.to_status(to_proto(error)))

    return call


def _stream(method: Callable[[Any], Iterator[Any]]) -> Callable[[Any, grpc.ServicerContext], Iterator[Any]]:
    def call(request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        try:
            yield from method(request)
        except AlulaError as error:
            context.abort_with_status(rpc_status.to_status(to_proto(error)))

    return call


def _handlers(double: Double) -> list[grpc.GenericRpcHandler]:
    by_service: dict[str, dict[str, grpc.RpcMethodHandler]] = {}
    for each, method in _methods(double).items():
        handler = grpc.unary_unary_rpc_method_handler(_unary(method), each.request.FromString, each.response.SerializeToString)
        by_service.setdefault(each.path.split("/")[1], {})[each.path.split("/")[2]] = handler
    for each, source in ((rpc.LAUNCH, double.launch), (rpc.WATCH, double.watch), (rpc.LOGS, double.stream_logs)):
        handler = grpc.unary_stream_rpc_method_handler(_stream(source), each.request.FromString, each.response.SerializeToString)  # type: ignore[attr-defined]
        by_service.setdefault(each.path.split("/")[1], {})[each.path.split("/")[2]] = handler  # type: ignore[attr-defined]
    return [grpc.method_handlers_generic_handler(name, handlers) for name, handlers in by_service.items()]


class Files(BaseHTTPRequestHandler):
    """Signed uploads and downloads, as the server's object store door has them."""

    double: Double

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _path(self) -> Path:
        parts = urlsplit(self.path)
        key = unquote(parts.path).lstrip("/")
        self.double.signer.verify(self.command, key, parts.query)
        return Path(key_uri(str(self.double.root), key))

    def _answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_HEAD(self) -> None:
        self._answer(200 if self._path().exists() else 404)

    def do_GET(self) -> None:
        self._answer(200, self._path().read_bytes())

    def do_PUT(self) -> None:
        path = self._path()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
        self.double.puts.append(path.name)
        self._answer(200)


@contextmanager
def serve(root: Path) -> Iterator[Double]:
    """A running double; its gate is open."""
    double = Double(root)
    double.gate.set()
    http = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Files,), {"double": double}))
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    server = grpc.server(ThreadPoolExecutor(8), handlers=_handlers(double))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    double.address, double.http = f"127.0.0.1:{port}", f"http://127.0.0.1:{http.server_address[1]}"
    try:
        yield double
    finally:
        double.gate.set()
        server.stop(0).wait()
        http.shutdown()
        http.server_close()
        thread.join()
