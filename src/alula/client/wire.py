"""Two ways to move a message: blocking this thread, or awaiting in a loop. All else in this room is written once, as coroutines.

Over the blocking wire nothing ever really suspends, so a coroutine runs from start to end in one step (`drive`): no event
loop, no thread beside it, and it works inside a notebook's running loop.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import suppress
from types import TracebackType
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import quote

import grpc
import grpc.aio
from google.protobuf.message import Message

from alula.client.channel import is_debugging, open_channel, raise_translated
from alula.client.rpc import Q, R, Rpc
from alula.client.settings import ClientSettings
from alula.errors import AlulaError, Internal

T = TypeVar("T")


A_co = TypeVar("A_co", covariant=True)


class Stream(Protocol[A_co]):
    """Answers of a server stream; ends with StopAsyncIteration."""

    def __aiter__(self) -> AsyncIterator[A_co]: ...
    async def __anext__(self) -> A_co: ...
    def cancel(self) -> None: ...


class Wire(Protocol):
    """What the client needs of a connection."""

    settings: ClientSettings

    async def call(self, rpc: Rpc[Q, R], request: Q, timeout_s: float | None = None) -> R: ...
    def stream(self, rpc: Rpc[Q, R], request: Q, timeout_s: float | None = None) -> Stream[R]: ...
    async def sleep(self, seconds: float) -> None: ...
    async def blocking(self, function: Callable[[], T]) -> T:
        """Runs something that blocks (files, HTTP) where it does not hold up others."""

    def await_from_thread(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """From within `blocking`: the result of a coroutine over this wire."""

    async def close(self) -> None: ...


def drive(coroutine: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine over the blocking wire to its end."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    except AlulaError as error:
        if not is_debugging() and not isinstance(error, Internal):
            _leave_the_users(error)
        raise
    coroutine.close()
    raise Internal("client: a coroutine over the blocking wire waited for a loop")


def _leave_the_users(error: AlulaError) -> None:
    """Takes our own frames, and causes that are nothing but ours, out of what Python prints; causes stay as `__context__`."""
    if error.__cause__ is not None and _is_ours(error.__cause__):
        error.__cause__ = None  # which suppresses the context, too
    left: TracebackType | None = None
    frames = []
    trace = error.__traceback__
    while trace is not None:
        frames.append(trace)
        trace = trace.tb_next
    for one in reversed(frames):
        if one.tb_frame.f_globals.get("__name__", "").partition(".")[0] not in ("alula", "grpc"):
            left = TracebackType(left, one.tb_frame, one.tb_lasti, one.tb_lineno)
    error.__traceback__ = left


def _is_ours(cause: BaseException) -> bool:
    """Whether neither it nor what is behind it comes from anybody's code but ours and gRPC's."""
    seen: set[int] = set()
    following: BaseException | None = cause
    while following is not None and id(following) not in seen:  # Python lets causes run in a circle
        if not isinstance(following, (AlulaError, grpc.RpcError)):
            return False
        seen.add(id(following))
        following = following.__cause__
    return True


class BlockingStream(Generic[R]):
    """A server stream read by blocking."""

    def __init__(self, call: Any, address: str) -> None:
        self._call, self._address = call, address

    def __aiter__(self) -> AsyncIterator[R]:
        return self

    async def __anext__(self) -> R:
        try:
            return next(self._call)
        except StopIteration:
            raise StopAsyncIteration from None
        except grpc.RpcError as error:
            raise_translated(error, self._address)

    def cancel(self) -> None:
        self._call.cancel()


class _Calls:
    """The channel's callables, made once per RPC."""

    def __init__(self, settings: ClientSettings, channel: Any) -> None:
        self.settings = settings
        self._channel = channel
        self._calls: dict[str, Any] = {}
        user = quote(settings.user, safe=" !#$&'()*+,/:;<=>?@[]^`{|}\"")  # gRPC's metadata is ASCII
        self._metadata = (("alula-user", user),) if user else ()

    def _callable(self, rpc: Rpc[Any, Any], kind: str) -> Any:
        found = self._calls.get(rpc.path)
        if found is None:
            make = getattr(self._channel, kind)
            found = make(rpc.path, request_serializer=rpc.request.SerializeToString, response_deserializer=rpc.response.FromString)
            self._calls[rpc.path] = found
        return found


class BlockingWire(_Calls):
    """Calls block the calling thread; may be shared by threads."""

    def __init__(self, settings: ClientSettings) -> None:
        super().__init__(settings, open_channel(settings))

    async def call(self, rpc: Rpc[Q, R], request: Q, timeout_s: float | None = None) -> R:
        try:
            return self._callable(rpc, "unary_unary")(request, timeout=timeout_s, metadata=self._metadata)
        except grpc.RpcError as error:
            raise_translated(error, self.settings.address)

    def stream(self, rpc: Rpc[Q, R], request: Q, timeout_s: float | None = None) -> Stream[R]:
        return BlockingStream(
            self._callable(rpc, "unary_stream")(request, timeout=timeout_s, metadata=self._metadata), self.settings.address
        )

    async def sleep(self, seconds: float) -> None:
        time.sleep(seconds)  # noqa: ASYNC251 - this wire blocks by design

    async def blocking(self, function: Callable[[], T]) -> T:
        return function()

    def await_from_thread(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return drive(coroutine)

    async def close(self) -> None:
        self._channel.close()


class LoopStream(Generic[R]):
    """A server stream read in a loop."""

    def __init__(self, call: Any, address: str) -> None:
        self._call, self._address = call, address

    def __aiter__(self) -> AsyncIterator[R]:
        return self

    async def __anext__(self) -> R:
        try:
            message: Any = await self._call.read()
        except grpc.RpcError as error:
            raise_translated(error, self._address)
        if message is grpc.aio.EOF:
            raise StopAsyncIteration
        answer: R = message
        return answer

    def cancel(self) -> None:
        self._call.cancel()


class LoopWire(_Calls):
    """Calls await in the running loop."""

    def __init__(self, settings: ClientSettings) -> None:
        super().__init__(settings, open_channel(settings, grpc.aio))
        self._loop = asyncio.get_running_loop()

    async def call(self, rpc: Rpc[Q, R], request: Q, timeout_s: float | None = None) -> R:
        try:
            return await self._callable(rpc, "unary_unary")(request, timeout=timeout_s, metadata=self._metadata)
        except grpc.RpcError as error:
            raise_translated(error, self.settings.address)

    def stream(self, rpc: Rpc[Q, R], request: Q, timeout_s: float | None = None) -> Stream[R]:
        return LoopStream(self._callable(rpc, "unary_stream")(request, timeout=timeout_s, metadata=self._metadata), self.settings.address)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def blocking(self, function: Callable[[], T]) -> T:
        return await asyncio.to_thread(function)

    def await_from_thread(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    async def close(self) -> None:
        with suppress(asyncio.CancelledError):
            await self._channel.close()


__all__ = ["BlockingWire", "LoopWire", "Message", "Stream", "Wire", "drive"]
