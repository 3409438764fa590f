"""A real `alula up` in a process of its own, and a raw client: what every bench talks to."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import grpc

from alula.idl import admin, core
from alula.idl.v1 import service_pb2_grpc
from alula.sdk.discover import entities, load_file
from alula.sdk.serialize import Settings, serialize

ROOT = Path(__file__).resolve().parent
READY = re.compile(r"Alula is up: http://(\S+) \(gRPC ([^,]+),")
OPTIONS = [("grpc.max_receive_message_length", 1 << 28), ("grpc.max_send_message_length", 1 << 28)]


class Bench:
    """A running server with the bench's programs registered."""

    def __init__(self, process: subprocess.Popen[str], http: str, address: str, home: Path) -> None:
        self.process, self.http, self.address, self.home = process, http, address, home
        self.channel = grpc.insecure_channel(address, options=OPTIONS)
        self.stub = service_pb2_grpc.RunServiceStub(self.channel)

    def register(self, module: ModuleType, names: list[str] | None = None, version: str = "v1") -> None:
        found = [e for e in entities(module) if names is None or e.name.rsplit(".", 1)[-1] in names]
        self.stub.Register(serialize(found, Settings("default", "development", version)))

    def launch(self, name: str, inputs: core.LiteralMap | None = None, version: str = "v1") -> admin.Execution:
        """Launches and waits in one call; the final state."""
        plan = core.Identifier(resource_type=core.LAUNCH_PLAN, project="default", domain="development", name=name, version=version)
        request = admin.ExecutionCreateRequest(
            project="default",
            domain="development",
            name=f"b{uuid.uuid4().hex}",
            spec=admin.ExecutionSpec(launch_plan=plan),
            inputs=inputs,
        )
        last = self.stub.Run(request)
        if last.closure.phase != core.WorkflowExecution.SUCCEEDED:
            raise SystemExit(f"{name} ended {core.WorkflowExecution.Phase.Name(last.closure.phase)}: {last.closure.error.message[:500]}")
        return last

    def cpu_s(self) -> float:
        """CPU seconds of the server and all its workers so far, ended ones included."""
        total = 0.0
        waiting = [self.process.pid]
        while waiting:
            pid = waiting.pop()
            try:
                fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
                waiting += [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
            except (OSError, IndexError):
                continue
            total += sum(int(fields[i]) for i in (11, 12, 13, 14)) / os.sysconf("SC_CLK_TCK")
        return total

    def rss_mib(self) -> float:
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def bench_module() -> ModuleType:
    return load_file(ROOT / "programs.py")


def environment() -> dict[str, str]:
    """The environment with this tree first, so that workers import the bench's programs."""
    path = [str(ROOT.parent / "src"), str(ROOT.parent), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in path if p)}


@contextmanager
def server(*options: str) -> Iterator[Bench]:
    """A server on an empty home folder."""
    with tempfile.TemporaryDirectory(prefix="alula-bench-") as home:
        command = [sys.executable, "-m", "alula.cli", "up", "--home", home, "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", *options]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment())
        try:
            line = process.stdout.readline() if process.stdout else ""
            found = READY.search(line)
            if found is None:
                raise SystemExit(f"the server did not start: {line!r}")
            bench = Bench(process, found.group(1), found.group(2), Path(home))
            yield bench
            bench.channel.close()
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def int_inputs(**values: int | list[int]) -> core.LiteralMap:
    result = core.LiteralMap()
    for name, value in values.items():
        if isinstance(value, int):
            result.literals[name].scalar.primitive.integer = value
        else:
            items = result.literals[name].collection.literals
            for item in value:
                items.add().scalar.primitive.integer = item
    return result


def now() -> float:
    return time.perf_counter()
