"""Following a log while the server is killed and started again."""

from __future__ import annotations

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


def test_a_followed_log_goes_on_after_a_restart(server: LiveServer, tmp_path: Path) -> None:
    execution = server.launch("tests.programs.side_effects.talking", path=str(tmp_path / "effects"))
    with al.connect(server.address, project="default", domain="development") as client:
        pieces = client.execution(execution.name).logs("n0", follow=True)
        text = next(pieces)
        server.kill()
        server.options = ("--grpc", server.address)
        server.start()
        assert text + "".join(pieces) == "attempt 0 speaks\nattempt 1 speaks\n"
