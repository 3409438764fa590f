"""`alula up`: one process, two doors (gRPC and HTTP), one home folder."""

from __future__ import annotations

import asyncio
import fcntl
import gc
import ipaddress
import logging
import os
import secrets
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import grpc.aio
import uvicorn
from flyteidl.service import admin_pb2, auth_pb2, dataproxy_pb2, identity_pb2, signal_pb2

from alula.control.code import Code
from alula.control.data import DataProxy, Links
from alula.control.follow import Follower
from alula.control.limit import Limits
from alula.control.platform import Platform, Settings
from alula.control.query import Query
from alula.database.engine import sqlite_url
from alula.errors import AlulaError, InvalidInput, Unavailable
from alula.executors.process import Config, ProcessExecutor
from alula.idl.v1 import code_pb2, metric_pb2, service_pb2
from alula.objectstore.signed import Signer
from alula.provision.folder import Upkeep
from alula.server import rpc
from alula.server.services.admin import AdminService
from alula.server.services.code import CodeService
from alula.server.services.dataproxy import DataProxyService
from alula.server.services.identity import AuthMetadataService, IdentityService
from alula.server.services.metric import MetricService
from alula.server.services.run import RunService
from alula.server.services.signal import SignalService
from alula.server.web import build_app

log = logging.getLogger(__name__)
DRAIN_S = 3.0
LINK_KEY_BYTES = 32
FLYTE_CONFIG = "flyte.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerConfig:
    """What `alula up` is told.

    Attributes:
        home: folder of database, store, logs and secrets.
        http: HOST:PORT of the HTTP door; port 0 picks a free one.
        grpc: HOST:PORT of the gRPC door; port 0 picks a free one.
        database: URL; empty: SQLite in the home folder.
        store: URI of the object store's root; empty: a folder in the home folder.
        images: interpreter by image name.
        cpu_m, mem_bytes, gpus: what tasks may ask for at once; 0: the machine's own.
        is_public: listen on addresses that others can reach.
    """

    home: Path
    http: str = "127.0.0.1:8090"
    grpc: str = "127.0.0.1:8089"
    database: str = ""
    store: str = ""
    images: dict[str, str] = field(default_factory=dict)
    cpu_m: int = 0
    mem_bytes: int = 0
    gpus: int = 0
    limits: Limits = field(default_factory=Limits)
    is_public: bool = False


def check_loopback(host: str, what: str) -> None:
    """Refuses an address that others can reach: there is no authentication yet, and whoever launches runs code.

    Raises:
        InvalidInput: not a loopback address.
    """
    try:
        is_loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        message = f"--{what} {host}: others could reach this server, and it has no authentication; listen on 127.0.0.1 or say --public"
        raise InvalidInput(message, code="PUBLIC_ADDRESS")


def parse_address(text: str, what: str) -> tuple[str, int]:
    """Splits HOST:PORT.

    Raises:
        InvalidInput: not of that form.
    """
    host, _, port = text.rpartition(":")
    if not host or not (port.isascii() and port.isdigit() and int(port) <= 65535):
        raise InvalidInput(f'--{what} "{text}": expected HOST:PORT, for instance 127.0.0.1:8090')
    return host.strip("[]"), int(port)


def open_home(home: Path) -> TextIO:
    """Makes the home folder and locks it for this process.

    Returns:
        The open lock file; closing it lets go.
    Raises:
        Unavailable: it cannot be written, or another server holds it; the message says which process.
    """
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (home / "server.lock").open("a+", encoding="utf-8")
    except OSError as e:
        raise Unavailable(f"home {home} cannot be used: {e.strerror}; choose another with --home or mend its owner and mode") from e
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as e:
        lock.seek(0)
        holder = lock.read().strip() or "another process"
        lock.close()
        raise Unavailable(
            f"home {home} is in use by {holder}; stop that server or choose another folder with --home", code="HOME_IN_USE"
        ) from e
    lock.seek(0)
    lock.truncate()
    lock.write(f"the server with process id {os.getpid()}")
    lock.flush()
    return lock


def link_secret(home: Path) -> bytes:
    """The secret that signs links, made at first start and kept, so that links outlive a restart."""
    path = home / "link.key"
    with suppress(FileNotFoundError):
        if len(data := path.read_bytes()) >= LINK_KEY_BYTES:
            return data
        log.warning("%s is too short to be a key; a new one is made, links given out before are void", path.name)
        path.unlink()
    data = secrets.token_bytes(LINK_KEY_BYTES)
    part = path.with_name("link.key.part")  # moved when whole: a kill in between must not leave an empty key, which all know
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    return data


