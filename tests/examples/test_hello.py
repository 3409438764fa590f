from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.examples.conftest import EXAMPLES, Alula

ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "ALULA_SETTINGS": "/nowhere"}
PLAIN = [
    *("hello.py", "approval.py", "batch_map.py", "notify_on_failure.py", "metrics_and_deck.py", "search.py", "sales.py", "caching.py"),
    *("drift.py", "sql_report.py", "digits/workflow.py"),
]


@pytest.mark.parametrize("name", PLAIN)
def test_runs_as_plain_python(name: str) -> None:
    done = subprocess.run([sys.executable, EXAMPLES / name], env=ENVIRONMENT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, bool(done.stdout)) == (0, True), done.stderr


def test_runs_without_a_server_and_leaves_its_record(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "alula.cli", "run", EXAMPLES / "hello.py", "hello", "--who", "Ada", "--home", tmp_path / "home"]
    environment = {key: value for key, value in ENVIRONMENT.items() if key not in ("ALULA_ADDRESS", "FLYTE_PLATFORM_URL")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "HELLO, ADA! HELLO, ADA!\n"), done.stderr
    assert [each.name for each in (tmp_path / "home").glob("*.db")], list((tmp_path / "home").iterdir())


def test_second_run_takes_the_cached_task(alula: Alula) -> None:
    first = alula("run", EXAMPLES / "hello.py", "hello", "--who", "Grace")
    again = alula("run", EXAMPLES / "hello.py", "hello", "--who", "Grace")
    assert (first.code, first.out) == (again.code, again.out) == (0, "HELLO, GRACE! HELLO, GRACE!\n")
    assert "n1 shout SUCCEEDED from the cache" not in first.err
    assert "n1 shout SUCCEEDED from the cache" in again.err
