"""Live streams for browsers: an execution, what changed in lists (both as server-sent events), and logs."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from alula.control import logsearch
from alula.control.feed import Feed, News, Reader
from alula.control.follow import Follower, LogPlace
from alula.control.logfile import read
from alula.errors import InvalidInput, NotFound
from alula.idl import core
from alula.idl.identifier import ExecutionId
from alula.idl.phase import ExecutionPhase
from alula.idl.v1 import service_pb2
from alula.server.printer import to_dict

BEAT_S = 5.0
"""A stream that has nothing to say says so this often, and at first how often that is: whoever hears neither knows that it is cut off."""
NEWS_EVERY_S = 0.2
MAX_CHUNK_BYTES = 8 << 20
"""Of a log in one answer that is not streamed."""
FIRST_NODES, NODES_AT_ONCE = 500, 4000  # in one event: one of ten thousand is shown from its first nodes on, and holds nobody up
SEARCHES = 2  # in logs at the same time
GONE_EVERY_S = 0.2  # while one goes on, its client is looked after this often
_MAX_ATTEMPT = (1 << 31) - 1
_MAX_NUMBER = (1 << 53) - 1
_LOG_END = b"\xff" * 4
"""The last frame of a log that has ended: one whose server stops just breaks off."""
_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}


class StreamRoutes:
    """Streams of one server.

    Args:
        stopping: set when the server stops: a stream would go on for ever, and ends then.
    """

    def __init__(self, follower: Follower, feed: Feed, stopping: asyncio.Event) -> None:
        self._follower, self._feed, self._stopping = follower, feed, stopping
        self._searches = asyncio.Semaphore(SEARCHES)

    async def watch(self, request: Request) -> Response:
        """An execution as it is, its nodes in several events if they are many, and then each change until it has ended."""
        p = request.path_params
        execution = ExecutionId(p["project"], p["domain"], p["name"])
        nodes = request.query_params.get("nodes", "1")
        updates = self._follower.watch(execution, with_nodes=nodes != "0", at_once=(FIRST_NODES, NODES_AT_ONCE), is_brief=nodes == "brief")
        first = [await anext(updates)]  # an unknown execution is a 404, not a broken stream

        async def events() -> AsyncIterator[bytes]:
            yield await asyncio.to_thread(_event, first.pop())  # a stream lasts for hours: what is sent is let go
            async for update in updates:
                for part in _parts(update):
                    yield await asyncio.to_thread(_event, part) if len(part.nodes) > 1 else _event(part)
            yield b"event: end\ndata: {}\n\n"

        return _server_sent(_kept(events(), self._stopping, beat=_beat()))

    async def changes(self, request: Request) -> Response:
        """Which executions changed their phase or measured something, and whether anything was registered, archived or activated."""
        q = request.query_params

        async def events() -> AsyncIterator[bytes]:
            with self._feed.read(q.get("project", ""), q.get("domain", "")) as reader:
                yield _data({"ready": True})
                async for news in _paced(reader):
                    yield _data(_shown(news))

        return _server_sent(_kept(events(), self._stopping, beat=_beat()))

    async def logs(self, request: Request) -> Response:
        """An attempt's log: whole, from a place on, its end, as it grows, or (`limit`) one piece of it."""
        q, attempt, item = request.query_params, *_attempt(request)
        tail, offset = _number(q, "tail", 0), _number(q, "offset", 0)
        is_followed = q.get("follow") == "1" and "limit" not in q
        place = await self._follower.log_place(attempt, item) if not is_followed else await self._follower.log_place_if_any(attempt, item)
        # One that has not begun is followed from its first byte: of its end nothing is known.
        begin = _begin(place, tail, offset) if place is not None else offset
        headers = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
        if place is not None:
            headers |= _place_headers(place, begin)
        if place is not None and "limit" in q:
            length = min(_number(q, "limit", 0), MAX_CHUNK_BYTES, max(0, place.size - begin))
            data = await asyncio.to_thread(read, place.path, place.start + begin, length) if length else b""
            return Response(data, media_type="text/plain; charset=utf-8", headers=headers)

        is_framed = is_followed and q.get("frames") == "1"

        async def body() -> AsyncIterator[bytes]:
            with suppress(NotFound):  # its execution ended without it, or the cache answered: there is no log
                async for chunk in self._follower.logs(attempt, item, follow=is_followed, offset=begin):
                    yield _frame(chunk.data) if is_framed else chunk.data
            if is_framed:
                yield _LOG_END

        # Headers go before anything was written: only then it is noticed when whoever waits for a silent attempt has gone.
        if is_framed:
            headers |= {"alula-log-beat-ms": f"{BEAT_S * 1000:.0f}", "x-accel-buffering": "no"}
            return StreamingResponse(
                _kept(body(), self._stopping, beat=_frame(b"")), media_type="application/octet-stream", headers=headers
            )
        return StreamingResponse(_kept(body(), self._stopping), media_type="text/plain; charset=utf-8", headers=headers)

    async def find(self, request: Request) -> Response:
        """The next place in a log that a text, a regular expression or an error is at; null: there is none."""
        q, attempt, item = request.query_params, *_attempt(request)
        wanted = _pattern(q)
        place = await self._follower.log_place(attempt, item)
        is_backwards = q.get("backwards") == "1"
        at = _number(q, "from", place.size if is_backwards else 0)
        if not place.path:
            return JSONResponse(None)
        is_gone = threading.Event()
        options = {"is_backwards": is_backwards, "is_stopped": is_gone.is_set}
        async with self._searches:
            work = asyncio.create_task(asyncio.to_thread(logsearch.find, place.path, place.start, place.end, at, wanted, **options))  # type: ignore[arg-type]
            try:
                while not (await asyncio.wait([work], timeout=GONE_EVERY_S))[0]:
                    if await request.is_disconnected():
                        is_gone.set()
            finally:
                is_gone.set()  # also when the server stops: the thread ends with its next chunk
            found = await work
        return JSONResponse(found._asdict() if found is not None else None)


