"""The HTTP door: the gateway, health, metrics, signed data links, live streams for browsers."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from alula.control.batch import Change
from alula.control.code import pack_in
from alula.control.data import DataProxy
from alula.control.limit import Limits
from alula.control.platform import Platform
from alula.database.engine import ping
from alula.errors import AlulaError, InvalidInput, LimitExceeded
from alula.executors.process import ProcessExecutor
from alula.idl.paths import METADATA
from alula.objectstore import store
from alula.objectstore.signed import Grant
from alula.server.gateway import build_routes
from alula.server.host import LOCAL_HOSTS, OwnNames
from alula.server.refusal import HANDLERS, error_answer
from alula.server.static import Pages
from alula.server.stream import StreamRoutes

CHUNK = 1 << 20
# A deck is a user's page: shown, but of an origin of its own, that reaches neither ours nor any network.
DECK_HEADERS = {
    "content-disposition": "inline",
    "cache-control": "no-store",
    "content-security-policy": (
        "sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
        "img-src data: blob:; font-src data:; media-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
    ),
}


def build_app(
    methods: Mapping[str, Any],
    proxy: DataProxy,
    streams: StreamRoutes,
    is_ready: Callable[[], bool],
    platform: Platform,
    limits: Limits,
    *,
    is_public: bool = False,
) -> Starlette:
    """Everything the HTTP door answers.

    Unless it is public it answers only to this machine's own names: a web page whose name was pointed at the loopback address
    would otherwise be of our origin, and could launch.
    """
    data = DataRoutes(proxy, limits)
    metrics = Metrics(platform)
    unary = {name: m for name, m in methods.items() if not _is_stream(name)}

    async def healthz(request: Request) -> Response:
        return PlainTextResponse("ok" if is_ready() else "starting", status_code=200 if is_ready() else 503)

    async def readyz(request: Request) -> Response:
        try:
            await platform.read(ping)
        except AlulaError as e:
            return error_answer(e)
        return await healthz(request)

    async def healthcheck(request: Request) -> Response:
        return Response(status_code=200)

    async def show_metrics(request: Request) -> Response:
        return Response(metrics.text(), media_type="text/plain; version=0.0.4")

    routes = [
        Route("/healthz", healthz, methods=["GET"]),
        Route("/readyz", readyz, methods=["GET"]),
        Route("/healthcheck", healthcheck, methods=["GET"]),
        Route("/metrics", show_metrics, methods=["GET"]),
        Route("/data/{key:path}", data.handle, methods=["GET", "HEAD", "PUT"]),
        Route("/api/alula/v1/watch/{project}/{domain}/{name}", streams.watch, methods=["GET"]),
        Route("/api/alula/v1/changes", streams.changes, methods=["GET"]),
        Route("/api/alula/v1/logs/{project}/{domain}/{name}/{node_id}/{attempt}", streams.logs, methods=["GET"]),
        Route("/api/alula/v1/logs/{project}/{domain}/{name}/{node_id}/{attempt}/find", streams.find, methods=["GET"]),
        *build_routes(unary, max_bytes=limits.max_message_bytes),
        *Pages().routes(),
    ]
    middleware = [] if is_public else [Middleware(OwnNames, names=LOCAL_HOSTS)]
    app = Starlette(routes=routes, middleware=middleware, exception_handlers=HANDLERS)
    app.router.redirect_slashes = False  # a slash too many is another address, and says so
    return app


def _is_stream(name: str) -> bool:
    return name in ("alula.v1.RunService.Launch", "alula.v1.RunService.Watch", "alula.v1.RunService.Logs")


class DataRoutes:
    """Objects by signed link; an upload appears whole, with the content its link promised, or not at all."""

    def __init__(self, proxy: DataProxy, limits: Limits) -> None:
        self._links = proxy.links
        self._limits = limits

    async def handle(self, request: Request) -> Response:
        key = request.path_params["key"]
        grant = self._links.signer.verify(request.method, key, request.url.query)
        uri = await asyncio.to_thread(self._links.native, key)
        if request.method == "PUT":
            return await self._put(request, grant, uri, await asyncio.to_thread(self._links.checksum, key), pack_in(key))
        size = await store.asize(uri)
        is_deck = key.startswith(f"{METADATA}/") and key.endswith("/deck.html")
        headers = {"content-length": str(size), "x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}
        headers |= DECK_HEADERS if is_deck else {"content-disposition": "attachment"}
        media_type = "text/html; charset=utf-8" if is_deck else "application/octet-stream"
        if request.method == "HEAD":
            return Response(headers=headers, media_type=media_type)
        return StreamingResponse(store.chunks(uri), headers=headers, media_type=media_type)

    async def _put(self, request: Request, grant: Grant, uri: str, checksum: str, pack_digest: str) -> Response:
        limit = grant.max_bytes or self._limits.max_upload_bytes
        declared = int(request.headers.get("content-length") or 0)
        digest, size = hashlib.md5(usedforsecurity=False), 0
        of_pack = hashlib.sha256() if pack_digest else None
        if declared > limit:
            raise _too_large(limit)
        with tempfile.NamedTemporaryFile(prefix="alula-upload-") as file:
            try:
                async for chunk in request.stream():
                    size += len(chunk)
                    if size > limit:
                        raise _too_large(limit)
                    digest.update(chunk)
                    if of_pack is not None:
                        of_pack.update(chunk)
                    await asyncio.to_thread(file.write, chunk)
            except ClientDisconnect as e:  # ordinary: nobody is left to answer, and the log needs no trace
                raise InvalidInput("upload: the client closed the connection before its end; nothing was stored") from e
            file.flush()
            expected = grant.md5 or _content_md5(request)
            if expected is not None and digest.digest() != expected:
                message = f"upload of {size} bytes: its MD5 is {digest.hexdigest()}, declared was {expected.hex()}; nothing was stored"
                raise InvalidInput(message, code="HASH_MISMATCH")
            if of_pack is not None and of_pack.hexdigest() != pack_digest:
                message = f"upload of {size} bytes: its SHA-256 is {of_pack.hexdigest()}, in its name is {pack_digest}; nothing was stored"
                raise InvalidInput(message, code="HASH_MISMATCH")
            await store.aput_file(Path(file.name), uri, is_durable=True)
        await store.aput_bytes(digest.digest(), checksum)
        return Response(status_code=200, headers={"etag": f'"{digest.hexdigest()}"'})


def _too_large(limit: int) -> AlulaError:
    return LimitExceeded(f"the upload is larger than the limit of {limit} bytes (setting max_upload_bytes)", code="UPLOAD_TOO_LARGE")


def _content_md5(request: Request) -> bytes | None:
    text = request.headers.get("content-md5")
    if not text:
        return None
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as e:
        raise InvalidInput(f"header Content-MD5: expected base64 of 16 bytes, got {text[:40]!r}") from e


class Metrics:
    """Prometheus figures of one server."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._registry = CollectorRegistry()
        self._changes = Counter("alula_changes", "Committed changes of executions and nodes", registry=self._registry)
        self._ended = Counter("alula_executions_ended", "Executions that reached a terminal phase", registry=self._registry)
        self._commits = Gauge("alula_commits", "Transactions committed by the writer", registry=self._registry)
        self._live = Gauge("alula_executions_live", "Executions without a terminal phase", registry=self._registry)
        self._workers = Gauge("alula_workers", "Worker processes", registry=self._registry)
        self._queued = Gauge("alula_attempts_queued", "Attempts waiting for a worker", registry=self._registry)
        self._running = Gauge("alula_workers_busy", "Workers that run an attempt", registry=self._registry)
        platform.driver.listen(self._on_change)

    def _on_change(self, change: Change) -> None:
        self._changes.inc()
        if change.is_terminal and change.is_execution:
            self._ended.inc()

    def text(self) -> bytes:
        """The figures in Prometheus' text form."""
        self._commits.set(self._platform.writer.commits)
        self._live.set(self._platform.driver.live)
        executor = self._platform.executor
        if isinstance(executor, ProcessExecutor):
            self._workers.set(executor.worker_count)
            self._queued.set(executor.queued_count)
            self._running.set(executor.running_count)
        return generate_latest(self._registry)
