"""Streams and logs over HTTP, from a server that runs."""

from __future__ import annotations

import asyncio
import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.programs import browsing, shapes, side_effects
from tests.server.harness import LiveServer

from alula.control.feed import Feed, News
from alula.idl import admin, core
from alula.idl.identifier import ExecutionId
from alula.idl.v1 import service_pb2
from alula.sdk.discover import entities
from alula.sdk.serialize import Settings, serialize
from alula.server import stream

SHAPES = "tests.programs.shapes."


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    live = LiveServer(tmp_path_factory.mktemp("stream") / "home").start()
    for module in (shapes, browsing, side_effects):
        live.register(module)
    yield live
    live.stop()


class Events:
    """Server-sent events, read as they come."""

    def __init__(self, server: LiveServer, path: str) -> None:
        self.connection = http.client.HTTPConnection(server.http, timeout=30)
        self.connection.request("GET", path)
        self.answer = self.connection.getresponse()

    def __enter__(self) -> Events:
        assert self.answer.status == 200
        assert self.answer.headers["content-type"].startswith("text/event-stream")
        return self

    def __exit__(self, *error: object) -> None:
        self.connection.close()

    def next(self, name: str = "message") -> Any:
        """The data of the next event of a name."""
        current = "message"
        while True:
            line = self.answer.readline()
            assert line, "the stream has ended"
            if line.startswith(b"event: "):
                current = line[7:].decode().strip()
            elif line.startswith(b"data: ") and current == name:
                return json.loads(line[6:])
            elif line == b"\n":
                current = "message"


def get(server: LiveServer, path: str) -> tuple[dict[str, str], bytes]:
    with urllib.request.urlopen(f"http://{server.http}{path}", timeout=30) as answer:
        return dict(answer.headers), answer.read()


def status_of(server: LiveServer, path: str) -> int:
    with pytest.raises(urllib.error.HTTPError) as refused:
        get(server, path)
    refused.value.close()
    return refused.value.code


def test_lists_are_told_of_executions_and_of_what_is_registered(server: LiveServer) -> None:
    with Events(server, "/api/alula/v1/changes?project=default&domain=development") as events:
        assert events.next() == {"ready": True}
        execution = server.launch(SHAPES + "line")
        place = {"project": "default", "domain": "development", "name": execution.name}
        seen: list[str] = []
        while "SUCCEEDED" not in seen:
            for each in events.next()["executions"]:
                assert {name: each[name] for name in place} == place
                seen.append(each["phase"])
        server.run.Register(serialize(entities(browsing), Settings("default", "staging", "v2")))
        server.run.Register(serialize(entities(browsing), Settings("default", "development", "v2")))
        assert events.next() == {"entities": True}
        server.run.Register(serialize(entities(browsing), Settings("default", "development", "v2")))  # nothing new
        state = admin.ExecutionState.EXECUTION_ARCHIVED
        server.admin.UpdateExecution(admin.ExecutionUpdateRequest(id=execution, state=state))
        assert events.next() == {"executions": [{**place, "phase": "SUCCEEDED"}]}
        plan = core.Identifier(resource_type=core.LAUNCH_PLAN, project="default", domain="development", name=SHAPES + "line", version="v1")
        server.admin.UpdateLaunchPlan(admin.LaunchPlanUpdateRequest(id=plan, state=1))  # ACTIVE
        assert events.next() == {"entities": True}


def test_what_is_measured_is_told_by_name_and_a_great_deal_of_anything_without() -> None:
    one = ExecutionId("p", "d", "one")
    assert stream._shown(News({}, False, False, frozenset({one}))) == {"measured": [{"project": "p", "domain": "d", "name": "one"}]}
    assert stream._shown(News({}, True, True, frozenset(), True)) == {"many": True, "entities": True, "many_measured": True}


async def test_news_come_at_once_and_then_together(monkeypatch: pytest.MonkeyPatch) -> None:
    from alula.control.feed import Feed

    feed = Feed()
    with feed.read("", "") as reader:
        news = stream._paced(reader)
        feed.tell(ExecutionId("p", "d", "one"), 1)
        first = await anext(news)
        second = asyncio.ensure_future(anext(news))
        await asyncio.sleep(0)
        for number in range(50):
            feed.tell(ExecutionId("p", "d", str(number)), 1)
            await asyncio.sleep(0)
        assert not second.done()
        assert (len(first.phases), len((await second).phases)) == (1, 50)


async def test_a_silent_stream_beats_and_ends_with_its_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "BEAT_S", 0.01)
    goes_on = asyncio.Event()

    async def source() -> AsyncIterator[bytes]:
        yield b"one"
        await goes_on.wait()
        yield b"two"

    beat = b'event: beat\ndata: {"every_ms":10}\n\n'
    events = stream._kept(source(), asyncio.Event(), beat=stream._beat())
    assert [await anext(events) for _ in range(4)] == [beat, b"one", beat, beat]
    goes_on.set()
    rest = [event async for event in events]
    assert [event for event in rest if event != beat] == [b"two"]


