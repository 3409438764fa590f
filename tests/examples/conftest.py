"""One server for all examples, and the command line against it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from alula.cli.support.group import run
from alula.client import connect
from alula.client.sync import Client
from alula.server.embedded import EmbeddedServer

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@dataclass
class Result:
    """Exit code and what was printed."""

    code: int
    out: str
    err: str


Alula = Callable[..., Result]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    with EmbeddedServer(tmp_path_factory.mktemp("examples") / "home") as started:
        yield started


@pytest.fixture
def alula(server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Alula:
    monkeypatch.setenv("ALULA_ADDRESS", server.grpc_address)
    monkeypatch.setenv("ALULA_SETTINGS", "/nowhere")

    def call(*args: object) -> Result:
        code = run([str(arg) for arg in args])
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return call


@pytest.fixture
def client(server: EmbeddedServer) -> Iterator[Client]:
    with connect(server.grpc_address) as connected:
        yield connected
