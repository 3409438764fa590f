"""A TCP relay between a browser and a server that can fall silent without closing anything, as a network does that is gone."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Relay:
    """Forwards every connection to `target` as long as it flows."""

    def __init__(self, target: str) -> None:
        self._host, port = target.rsplit(":", 1)
        self._port = int(port)
        self.address = ""
        self._loop = asyncio.new_event_loop()
        self._flows = asyncio.Event()
        self._flows.set()
        self._part = b""
        self._tasks: set[asyncio.Task[None]] = set()

    def hold(self, part: bytes = b"") -> None:
        """From now on nothing goes through and nothing is closed; new connections are taken and get no answer.

        Args:
            part: of connections whose last request has this in it; empty: of all.
        """
        self._part = part
        self._call(self._flows.clear)

    def flow(self) -> None:
        self._call(self._flows.set)

    def _call(self, act: object) -> None:
        done = threading.Event()
        self._loop.call_soon_threadsafe(lambda: (act(), done.set()))  # type: ignore[operator]
        assert done.wait(10)

    async def _serve(self, ready: threading.Event, over: asyncio.Event) -> None:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        host, port = server.sockets[0].getsockname()[:2]
        self.address = f"{host}:{port}"
        ready.set()
        await over.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with suppress(OSError):
                asked = bytearray()
                await self._pass(asked)
                there, to_there = await asyncio.open_connection(self._host, self._port)
                with suppress(asyncio.CancelledError):
                    await asyncio.gather(self._copy(reader, to_there, asked, is_request=True), self._copy(there, writer, asked))
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _copy(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, asked: bytearray, *, is_request: bool = False
    ) -> None:
        with suppress(OSError):
            while data := await source.read(1 << 16):
                if is_request:
                    asked[:] = data
                await self._pass(asked)
                target.write(data)
                await target.drain()
        await self._pass(asked)
        target.close()

    async def _pass(self, asked: bytearray) -> None:
        if self._part in asked:
            await self._flows.wait()

    @contextmanager
    def running(self) -> Iterator[Relay]:
        ready, over = threading.Event(), asyncio.Event()
        thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._serve(ready, over)))
        thread.start()
        try:
            assert ready.wait(10)
            yield self
        finally:
            self._loop.call_soon_threadsafe(over.set)
            thread.join()
            self._loop.close()