def _parts(update: service_pb2.ExecutionUpdate) -> list[service_pb2.ExecutionUpdate]:
    """An update as several of at most so many nodes, the execution and what attempts say with the first."""
    if len(update.nodes) <= NODES_AT_ONCE:
        return [update]
    nodes = list(update.nodes)
    found = []
    for start in range(0, len(nodes), NODES_AT_ONCE):
        part = service_pb2.ExecutionUpdate(nodes=nodes[start : start + NODES_AT_ONCE])
        for node in part.nodes:
            if name := update.names.get(node.id.node_id):
                part.names[node.id.node_id] = name
        found.append(part)
    if update.HasField("execution"):
        found[0].execution.CopyFrom(update.execution)
    found[0].attempts.extend(update.attempts)
    return found


def _event(update: service_pb2.ExecutionUpdate) -> bytes:
    return _data(to_dict(update))


def _data(value: Mapping[str, Any]) -> bytes:
    return f"data: {json.dumps(value, separators=(',', ':'))}\n\n".encode()


def _shown(news: News) -> dict[str, Any]:
    found: dict[str, Any] = {"many": True} if news.is_many else {}
    if news.phases:
        found["executions"] = [{**each._asdict(), "phase": ExecutionPhase(phase).name} for each, phase in news.phases.items()]
    if news.has_entities:
        found["entities"] = True
    if news.measured:
        found["measured"] = [each._asdict() for each in news.measured]
    if news.is_many_measured:
        found["many_measured"] = True
    return found


async def _paced(reader: Reader) -> AsyncIterator[News]:
    """News at once after a pause, and then at most so often."""
    while True:
        yield await reader.next()
        await asyncio.sleep(NEWS_EVERY_S)


def _beat() -> bytes:
    """A beat as an event; the first says how often it comes."""
    return f'event: beat\ndata: {{"every_ms":{BEAT_S * 1000:.0f}}}\n\n'.encode()


def _frame(data: bytes) -> bytes:
    """A piece of a log behind its length; of none it is a beat."""
    return len(data).to_bytes(4) + data


async def _kept(source: AsyncIterator[bytes], stopping: asyncio.Event, *, beat: bytes = b"") -> AsyncIterator[bytes]:
    """A stream that ends when the server stops; one with a beat begins with it and is never silent for long."""
    stop = asyncio.ensure_future(stopping.wait())
    waiting: asyncio.Task[bytes | None] | None = None
    try:
        if beat:
            yield beat
        while True:
            waiting = waiting or asyncio.ensure_future(anext(source, None))
            timeout = BEAT_S if beat else None
            done, _ = await asyncio.wait([waiting, stop], timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                yield beat
                continue
            if waiting not in done:
                return
            item, waiting = waiting.result(), None
            if item is None:
                return
            yield item
    finally:
        stop.cancel()
        if waiting is not None:
            waiting.cancel()
            await asyncio.wait([waiting])
        await source.aclose()  # type: ignore[attr-defined]


def _server_sent(events: AsyncIterator[bytes]) -> Response:
    return StreamingResponse(events, media_type="text/event-stream", headers=_HEADERS)


def _attempt(request: Request) -> tuple[core.TaskExecutionIdentifier, int]:
    p = request.path_params
    number = p["attempt"]
    if not (number.isascii() and number.isdigit() and len(number) <= 10 and int(number) <= _MAX_ATTEMPT):
        raise NotFound(f"attempt {number[:40]} of node {p['node_id']!r}: there is none")
    execution = core.WorkflowExecutionIdentifier(project=p["project"], domain=p["domain"], name=p["name"])
    node = core.NodeExecutionIdentifier(node_id=p["node_id"], execution_id=execution)
    item = _number(request.query_params, "item", -1)
    if item > _MAX_ATTEMPT:
        raise NotFound(f"item {item} of node {p['node_id']!r}: there is none")
    return core.TaskExecutionIdentifier(node_execution_id=node, retry_attempt=int(number)), item


def _begin(place: LogPlace, tail: int, offset: int) -> int:
    return max(0, place.size - tail) if tail and not offset else offset


def _place_headers(place: LogPlace, begin: int) -> dict[str, str]:
    return {"alula-log-offset": str(begin), "alula-log-size": str(place.size), "alula-log-ended": str(int(place.is_ended))}


def _pattern(query: Mapping[str, str]) -> logsearch.Pattern:
    kind = query.get("pattern", "")
    if kind == "error":
        return logsearch.errors()
    if kind:
        raise InvalidInput(f"query parameter pattern: expected error, got {kind[:40]!r}; look for anything else by text")
    return logsearch.pattern(query.get("text", ""), is_regex=query.get("regex") == "1")


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 16 and int(text) <= _MAX_NUMBER):
        raise InvalidInput(f"query parameter {name}: expected a whole number up to {_MAX_NUMBER}, got {text[:40]!r}")
    return int(text)
