"""What a launch says besides its inputs, from the command line to the record of a real server."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.conftest import Result
from tests.server.harness import LiveServer

from alula.cli import launch
from alula.cli.support.inputs import taken
from alula.idl import admin, core

Alula = Callable[..., Result]
ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import os
import alula as al


@al.task
def seed(label: str = "none") -> str:
    return f"{label} {os.environ.get('SEED')}"


@al.workflow
def seeded(label: str = "none") -> str:
    return seed(label)
"""


@pytest.fixture
def seeded(live: Alula, tmp_path: Path) -> str:
    """Name of a workflow that says a variable of its environment; its input is called as an option is."""
    file = tmp_path / f"seeded_{abs(hash(tmp_path))}.py"
    file.write_text(PROGRAM)
    assert live("register", file).code == 0
    return f"{file.stem}.seeded"


def spec_of(server: LiveServer, name: str) -> admin.ExecutionSpec:
    found = core.WorkflowExecutionIdentifier(project="flytesnacks", domain="development", name=name.strip())
    return server.admin.GetExecution(admin.WorkflowExecutionGetRequest(id=found)).spec


def test_every_option_reaches_the_record(live: Alula, server: LiveServer, seeded: str, tmp_path: Path) -> None:
    options = ["--label", "team=vision", "--label", "note=a = b", "--annotation", "why=", "--env", "SEED=7", "--env", "URL=http://h/?a=b"]
    options += ["--max-parallelism", "3", "--no-interruptible", "--overwrite-cache", "--output-prefix", str(tmp_path / "large")]
    done = live("launch", seeded, "-i", "label=cat", "--name", "told", "--wait", "--json", *options)
    assert done.code == 0, done.err
    assert json.loads(done.out)["outputs"] == {"o0": "cat 7"}
    spec = spec_of(server, "told")
    assert dict(spec.labels.values) == {"team": "vision", "note": "a = b"}
    assert dict(spec.annotations.values) == {"why": ""}
    assert [(e.key, e.value) for e in spec.envs.values] == [("SEED", "7"), ("URL", "http://h/?a=b")]
    assert (spec.max_parallelism, spec.HasField("interruptible"), spec.interruptible.value) == (3, True, False)
    assert (spec.overwrite_cache, spec.raw_output_data_config.output_location_prefix) == (True, str(tmp_path / "large"))


def test_what_is_not_said_is_left_to_the_launch_plan(live: Alula, server: LiveServer, seeded: str) -> None:
    spec = spec_of(server, live("launch", seeded).out)
    assert not spec.HasField("interruptible")
    assert (spec.max_parallelism, spec.overwrite_cache, dict(spec.labels.values), list(spec.envs.values)) == (0, False, {}, [])
    assert live("launch", seeded, "--interruptible", "--name", "cheap").code == 0
    assert spec_of(server, "cheap").interruptible.value


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--label", "vision"], "--label: expected NAME=VALUE, got 'vision'"),
        (["--label", "=vision"], "--label: expected NAME=VALUE, got '=vision'"),
        (["--label", "a=1", "--label", "a=2"], "--label: 'a' is given twice; give it once"),
        (["--annotation", "x"], "--annotation: expected NAME=VALUE"),
        (["--env", "SEED"], "--env: expected NAME=VALUE"),
        (["--max-parallelism", "0"], "'--max-parallelism': 0 is not in the range"),
        (["--max-parallelism", "many"], "'--max-parallelism': 'many' is not a valid integer"),
        (["--max-parallelism", str(2**31)], "'--max-parallelism': 2147483648 is not in the range"),
        (["--output-prefix", "there"], "raw_output_data_config: 'there' is relative; write the whole path"),
        (["--output-prefix", "ftp://there/x"], "no object store serves ftp://"),
        (["--label", f"a={'x' * 2000}"], "labels: 'xxx"),
    ],
)
def test_a_wrong_option_is_named(live: Alula, seeded: str, options: list[str], says: str) -> None:
    done = live("launch", seeded, *options)
    assert done.code == 2
    assert says in " ".join(done.err.split())


def test_help_says_how_an_input_is_given_that_is_called_as_an_option(live: Alula, seeded: str) -> None:
    assert re.search(r"-i label=…\s+str; --label is an option", live("launch", seeded, "--help").out)


def test_the_web_interface_knows_which_names_are_options() -> None:
    text = (ROOT / "ui" / "src" / "literal" / "text.ts").read_text()
    found = re.search(r"const TAKEN = new Set\(\[(.*?)\]\)", text, re.DOTALL)
    assert found is not None
    known = set(re.findall(r'"([^"]+)"', found[1]))
    assert {f"--{name}" for name in known} == {name for name in taken(launch.command) if name.startswith("--")}


def test_help_says_no_bound_that_nobody_reaches(alula: Alula) -> None:
    text = alula("launch", "--help").out
    assert "--max-parallelism" in text
    assert "2147483647" not in text
