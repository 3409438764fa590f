"""A real `alula up` process and a raw client, for tests that kill it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import grpc
from flyteidl.service import admin_pb2_grpc, dataproxy_pb2_grpc, signal_pb2_grpc

from alula.idl import admin, core
from alula.idl.v1 import service_pb2, service_pb2_grpc
from alula.sdk.discover import entities
from alula.sdk.serialize import Settings, serialize

ROOT = Path(__file__).resolve().parents[2]
READY = re.compile(r"Alula is up: http://(\S+) \(gRPC ([^,]+),")


class LiveServer:
    """`alula up` on a home folder; may be killed and started again on the same one."""

    def __init__(self, home: Path, *options: str) -> None:
        self.home, self.options = home, options
        self.process: subprocess.Popen[str] | None = None
        self.http = self.address = ""

    def start(self) -> LiveServer:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
        command = [sys.executable, "-m", "alula.cli", "up", "--home", str(self.home), "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0"]
        with (self.home.parent / "server.log").open("a") as log:
            self.process = subprocess.Popen([*command, *self.options], stdout=subprocess.PIPE, stderr=log, text=True, env=environment)
        line = self.process.stdout.readline() if self.process.stdout else ""
        found = READY.search(line)
        assert found is not None, (line, (self.home.parent / "server.log").read_text())
        self.http, self.address = found.groups()
        self.channel = grpc.insecure_channel(self.address)
        self.run = service_pb2_grpc.RunServiceStub(self.channel)
        self.admin = admin_pb2_grpc.AdminServiceStub(self.channel)
        self.data = dataproxy_pb2_grpc.DataProxyServiceStub(self.channel)
        self.signal = signal_pb2_grpc.SignalServiceStub(self.channel)
        return self

    def kill(self) -> None:
        """kill -9, and wait until it is gone."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self._close()

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        if self.process is None or self.process.poll() is not None:
            return -1
        self.process.terminate()
        code = self.process.wait(30)
        self._close()
        return code

    def _close(self) -> None:
        self.channel.close()
        if self.process is not None and self.process.stdout is not None:
            self.process.stdout.close()

    def register(self, module: ModuleType, version: str = "v1") -> None:
        self.run.Register(serialize(entities(module), Settings("default", "development", version)))

    def launch(self, name: str, version: str = "v1", execution: str = "", **inputs: Any) -> core.WorkflowExecutionIdentifier:
        plan = core.Identifier(resource_type=core.LAUNCH_PLAN, project="default", domain="development", name=name, version=version)
        request = admin.ExecutionCreateRequest(
            project="default", domain="development", name=execution, spec=admin.ExecutionSpec(launch_plan=plan), inputs=literals(**inputs)
        )
        return self.admin.CreateExecution(request).id

    def wait(self, execution: core.WorkflowExecutionIdentifier, timeout: float = 120) -> admin.Execution:
        """The final state; waits on the server's stream."""
        last = admin.Execution()
        for update in self.run.Watch(service_pb2.WatchRequest(id=execution), timeout=timeout):
            last = update.execution
        return last

    def outputs(self, execution: core.WorkflowExecutionIdentifier) -> dict[str, Any]:
        data = self.admin.GetExecutionData(admin.WorkflowExecutionGetDataRequest(id=execution))
        return {k: plain(v) for k, v in data.full_outputs.literals.items()}

    def nodes(self, execution: core.WorkflowExecutionIdentifier, parent: str = "") -> list[admin.NodeExecution]:
        request = admin.NodeExecutionListRequest(workflow_execution_id=execution, limit=1000, unique_parent_id=parent)
        return list(self.admin.ListNodeExecutions(request).node_executions)

    def attempts(self, node: core.NodeExecutionIdentifier) -> list[admin.TaskExecution]:
        return list(self.admin.ListTaskExecutions(admin.TaskExecutionListRequest(node_execution_id=node, limit=100)).task_executions)


def literals(**values: Any) -> core.LiteralMap:
    return core.LiteralMap(literals={k: literal(v) for k, v in values.items()})


def literal(value: Any) -> core.Literal:
    if isinstance(value, list):
        return core.Literal(collection=core.LiteralCollection(literals=[literal(v) for v in value]))
    field = {bool: "boolean", int: "integer", float: "float_value", str: "string_value"}[type(value)]
    return core.Literal(scalar=core.Scalar(primitive=core.Primitive(**{field: value})))


def plain(value: core.Literal) -> Any:
    if value.WhichOneof("value") == "collection":
        return [plain(v) for v in value.collection.literals]
    if value.scalar.WhichOneof("value") == "union":
        return plain(value.scalar.union.value)
    primitive = value.scalar.primitive
    kind = primitive.WhichOneof("value")
    return getattr(primitive, kind) if kind else None
