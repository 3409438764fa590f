"""Who asked, as both doors take it and as it is on record."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from tests.programs import shapes
from tests.server.harness import LiveServer

from alula.client.rpc import Rpc
from alula.client.settings import ClientSettings
from alula.client.wire import BlockingWire, drive
from alula.errors import InvalidInput
from alula.idl import admin, core
from alula.idl.v1 import browse_pb2, browse_pb2_grpc
from alula.sdk.discover import entities
from alula.sdk.serialize import Settings, serialize
from alula.server.principal import decide, of_scope, own_account


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    live = LiveServer(tmp_path_factory.mktemp("principal") / "home").start()
    live.register(shapes)
    yield live
    live.stop()


def create(name: str) -> admin.ExecutionCreateRequest:
    plan = core.Identifier(
        resource_type=core.LAUNCH_PLAN, project="default", domain="development", name="tests.programs.shapes.line", version="v1"
    )
    return admin.ExecutionCreateRequest(project="default", domain="development", name=name, spec=admin.ExecutionSpec(launch_plan=plan))


def principal(server: LiveServer, execution: core.WorkflowExecutionIdentifier) -> str:
    return str(server.admin.GetExecution(admin.WorkflowExecutionGetRequest(id=execution)).spec.metadata.principal)


@pytest.mark.parametrize(
    ("claim", "expected"), [("ada", "ada"), ("Ada%20Lovelace", "Ada Lovelace"), ("Z%C3%BC", "Zü"), (" x ", "x"), ("50%", "50%")]
)
def test_a_claim_is_taken_whoever_it_comes_from(claim: str, expected: str) -> None:
    assert decide(claim, is_loopback=True) == decide(claim, is_loopback=False) == expected


@pytest.mark.parametrize("claim", ["a%0Ab", "a\tb", "%20", "x" * 257, "%C3%BC" * 129, "%ff", "%00", "\x7f"])
def test_what_is_no_name_is_refused(claim: str) -> None:
    with pytest.raises(InvalidInput, match="alula-user"):
        decide(claim, is_loopback=True)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("10.0.0.7", False),
        ("::ffff:10.0.0.7", False),
        ("", False),
    ],
)
def test_who_says_nothing_is_this_machines_account_or_nobody(host: str, expected: bool) -> None:
    assert of_scope({"headers": [], "client": (host, 1)}) == (own_account() if expected else "")
    assert of_scope({"headers": [], "client": None}) == ""


def test_grpc_takes_a_claim_and_else_the_account(server: LiveServer) -> None:
    said = server.admin.CreateExecution(create("said"), metadata=(("alula-user", "ada"),)).id
    silent = server.admin.CreateExecution(create("silent")).id
    assert (principal(server, said), principal(server, silent)) == ("ada", own_account())
    with pytest.raises(grpc.RpcError) as refused:
        server.admin.CreateExecution(create("wrong"), metadata=(("alula-user", "x" * 300),))
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT  # type: ignore[attr-defined]


def test_http_takes_a_claim_and_else_the_account(server: LiveServer) -> None:
    def launch(name: str, headers: dict[str, str]) -> Any:
        body = {"project": "default", "domain": "development", "name": name}
        body["spec"] = {"launch_plan": {"resource_type": "LAUNCH_PLAN", **_PLAN}}  # type: ignore[assignment]
        headers = {"content-type": "application/json", **headers}
        request = urllib.request.Request(f"http://{server.http}/api/v1/executions", json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return core.WorkflowExecutionIdentifier(**json.load(answer)["id"])

    assert principal(server, launch("by-http", {"Alula-User": "grace"})) == "grace"
    assert principal(server, launch("by-browser", {})) == own_account()
    with pytest.raises(urllib.error.HTTPError) as refused:
        launch("by-nobody", {"alula-user": "a%0Ab"})
    assert refused.value.code == 400


RUN = Rpc("/alula.v1.RunService/Run", admin.ExecutionCreateRequest, admin.Execution)
_PLAN = {"project": "default", "domain": "development", "name": "tests.programs.shapes.line", "version": "v1"}


def test_our_client_says_who_its_user_is(server: LiveServer) -> None:
    settings = ClientSettings(
        address=server.address, is_secure=False, is_default=False, project="default", domain="development", user="Zoë 50%"
    )
    wire = BlockingWire(settings)
    drive(wire.call(RUN, create("by-client")))
    drive(wire.close())
    found = core.WorkflowExecutionIdentifier(project="default", domain="development", name="by-client")
    assert principal(server, found) == "Zoë 50%"


def test_who_registers_a_version_is_its_author(server: LiveServer) -> None:
    program = serialize(entities(shapes), Settings("default", "development", "v7"))
    server.run.Register(program, metadata=(("alula-user", "margaret"),))
    request = browse_pb2.ListVersionsRequest(resource_type=core.WORKFLOW, project="default", domain="development", name=_PLAN["name"])
    found = browse_pb2_grpc.BrowseServiceStub(server.channel).ListVersions(request).versions
    assert [(v.id.version, v.author) for v in found] == [("v7", "margaret"), ("v1", own_account())]