def test_a_stream_says_at_first_how_often_it_beats(server: LiveServer) -> None:
    for path in ("/api/alula/v1/changes", f"/api/alula/v1/watch/default/development/{server.launch(SHAPES + 'line').name}"):
        with Events(server, path) as events:
            assert events.next("beat") == {"every_ms": stream.BEAT_S * 1000}


def test_streams_end_with_the_server_that_says_nothing_of_it(tmp_path: Path) -> None:
    live = LiveServer(tmp_path / "home").start()
    with Events(live, "/api/alula/v1/changes") as events:
        assert events.next() == {"ready": True}
        assert live.stop() == 0
        rest = events.answer.read()
    assert rest == b"\n"
    assert "Traceback" not in (tmp_path / "server.log").read_text()


async def test_a_reader_that_leaves_is_forgotten() -> None:
    feed = Feed()

    async def source() -> AsyncIterator[bytes]:
        with feed.read("", "") as reader:
            yield b"ready"
            await reader.next()

    events = stream._kept(source(), asyncio.Event(), beat=stream._beat())
    await anext(events)
    await anext(events)
    waiting = asyncio.ensure_future(anext(events))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    assert not feed._readers


def test_an_unknown_execution_is_not_found(server: LiveServer) -> None:
    assert status_of(server, "/api/alula/v1/watch/default/development/nothing") == 404


def test_a_watch_ends_with_its_execution(server: LiveServer) -> None:
    execution = server.launch(SHAPES + "line")
    server.wait(execution)
    _, body = get(server, f"/api/alula/v1/watch/default/development/{execution.name}")
    beat, first, *_, last = [line for line in body.decode().split("\n\n") if line]
    assert beat.startswith("event: beat\n")
    update = json.loads(first.removeprefix("data: "))
    assert (update["execution"]["closure"]["phase"], len(update["nodes"])) == ("SUCCEEDED", 4)
    assert last == "event: end\ndata: {}"
    assert all("input_uri" in node for node in update["nodes"] if node["id"]["node_id"] != "start-node")
    _, body = get(server, f"/api/alula/v1/watch/default/development/{execution.name}?nodes=brief")
    nodes = json.loads(body.decode().split("\n\n")[1].removeprefix("data: "))["nodes"]
    assert [node["id"] for node in nodes] == [{"node_id": node["id"]["node_id"]} for node in update["nodes"]]
    assert not any("input_uri" in node or "output_uri" in node["closure"] for node in nodes)


def test_many_nodes_come_in_several_events_with_each_node_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "NODES_AT_ONCE", 500)
    update = service_pb2.ExecutionUpdate(names={"n7": "train"})
    update.execution.id.name = "e"
    for number in range(1_201):
        update.nodes.add().id.node_id = f"n{number}"
    update.attempts.add(node_id="n1")
    parts = stream._parts(update)
    assert [len(part.nodes) for part in parts] == [500, 500, 201]
    assert [node.id.node_id for part in parts for node in part.nodes] == [f"n{number}" for number in range(1_201)]
    assert [part.HasField("execution") for part in parts] == [True, False, False]
    assert (dict(parts[0].names), len(parts[0].attempts), len(parts[1].attempts)) == ({"n7": "train"}, 1, 0)
    assert stream._parts(service_pb2.ExecutionUpdate()) == [service_pb2.ExecutionUpdate()]


@pytest.fixture(scope="module")
def logged(server: LiveServer) -> str:
    """Path of an attempt's log: a thousand numbered lines, an error, and one more."""
    execution = server.launch("tests.programs.browsing.wordy", execution="wordy")
    server.wait(execution)
    return "/api/alula/v1/logs/default/development/wordy/n0/0"


LOG = "".join(f"line {number}\n" for number in range(1000)) + "ValueError: odd\nlast Line\n"


def test_a_log_is_read_whole_by_its_end_and_in_pieces(server: LiveServer, logged: str) -> None:
    size = str(len(LOG))
    headers, body = get(server, logged)
    assert body.decode() == LOG
    assert (headers["alula-log-offset"], headers["alula-log-size"], headers["alula-log-ended"]) == ("0", size, "1")
    headers, body = get(server, f"{logged}?tail=10")
    assert (body, headers["alula-log-offset"]) == (b"last Line\n", str(len(LOG) - 10))
    headers, body = get(server, f"{logged}?offset=5&limit=10")
    assert (body.decode(), headers["alula-log-offset"], headers["alula-log-size"]) == (LOG[5:15], "5", size)
    headers, body = get(server, f"{logged}?offset=99999999999&limit=10")
    assert (body, headers["alula-log-offset"]) == (b"", "99999999999")
    assert get(server, f"{logged}?tail=100&limit=4")[1].decode() == LOG[-100:-96]
    assert get(server, f"{logged}?limit=0")[1] == b""
    pieces, offset = b"", 0
    while piece := get(server, f"{logged}?offset={offset}&limit=999")[1]:
        pieces, offset = pieces + piece, offset + len(piece)
    assert pieces.decode() == LOG
    for wrong in ("limit=x", "limit=-1", "offset=1e3", "offset=99999999999999999999", "item=x", "tail=%00"):
        assert status_of(server, f"{logged}?{wrong}") == 400
    assert status_of(server, f"{logged}?item=99999999999&limit=1") == 404
    assert status_of(server, f"{logged}?item=3") == 404
    assert status_of(server, logged.replace("wordy", "nothing") + "?limit=1") == 404


