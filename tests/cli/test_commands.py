"""The commands that look at a server or change something there."""

from __future__ import annotations

import getpass
import json
import os
import pty
import resource
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import click
import pytest
from tests.cli.conftest import Result
from tests.client.server_double import Double
from tests.client.test_client import node

from alula import errors
from alula.cli.support.group import CODES, TOPICS, LazyGroup, exit_code, summary
from alula.cli.support.group import alula as group
from alula.cli.support.progress import Progress, parent_of
from alula.idl import admin, core
from alula.idl.v1 import service_pb2 as v1

Alula = Callable[..., Result]


@pytest.fixture
def registered(alula: Alula, program: Path) -> str:
    """Name of the registered workflow."""
    entities = json.loads(alula("register", program, "--json").out)["entities"]
    return next(str(each["name"]) for each in entities if each["kind"] == "workflow")


def test_register_says_what_is_new(alula: Alula, double: Double, program: Path) -> None:
    first = alula("register", program)
    assert first.code == 0
    assert first.out.count("registered") == 4  # two tasks, a workflow and its launch plan
    assert alula("register", program.parent).out.count("unchanged") == 4
    assert len(double.puts) == 1
    assert alula("register", program, "--version", "v1").out.count(":v1") == 4


def test_register_of_nothing_is_a_usage_error(alula: Alula, tmp_path: Path) -> None:
    (tmp_path / "plain.py").write_text("raise SystemExit('never imported')")
    assert "defines no task" in alula("register", tmp_path).err
    assert "no such file" in alula("register", tmp_path / "none").err


def test_launch_prints_the_name_and_typed_help(alula: Alula, double: Double, registered: str) -> None:
    assert alula("launch", registered, "--a", "2", "--name", "mine").out == "mine\n"
    assert double.requests["mine"].inputs.literals["a"].scalar.primitive.integer == 2
    assert json.loads(alula("launch", registered, "--a", "2", "--json").out)["project"] == "flytesnacks"
    assert alula("launch", registered, "--a", "2", "--wait").code == 0
    assert "where to start [required]" in alula("launch", registered, "--help").out
    assert "missing --a (int)" in alula("launch", registered).err
    assert (alula("launch", "nothing").code, "alula list workflows" in alula("launch", "nothing").err) == (2, True)
    assert "which workflow" in alula("launch").err


def test_list_and_get(alula: Alula, double: Double, registered: str) -> None:
    alula("launch", registered, "--a", "2", "--name", "mine", "--wait")
    assert alula("list").out.splitlines()[1].split()[:2] == ["mine", "SUCCEEDED"]
    assert json.loads(alula("list", "executions", "--json").out)["executions"][0]["id"]["name"] == "mine"
    assert registered in alula("list", "workflows").out
    assert registered in alula("list", "launch-plans", registered).out
    assert "flytesnacks" in alula("list", "projects").out
    assert (alula("list", "--filter", "eq(nosuch,1)").code, "no field" in alula("list", "--filter", "eq(nosuch,1)").err) == (2, True)
    assert "take no name" in alula("list", "executions", "x").err
    double.nodes = [node("n0")]
    shown = alula("get", "execution", "mine").out
    assert "SUCCEEDED" in shown and "n0" in shown
    assert "where to start" in alula("get", "workflow", registered).out
    assert json.loads(alula("get", "execution", "mine", "--json").out)["id"]["name"] == "mine"
    assert alula("get", "task", "nothing").code == 2


def test_events_and_where_an_execution_stands(alula: Alula, double: Double, registered: str) -> None:
    double.gate.clear()
    alula("launch", registered, "--a", "2", "--name", "mine")
    double.nodes = [node("n0"), node("n1", phase=2), node("n2", phase=1)]
    told = [("Launched", "", "the execution was launched"), ("AttemptStarted", "n1", "attempt 0 began to run")]
    double.events = [v1.ExecutionEvent(sequence=n, kind=k, node_id=i, text=t) for n, (k, i, t) in enumerate(told)]
    double.events[1].item = 4
    lines = alula("get", "execution", "mine", "--events").out.splitlines()
    assert [line.split()[1:] for line in lines[:3]] == [
        ["EVENT", "NODE", "DETAIL"],
        ["Launched", "the", "execution", "was", "launched"],
        ["AttemptStarted", "n1[3]", "attempt", "0", "began", "to", "run"],
    ]
    assert lines[3].startswith("n1 (add) is RUNNING: attempt 0 began to run, at ")
    assert lines[4].endswith("n2 (n2) is QUEUED: it waits for its turn")
    shown = json.loads(alula("get", "execution", "mine", "--events", "--json").out)
    assert [each["kind"] for each in shown["events"]] == ["Launched", "AttemptStarted"]
    assert alula("get", "task", "mine", "--events").code == 2


