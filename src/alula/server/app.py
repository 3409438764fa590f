"""`alula up`: one process, two doors (gRPC and HTTP), one home folder."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TextIO

import grpc.aio
import uvicorn

from alula.control.limit import Limits
from alula.control.platform import Platform
from alula.errors import AlulaError, Unavailable
from alula.server import rpc
from alula.server.address import bind, check_loopback, join, listen, parse_address
from alula.server.assemble import Services, make_platform, make_services
from alula.server.config import ServerConfig
from alula.server.home import FLYTE_CONFIG, open_home, write_flyte_config
from alula.server.refusal import HttpProtocol
from alula.server.stream import StreamRoutes
from alula.server.web import build_app

DRAIN_S = 3.0


class Server:
    """Both doors over one platform; `start` and `stop` are safe twice."""

    def __init__(self, config: ServerConfig) -> None:
        self._config = config
        self._lock: TextIO | None = None
        self._socket: socket.socket | None = None  # of the HTTP door
        self._grpc: grpc.aio.Server | None = None
        self._http: uvicorn.Server | None = None
        self._http_task: asyncio.Task[None] | None = None
        self._platform: Platform | None = None
        self._stopping = asyncio.Event()
        self.http_address = ""
        self.grpc_address = ""
        self.is_ready = False

    async def start(self) -> None:
        """Opens home, database and doors; ready when it returns.

        Raises:
            Unavailable: home, a port or the database cannot be had; nothing is left running.
        """
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def _start(self) -> None:
        config, home = self._config, self._config.home
        http_host, http_port = parse_address(config.http, "http")
        grpc_host, grpc_port = parse_address(config.grpc, "grpc")
        if not config.is_public:
            check_loopback(http_host, "http")
            check_loopback(grpc_host, "grpc")
        self._lock = open_home(home)
        self._socket = listen(http_host, http_port, "http")
        self.http_address = join(http_host, self._socket.getsockname()[1])
        self._platform = platform = make_platform(config, lambda: self.grpc_address)
        services = make_services(platform, home, self._base)
        self._grpc = _grpc_server(services, config.limits)
        self.grpc_address = join(grpc_host, bind(self._grpc, grpc_host, grpc_port))
        await platform.start()
        self._http = self._http_server(services, platform)
        self._http_task = asyncio.create_task(self._http.serve(sockets=[self._socket]))
        await self._grpc.start()
        write_flyte_config(home / FLYTE_CONFIG, self.grpc_address, self._base())
        self.is_ready = True

    def _http_server(self, services: Services, platform: Platform) -> uvicorn.Server:
        is_public, limits = self._config.is_public, self._config.limits
        self._stopping = asyncio.Event()
        streams = StreamRoutes(services.follower, platform.feed, self._stopping)
        app = build_app(services.methods, services.proxy, streams, lambda: self.is_ready, platform, limits, is_public=is_public)
        server = uvicorn.Server(
            uvicorn.Config(
                app, log_config=None, lifespan="off", access_log=False, timeout_graceful_shutdown=2, loop="none", http=HttpProtocol
            )
        )
        server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]  # `serve` has its own
        return server

    def _base(self) -> str:
        return f"http://{self.http_address}"

    async def stop(self) -> None:
        """Refuses new requests, lets those under way finish for a moment, then closes everything."""
        self.is_ready = False
        self._stopping.set()
        draining = []
        if self._http is not None and self._http_task is not None:
            self._http.should_exit = True
            draining.append(self._http_task)
        if self._grpc is not None:
            draining.append(asyncio.ensure_future(self._grpc.stop(DRAIN_S if self._http_task else 0)))
        if draining:  # both doors at once: a supervisor does not wait for ever
            await asyncio.wait(draining)
        self._grpc = self._http = self._http_task = None
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._platform is not None:
            await self._platform.stop()
            self._platform = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def _grpc_server(services: Services, limits: Limits) -> grpc.aio.Server:
    options = [
        ("grpc.max_receive_message_length", limits.max_message_bytes),
        ("grpc.max_send_message_length", 10 * limits.max_message_bytes),
        ("grpc.max_metadata_size", 32 * 1024),
        ("grpc.keepalive_permit_without_calls", 1),  # Flyte's clients ping every 30 s even when idle
        ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
        ("grpc.http2.min_recv_ping_interval_without_data_ms", 5_000),
        ("grpc.http2.max_ping_strikes", 0),
        ("grpc.so_reuseport", 0),  # a busy port must be an error, not a shared port
    ]
    server = grpc.aio.server(options=options)
    for handler in rpc.generic_handlers(services.descriptors, services.methods):
        server.add_generic_rpc_handlers((handler,))
    return server


@asynccontextmanager
async def running(config: ServerConfig) -> AsyncIterator[Server]:
    """A server for the length of the block."""
    server = Server(config)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def serve(config: ServerConfig) -> int:
    """Runs until SIGTERM or SIGINT, then drains; the exit code of `alula up`."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)  # we say ourselves that we are up, and when it is true

    async def main() -> None:
        loop, done = asyncio.get_running_loop(), asyncio.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, done.set)
        async with running(config) as server:
            print(f"Alula is up: http://{server.http_address} (gRPC {server.grpc_address}, home {config.home})", flush=True)  # noqa: T201
            await done.wait()
            print("Draining…", file=sys.stderr, flush=True)  # noqa: T201

    import uvloop  # the server alone needs it

    gc.freeze()  # what is loaded by now stays; a run's rows are many small objects without cycles
    gc.set_threshold(20_000, 20, 100)

    try:
        uvloop.run(main())
    except AlulaError as e:
        print(f"alula up: {e}", file=sys.stderr)  # noqa: T201
        return 3 if isinstance(e, Unavailable) else 2
    return 0
