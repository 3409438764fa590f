"""`alula run --watch`, a real process and real edits of a file."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.objectstore.trees import write
from tests.server.harness import LiveServer

pytestmark = pytest.mark.slow

FLOW = """
import alula as al
import helper

@al.task(cache="1")
def slow(x: int) -> int:
    return x * 10

@al.task
def last(x: int) -> int:
    return x + helper.A

@al.workflow
def flow(x: int) -> int:
    return last(slow(x))
"""


class Watching:
    """A running `alula run --watch`; its lines as they come."""

    def __init__(self, folder: Path, *args: str, to: Path | None = None) -> None:
        environment = {**os.environ, "ALULA_SETTINGS": "/nowhere", "PYTHONUNBUFFERED": "1"}
        for name in ("ALULA_ADDRESS", "FLYTE_PLATFORM_URL", "PYTHONPATH"):
            environment.pop(name, None)
        command = [sys.executable, "-m", "alula.cli", "run", "--watch", "flows.py", "flow", "--x", "4", *args]
        self.process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.lines: queue.Queue[str] = queue.Queue()
        self.seen: list[str] = []
        self._copy = to.open("w") if to is not None else None
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line.rstrip())
            if self._copy is not None:
                self._copy.write(line)
                self._copy.flush()

    def until(self, text: str) -> list[str]:
        """Lines up to the one that holds a text."""
        found: list[str] = []
        while True:
            try:
                found.append(self.lines.get(timeout=60))
            except queue.Empty:
                raise AssertionError(f"{text!r} never came; so far {self.seen + found}") from None
            if text in found[-1]:
                self.seen += found
                return found

    def interrupt(self) -> int:
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(60)
        self._reader.join(60)
        return code

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


Start = Callable[..., Watching]


@pytest.fixture
def start() -> Iterator[Start]:
    running: list[Watching] = []

    def make(folder: Path, *args: str, to: Path | None = None) -> Watching:
        running.append(Watching(folder, *args, to=to))
        return running[-1]

    yield make
    for each in running:
        each.end()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write(tmp_path / "project", {"pyproject.toml": "", "flows.py": FLOW, "helper.py": "A = 1\n"})


def save(file: Path, text: str) -> None:
    """Saves as most editors do, at once: a file that is written in two steps may be run half-written first."""
    new = file.with_name(f"__pycache__{file.name}.pyc")
    new.write_text(text)
    new.replace(file)


def check(watching: Watching, project: Path) -> None:
    first = watching.until("watching 3 files")
    assert "41" in first and any("run 1 took" in line and line.endswith("; computed slow, last") for line in first), first
    save(project / "helper.py", "A = 2\n")  # the same size, and within the same second or not
    second = watching.until("watching 3 files")
    assert "changed helper.py" in second and "42" in second, second
    assert any(line.endswith("; computed last; from the cache slow") for line in second), second
    save(project / "flows.py", FLOW + "def (\n")
    broken = watching.until("watching 3 files")
    assert any(f"flows.py:{FLOW.count(chr(10)) + 1}" in line and "SyntaxError" in line for line in broken), broken
    save(project / "flows.py", FLOW.replace("helper.A", "helper.A / 0"))
    failed = watching.until("watching 3 files")
    assert any("ZeroDivisionError" in line for line in failed), failed
    save(project / "flows.py", FLOW)
    save(project / "new.py", "B = 1\n")
    assert "42" in watching.until("watching 4 files")


def test_every_save_is_a_run_without_a_server(start: Start, project: Path, tmp_path: Path) -> None:
    watching = start(project, "--home", str(tmp_path / "home"))
    check(watching, project)
    assert watching.interrupt() == 0
    assert watching.lines.get(timeout=60) == "stopped watching"


def test_every_save_is_a_run_on_a_server(start: Start, project: Path, tmp_path: Path) -> None:
    server = LiveServer(tmp_path / "home").start()
    try:
        watching = start(project, "--remote", "--address", server.address)
        check(watching, project)
        assert watching.interrupt() == 0
    finally:
        server.stop()


def test_a_file_that_every_run_writes_starts_no_run_without_end(start: Start, project: Path, tmp_path: Path) -> None:
    watching = start(project, "--home", str(tmp_path / "home"), to=project / "out.log")
    watching.until("note: out.log changed with every run")
    save(project / "helper.py", "A = 3\n")
    assert "changed helper.py" in watching.until("43")


def test_a_name_for_many_executions_is_refused(project: Path, start: Start) -> None:
    watching = start(project, "--name", "mine")
    watching.until("leave --name and --version out")
    assert watching.process.wait(60) == 2
