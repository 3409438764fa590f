"""What a server tells of executions, also over its own end: events, and a log that is followed while it is killed and started again."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.programs import side_effects
from tests.server.harness import LiveServer

import alula as al


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    live = LiveServer(tmp_path / "home").start()
    live.register(side_effects)
    yield live
    live.stop()


def test_events_are_told_over_http(server: LiveServer, tmp_path: Path) -> None:
    execution = server.launch("tests.programs.side_effects.chain", path=str(tmp_path / "effects"))
    server.wait(execution)
    url = f"http://{server.http}/api/alula/v1/events/default/development/{execution.name}?limit=1"
    with urllib.request.urlopen(url) as answer:
        page = json.load(answer)
    assert [(e["kind"], e["text"]) for e in page["events"]] == [("Launched", "the execution was launched")]
    assert page["token"] == "1"


def test_a_followed_log_goes_on_after_a_restart(server: LiveServer, tmp_path: Path) -> None:
    execution = server.launch("tests.programs.side_effects.talking", path=str(tmp_path / "effects"))
    with al.connect(server.address, project="default", domain="development") as client:
        pieces = client.execution(execution.name).logs("n0", follow=True)
        text = next(pieces)
        server.kill()
        server.options = ("--grpc", server.address)
        server.start()
        assert text + "".join(pieces) == "attempt 0 speaks\nattempt 1 speaks\n"