def test_a_list_of_a_place_that_does_not_exist_is_refused(alula: Alula, double: Double) -> None:
    assert alula("list").code == 0
    wrong = alula("list", "workflows", "--project", "flytesnack")
    assert (wrong.code, wrong.out) == (2, "")
    assert "project 'flytesnack' does not exist; there are flytesnacks" in wrong.err
    assert "domain 'staging' does not exist in project flytesnacks; there are development" in alula("list", "--domain", "staging").err


def test_watch_logs_abort_relaunch_recover(alula: Alula, double: Double, registered: str) -> None:
    double.gate.clear()
    alula("launch", registered, "--a", "2", "--name", "mine")
    threading.Timer(0.05, double.gate.set).start()
    assert alula("watch", "mine").code == 0
    double.nodes, double.logs = [node("n0")], {"n0": [b"hello\n"]}
    assert alula("logs", "mine", "n0").out == "hello\n"
    assert alula("logs", "mine").out == "hello\n"
    assert alula("relaunch", "mine", "--name", "again").out == "again\n"
    assert alula("recover", "mine", "--wait").code == 0
    double.gate.clear()
    alula("launch", registered, "--a", "2", "--name", "other")
    assert "is being aborted" in alula("abort", "other", "--cause", "enough").out
    result = alula("watch", "other", "--json")
    assert (result.code, json.loads(result.out)["error"]["message"]) == (1, "enough")
    result = alula("abort", "other")
    assert (result.code, "has ended" in result.err) == (2, True)
    assert alula("watch", "nothing").code == 2


def test_no_server_is_exit_code_3_and_says_how_to_start_one(alula: Alula) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    result = alula("list", "--address", address)
    assert (result.code, result.out) == (3, "")
    assert "start one with `alula up`" in result.err
    assert "Traceback" not in result.err


def test_doctor_says_what_name_stands_for_a_strange_account(alula: Alula, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "a\tb")
    assert json.loads(alula("doctor", "--json").out)["user"] == {
        "state": "warning",
        "detail": "on record as 'a?b', for the account 'a\\tb'; set ALULA_USER to another",
    }
    assert "[NOT_FOUND]" in alula("launch", "nothing").err, "it is not refused for the name"
    monkeypatch.setenv("ALULA_USER", "ada")
    assert json.loads(alula("doctor", "--json").out)["user"] == {"state": "ok", "detail": "ada"}


def test_doctor(alula: Alula, tmp_path: Path) -> None:
    result = alula("doctor", "--home", tmp_path / "home", "--json")
    found = json.loads(result.out)
    assert (result.code, found["server"]["state"], found["home"]["state"]) == (0, "ok", "ok")
    (tmp_path / "file").write_text("")
    assert alula("doctor", "--home", tmp_path).code == 0


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(alula: Alula, shell: str) -> None:
    assert "_ALULA_COMPLETE" in alula("completion", shell).out


def test_wrong_usage_is_exit_code_2_and_hints(alula: Alula) -> None:
    result = alula("lunch")
    assert (result.code, "did you mean launch" in result.err) == (2, True)
    assert alula("list", "things").code == 2
    assert alula("list", "--limit", "0").code == 2
    assert alula("--version").out.startswith("alula ")


def test_an_argument_that_is_no_text_is_a_usage_error(alula: Alula, double: Double) -> None:
    found = alula("recover", b"caf\xe9".decode("utf-8", "surrogateescape"))
    assert (found.code, "is no text in UTF-8" in found.err, "internal error" in found.err) == (2, True, False), found.err


def test_every_command_has_help_and_its_first_line_in_the_overview(alula: Alula) -> None:
    overview = alula("--help").out
    with group.make_context("alula", ["--help"], resilient_parsing=True) as context:
        names = LazyGroup.list_commands(group, context)  # type: ignore[arg-type]
    assert {"up", "run", "register", "launch", "list", "get", "watch", "logs", "abort", "relaunch", "recover", "doctor"} <= set(names)
    for name in names:
        assert summary(name) in overview
        assert alula(name, "--help").code == 0


def test_help_loads_neither_grpc_nor_the_sdk_nor_rich() -> None:
    code = "import sys\nfrom alula.cli.support.group import run\nrun(['--help'])\nprint(*sorted(sys.modules), file=sys.stderr)"
    loaded = set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stderr.split())
    assert not {"grpc", "pandas", "numpy", "alula.sdk", "rich", "sqlalchemy", "google.protobuf", "flyteidl"} & loaded


