from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from alula.objectstore.signed import Signer
from alula.server.blobs import blob_route, link_path

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SIGNER = Signer(b"0123456789abcdef", lambda: NOW)
DATA = b"some code" * 1000
MD5 = hashlib.md5(DATA).digest()
KEY = "p/d/räume 1.tar.zst"


def link(method: str, key: str = KEY, *, md5: bytes | None = None, max_bytes: int | None = None, minutes: int = 5) -> str:
    return f"{link_path('/blobs', key)}?{SIGNER.sign(method, key, NOW + timedelta(minutes=minutes), md5=md5, max_bytes=max_bytes)}"


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(routes=[blob_route(tmp_path / "store", SIGNER, max_bytes=20_000)])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://alula") as client:
        yield client


def stored(tmp_path: Path) -> list[str]:
    return [path.name for path in (tmp_path / "store").rglob("*") if path.is_file()]


async def test_what_is_put_is_got(client: httpx.AsyncClient, tmp_path: Path) -> None:
    put = link("PUT", md5=MD5)
    assert (await client.head(put)).status_code == 404
    answer = await client.put(put, content=DATA, headers={"content-md5": base64.b64encode(MD5).decode()})
    assert answer.status_code == 200
    assert (tmp_path / "store" / KEY).read_bytes() == DATA
    assert (await client.head(put)).status_code == 200
    got = await client.get(link("GET"))
    assert got.content == DATA
    assert got.headers["content-security-policy"] == "sandbox allow-scripts"
    assert (await client.get(link("GET"), headers={"range": "bytes=5-8"})).content == DATA[5:9]


async def test_wrong_content_leaves_nothing(client: httpx.AsyncClient, tmp_path: Path) -> None:
    answer = await client.put(link("PUT", md5=MD5), content=DATA[1:])
    assert (answer.status_code, "MD5" in answer.json()["message"]) == (400, True)
    answer = await client.put(link("PUT"), content=DATA, headers={"content-md5": base64.b64encode(b"0" * 16).decode()})
    assert answer.status_code == 400
    answer = await client.put(link("PUT", md5=MD5), content=DATA, headers={"content-md5": base64.b64encode(b"0" * 16).decode()})
    assert "differs from the MD5 the link was made for" in answer.json()["message"]
    answer = await client.put(link("PUT"), content=DATA, headers={"content-md5": "?"})
    assert "not base64" in answer.json()["message"]
    assert stored(tmp_path) == []


async def test_too_much_is_refused_before_and_while_reading(client: httpx.AsyncClient, tmp_path: Path) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(30):
            yield bytes(1000)

    assert (await client.put(link("PUT"), content=bytes(20_001))).status_code == 413
    assert (await client.put(link("PUT"), content=pieces())).status_code == 413
    assert (await client.put(link("PUT", max_bytes=10), content=bytes(11))).status_code == 413
    assert stored(tmp_path) == []


async def test_only_signed_links_work(client: httpx.AsyncClient) -> None:
    assert (await client.put(link("GET"), content=DATA)).status_code == 403
    assert (await client.get(link("PUT"))).status_code == 403
    assert (await client.get(link("GET", minutes=0))).status_code == 403
    assert (await client.get(link_path("/blobs", KEY))).status_code == 403
    assert (await client.get(link("GET").replace("p/d", "p/x"))).status_code == 403
    assert (await client.get(link("GET"))).status_code == 404
    assert (await client.delete(link("GET"))).status_code == 405


@pytest.mark.parametrize("path", ["..%2f..%2fetc%2fpasswd", "a/%2e%2e/b", "a%00", "a%5cb", "%252e%252e/a", "%2fetc/passwd", "a//b"])
async def test_hostile_keys_are_refused(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(f"/blobs/{path}?expires=1&signature=x")
    assert (answer.status_code, answer.json()["code"]) == (400, 3)
