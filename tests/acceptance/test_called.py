"""What Alula's own async and dynamic tasks did, read by flytekit's client."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import grpc
from tests.acceptance.conftest import POLL, Runner
from tests.programs import building, driving

from alula.idl.v1 import service_pb2_grpc
from alula.sdk.discover import entities
from alula.sdk.serialize import Settings, serialize


def run(server: Any, remote: Any, module: Any, name: str, **inputs: Any) -> Any:
    with grpc.insecure_channel(server.grpc) as channel:
        stub = service_pb2_grpc.RunServiceStub(channel)
        stub.Register(serialize(entities(module), Settings("default", "development", "called")))
    execution = Runner(remote, "called").start(f"{module.__name__}.{name}", inputs)
    # While an async task runs, flytekit may read its graph before a call and its nodes after it, which it takes for an error.
    remote.wait(execution, timeout=timedelta(seconds=60), poll_interval=POLL, sync_nodes=False)
    return remote.sync_execution(execution, sync_nodes=True)


def test_calls_of_an_async_task_are_read_as_a_dynamic_graph(server: Any, remote: Any, tmp_path: Any) -> None:
    execution = run(server, remote, driving, "driven", path=str(tmp_path / "notes"), n=5)
    assert execution.outputs == {"o0": 30}
    children = execution.node_executions["n0"].subworkflow_node_executions
    assert {n: e.outputs for n, e in children.items()} == {f"n0-0-c{i}": {"o0": 3 * i} for i in range(5)}


def test_the_graph_a_dynamic_task_wrote_is_read(server: Any, remote: Any) -> None:
    execution = run(server, remote, building, "flow", n=2)
    assert execution.outputs == {"o0": 4}
    children = execution.node_executions["n0"].subworkflow_node_executions
    assert {n: e.outputs for n, e in children.items() if "node" not in n} == {
        "n0-0-n0": {"o0": 0},
        "n0-0-n1": {"o0": 2},
        "n0-0-n2": {"o0": 2},
    }
