"""Signed uploads and downloads of the local store over HTTP: what the links of CreateUploadLocation and GetData lead to."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import os
import secrets
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, unquote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from alula.errors import AlulaError, InvalidInput, NotFound
from alula.objectstore import local
from alula.objectstore.signed import Grant, Signer, key_path
from alula.server.gateway import BodyTooLarge, encode_error

MAX_UPLOAD_BYTES = 5 * 1024**3
_SYNC_EVERY_BYTES = 8 << 20

# What a task wrote may be a page with scripts (a deck). In a sandbox it has no origin, so it reads neither our cookies nor our API.
_HEADERS = {"x-content-type-options": "nosniff", "content-security-policy": "sandbox allow-scripts", "cache-control": "private, no-store"}


def blob_route(root: Path, signer: Signer, *, prefix: str = "/blobs", max_bytes: int = MAX_UPLOAD_BYTES) -> Route:
    """The route; a link is `<public address><prefix>/<key>?<signer.sign(method, key, …)>`.

    Args:
        root: folder of the local store.
        signer: of the links.
        prefix: path before the key.
        max_bytes: largest upload where the link itself sets no smaller bound.
    """

    async def endpoint(request: Request) -> Response:
        try:
            key = _key(request, prefix)
            grant = signer.verify(request.method, key, request.url.query)
            path = key_path(root, key)
            if request.method == "PUT":
                await _store(request, path, grant, min(max_bytes, grant.max_bytes or max_bytes))
                return Response(status_code=200)
            if not await asyncio.to_thread(path.is_file):
                raise NotFound(f"object {key}: does not exist")
            return FileResponse(path, headers=_HEADERS)
        except AlulaError as error:
            is_binary = "application/octet-stream" in request.headers.get("accept", "")
            status, body = encode_error(error, is_binary)
            return Response(body, status, media_type="application/octet-stream" if is_binary else "application/json")

    return Route(prefix + "/{key:path}", endpoint, methods=["GET", "HEAD", "PUT"])


def link_path(prefix: str, key: str) -> str:
    """The path of a link, its key percent-encoded."""
    return f"{prefix}/{quote(key)}"


def _key(request: Request, prefix: str) -> str:
    # From the raw path and decoded once: `%252e` must not become `.` on the way.
    raw = request.scope.get("raw_path") or request.scope["path"].encode()
    path = unquote(raw.decode("ascii", "replace"), errors="replace")
    return path.removeprefix(request.scope.get("root_path", "")).removeprefix(prefix + "/")


async def _store(request: Request, path: Path, grant: Grant, max_bytes: int) -> None:
    """Writes the body beside its place and moves it there once its size and MD5 are right.

    Raises:
        BodyTooLarge: more than allowed.
        InvalidInput: another MD5 than declared, or the client went away.
        Exhausted: the disk is full.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared[:20]) > max_bytes:
        raise BodyTooLarge(f"upload of {path.name}: {declared[:20]} bytes, at most {max_bytes} are taken")
    expected = _expected_md5(request, grant)
    temporary = path.parent / f"{local.TEMPORARY_PREFIX}{secrets.token_hex(8)}"
    try:
        with local.translated(path):
            await asyncio.to_thread(path.parent.mkdir, parents=True, exist_ok=True)
            found = await _receive(request, temporary, path.name, max_bytes)
            if expected is not None and found != expected:
                raise InvalidInput(f"upload of {path.name}: its MD5 is {found.hex()}, declared was {expected.hex()}; send it again")
            await asyncio.to_thread(temporary.replace, path)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _expected_md5(request: Request, grant: Grant) -> bytes | None:
    header = request.headers.get("content-md5")
    if header is None:
        return grant.md5
    try:
        md5 = base64.b64decode(header, validate=True)
    except binascii.Error as error:
        raise InvalidInput(f"header content-md5 {header[:40]!r}: is not base64") from error
    if grant.md5 is not None and md5 != grant.md5:
        raise InvalidInput("header content-md5: differs from the MD5 the link was made for; ask for a new link")
    return md5


async def _receive(request: Request, temporary: Path, name: str, max_bytes: int) -> bytes:
    """The body into a file; returns its MD5."""
    md5, size, unsynced = hashlib.md5(usedforsecurity=False), 0, 0
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    with os.fdopen(handle, "wb") as file:
        try:
            async for chunk in request.stream():
                size, unsynced = size + len(chunk), unsynced + len(chunk)
                if size > max_bytes:
                    raise BodyTooLarge(f"upload of {name}: more than {max_bytes} bytes")
                md5.update(chunk)
                file.write(chunk)
                if unsynced > _SYNC_EVERY_BYTES:  # in a thread, so that a slow disk holds up this upload only
                    await asyncio.to_thread(os.fdatasync, handle)
                    unsynced = 0
        except ClientDisconnect as error:
            raise InvalidInput(f"upload of {name}: the client closed the connection after {size} bytes; send it again") from error
        file.flush()
        # What a registration will refer to has to be there after a power cut too.
        await asyncio.to_thread(os.fsync, handle)
    return md5.digest()
