"""Processes that tasks leave behind, on a real server: what left the worker's session ends with the attempt, however it ends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.programs import side_effects
from tests.server.harness import LiveServer
from tests.server.test_kill import is_alive, lines, wait_for

from alula.idl import admin, core

PROGRAM = "tests.programs.side_effects"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    live = LiveServer(tmp_path / "home").start()
    live.register(side_effects)
    yield live
    live.stop()


def left(path: Path) -> list[int]:
    wait_for(lambda: len(lines(path)) >= 1)
    return [int(pid) for pid in lines(path)[0].split()]


def test_what_left_the_session_ends_with_its_attempt_and_what_stayed_with_its_worker(server: LiveServer, tmp_path: Path) -> None:
    path = tmp_path / "pids"
    final = server.wait(server.launch(f"{PROGRAM}.leaving", path=str(path)))
    assert final.closure.phase == core.WorkflowExecution.SUCCEEDED, final.closure.error.message
    worker, kept, _, _ = left(path)
    assert lines(tmp_path / "pids.alive") == [f"{worker} {kept}"]
    server.stop()
    assert not is_alive(kept)


def test_an_abort_ends_what_left_the_session(server: LiveServer, tmp_path: Path) -> None:
    path = tmp_path / "pids"
    execution = server.launch(f"{PROGRAM}.leaving_open", path=str(path))
    pids = left(path)
    assert all(is_alive(pid) for pid in pids), "what a task started is left alone while it runs"
    server.admin.TerminateExecution(admin.ExecutionTerminateRequest(id=execution, cause="enough"))
    wait_for(lambda: not any(is_alive(pid) for pid in pids), timeout_s=5)


@pytest.mark.parametrize("name", ["leaving_hog", "leaving_late"])
def test_a_limit_that_kills_the_worker_ends_what_left_the_session(server: LiveServer, tmp_path: Path, name: str) -> None:
    path = tmp_path / "pids"
    final = server.wait(server.launch(f"{PROGRAM}.{name}", path=str(path)))
    assert final.closure.phase == core.WorkflowExecution.FAILED
    pids = left(path)
    wait_for(lambda: not any(is_alive(pid) for pid in pids), timeout_s=5)


def test_a_killed_server_ends_what_left_the_session(server: LiveServer, tmp_path: Path) -> None:
    path = tmp_path / "pids"
    server.launch(f"{PROGRAM}.leaving_open", path=str(path))
    pids = left(path)
    server.kill()
    wait_for(lambda: not any(is_alive(pid) for pid in pids), timeout_s=5)
