"""The executor's end of a worker's channel: frames of protobuf over a socket pair."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import cast

from alula.idl.frames import FrameBuffer, frame
from alula.idl.v1 import worker_pb2


class Channel(asyncio.Protocol):
    """Sends ToWorker, hears FromWorker. Sending before the transport is up is kept and sent then."""

    def __init__(self, loop: asyncio.AbstractEventLoop, sock: socket.socket) -> None:
        self._loop = loop
        self._socket = sock
        self._buffer = FrameBuffer()
        self._transport: asyncio.Transport | None = None
        self._waiting: list[bytes] = []
        self._is_closed = False
        self._on_message: Callable[[worker_pb2.FromWorker], None] | None = None
        self._on_closed: Callable[[], None] | None = None
        self._opening: asyncio.Task[object] | None = None

    def open(self, on_message: Callable[[worker_pb2.FromWorker], None], on_closed: Callable[[], None]) -> None:
        self._on_message, self._on_closed = on_message, on_closed
        self._opening = self._loop.create_task(self._loop.create_connection(lambda: self, sock=self._socket))

    def send(self, message: worker_pb2.ToWorker) -> None:
        data = frame(message.SerializeToString())
        if self._transport is not None:
            self._transport.write(data)
        elif not self._is_closed:
            self._waiting.append(data)

    def drain(self) -> None:
        """Takes in what a worker that has ended sent last: its end may be known before all of it was read."""
        if self._transport is None:
            return
        with suppress(OSError):  # nothing more, or closed
            while data := self._socket.recv(1 << 18, socket.MSG_DONTWAIT):
                self.data_received(data)

    def close(self) -> None:
        """Closes our end, which ends an idle worker; safe twice."""
        self._is_closed = True
        self._on_message = self._on_closed = None
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if self._is_closed:
            self.close()
            return
        for data in self._waiting:
            self._transport.write(data)
        self._waiting.clear()

    def data_received(self, data: bytes) -> None:
        for payload in self._buffer.feed(data):
            if self._on_message is not None:
                self._on_message(worker_pb2.FromWorker.FromString(payload))

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._on_closed is not None:
            self._on_closed()
