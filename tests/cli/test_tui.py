"""The terminal interface, driven by its keys, against a real server."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import re
import socket
import struct
import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import ModuleType

import pytest
from textual.pilot import Pilot
from textual.widgets import DataTable, Input, RichLog, Tree

import alula as al
from alula.cli.support.group import run
from alula.cli.support.terminal import Executions, OneExecution, Question, Terminal, _Said
from alula.client.settings import load
from alula.client.sync import Client
from alula.server.embedded import EmbeddedServer

PROGRAM = """
import alula as al

@al.task(deck=True)
def greet(name: str) -> str:
    print(f"hello [bold]{name}[/bold]")
    al.deck("page").markdown(f"# Hello {name}")
    return name

@al.task
def fail(name: str) -> str:
    raise ValueError("[red]no[/red] such name")

@al.workflow
def quick(name: str = "ada") -> str:
    return greet(name)

@al.workflow
def broken() -> str:
    return fail("x")

@al.workflow
def gated() -> str:
    return greet(al.approve(greet("eve"), "ready", timeout="1h"))

@al.workflow
def asks() -> str:
    return greet(al.wait_for_input("who", str))
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with EmbeddedServer(tmp_path_factory.mktemp("terminal") / "home") as server:
        yield server.grpc_address


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    folder = tmp_path_factory.mktemp("project")
    (folder / "shown_in_terminal.py").write_text(PROGRAM)
    (folder / "pyproject.toml").touch()
    sys.path.insert(0, str(folder))
    yield __import__("shown_in_terminal")
    sys.path.remove(str(folder))
    del sys.modules["shown_in_terminal"]


@pytest.fixture(scope="module")
def client(address: str, program: ModuleType) -> Iterator[Client]:
    with al.connect(address) as connected:
        connected.launch.with_options(name="good")(program.quick).wait(60)
        connected.launch.with_options(name="bad")(program.broken).wait(60, check=False)
        yield connected


async def until(pilot: Pilot[None], holds: Callable[[], bool]) -> None:
    """Lets the application run until something holds."""
    async with asyncio.timeout(30):
        while True:
            with suppress(Exception):  # a screen that is not there yet
                if holds():
                    return
            await pilot.pause(0.02)


def rows(app: Terminal) -> dict[str, str]:
    table = app.screen.query_one(DataTable)
    return {str(key.value): str(table.get_row(key)[1]) for key in table.rows}


def labels(app: Terminal) -> str:
    found: list[str] = []

    def walk(node: object) -> None:
        found.append(str(node.label))  # type: ignore[attr-defined]
        for child in node.children:  # type: ignore[attr-defined]
            walk(child)

    walk(app.screen.query_one(Tree).root)
    return "\n".join(found)


def said(app: Terminal) -> str:
    return str(app.screen.query_one(_Said).render())


def logged(app: Terminal) -> str:
    return "\n".join(line.text for line in app.screen.query_one(RichLog).lines)


async def opened(pilot: Pilot[None], app: Terminal, name: str) -> None:
    """Goes from the list to one execution by the keys a person would press."""
    await until(pilot, lambda: name in rows(app))
    table = app.screen.query_one(DataTable)
    away = list(rows(app)).index(name) - table.cursor_row
    await pilot.press(*["down" if away > 0 else "up"] * abs(away), "enter")
    await until(pilot, lambda: isinstance(app.screen, OneExecution) and app.screen.execution_name == name)
    await until(pilot, lambda: len(app.screen.branches) > 0)  # type: ignore[attr-defined]


async def test_the_list_is_live_and_filtered_by_phase(address: str, client: Client, program: ModuleType) -> None:
    app = Terminal(load(address))
    async with app.run_test(size=(110, 30)) as pilot:
        await until(pilot, lambda: {"good", "bad"} <= rows(app).keys())
        assert rows(app)["good"] == "✓ SUCCEEDED" and rows(app)["bad"] == "✗ FAILED"
        client.launch.with_options(name="later")(program.quick).wait(60)
        await until(pilot, lambda: rows(app).get("later") == "✓ SUCCEEDED")
        await pilot.press("f", "f")
        await until(pilot, lambda: set(rows(app)) == {"bad"})
        assert "FAILED" in said(app)


