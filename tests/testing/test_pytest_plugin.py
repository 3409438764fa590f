"""The plugin: its fixtures, and that it costs a suite without workflows nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from tests.programs import shapes
from tests.programs import testable as t

from alula.testing import Result, Workbench

HEAVY = ("alula.engine", "alula.sdk", "alula.testing.bench", "sqlalchemy", "google.protobuf", "grpc", "asyncio")


def test_the_package_brings_the_plugin() -> None:
    assert [e.value for e in entry_points(group="pytest11") if e.name == "alula"] == ["alula.testing.pytest_plugin"]


def test_loading_it_loads_nothing_else() -> None:
    program = (
        "import sys, pytest; before = set(sys.modules); import alula.testing.pytest_plugin, alula.testing;"
        "print(*sorted(set(sys.modules) - before))"
    )
    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split()
    assert {name for name in loaded if name.startswith("alula")} == {"alula", "alula.testing", "alula.testing.pytest_plugin"}
    assert [name for name in loaded if name.startswith(HEAVY)] == []


def test_the_bench_is_fresh_and_in_the_tests_folder(alula_bench: Workbench, tmp_path: Path) -> None:
    assert alula_bench.cached == 0
    written = alula_bench.run(t.writes, text="x").outputs
    assert tmp_path in Path(written).parents


def test_run_keeps_its_cache_within_a_test(alula_run: Callable[..., Result]) -> None:
    alula_run(t.training)
    alula_run(t.training).assert_cached(t.train)


def test_the_server_is_a_real_one(alula_server: Any) -> None:
    execution = alula_server.launch(shapes.line, x=3).wait("1m")
    assert execution.outputs == 8
