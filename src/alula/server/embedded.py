"""The real control plane inside this process, for `alula run` without a server and for tests: own thread, own loop, free ports."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from pathlib import Path
from types import TracebackType
from typing import Any

from alula.server.app import Server
from alula.server.config import ServerConfig

START_TIMEOUT_S = 60.0


class EmbeddedServer:
    """A server on a home folder for the length of a `with` block; its record stays for `alula up` to show.

    Args:
        home: the home folder; refused by name while another server holds it.
        config: everything else; its addresses are replaced by free loopback ports.
    """

    def __init__(self, home: Path, config: ServerConfig | None = None) -> None:
        base = config or ServerConfig(home=home)
        self._config = ServerConfig(
            home=home,
            http="127.0.0.1:0",
            grpc="127.0.0.1:0",
            database=base.database,
            store=base.store,
            images=base.images,
            cpu_m=base.cpu_m,
            mem_bytes=base.mem_bytes,
            gpus=base.gpus,
            limits=base.limits,
        )
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="alula-server", daemon=True)
        self._server: Server | None = None
        self.grpc_address = ""
        self.http_address = ""

    def __enter__(self) -> EmbeddedServer:
        self._thread.start()
        try:
            self._call(self._start())
        except BaseException:
            self._end()
            raise
        return self

    async def _start(self) -> None:
        self._server = Server(self._config)
        await self._server.start()
        self.grpc_address, self.http_address = self._server.grpc_address, self._server.http_address

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._server is not None:
            self._call(self._server.stop())
            self._server = None
        self._end()

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(START_TIMEOUT_S)

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
