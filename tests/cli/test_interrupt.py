"""Ctrl-C on a command that follows an execution: a real process, a real signal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.conftest import Result

PROGRAM = """
import alula as al

@al.task
def ask(name: str) -> str:
    return name

@al.workflow
def patient() -> str:
    return ask(al.wait_for_input("who", str))
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "patience.py").write_text(PROGRAM)
    (tmp_path / "pyproject.toml").touch()
    return tmp_path


def interrupted(folder: Path, *args: str) -> tuple[int, str]:
    """What a command says that is interrupted as soon as it shows a node; its exit code and its last line."""
    environment = {**os.environ, "ALULA_SETTINGS": "/nowhere", "ALULA_HOME": str(folder / "home")}
    for name in ("ALULA_ADDRESS", "FLYTE_PLATFORM_URL", "PYTHONPATH"):
        environment.pop(name, None)
    command = [sys.executable, "-m", "alula.cli", *args]
    with subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        lines = []
        for line in process.stderr:
            lines.append(line.rstrip())
            if "who RUNNING" in line:
                process.send_signal(signal.SIGINT)
    return process.returncode, lines[-1]


def test_a_run_here_says_when_it_goes_on(project: Path) -> None:
    code, said = interrupted(project, "run", "patience.py", "patient", "--name", "held")
    where = "at the next start of a server (`alula up`) or of `alula run` here; there `alula abort held` ends it"
    assert (code, said) == (130, f"error: interrupted; held goes on {where}")


def test_a_run_on_a_server_says_that_it_goes_on_there(live: Callable[..., Result], project: Path) -> None:
    address = os.environ["ALULA_ADDRESS"]
    code, said = interrupted(project, "run", "patience.py", "patient", "--name", "there", "--address", address)
    where = "on the server: `alula watch there` follows it again, `alula abort there` ends it"
    assert (code, said) == (130, f"error: interrupted; there goes on {where}")
    assert live("abort", "there").code == 0
