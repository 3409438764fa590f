"""FlyteRemote: entities that are still local, addresses of values, and what else it offers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flytekit.configuration import Image, ImageConfig

HERE = Path(__file__).parent
IMAGES = ImageConfig(Image("default", "example.org/none", "1"))


@pytest.fixture
def programs() -> Iterator[None]:
    """The programs importable as a user's own package is."""
    sys.path.insert(0, str(HERE))
    yield
    sys.path.remove(str(HERE))


def test_local_workflow_is_registered_with_its_code_and_run(run: Any, programs: None, name: str) -> None:
    from programs.basics import two_tasks

    found = run.remote.register_script(
        two_tasks, image_config=IMAGES, version=name, source_path=str(HERE), module_name="programs.basics", destination_dir="."
    )
    assert found.id.version == name
    execution = run.finish(run.remote.execute(found, inputs={"x": 5}))
    assert execution.outputs["o0"] == 11
    again = run.finish(run.remote.execute(two_tasks, inputs={"x": 6}, version=name, image_config=IMAGES))
    assert again.outputs["o0"] == 13


def test_name_prefix(run: Any) -> None:
    workflow = run.remote.fetch_workflow(name="programs.basics.two_tasks", version=run.version)
    execution = run.finish(run.remote.execute(workflow, inputs={"x": 1}, execution_name_prefix="mine"))
    assert execution.id.name.startswith("mine-")


def test_values_by_their_address(run: Any) -> None:
    execution = run.succeed("programs.basics.two_tasks", {"x": 5})
    place = f"flyte://v1/default/development/{execution.id.name}/n0"
    assert run.remote.get(f"{place}/i").get("x", int) == 5
    assert run.remote.get(f"{place}/o").get("o0", int) == 10
    assert run.remote.get(f"{place}/0/o/o0").scalar.primitive.integer == 10


def test_upload(run: Any, tmp_path: Path) -> None:
    source = tmp_path / "data.txt"
    source.write_text("some data")
    _, uri = run.remote.upload_file(source)
    assert Path(uri).read_text() == "some data"


def test_link_to_the_console_names_the_execution(run: Any) -> None:
    execution = run.succeed("programs.basics.no_inputs")
    assert execution.id.name in run.remote.generate_console_url(execution)


def test_interruptible_and_overwrite_are_kept_with_the_execution(run: Any) -> None:
    execution = run.succeed("programs.basics.two_tasks", {"x": 1}, interruptible=True, overwrite_cache=True)
    assert execution.spec.overwrite_cache
    assert execution.spec.interruptible


def test_sync_of_a_running_execution(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "pid"
    execution = run.start("programs.failing.hanging", {"path": str(path)})
    while not path.exists():
        execution = run.remote.sync(execution, sync_nodes=True)
    assert not execution.is_done
    run.remote.terminate(execution, "seen enough")
    assert run.finish(execution).is_done


def test_backfill(run: Any) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    execution = run.remote.launch_backfill(
        "default", "development", start, start + timedelta(days=3), launchplan="plans.daily", launchplan_version=run.version, dry_run=False
    )
    execution = run.finish(execution)
    assert execution.closure.phase == 4, execution.error
    children = [n for n in execution.node_executions.values() if n.closure.workflow_node_metadata]
    assert len(children) == 2