def test_places_in_a_log_are_found(server: LiveServer, logged: str) -> None:
    def find(**query: Any) -> Any:
        return json.loads(get(server, f"{logged}/find?{urllib.parse.urlencode(query)}")[1])

    def at(text: str) -> int:
        return LOG.index(text)

    assert find(text="line 7") == {"offset": at("line 7\n"), "line_start": at("line 7\n")}
    assert find(text="line 7", **{"from": at("line 7\n") + 1}) == {"offset": at("line 70\n"), "line_start": at("line 70\n")}
    assert find(text="line 7", backwards=1) == {"offset": at("line 799\n"), "line_start": at("line 799\n")}
    assert find(text="7", backwards=1, **{"from": at("line 10\n")}) == {"offset": at("line 7\n") + 5, "line_start": at("line 7\n")}
    assert find(text="LINE 7") is None
    assert find(text="Line") == {"offset": at("Line"), "line_start": at("last Line")}
    assert find(text=r"line \d{3}$", regex=1)["offset"] == at("line 100\n")
    assert find(pattern="error") == {"offset": at("Error: odd"), "line_start": at("ValueError")}
    for wrong in ("", "text=", "text=(&regex=1", "pattern=other", "text=x&from=-1", "text=a%0Ab"):
        assert status_of(server, f"{logged}/find?{wrong}") == 400
    assert status_of(server, logged.replace("wordy", "nothing") + "/find?text=x") == 404


def test_a_followed_log_is_answered_before_anything_is_written(server: LiveServer, tmp_path: Path) -> None:
    execution = server.launch("tests.programs.side_effects.talking", path=str(tmp_path / "effects"))
    path = f"/api/alula/v1/logs/default/development/{execution.name}/n0/0"
    first = http.client.HTTPConnection(server.http, timeout=30)
    first.request("GET", f"{path}?follow=1")
    said = first.getresponse().readline()
    # From the present end on there is nothing yet, as when a page goes on where it was.
    connection = http.client.HTTPConnection(server.http, timeout=5)
    connection.request("GET", f"{path}?follow=1&offset={len(said)}")
    assert connection.getresponse().headers["alula-log-offset"] == str(len(said))
    first.close()
    connection.close()
    server.admin.TerminateExecution(admin.ExecutionTerminateRequest(id=execution))


def test_a_followed_log_in_frames_is_never_silent_for_long(server: LiveServer, tmp_path: Path) -> None:
    execution = server.launch("tests.programs.side_effects.talking", path=str(tmp_path / "effects"))
    connection = http.client.HTTPConnection(server.http, timeout=30)
    connection.request("GET", f"/api/alula/v1/logs/default/development/{execution.name}/n0/0?follow=1&frames=1")
    answer = connection.getresponse()
    assert answer.headers["alula-log-beat-ms"] == str(round(stream.BEAT_S * 1000))

    def frame() -> bytes:
        return answer.read(int.from_bytes(answer.read(4)))

    assert frame() == b""
    assert frame() == b"attempt 0 speaks\n"
    assert frame() == b""
    server.admin.TerminateExecution(admin.ExecutionTerminateRequest(id=execution))
    assert answer.read().lstrip(b"\0") == b"\xff" * 4
    connection.close()


def test_a_log_that_grows_says_that_it_has_not_ended(server: LiveServer, tmp_path: Path) -> None:
    execution = server.launch("tests.programs.side_effects.talking", path=str(tmp_path / "effects"))
    path = f"/api/alula/v1/logs/default/development/{execution.name}/n0/0"
    connection = http.client.HTTPConnection(server.http, timeout=30)
    connection.request("GET", f"{path}?follow=1")  # before there is any attempt
    answer = connection.getresponse()
    assert answer.readline() == b"attempt 0 speaks\n"
    headers, body = get(server, f"{path}?limit=1000")
    assert (headers["alula-log-ended"], body) == ("0", b"attempt 0 speaks\n")
    connection.close()
    server.admin.TerminateExecution(admin.ExecutionTerminateRequest(id=execution))


def test_who_follows_an_attempt_that_has_not_begun_is_answered_at_once(server: LiveServer) -> None:
    execution = server.launch(SHAPES + "approved", x=1)
    connection = http.client.HTTPConnection(server.http, timeout=30)
    connection.request("GET", f"/api/alula/v1/logs/default/development/{execution.name}/later/0?follow=1&tail=10")
    answer = connection.getresponse()  # else who has gone would be waited for until the execution ends
    assert answer.status == 200
    server.admin.TerminateExecution(admin.ExecutionTerminateRequest(id=execution))
    assert answer.read() == b""
    connection.close()
    assert status_of(server, f"/api/alula/v1/logs/default/development/{execution.name}/later/0?follow=1") == 404
