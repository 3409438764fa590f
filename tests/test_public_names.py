"""The public names, and what importing them costs."""

from __future__ import annotations

import json
import subprocess
import sys

import alula

NAMES = [
    "Annotation", "Cache", "CommandFailed", "DataFrame", "Directory", "Environment", "File", "Format", "HashMethod", "LaunchPlan",
    "NonRecoverable", "Pickle", "Recoverable", "Resources", "Secret", "TaskFailed", "TaskKind", "Trust", "WorkflowBuilder", "approve",
    "awaited", "columns", "command", "connect", "connect_async", "context", "deck", "dynamic", "fail", "group", "log_metric",
    "log_metrics", "log_param", "map", "notebook", "progress", "reference_launch_plan", "reference_task", "reference_workflow",
    "secret", "shell", "sleep", "sql", "task", "trace", "track", "wait_for_input", "when", "workflow",
]  # fmt: skip

HEAVY = ("grpc", "pandas", "polars", "pyarrow", "pydantic", "numpy", "google.protobuf", "flyteidl", "sqlalchemy", "asyncio")

PROGRAM = """
import json, sys, time
begin = time.process_time()
import alula as al

@al.task(retries=1, cache="1")
def double(x: int, table: al.DataFrame, file: al.File) -> int:
    return 2 * x

cost = time.process_time() - begin
print(json.dumps({"cost_s": cost, "modules": sorted(sys.modules)}))
"""


def test_public_names_are_pinned_and_exist() -> None:
    assert list(alula.__all__) == NAMES
    for name in NAMES:
        if name != "connect" or hasattr(__import__("alula.client", fromlist=["x"]), "connect"):
            assert getattr(alula, name) is not None


def test_import_is_cheap_and_loads_nothing_heavy() -> None:
    runs = [
        json.loads(subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True).stdout) for _ in range(3)
    ]
    assert min(run["cost_s"] for run in runs) <= 0.150
    loaded = {name for name in runs[0]["modules"] for heavy in HEAVY if name == heavy or name.startswith(heavy + ".")}
    assert loaded == set()


def test_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(alula, "pipeline")
    assert set(NAMES) <= set(dir(alula))
