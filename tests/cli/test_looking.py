"""Looking at what ran, on a real server: a new project, executions side by side, one node, a narrowed list."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.cli.conftest import Result
from tests.server.harness import LiveServer

from alula.client import connect

Live = Callable[..., Result]


@pytest.fixture
def project(live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """What `alula init` makes; the module's name is everybody's, so it is forgotten afterwards."""
    assert live("init", tmp_path / "churn-model").code == 0
    monkeypatch.chdir(tmp_path / "churn-model")
    path = list(sys.path)
    yield tmp_path / "churn-model"
    sys.path[:] = path
    sys.modules.pop("workflow", None)


def test_a_new_project_runs_at_once_and_its_test_passes(live: Live, project: Path) -> None:
    assert sorted(file.name for file in project.iterdir()) == [".gitignore", "pyproject.toml", "test_workflow.py", "workflow.py"]
    assert 'name = "churn-model"' in (project / "pyproject.toml").read_text()
    assert live("run", "workflow.py", "fit", "--points", "5", "--name", "begins").code == 0
    done = subprocess.run([sys.executable, "-m", "pytest", "-q"], cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "2 passed" in done.stdout, done.stdout
    for tool in (["ruff", "check", "."], ["ruff", "format", "--check", "."]):
        assert subprocess.run([sys.executable, "-m", *tool], cwd=project, capture_output=True, check=False).returncode == 0, tool


def test_a_new_project_can_be_installed(live: Live, project: Path, tmp_path: Path) -> None:
    made = tmp_path / "made"
    made.mkdir()
    build = f"from setuptools import build_meta; build_meta.build_wheel({str(made)!r})"
    done = subprocess.run([sys.executable, "-c", build], cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = made.glob("churn_model-*.whl")
    assert [name for name in zipfile.ZipFile(wheel).namelist() if name.endswith(".py")] == ["workflow.py"]


def test_init_overwrites_nothing(live: Live, tmp_path: Path) -> None:
    (tmp_path / "workflow.py").write_text("mine")
    result = live("init", tmp_path)
    assert (result.code, "workflow.py is there already" in result.err) == (2, True)
    assert [file.name for file in tmp_path.iterdir()] == ["workflow.py"] and (tmp_path / "workflow.py").read_text() == "mine"


def test_compare_shows_what_differs_side_by_side(live: Live, project: Path) -> None:
    live("run", "workflow.py", "fit", "--name", "left")
    assert live("rerun", "left", "--from", "train", "--rate", "0.1", "--name", "right", "--wait").code == 0
    rows = [line.split() for line in live("compare", "left", "right").out.splitlines()]
    assert rows[0] == ["PART", "NAME", "left", "right"]
    assert ["inputs", "rate", "0.5", "0.1"] in rows and ["metrics", "train", "slope", "1.99699", "1.30195"] in rows
    assert not any(row[:2] == ["inputs", "points"] for row in rows)
    every = live("compare", "left", "right", "--all").out.splitlines()
    assert any(line.split() == ["*", "inputs", "rate", "0.5", "0.1"] for line in every)
    assert any(line.split() == ["inputs", "points", "20", "20"] for line in every)
    document = json.loads(live("compare", "left", "right", "--json").out)
    assert document["executions"] == ["left", "right"]
    rate = next(row for row in document["rows"] if row["name"] == "rate")
    assert rate == {"part": "inputs", "name": "rate", "is_same": False, "values": [0.5, 0.1]}
    result = live("compare", "left")
    assert (result.code, "expected two executions or more, got 1" in result.err) == (2, True)
    assert live("compare", "left", "nobody").code == 2


def test_get_node_shows_values_attempts_and_times(live: Live, project: Path) -> None:
    live("run", "workflow.py", "fit", "--name", "noded", "--points", "3")
    shown = live("get", "node", "noded", "train").out
    assert shown.startswith("n1  train  SUCCEEDED")
    words = [line.split() for line in shown.splitlines()]
    assert ["rate", "0.5"] in words and ["OUTPUT", "VALUE"] in words
    attempt = next(line for line in shown.splitlines() if line.startswith("0 "))
    assert "SUCCEEDED" in attempt and "run " in attempt and "reporting " in attempt
    document = json.loads(live("get", "node", "noded", "n1", "--json").out)
    assert (document["inputs"]["epochs"], len(document["inputs"]["data"]), document["attempts"][0]["attempt"]) == (10, 3, 0)
    result = live("get", "node", "noded")
    assert (result.code, "which node? write `alula get node EXECUTION NODE`" in result.err) == (2, True)
    result = live("get", "node", "noded", "none")
    assert (result.code, 'it has no node "none"; it has n0 (load), n1 (train)' in result.err) == (2, True)


ITEMS = """
import alula as al


