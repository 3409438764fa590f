"""A task of a past execution again, here: against a real server, the debugger fed by a pipe."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.server.harness import LiveServer

PROGRAM = '''
import alula as al


@al.task(env={"MODE": "fast"})
def ratio(a: int, b: int) -> float:
    """Divides."""
    c = a
    return c / b


@al.task
def note(a: int) -> int:
    print(f"noted {a}")
    return a


@al.workflow
def notes() -> list[int]:
    return al.map(note)(a=[1, 2, 3])


@al.task
async def awaits(a: int) -> float:
    return await ratio.aio(a, 2)


@al.workflow
def fails(a: int = 1, b: int = 0) -> float:
    return ratio(a, b)


@al.workflow
def maps() -> list[float]:
    return al.map(ratio)(a=[1, 2, 3], b=[1, 2, 4])


@al.workflow
def partly() -> list[float | None]:
    return al.map(ratio, min_success_ratio=0.5)(a=[1, 2], b=[1, 0])


@al.workflow
def drives() -> float:
    return awaits(3)
'''

Debug = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("debug")
    (made / "debugged.py").write_text(PROGRAM)
    return made


@pytest.fixture(scope="module")
def alula(folder: Path) -> Iterator[Debug]:
    """The command in the program's folder, before a server on which five executions have ended."""
    live = LiveServer(folder / "home").start()
    environment = {**os.environ, "ALULA_ADDRESS": live.address, "ALULA_SETTINGS": "/nowhere"}

    def call(*args: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "alula.cli", *args]
        return subprocess.run(command, input=typed, capture_output=True, text=True, cwd=folder, env=environment, timeout=60)

    for workflow in ("fails", "maps", "partly", "drives", "notes"):
        call("run", "--remote", "debugged.py", workflow, "--name", workflow)
    yield call
    live.stop()


def test_it_stops_at_the_first_line_with_the_inputs_of_then(alula: Debug) -> None:
    done = alula("debug", "fails", "n0", typed='p a, b, __import__("os").environ["MODE"]\n!b = 4\nc\n')
    assert done.returncode == 0, done.stderr
    assert "-> c = a" in done.stdout and "(1, 0, 'fast')" in done.stdout and done.stdout.endswith("0.25\n")
    assert "a = 1\n  b = 0\n" in done.stderr


def test_it_says_in_one_line_where_it_stops_and_where_a_failure_is_found(alula: Debug) -> None:
    done = alula("debug", "fails", "n0", typed="b 12\nq\n")
    first, second = done.stderr.splitlines()[-2:]
    assert first == "its last attempt failed; --post-mortem stops where it fails"
    assert second == "stops at the first line of ratio: n goes a line on, c to the end, q leaves, h helps"
    assert done.stdout.startswith("> ") and "Deleted" not in done.stdout
    assert "(Pdb) Breakpoint 1 at" in done.stdout, "the first breakpoint is the user's own"


def test_what_did_not_fail_is_not_said_to_have_failed(alula: Debug) -> None:
    assert "post-mortem" not in alula("debug", "drives", "n0", typed="q\n").stderr
    assert "post-mortem" not in alula("debug", "maps", "n0", "--item", "0", typed="q\n").stderr
    assert "post-mortem" not in alula("debug", "fails", "n0", "--post-mortem", typed="q\n").stderr
    assert "post-mortem" in alula("debug", "partly", "n0", "--item", "1", typed="q\n").stderr


def test_leaving_the_debugger_is_no_error(alula: Debug) -> None:
    done = alula("debug", "fails", "n0", typed="p a\nq\n")
    assert done.returncode == 0 and "None" not in done.stdout


def test_a_failure_shows_the_users_lines_and_is_exit_code_1(alula: Debug) -> None:
    done = alula("debug", "fails", "n0", "--run")
    assert done.returncode == 1
    assert "error: ZeroDivisionError: division by zero\n\nIn your code" in done.stderr and "return c / b" in done.stderr
    assert "src/alula" not in done.stderr


def test_post_mortem_stops_where_it_fails(alula: Debug) -> None:
    done = alula("debug", "fails", "n0", "--post-mortem", typed="p c, b\nq\n")
    assert done.returncode == 1
    assert "-> return c / b" in done.stdout and "(1, 0)" in done.stdout


def test_the_code_is_that_of_then_or_of_the_folder_when_asked(alula: Debug, folder: Path) -> None:
    (folder / "debugged.py").write_text(PROGRAM.replace("return c / b", "return c / (b or 8)"))
    try:
        assert alula("debug", "fails", "n0", "--run").returncode == 1
        assert alula("debug", "fails", "n0", "--run", "--source").stdout == "0.125\n"
    finally:
        (folder / "debugged.py").write_text(PROGRAM)


def test_an_item_of_a_map_is_named(alula: Debug) -> None:
    assert alula("debug", "maps", "n0", "--run", "--item", "2").stdout == "0.75\n"
    assert "map of 3 items; name one with --item, from 0 to 2" in alula("debug", "maps", "n0", "--run").stderr
    assert alula("debug", "maps", "n0", "--run", "--item", "3").returncode == 2
    assert "is no map" in alula("debug", "fails", "n0", "--run", "--item", "0").stderr


def test_an_async_task_and_what_it_called(alula: Debug) -> None:
    assert alula("debug", "drives", "n0", "--run").stdout == "1.5\n"
    assert alula("debug", "drives", "n0-0-c0", "--run").stdout == "1.5\n"


def test_a_node_that_ran_no_task_is_refused(alula: Debug) -> None:
    done = alula("debug", "fails", "n7")
    assert (done.returncode, 'has no node "n7"' in done.stderr) == (2, True)


def test_logs_of_a_map_are_those_of_one_item(alula: Debug) -> None:
    assert alula("logs", "notes", "n0", "--item", "2").stdout == "noted 3\n"
    assert "n0 is a map; name one of its items, as in --item 0; 3 have begun, from 0 to 2" in alula("logs", "notes", "map-note").stderr
    assert "has no item 3" in alula("logs", "notes", "n0", "--item", "3").stderr
    assert "n0 is no map" in alula("logs", "fails", "n0", "--item", "0").stderr
