"""The pages and files of the web interface, over HTTP."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from alula.server.refusal import HANDLERS
from alula.server.static import NOT_BUILT, Pages


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    built = tmp_path / "static"
    (built / "assets").mkdir(parents=True)
    (built / "index.html").write_text('<meta name="csp-nonce" content="%NONCE%">')
    (built / "theme.js").write_text("let theme")
    (built / "assets" / "index-abc.js").write_text("let all")
    (built / "assets" / "index-abc.js.br").write_bytes(b"packed by brotli")
    (built / "assets" / "index-abc.js.gz").write_bytes(b"packed by gzip")
    (tmp_path / "secret.js").write_text("not ours to give")
    return built


def app_of(folder: Path) -> Starlette:
    return Starlette(routes=Pages(folder).routes(), exception_handlers=HANDLERS)


@pytest.fixture
async def client(folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app_of(folder))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers={"accept-encoding": "identity"}) as made:
        yield made


@pytest.mark.parametrize("path", ["/", "/executions", "/executions/p/d/a%2Fb?tab=graph", "/workflows/p/d/x.y.js"])
async def test_every_address_of_a_page_gives_the_page(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.headers["cache-control"] == "no-store", "it names the files of one build"


async def test_scripts_come_from_files_alone_and_styles_need_the_nonce_of_this_answer(client: httpx.AsyncClient) -> None:
    nonces = []
    for _ in range(2):
        answer = await client.get("/")
        policy = answer.headers["content-security-policy"]
        found = re.search(r'content="([\w-]+)"', answer.text)
        assert found is not None and f"'nonce-{found[1]}'" in policy
        nonces.append(found[1])
        assert "script-src 'self';" in policy and "frame-ancestors 'none'" in policy
        assert "'unsafe-eval'" not in policy
        assert "default-src 'none'" in policy
    assert nonces[0] != nonces[1]


@pytest.mark.parametrize(
    "path", ["/api/v1/nothing", "/data/x", "/assets/none.js", "/.well-known/x", f"/assets/{'a' * 300}.js", "/assets/%00"]
)
async def test_a_mistyped_call_is_an_error_and_no_page(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/json")
    assert answer.json()["details"] == [{"reason": "NOT_FOUND"}]


@pytest.mark.parametrize(("accepted", "body", "encoding"), [("gzip, br", b"packed by brotli", "br"), ("gzip", b"packed by gzip", "gzip")])
async def test_files_are_sent_as_they_were_packed(folder: Path, accepted: str, body: bytes, encoding: str) -> None:
    sent: list[dict[str, object]] = []

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/assets/index-abc.js",
        "raw_path": b"/assets/index-abc.js",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"accept-encoding", accepted.encode())],
    }
    await app_of(folder)(scope, receive, send)  # type: ignore[arg-type]
    headers = dict(sent[0]["headers"])  # type: ignore[call-overload]
    assert (sent[0]["status"], sent[1]["body"], headers[b"content-encoding"]) == (200, body, encoding.encode())


async def test_what_never_changes_is_asked_for_once_and_the_rest_is_compared(client: httpx.AsyncClient) -> None:
    asset = await client.get("/assets/index-abc.js")
    assert (asset.text, asset.headers["content-type"]) == ("let all", "text/javascript; charset=utf-8")
    assert "immutable" in asset.headers["cache-control"]
    theme = await client.get("/theme.js")
    assert theme.headers["cache-control"] == "no-cache"
    again = await client.get("/theme.js", headers={"if-none-match": theme.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["/assets/..%2f..%2fsecret.js", "/assets/%2e%2e/%2e%2e/secret.js", "/..%2fsecret.js"])
async def test_nothing_outside_the_folder_is_served(client: httpx.AsyncClient, path: str) -> None:
    assert "not ours" not in (await client.get(path)).text


async def test_without_a_build_the_command_that_makes_one_is_named(tmp_path: Path) -> None:
    transport = httpx.ASGITransport(app=app_of(tmp_path / "none"))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answer = await client.get("/")
        assert (answer.status_code, answer.text) == (503, NOT_BUILT)
        assert "`make ui`" in answer.text
        assert (await client.get("/icon.svg")).status_code == 404