@al.task(retries=1)
def half(x: int) -> int:
    if x % 2:
        raise ValueError(f"{x} is odd")
    return x // 2


@al.workflow
def one(x: int) -> int:
    return half(x)


@al.workflow
def halves(xs: list[int]) -> list[int | None]:
    return al.map(half, min_successes=1)(x=xs)


@al.workflow
def each(xs: list[int]) -> list[int | None]:
    return al.map(one, min_successes=1)(x=xs)
"""


def test_get_node_of_a_map_shows_what_became_of_each_item(live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "items_of_a_map.py").write_text(ITEMS)
    monkeypatch.syspath_prepend(str(tmp_path))
    for workflow in ("halves", "each"):
        assert live("run", tmp_path / "items_of_a_map.py", workflow, "--xs", "[2, 3]", "--name", workflow).code == 0
    rows = live("get", "node", "halves", "n0").out.split("ITEM ")[1].splitlines()
    assert rows[0].split() == ["PHASE", "ATTEMPTS", "ERROR"]
    assert [row.split() for row in rows[1:]] == [["0", "SUCCEEDED", "1"], ["1", "FAILED", "2", "ValueError:", "3", "is", "odd"]]
    rows = live("get", "node", "each", "n0").out.split("ITEM ")[1].splitlines()
    assert rows[1].split() == ["0", "SUCCEEDED", "1", "each-n0-0-0"]
    assert rows[2].split()[:4] == ["1", "FAILED", "1", "each-n0-0-1"] and "ValueError: 3 is odd" in rows[2]
    (first, second) = json.loads(live("get", "node", "each", "n0", "--json").out)["items"]
    assert (first["execution"], first["error"], "ValueError: 3 is odd" in second["error"]) == ("each-n0-0-0", "", True)


def test_a_map_is_not_rerun_alone(live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mapped_alone.py").write_text(ITEMS)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert live("run", tmp_path / "mapped_alone.py", "halves", "--xs", "[2, 4]", "--name", "mapped").code == 0
    alone = live("rerun", "mapped", "--only", "n0")
    assert (alone.code, "node n0 is a map" in alone.err, "--from n0" in alone.err) == (2, True, True), alone.err


def test_a_task_run_by_itself_is_shown_by_its_name(live: Live, project: Path, server: LiveServer) -> None:
    assert live("run", "workflow.py", "load", "--points", "3", "--name", "alone").code == 0
    assert live("get", "execution", "alone").out.startswith("flytesnacks/development/alone  SUCCEEDED  workflow.load:v")
    assert ["alone", "SUCCEEDED", "workflow.load"] in [line.split()[:3] for line in live("list").out.splitlines()]
    assert live("relaunch", "alone", "--name", "again", "--wait").code == 0
    shown = [
        live("get", "execution", "again"),
        live("compare", "alone", "again", "--all"),
        live("watch", "again"),
        live("get", "node", "again", "load"),
    ]
    assert not any(".flytegen." in each.out + each.err for each in shown)
    assert ".flytegen.workflow.load" in live("get", "execution", "alone", "--json").out, "Flyte's clients find the name they expect"
    with connect(server.address) as client:
        execution = client.execution("alone")
        assert (execution.view.workflow, ".flytegen." in execution._repr_html_()) == ("workflow.load", False)


def test_list_is_narrowed_by_phase_workflow_and_time(live: Live, project: Path) -> None:
    live("run", "workflow.py", "fit", "--name", "good")
    assert live("run", "workflow.py", "fit", "--name", "other", "--points", "-1", "--rate", "nan", "--epochs", "-1").code == 0

    def names(*args: str) -> set[str]:
        return {line.split()[0] for line in live("list", *args, "--limit", "100").out.splitlines()[1:]}

    assert {"good", "other"} <= names("--workflow", "fit", "--since", "1h", "--phase", "succeeded")
    assert {"good", "other"} <= names("--phase", "failed", "--phase", "SUCCEEDED")
    assert names("--workflow", "fit", "--phase", "FAILED") == names("--workflow", "nothing") == names("--since", "2100-01-01") == set()
    assert names("--workflow", "fit", "--filter", "eq(execution_name,good)") == {"good"}
    for args, says in [
        (("tasks", "--phase", "FAILED"), "--phase goes with executions, not with tasks"),
        (("--phase", "X"), "there is no such phase; there are"),
        (("--since", "soon"), "since: expected a span such as 2h"),
    ]:
        result = live("list", *args)
        assert (result.code, says in result.err) == (2, True), result.err