async def test_enter_shows_the_nodes_and_a_log_with_its_brackets(address: str, client: Client) -> None:
    app = Terminal(load(address))
    async with app.run_test(size=(110, 30)) as pilot:
        await opened(pilot, app, "good")
        await until(pilot, lambda: "✓ greet SUCCEEDED" in labels(app))
        await pilot.press("down", "enter")
        await until(pilot, lambda: "hello [bold]ada[/bold]" in logged(app))
        await pilot.press("d")
        await until(pilot, lambda: "the deck is in" in said(app))
        assert "Hello ada" in Path(re.sub(r"\s", "", said(app).partition("the deck is in ")[2])).read_text()
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, Executions))
        await opened(pilot, app, "bad")
        await until(pilot, lambda: "✗ fail FAILED" in labels(app) and "[red]no[/red]" in labels(app))
        await pilot.press("down", "enter")
        await until(pilot, lambda: "In your code" in logged(app))
        await pilot.press("d")
        await until(pilot, lambda: "wrote no deck" in said(app))
        if folder := os.environ.get("ALULA_SCREENSHOTS"):
            app.save_screenshot("bad.svg", folder)


async def test_keys_answer_a_gate_relaunch_and_abort(address: str, client: Client, program: ModuleType) -> None:
    gated = client.launch.with_options(name="gated")(program.gated)
    app = Terminal(load(address))
    async with app.run_test(size=(110, 30)) as pilot:
        await opened(pilot, app, "gated")
        await until(pilot, lambda: "ready RUNNING" in labels(app))
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("n")
        await pilot.press("g")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("y")
        await until(pilot, lambda: "✓ gated SUCCEEDED" in labels(app))
        assert gated.wait(10).outputs == "eve"
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, OneExecution) and app.screen.execution_name != "gated")
        await until(pilot, lambda: "ready RUNNING" in labels(app))
        name = app.screen.execution_name  # type: ignore[attr-defined]
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("y")
        await until(pilot, lambda: f"■ {name} ABORTED" in labels(app))
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, Question))
        await pilot.press("y")
        await until(pilot, lambda: "[ALREADY_TERMINAL]" in said(app))
    assert client.execution(name).view.error == "aborted in the terminal"


async def test_a_gate_that_wants_a_value_is_given_one(address: str, client: Client, program: ModuleType) -> None:
    asks = client.launch.with_options(name="asks")(program.asks)
    app = Terminal(load(address))
    async with app.run_test(size=(110, 30)) as pilot:
        await until(pilot, lambda: "asks" in rows(app))
        app.push_screen(OneExecution("asks"))
        await until(pilot, lambda: "who RUNNING" in labels(app))
        await pilot.press("g")
        await until(pilot, lambda: app.screen.query_one(Input).has_focus)
        await pilot.press("y", "a", "n", "enter")
        await until(pilot, lambda: "✓ asks SUCCEEDED" in labels(app))
    assert asks.wait(10).outputs == "yan"


async def test_a_server_that_is_away_or_says_nothing_holds_up_no_key() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        for address in ("127.0.0.1:9", f"127.0.0.1:{mute.getsockname()[1]}"):
            app = Terminal(load(address))
            async with app.run_test() as pilot:
                if address.endswith(":9"):
                    await until(pilot, lambda: "no Alula server answers" in said(app))  # noqa: B023 - called at once
                await pilot.press("f")
                assert app.screen.phase == "RUNNING"  # type: ignore[attr-defined]
                await pilot.press("q")
            assert app.return_code == 0


def test_without_a_terminal_it_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["tui"]) == 2
    said = capsys.readouterr()
    assert said.out == "" and "needs a terminal" in said.err and "`alula list executions`" in said.err and "[USAGE]" in said.err


def test_the_terminal_is_left_as_it_was(address: str, client: Client) -> None:
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update({"TERM": "xterm-256color", "ALULA_SETTINGS": "/nowhere"})
        os.execv(sys.executable, [sys.executable, "-m", "alula.cli", "tui", "--address", address])
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 110, 0, 0))
    before, shown, has_quit = termios.tcgetattr(fd), b"", False
    with suppress(OSError):  # how a terminal says that nobody writes to it any more
        while data := os.read(fd, 65536):
            shown += data
            if b"good" in shown and not has_quit:
                has_quit = True
                os.write(fd, b"q")
    _, status = os.waitpid(pid, 0)
    assert (os.waitstatus_to_exitcode(status), has_quit) == (0, True)
    assert shown.count(b"\x1b[?1049h") == shown.count(b"\x1b[?1049l") == 1, "the other screen is left again"
    assert shown.rfind(b"\x1b[?25h") > shown.rfind(b"\x1b[?25l"), "the cursor is there again"
    assert termios.tcgetattr(fd)[3] == before[3]
    os.close(fd)
