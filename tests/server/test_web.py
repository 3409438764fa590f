"""Decks and figures by HTTP."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPResponse
from pathlib import Path

import httpx
import pytest
from flyteidl.service import dataproxy_pb2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from tests.programs import telling
from tests.server.harness import LiveServer

from alula.idl import admin, core, service
from alula.objectstore import pack
from alula.server.refusal import HANDLERS


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    live = LiveServer(tmp_path_factory.mktemp("web") / "home").start()
    live.register(telling)
    yield live
    live.stop()


@pytest.fixture(scope="module")
def trained(server: LiveServer) -> core.WorkflowExecutionIdentifier:
    execution = server.launch("tests.programs.telling.training", execution="trained", epochs=3)
    assert server.wait(execution).closure.phase == core.WorkflowExecution.SUCCEEDED
    return execution


def get(url: str, method: str = "GET") -> HTTPResponse:
    answer: HTTPResponse = urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=20)
    return answer


def link(server: LiveServer, execution: core.WorkflowExecutionIdentifier) -> str:
    node = core.NodeExecutionIdentifier(node_id="n0", execution_id=execution)
    request = service.CreateDownloadLinkRequest(artifact_type=dataproxy_pb2.ARTIFACT_TYPE_DECK, node_execution_id=node)
    return str(server.data.CreateDownloadLink(request).pre_signed_urls.signed_url[0])


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_deck_is_shown_and_has_an_origin_of_its_own(server: LiveServer, trained: core.WorkflowExecutionIdentifier, method: str) -> None:
    answer = get(link(server, trained), method)
    policy = [part.strip() for part in answer.headers["content-security-policy"].split(";")]
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "sandbox allow-scripts" in policy, "allow-same-origin would give it our origin"
    assert {"default-src 'none'", "form-action 'none'"} <= set(policy)
    assert (answer.headers["x-content-type-options"], answer.headers["referrer-policy"]) == ("nosniff", "no-referrer")
    if method == "GET":
        assert b"all well" in answer.read()


def test_an_upload_that_calls_itself_a_deck_is_only_ever_downloaded(server: LiveServer, tmp_path: Path) -> None:
    request = service.CreateUploadLocationRequest(project="default", domain="development", filename="deck.html", filename_root="x")
    location = server.data.CreateUploadLocation(request)
    put = urllib.request.Request(location.signed_url, data=b"<script>alert(1)</script>", method="PUT")
    urllib.request.urlopen(put, timeout=20).close()
    url = server.data.CreateDownloadLocation(service.CreateDownloadLocationRequest(native_url=location.native_url)).signed_url
    answer = get(url)
    assert (answer.headers["content-type"], answer.headers["content-disposition"]) == ("application/octet-stream", "attachment")


def test_the_head_of_an_object_says_what_its_content_would_be(server: LiveServer) -> None:
    request = service.CreateUploadLocationRequest(project="default", domain="development", filename="large.bin", filename_root="head")
    location = server.data.CreateUploadLocation(request)
    content = b"x" * 3_000_000
    urllib.request.urlopen(urllib.request.Request(location.signed_url, data=content, method="PUT"), timeout=20).close()
    url = server.data.CreateDownloadLocation(service.CreateDownloadLocationRequest(native_url=location.native_url)).signed_url
    head, whole = get(url, "HEAD"), get(url)
    assert (head.status, head.headers["content-length"], head.read()) == (200, "3000000", b"")
    assert whole.read() == content
    names = ("content-length", "content-type", "content-disposition", "x-content-type-options", "referrer-policy")
    assert [head.headers[name] for name in names] == [whole.headers[name] for name in names]
    for wrong, status in ((url.replace("large.bin", "small.bin"), 403), (url[:-1], 403)):
        with pytest.raises(urllib.error.HTTPError) as refused:
            get(wrong, "HEAD")
        assert (refused.value.code, refused.value.read()) == (status, b"")
    Path(location.native_url.removeprefix("file://")).unlink()
    with pytest.raises(urllib.error.HTTPError) as gone:
        get(url, "HEAD")
    assert gone.value.code == 404


def test_a_pack_is_stored_only_with_the_content_that_its_name_promises(server: LiveServer) -> None:
    """Whoever sends code that needs a pack takes the one that lies there: nobody may put another in its place."""
    made, frame = pack.make([(b"d" * 32, b"print(1)")])
    named = service.CreateUploadLocationRequest(
        project="default", domain="development", filename=pack.file_name(made.digest.hex()), filename_root="code"
    )

    def put(data: bytes) -> None:
        url = server.data.CreateUploadLocation(named).signed_url
        urllib.request.urlopen(urllib.request.Request(url, data=data, method="PUT"), timeout=20).close()

    with pytest.raises(urllib.error.HTTPError) as refused:
        put(frame + b"and more")
    answer = json.load(refused.value)
    assert (refused.value.code, answer["details"]) == (400, [{"reason": "HASH_MISMATCH"}])
    assert "nothing was stored" in answer["message"]
    put(frame)


def test_figures_have_paths_of_their_own(server: LiveServer, trained: core.WorkflowExecutionIdentifier) -> None:
    base = f"http://{server.http}/api/alula/v1"
    found = json.load(get(f"{base}/metrics/default/development/trained"))["attempts"]
    assert [(m["name"], m["last"]) for m in found[0]["metrics"]] == [("accuracy", 2 / 3), ("loss", 1 / 3), ("odd", "Infinity")]
    series = json.load(get(f"{base}/series/default/development/trained/n0/0?names=odd"))["series"]
    assert series[0]["values"] == ["NaN", "Infinity"]
    with pytest.raises(urllib.error.HTTPError) as refused:
        get(f"{base}/metrics/default/development/nothing")
    assert refused.value.code == 404


def test_a_wrong_method_is_told_the_right_one(server: LiveServer) -> None:
    for path in ("/api/v1/executions", "/api/alula/v1/compare"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            get(f"http://{server.http}{path}")
        assert (refused.value.code, refused.value.headers["allow"]) == (405, "POST")


API = "/api/alula/v1"
LOG = f"{API}/logs/p/d/n/n0/0"


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        *[(method, "/api/v1/nothing", 404, None) for method in ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")],
        *[
            ("POST", path, 404, None)
            for path in ("/api", "/api/", "/api/v1/nothing/", f"{API}/changes/", "/api/v1/%00", "/data", "/config/x")
        ],
        ("GET", "/api", 404, None),
        *[(method, f"{API}/changes", 405, "GET, HEAD") for method in ("POST", "DELETE", "OPTIONS")],
        *[
            ("PUT", path, 405, "GET, HEAD")
            for path in (f"{API}/watch/p/d/n", LOG, f"{LOG}/find", "/api/v1/openapi", "/healthz", "/executions")
        ],
        ("DELETE", f"{API}/executions", 405, "GET"),
        ("POST", f"{API}/entities/TASK/p/d", 405, "GET"),
        ("POST", "/data/x", 405, "GET, HEAD, PUT"),
    ],
)
def test_what_is_not_there_or_not_allowed_is_said_in_our_json(server: LiveServer, method: str, path: str, status: int, allow: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        get(f"http://{server.http}{path}", method)
    answer = json.load(refused.value)
    assert (refused.value.code, refused.value.headers["content-type"]) == (status, "application/json")
    assert refused.value.headers["allow"] == allow
    assert answer["details"][0]["reason"] == ("NOT_FOUND" if status == 404 else "UNSUPPORTED")
    assert (f"use {allow}" if allow else "/api/v1/openapi lists the paths") in answer["message"]


def test_another_host_is_told_which_names_are_answered_to(server: LiveServer) -> None:
    for host in ("evil.example", "localhost.evil.example", "127.0.0.1.nip.io:80", "[::2]", ""):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(urllib.request.Request(f"http://{server.http}{API}/overview", headers={"host": host}), timeout=20)
        assert (refused.value.code, refused.value.headers["content-type"]) == (400, "application/json")
        assert "answers to localhost, 127.0.0.1" in json.load(refused.value)["message"]
    for host in ("localhost", "LOCALHOST:1", "[::1]:80", "127.0.0.1"):
        urllib.request.urlopen(urllib.request.Request(f"http://{server.http}{API}/overview", headers={"host": host}), timeout=20).close()


async def test_a_defect_is_said_by_a_reference_alone(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(request: Request) -> Response:
        raise ZeroDivisionError("secret")

    app = Starlette(routes=[Route("/api/x", broken)], exception_handlers=HANDLERS)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answer = await client.get("/api/x")
    assert (answer.status_code, answer.json()["details"]) == (500, [{"reason": "INTERNAL"}])
    assert "secret" not in answer.text
    assert answer.json()["message"].split()[-1] in caplog.text


@pytest.mark.parametrize("attempt", ["9" * 5000, "2147483648", "-1", "x"])
def test_a_log_of_no_attempt_is_not_there(server: LiveServer, trained: core.WorkflowExecutionIdentifier, attempt: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        get(f"http://{server.http}/api/alula/v1/logs/default/development/trained/n0/{attempt}")
    assert refused.value.code == 404


def test_a_task_knows_who_and_what_it_is(server: LiveServer) -> None:
    plan = core.Identifier(
        resource_type=core.LAUNCH_PLAN, project="default", domain="development", name="tests.programs.telling.described", version="v1"
    )
    spec = admin.ExecutionSpec(launch_plan=plan, labels=admin.Labels(values={"team": "birds"}))
    request = admin.ExecutionCreateRequest(project="default", domain="development", name="described", spec=spec)
    execution = server.admin.CreateExecution(request, metadata=(("alula-user", "ada"),)).id
    server.wait(execution)
    expected = ["default", "development", "described", "n0", "tests.programs.telling.describe", "v1", "ada", "{'team': 'birds'}", "0", "-1"]
    assert server.outputs(execution) == {"o0": expected}
