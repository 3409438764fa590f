"""Sixty-four clients at once, each registering, launching and listing: no error, nothing "locked"."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from tests.programs import shapes
from tests.server.harness import LiveServer, literals

from alula.idl import admin, core
from alula.idl.v1 import service_pb2, service_pb2_grpc
from alula.sdk.discover import entities
from alula.sdk.serialize import Settings, serialize

CLIENTS = 64
SECONDS = float(os.environ.get("ALULA_SOAK_S", "10"))
P = "tests.programs.shapes."


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    live = LiveServer(tmp_path / "home").start()
    yield live
    live.stop()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_sixty_four_clients(server: LiveServer) -> None:
    errors: list[str] = []
    done: Counter[str] = Counter()
    wanted = [e for e in entities(shapes) if e.name.endswith((".line", ".inc", ".double"))]
    end = time.monotonic() + SECONDS

    def client(number: int) -> None:
        from flyteidl.service import admin_pb2_grpc

        with grpc.insecure_channel(server.address, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
            run, service = service_pb2_grpc.RunServiceStub(channel), admin_pb2_grpc.AdminServiceStub(channel)
            turn = 0
            while time.monotonic() < end and not errors:
                turn += 1
                try:
                    version = f"c{number}-{turn % 3}"
                    run.Register(serialize(wanted, Settings("default", "development", version)), timeout=60)
                    done["registered"] += 1
                    plan = core.Identifier(
                        resource_type=core.LAUNCH_PLAN, project="default", domain="development", name=P + "line", version=version
                    )
                    request = admin.ExecutionCreateRequest(
                        project="default", domain="development", spec=admin.ExecutionSpec(launch_plan=plan), inputs=literals(x=number)
                    )
                    last = admin.Execution()
                    for update in run.Launch(service_pb2.LaunchRequest(request=request), timeout=60):
                        last = update.execution
                    if last.closure.phase != core.WorkflowExecution.SUCCEEDED:
                        errors.append(f"{last.id.name}: {last.closure.error.message}")
                    done["launched"] += 1
                    place = admin.NamedEntityIdentifier(project="default", domain="development")
                    service.ListExecutions(admin.ResourceListRequest(id=place, limit=25, filters="eq(phase,SUCCEEDED)"), timeout=60)
                    done["listed"] += 1
                except grpc.RpcError as e:
                    errors.append(f"{e.code()}: {e.details()}")

    threads = [threading.Thread(target=client, args=(n,)) for n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"{CLIENTS} clients, {SECONDS:g} s: {dict(done)}")
    assert errors == []
    assert done["launched"] >= CLIENTS
    assert "locked" not in (server.home.parent / "server.log").read_text()
