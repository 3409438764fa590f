"""What TAB offers: the protocol as the shells speak it, against a real server."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.cli.conftest import Result
from tests.server.harness import LiveServer

from alula.client import connect

Live = Callable[..., Result]
PROGRAM = """
import alula as al

@al.task
def greet(name: str) -> str:
    return name

@al.workflow
def welcome(who: str = "a") -> str:
    return greet(name=al.approve(greet(who), "ready", timeout="1h"))

@property
def nothing(self) -> None: ...
"""


@dataclass
class There:
    """What was registered and launched."""

    workflow: str
    version: str
    execution: str
    program: Path


@pytest.fixture(scope="module")
def there(server: LiveServer, tmp_path_factory: pytest.TempPathFactory) -> There:
    program = tmp_path_factory.mktemp("completed") / "completed.py"
    program.write_text(PROGRAM)
    environment = {**os.environ, "ALULA_ADDRESS": server.address, "ALULA_SETTINGS": "/nowhere"}

    def alula(*args: str) -> str:
        return subprocess.run(
            [sys.executable, "-m", "alula.cli", *args], env=environment, capture_output=True, text=True, check=True
        ).stdout

    registered = json.loads(alula("register", str(program), "--json"))
    workflow = next(each["name"] for each in registered["entities"] if each["kind"] == "workflow")
    alula("launch", workflow, "--name", "waits")
    with connect(server.address) as client:
        waits = client.execution("waits")
        next(update for update in waits.updates(nodes=True) if waits.gates)
    return There(workflow, registered["version"], "waits", program)


def asked(address: str, shell: str, words: list[str], at: int | None = None) -> tuple[list[str], str]:
    """What the command answers to a shell, and what it says on stderr."""
    environment = {
        **os.environ, "ALULA_ADDRESS": address, "ALULA_SETTINGS": "/nowhere", "_ALULA_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": " ".join(words), "COMP_CWORD": words[-1] if shell == "fish" else str(len(words) - 1 if at is None else at),
    }  # fmt: skip
    done = subprocess.run([sys.executable, "-m", "alula.cli"], env=environment, capture_output=True, text=True, check=False)
    return done.stdout.splitlines(), done.stderr


def bash(address: str, *words: str) -> set[str]:
    lines, errors = asked(address, "bash", ["alula", *words])
    assert errors == ""
    return {line.partition(",")[2] for line in lines if line}


def test_names_come_from_the_server(server: LiveServer, there: There) -> None:
    at = server.address
    assert there.workflow in bash(at, "launch", "")
    assert bash(at, "launch", "com") >= {"completed.greet", there.workflow}
    assert bash(at, "launch", "zzz") == set()
    assert bash(at, "watch", "wa") == {"waits"}
    assert bash(at, "logs", "waits", "") >= {"n0", "n1", "ready"}
    assert bash(at, "get", "workflow", "") == {there.workflow}
    assert bash(at, "get", "deck", "waits", "n") >= {"n0", "n1"}
    assert bash(at, "list", "launch-plans", "") == {there.workflow}
    assert bash(at, "signal", "waits", "") == {"ready"}
    assert "flytesnacks" in bash(at, "list", "--project", "")
    assert bash(at, "list", "--domain", "prod") == {"production"}
    assert bash(at, "rollback", there.workflow, "") == {there.version, "latest"}
    assert bash(at, "relaunch", "waits", "--version", "v") == {there.version}
    assert bash(at, "rerun", "waits", "--from", "n0") == {"n0"}
    assert bash(at, "run", str(there.program), "") == {"greet", "welcome"}


def test_versions_follow_a_colon_which_bash_takes_for_a_word(server: LiveServer, there: There) -> None:
    at = server.address
    assert bash(at, "launch", there.workflow, ":", "v") == {there.version}
    assert bash(at, "launch", there.workflow, ":") == {there.version}
    lines, _ = asked(at, "zsh", ["alula", "launch", f"{there.workflow}:"])
    assert f"{there.workflow}:{there.version}".replace(":", r"\:") in lines
    lines, _ = asked(at, "fish", ["alula", "launch", f"{there.workflow}:"])
    assert [line.partition("\t")[0] for line in lines] == [f"plain,{there.workflow}:{there.version}"]


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_bash_itself_completes(server: LiveServer, there: There, tmp_path: Path) -> None:
    (tmp_path / "alula").write_text(f'#!/bin/sh\nexec {sys.executable} -m alula.cli "$@"\n')
    (tmp_path / "alula").chmod(0o755)
    script = f"""
eval "$(alula completion bash)"
COMP_WORDS=(alula launch {there.workflow} : v); COMP_CWORD=4
_alula_completion alula; printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    environment = {**os.environ, "ALULA_ADDRESS": server.address, "ALULA_SETTINGS": "/nowhere", "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "--norc", "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [there.version], done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_without_a_server_nothing_is_offered_nor_said(shell: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    lines, errors = asked(address, shell, ["alula", "watch", ""])
    assert ([line for line in lines if line], errors) == ([], "")


def test_a_server_that_does_not_answer_holds_the_prompt_up_for_a_moment_only() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        began = time.monotonic()
        lines, errors = asked(f"127.0.0.1:{mute.getsockname()[1]}", "bash", ["alula", "watch", ""])
    assert ([line for line in lines if line], errors) == ([], "")
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_scripts(live: Live, shell: str) -> None:
    assert "_ALULA_COMPLETE" in live("completion", shell).out
