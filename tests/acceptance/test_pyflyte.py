"""The `pyflyte` command against the server, as a user types it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flytekit.models.core.execution import WorkflowExecutionPhase

pytestmark = pytest.mark.slow
PLACE = ("-p", "default", "-d", "development")
BASICS = "programs/basics.py"


def execution_in(output: str) -> str:
    """The execution that a command says it started."""
    found = re.search(r"executions/([a-z][a-z0-9-]*)", output)
    assert found, output
    return found[1]


@pytest.fixture(scope="module")
def first(pyflyte: Callable[..., str]) -> str:
    """`pyflyte run --remote --wait` of a two-task workflow."""
    return pyflyte("run", "--remote", "--wait", "--poll-interval", "1", *PLACE, BASICS, "two_tasks", "--x", "5")


def test_run_of_a_workflow(first: str, run: Any) -> None:
    execution = run.child(execution_in(first))
    assert execution.outputs["o0"] == 11


def test_second_run_finds_everything_registered(first: str, pyflyte: Callable[..., str], run: Any) -> None:
    output = pyflyte("run", "--remote", *PLACE, BASICS, "two_tasks", "--x", "6")
    assert run.child(execution_in(output)).outputs["o0"] == 13


def test_run_of_a_single_task_with_every_option(pyflyte: Callable[..., str], run: Any, name: str, tmp_path: Path) -> None:
    options = ["--name", name, "--tags", "cli", "--labels", "a=b", "--annotations", "c=d", "--envvars", "X=1"]
    more = ["--max-parallelism", "4", "--raw-output-data-prefix", str(tmp_path), "--overwrite-cache"]
    output = pyflyte("run", "--remote", *PLACE, *options, *more, BASICS, "read_environment", "--names", '["X", "FROM_TASK"]')
    assert execution_in(output) == name
    execution = run.child(name)
    assert execution.outputs["o0"] == {"X": "1", "FROM_TASK": "task"}
    assert execution.spec.labels.values == {"a": "b"}
    assert execution.spec.annotations.values == {"c": "d"}
    assert list(execution.spec.tags) == ["cli"]


def test_same_name_is_the_same_run(first: str, pyflyte: Callable[..., str], run: Any, name: str) -> None:
    for x in ("1", "2"):
        assert execution_in(pyflyte("run", "--remote", *PLACE, "--name", name, BASICS, "two_tasks", "--x", x)) == name
    assert run.child(name).inputs["x"] == 1


def test_failure_of_the_run_is_told(pyflyte: Callable[..., str]) -> None:
    output = pyflyte(
        "run", "--remote", "--wait", "--poll-interval", "1", *PLACE, "programs/failing.py", "plain_failure", "--x", "5", fails=True
    )
    assert "no luck with 5" in output


def test_registering_again_is_no_error(registered: str, pyflyte: Callable[..., str]) -> None:
    assert "Successfully registered" in pyflyte("register", *PLACE, "--version", registered, "programs")


def test_run_by_name(registered: str, pyflyte: Callable[..., str], run: Any) -> None:
    output = pyflyte("run", *PLACE, "remote-launchplan", "plans.with_defaults", "--base", "2")
    assert run.child(execution_in(output)).outputs["o0"] == 11
    output = pyflyte("run", *PLACE, "remote-task", "programs.basics.double", "--x", "21")
    assert run.child(execution_in(output)).outputs["o0"] == 42
    output = pyflyte("run", *PLACE, "remote-workflow", "programs.basics.two_tasks", "--x", "2")
    assert run.child(execution_in(output)).outputs["o0"] == 5


def test_fetch_metrics_and_versions(first: str, pyflyte: Callable[..., str]) -> None:
    name = execution_in(first)
    assert "{'o0': 10}" in pyflyte("fetch", f"flyte://v1/default/development/{name}/n0/o")
    output = pyflyte("metrics", "-p", "default", "dump", name)
    assert name in output and "n0" in output
    assert "1." in pyflyte("info")


def test_relaunch_and_recover(pyflyte: Callable[..., str], run: Any, tmp_path: Path) -> None:
    path, counter = tmp_path / "there", tmp_path / "n"
    failed = run.fail("programs.failing.recovered", {"path": str(path), "counter": str(counter)})
    path.write_text("now")
    identity = ["-p", "default", "-d", "development", "--execution-id", failed.id.name]
    output = pyflyte("execution", *identity, "recover")
    name = re.findall(r"[a-z][a-z0-9]{19}", output)[-1]
    assert run.child(name).closure.phase == WorkflowExecutionPhase.SUCCEEDED
    assert counter.read_text() == "x"
    output = pyflyte("execution", *identity, "relaunch")
    name = re.findall(r"[a-z][a-z0-9]{19}", output)[-1]
    assert run.child(name).closure.phase == WorkflowExecutionPhase.SUCCEEDED
    assert counter.read_text() == "xx"


def test_launch_plans_from_the_command_line(registered: str, pyflyte: Callable[..., str], run: Any) -> None:
    pyflyte("launchplan", *PLACE, "--activate", "plans.labelled", registered)
    assert run.remote.fetch_active_launchplan(name="plans.labelled").id.version == registered
    assert "plans.labelled" in pyflyte("get", "launchplan", *PLACE)
    pyflyte("launchplan", *PLACE, "--deactivate", "plans.labelled", registered)
    assert run.remote.fetch_active_launchplan(name="plans.labelled") is None


def test_a_schedule_that_nothing_would_follow_is_refused(registered: str, pyflyte: Callable[..., str], run: Any) -> None:
    said = pyflyte("launchplan", *PLACE, "--activate", "plans.nightly", registered, fails=True)
    assert "has a schedule, and this server runs none yet" in said
    assert run.remote.fetch_active_launchplan(name="plans.nightly") is None
