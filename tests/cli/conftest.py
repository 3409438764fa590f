from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from tests.client.conftest import double, program
from tests.client.server_double import Double
from tests.server.harness import LiveServer

from alula.cli.support.group import run

__all__ = ["double", "program"]


@dataclass
class Result:
    """Exit code and what was printed."""

    code: int
    out: str
    err: str


@pytest.fixture
def alula(double: Double, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """Runs a command line against the double."""
    monkeypatch.setenv("ALULA_ADDRESS", double.address)
    monkeypatch.setenv("ALULA_SETTINGS", "/nowhere")

    def call(*args: object) -> Result:
        code = run([str(arg) for arg in args])
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return call


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A real `alula up`."""
    running = LiveServer(tmp_path_factory.mktemp("live") / "home").start()
    yield running
    running.stop()


@pytest.fixture
def live(server: LiveServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """Runs a command line against the real server."""
    monkeypatch.setenv("ALULA_ADDRESS", server.address)
    monkeypatch.setenv("ALULA_SETTINGS", "/nowhere")

    def call(*args: object) -> Result:
        code = run([str(arg) for arg in args])
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return call
