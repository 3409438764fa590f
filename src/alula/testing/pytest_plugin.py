"""The pytest plugin: fixtures for tests of workflows. Nothing of Alula is loaded before a test asks for one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from alula.client.sync import Client
    from alula.testing.bench import Workbench
    from alula.testing.result import Result


@pytest.fixture
def alula_bench(tmp_path: Path) -> Iterator[Workbench]:
    """A fresh bench: its own clock and cache, its files in the test's folder."""
    from alula.testing.bench import Workbench

    with Workbench(folder=tmp_path / "bench") as bench:
        yield bench


@pytest.fixture
def alula_run(alula_bench: Workbench) -> Callable[..., Result]:
    """`run` on a fresh bench."""
    return alula_bench.run


@pytest.fixture
def alula_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """A client of a real server with real workers on a temporary home, for what a bench cannot show.

    `ALULA_ADDRESS` names it while the test runs, so that `alula` commands and `al.connect()` find it too.
    """
    from alula.client import connect
    from alula.server.embedded import EmbeddedServer

    with EmbeddedServer(tmp_path / "alula-home") as server:
        monkeypatch.setenv("ALULA_ADDRESS", server.grpc_address)
        with connect(server.grpc_address) as client:
            yield client