def write_flyte_config(path: Path, endpoint: str, console: str) -> None:
    """Leaves a configuration for Flyte's clients: `pyflyte --config HOME/flyte.yaml …` or FLYTECTL_CONFIG.

    Without it they would look for the console, which is HTTP, behind the gRPC address.
    """
    text = f"admin:\n  endpoint: dns:///{endpoint}\n  insecure: true\nconsole:\n  endpoint: {console}\n"
    path.write_text(text, encoding="utf-8")


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
        self._socket = http_socket = _listen(http_host, http_port, "http")
        self.http_address = f"{http_host}:{http_socket.getsockname()[1]}"
        upkeep = Upkeep(idle_s=config.limits.environment_days * 86_400.0, max_bytes=config.limits.environment_bytes)
        executor = ProcessExecutor(
            Config(
                root=home,
                cpu_m=config.cpu_m,
                mem_bytes=config.mem_bytes,
                gpus=config.gpus,
                images=config.images,
                upkeep=upkeep,
                code_idle_s=config.limits.code_days * 86_400.0,
            ),
            asyncio.get_running_loop(),
        )
        # A plain path, never file://: flytekit opens a FlyteFile whose URI is local only if it is a path.
        store = config.store if "://" in config.store.removeprefix("file://") else _local_store(config.store, home)
        settings = Settings(
            database_url=config.database or sqlite_url(home),
            store=store,
            limits=config.limits,
            images=frozenset(config.images),
            endpoint=lambda: self.grpc_address,
        )
        self._platform = platform = Platform(settings, executor)
        query = Query(store, self._base)
        signer = Signer(link_secret(home), lambda: datetime.now(UTC))
        links = Links(root=store, base=self._base, signer=signer, limits=config.limits)
        proxy = DataProxy(links, query)
        follower = Follower(platform, query)
        run = RunService(platform, query, follower, str(home))
        services = [
            (admin_pb2.DESCRIPTOR.services_by_name["AdminService"], AdminService(platform, query)),
            (dataproxy_pb2.DESCRIPTOR.services_by_name["DataProxyService"], DataProxyService(platform, proxy)),
            (code_pb2.DESCRIPTOR.services_by_name["CodeService"], CodeService(platform, Code(links))),
            (signal_pb2.DESCRIPTOR.services_by_name["SignalService"], SignalService(platform, query)),
            (identity_pb2.DESCRIPTOR.services_by_name["IdentityService"], IdentityService()),
            (auth_pb2.DESCRIPTOR.services_by_name["AuthMetadataService"], AuthMetadataService()),
            (service_pb2.DESCRIPTOR.services_by_name["RunService"], run),
            (metric_pb2.DESCRIPTOR.services_by_name["MetricService"], MetricService(platform)),
        ]
        methods: dict[str, object] = {}
        for descriptor, service in services:
            methods.update(rpc.methods_of(descriptor, service))
        self._grpc = grpc.aio.server(options=_grpc_options(config.limits))
        for handler in rpc.generic_handlers([d for d, _ in services], methods):
            self._grpc.add_generic_rpc_handlers((handler,))
        self.grpc_address = f"{grpc_host}:{_bind(self._grpc, grpc_host, grpc_port)}"
        await platform.start()
        app = build_app(methods, proxy, follower, lambda: self.is_ready, platform, config.limits, is_public=config.is_public)
        self._http = uvicorn.Server(
            uvicorn.Config(app, log_config=None, lifespan="off", access_log=False, timeout_graceful_shutdown=2, loop="none")
        )
        self._http.install_signal_handlers = lambda: None  # type: ignore[attr-defined]  # `serve` has its own
        self._http_task = asyncio.create_task(self._http.serve(sockets=[http_socket]))
        await self._grpc.start()
        write_flyte_config(home / FLYTE_CONFIG, self.grpc_address, self._base())
        self.is_ready = True

    def _base(self) -> str:
        return f"http://{self.http_address}"

    async def stop(self) -> None:
        """Refuses new requests, lets those under way finish for a moment, then closes everything."""
        self.is_ready = False
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


def _local_store(given: str, home: Path) -> str:
    return str(Path(given.removeprefix("file://") or home / "store").absolute())


def _grpc_options(limits: Limits) -> list[tuple[str, int]]:
    return [
        ("grpc.max_receive_message_length", limits.max_message_bytes),
        ("grpc.max_send_message_length", 10 * limits.max_message_bytes),
        ("grpc.max_metadata_size", 32 * 1024),
        ("grpc.keepalive_permit_without_calls", 1),  # Flyte's clients ping every 30 s even when idle
        ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
        ("grpc.http2.min_recv_ping_interval_without_data_ms", 5_000),
        ("grpc.http2.max_ping_strikes", 0),
        ("grpc.so_reuseport", 0),  # a busy port must be an error, not a shared port
    ]


def _listen(host: str, port: int, what: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
    except OSError as e:
        found.close()
        raise _busy(what, host, port, str(e.strerror or e)) from e
    found.listen(512)
    return found


def _bind(server: grpc.aio.Server, host: str, port: int) -> int:
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        bound = server.add_insecure_port(place)
    except RuntimeError as e:
        raise _busy("grpc", host, port, "address already in use") from e
    if not bound:
        raise _busy("grpc", host, port, "address already in use")
    return int(bound)


def _busy(what: str, host: str, port: int, why: str) -> Unavailable:
    return Unavailable(f"--{what} {host}:{port} cannot be listened on: {why}; choose another port or 0 for a free one", code="PORT_IN_USE")


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