def test_exit_codes_of_errors() -> None:
    expected = {
        errors.InvalidInput: 2, errors.NotFound: 2, errors.AlreadyExists: 2, errors.Unsupported: 2, errors.PermissionDenied: 2,
        errors.Unavailable: 3, errors.Internal: 4, errors.Exhausted: 4, errors.ExecutionFailed: 1, errors.WaitTimeout: 1,
    }  # fmt: skip
    assert {kind: exit_code(kind("x")) for kind in expected} == expected


def test_progress_nests_by_id_and_says_each_change_once() -> None:
    known = {"n0", "n0-0-n1", "n0-0-n1-0-a-b"}
    assert parent_of("n0-0-n1", known) == "n0"
    assert parent_of("n0-0-n1-0-a-b", known) == "n0-0-n1"
    assert parent_of("n0", known) == parent_of("my-node", known) == ""
    progress = Progress("e")
    running = admin.Execution(closure=admin.ExecutionClosure(phase=core.WorkflowExecution.RUNNING))
    assert progress.change(v1.ExecutionUpdate(execution=running, nodes=[node("n0", phase=2), node("start-node")])) == [
        "n0 RUNNING",
        "e RUNNING",
    ]
    assert progress.change(v1.ExecutionUpdate(nodes=[node("n0", phase=2)])) == []
    failed = node("n0", phase=5)
    failed.closure.error.message = "Traceback\n  line\nValueError: bad"
    assert progress.change(v1.ExecutionUpdate(nodes=[failed, node("n0-0-n1")])) == ["n0 FAILED: ValueError: bad", "n0-0-n1 n1 SUCCEEDED"]
    assert len(progress.tree().children) == 1
    assert len(progress.tree().children[0].children) == 1


def test_an_error_ends_with_its_code(alula: Alula) -> None:
    assert alula("get", "task", "nothing").err.endswith(" [NOT_FOUND]\n")
    assert alula("list", "--limit", "0").err.splitlines()[0].endswith(" [USAGE]")
    assert alula("launch", "nothing", "--address", "host").err.endswith(" [INVALID_INPUT]\n")


def test_every_command_has_one_topic_and_the_overview_says_the_exit_codes(alula: Alula) -> None:
    listed = [name for names in TOPICS.values() for name in names]
    with group.make_context("alula", ["--help"], resilient_parsing=True) as context:
        assert sorted(listed) == LazyGroup.list_commands(group, context)  # type: ignore[arg-type]
    overview = alula("--help").out
    assert all(f"{topic}:" in overview for topic in TOPICS) and "More:" not in overview
    for code, meaning in CODES.items():
        assert f"  {code}  {' ' * (3 - len(str(code)))}{meaning}" in overview


def on_terminal(columns: int, *args: str, **environment: str) -> str:
    """What a command prints on a terminal of that width."""
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update({"COLUMNS": str(columns), "TERM": "xterm", **environment})
        os.execv(sys.executable, [sys.executable, "-m", "alula.cli", *args])
    shown = b""
    with suppress(OSError):  # how a terminal says that nobody writes to it any more
        while data := os.read(fd, 4096):
            shown += data
    os.close(fd)
    os.waitpid(pid, 0)
    return shown.decode().replace("\r\n", "\n")


@pytest.mark.parametrize("columns", [100, 80, 30])
def test_a_narrow_terminal_cuts_nothing(alula: Alula, double: Double, registered: str, columns: int) -> None:
    alula("launch", registered, "--a", "2", "--name", "mine", "--wait")
    shown = click.unstyle(on_terminal(columns, "list", "--address", double.address))
    assert max(map(len, shown.splitlines())) <= max(columns, len(registered) + 4)
    for part in ("mine", "SUCCEEDED", registered):
        assert part in shown
    assert "…" not in shown


def test_colour_is_for_terminals_that_want_it(alula: Alula, double: Double, registered: str) -> None:
    alula("launch", registered, "--a", "2", "--name", "mine", "--wait")
    at = ("--address", double.address)
    assert "\x1b[32mSUCCEEDED" in on_terminal(80, "list", *at)
    assert "\x1b[" not in on_terminal(80, "list", *at, NO_COLOR="1")
    assert "\x1b[" not in on_terminal(80, "--no-color", "list", *at)
    assert "\x1b[2m [NOT_FOUND]" in on_terminal(80, "get", "task", "none", *at)
    assert "\x1b[" not in on_terminal(80, "--no-color", "get", "task", "none", *at)
    assert "\x1b[" not in alula("list").out


def test_help_costs_little() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for _ in range(5):
        subprocess.run([sys.executable, "-m", "alula.cli", "--help"], capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / 5 < 0.2
