"""Going on from a node of a past execution, on both databases."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.control.conftest import Plane, open_plane
from tests.programs import driving, pipeline
from tests.server.harness import literals, plain

from alula.control.explain import explain_cache
from alula.errors import InvalidInput, NotFound
from alula.idl import core
from alula.idl.identifier import LAUNCH_PLAN, EntityId, ExecutionId
from alula.idl.v1 import service_pb2

P = "tests.programs.pipeline."
SUCCEEDED = core.WorkflowExecution.SUCCEEDED


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "notes"


async def first(plane: Plane, path: Path, workflow: str = "pipeline", **inputs: Any) -> ExecutionId:
    await plane.register(pipeline)
    execution = await plane.launch(P + workflow, path=str(path), **inputs)
    final = await plane.wait(execution)
    assert final.closure.phase == SUCCEEDED, final.closure.error.message
    path.unlink()
    return execution


async def rerun(plane: Plane, source: ExecutionId, *nodes: str, version: str = "", **inputs: Any) -> tuple[ExecutionId, Any]:
    request = service_pb2.RerunRequest(id=source.to_proto(), from_nodes=nodes, inputs=literals(**inputs))
    if version:
        request.launch_plan.CopyFrom(EntityId(LAUNCH_PLAN, "default", "development", P + "pipeline", version).to_proto())
    execution = (await plane.platform.launcher.rerun(request, "me")).id
    final = await plane.wait(execution)
    assert final.closure.phase == SUCCEEDED, final.closure.error.message
    data = await plane.platform.read(lambda c: plane.query.execution_data(c, execution.to_proto()))
    return execution, plain(data.full_outputs.literals["o0"])


def ran(path: Path) -> Counter[str]:
    return Counter(path.read_text().splitlines()) if path.exists() else Counter()


async def phases(plane: Plane, execution: ExecutionId, parent: str = "") -> dict[str, str]:
    return {n.id.node_id: core.NodeExecution.Phase.Name(n.closure.phase) for n in await plane.nodes(execution, parent)}


@pytest.mark.parametrize(
    ("nodes", "inputs", "computed", "output"),
    [
        (["report"], {}, {"report"}, 36),
        (["n1"], {}, {"train", "report"}, 36),  # train is in the cache, and yet it is the one to be computed
        (["prepare"], {}, {"load", "features", "report"}, 36),  # train has the same inputs as before: from the cache
        (["n0-0-n1"], {}, {"features", "report"}, 36),
        (["report"], {"rate": 5}, {"train", "report"}, 60),  # a changed input reaches further back than the node
        (["report"], {"n": 5}, {"load", "features", "train", "report"}, 60),
        (["report", "n0-0-n0"], {}, {"load", "features", "report"}, 36),
    ],
)
async def test_what_lies_before_is_kept_and_what_follows_is_computed(
    plane: Plane, path: Path, nodes: list[str], inputs: dict[str, int], computed: set[str], output: int
) -> None:
    source = await first(plane, path)
    execution, found = await rerun(plane, source, *nodes, **inputs)
    assert (found, ran(path)) == (output, Counter(dict.fromkeys(computed, 1)))
    row = await plane.platform.read(lambda c: plane.query.execution(c, execution.to_proto()))
    assert row.spec.metadata.reference_execution.name == source.name


async def test_kept_nodes_say_so_and_the_first_to_be_computed_tells_the_cache_why(plane: Plane, path: Path) -> None:
    source = await first(plane, path)
    execution, _ = await rerun(plane, source, "train")
    assert await phases(plane, execution) == {
        "start-node": "SUCCEEDED", "n0": "RECOVERED", "n1": "SUCCEEDED", "n2": "SUCCEEDED", "end-node": "SUCCEEDED"
    }  # fmt: skip
    (train,) = [n for n in await plane.nodes(execution) if n.id.node_id == "n1"]
    assert train.closure.task_node_metadata.cache_status == core.CatalogCacheStatus.CACHE_POPULATED


async def test_new_code_runs_with_old_results(plane: Plane, path: Path) -> None:
    source = await first(plane, path)
    await plane.register(pipeline, "v2")
    execution, output = await rerun(plane, source, "report", version="v2")
    assert (output, ran(path)) == (36, {"report": 1})
    final = await plane.platform.read(lambda c: plane.query.execution(c, execution.to_proto()))
    assert final.closure.workflow_id.version == "v2"
    assert (await plane.platform.read(lambda c: plane.query.execution(c, source.to_proto()))).closure.workflow_id.version == "v1"


async def test_without_a_node_it_is_a_relaunch_with_changes(plane: Plane, path: Path) -> None:
    source = await first(plane, path)
    execution, output = await rerun(plane, source, rate=7)
    assert (output, ran(path)) == (84, {"load": 1, "features": 1, "train": 1, "report": 1})
    found = await plane.platform.read(lambda c: plane.query.execution(c, execution.to_proto()))
    assert found.spec.metadata.mode == found.spec.metadata.RELAUNCH


@pytest.mark.parametrize(("inputs", "computed", "output"), [({}, set(), 36), ({"rate": 7}, {"train", "report"}, 84)])
async def test_what_succeeded_is_kept_even_if_every_node_did(
    plane: Plane, path: Path, inputs: dict[str, int], computed: set[str], output: int
) -> None:
    source = await first(plane, path)
    await plane.register(pipeline, "v2")
    request = service_pb2.RerunRequest(id=source.to_proto(), keep_succeeded=True, inputs=literals(**inputs))
    request.launch_plan.CopyFrom(EntityId(LAUNCH_PLAN, "default", "development", P + "pipeline", "v2").to_proto())
    execution = (await plane.platform.launcher.rerun(request, "me")).id
    final = await plane.wait(execution)
    data = await plane.platform.read(lambda c: plane.query.execution_data(c, execution.to_proto()))
    assert (plain(data.full_outputs.literals["o0"]), ran(path)) == (output, Counter(dict.fromkeys(computed, 1)))
    assert (final.closure.workflow_id.version, final.spec.metadata.mode) == ("v2", final.spec.metadata.RECOVERED)


async def test_what_succeeded_is_kept_and_checked_after_a_restart_too(tmp_path: Path, database_url: str, path: Path) -> None:
    plane = await open_plane(tmp_path / "home", database_url)
    source = await first(plane, path)
    request = service_pb2.RerunRequest(id=source.to_proto(), keep_succeeded=True, inputs=literals(rate=7))
    execution = (await plane.platform.launcher.rerun(request, "me")).id
    await plane.platform.stop()
    again = await open_plane(tmp_path / "home", database_url)
    try:
        async with asyncio.timeout(30):
            assert (await again.wait(execution)).closure.phase == SUCCEEDED
        assert set(ran(path)) == {"train", "report"}
    finally:
        await again.platform.stop()


async def test_an_async_task_runs_anew_as_a_whole(plane: Plane, path: Path) -> None:
    source = await first(plane, path, "driven")
    _, output = await rerun(plane, source, "drives")
    assert (output, ran(path)) == (1, {"report": 3})


async def test_a_rerun_of_a_rerun_keeps_what_that_kept(plane: Plane, path: Path) -> None:
    source = await first(plane, path)
    again, _ = await rerun(plane, source, "train")
    path.unlink()
    _, output = await rerun(plane, again, "report")
    assert (output, ran(path)) == (36, {"report": 1})


async def test_what_the_graph_does_not_have_is_refused_and_leaves_nothing(plane: Plane, path: Path) -> None:
    source = await first(plane, path)
    for nodes, message in ((["nothing"], "it has n0 \\(prepare\\), n1 \\(train\\), n2 \\(report\\)"), (["n0-0-n9"], "no such node")):
        with pytest.raises(InvalidInput, match=message):
            await rerun(plane, source, *nodes)
    with pytest.raises(InvalidInput, match="rate"):
        await rerun(plane, source, "report", rate="fast")
    with pytest.raises(NotFound):
        await rerun(plane, ExecutionId("default", "development", "gone"), "report")
    with pytest.raises(NotFound):
        await rerun(plane, source, "report", version="v9")
    assert not path.exists()


async def test_a_rerun_outlives_a_restart(tmp_path: Path, database_url: str, path: Path) -> None:
    plane = await open_plane(tmp_path / "home", database_url)
    await plane.register(driving)
    source = await first(plane, path)
    request = service_pb2.RerunRequest(id=source.to_proto(), from_nodes=["n0-0-n1"])
    execution = (await plane.platform.launcher.rerun(request, "me")).id
    await plane.platform.stop()
    again = await open_plane(tmp_path / "home", database_url)
    try:
        async with asyncio.timeout(30):
            assert (await again.wait(execution)).closure.phase == SUCCEEDED
        assert "load" not in ran(path) and ran(path)["features"] >= 1
        assert (await phases(again, execution, "n0"))["n0-0-n0"] == "RECOVERED"
    finally:
        await again.platform.stop()


async def test_what_was_taken_over_is_not_explained_as_uncached(plane: Plane, path: Path) -> None:
    execution, _ = await rerun(plane, await first(plane, path), "report")
    kept = next(name for name, phase in (await phases(plane, execution)).items() if phase == "RECOVERED")
    node = core.NodeExecutionIdentifier(node_id=kept, execution_id=execution.to_proto())
    found = await plane.platform.read(lambda c: explain_cache(c, node))
    assert found.reason == "not asked: its outputs were taken over from the execution before"


async def test_of_a_map_that_had_failed_what_its_items_gave_is_kept(plane: Plane, path: Path) -> None:
    await plane.register(pipeline)
    execution = await plane.launch(P + "checks", path=str(path), xs=[1, 2, 3, 4])
    assert (await plane.wait(execution)).closure.phase == core.WorkflowExecution.FAILED
    assert set(ran(path)) == {"checked 1", "checked 2", "checked 3"}
    Path(f"{path}.mended").touch()
    path.unlink()
    again, output = await rerun(plane, execution, "n0")
    assert output == [1, 2, 3, 4]
    assert set(ran(path)) == {"checked 3", "checked 4"}
    path.unlink()
    _, output = await rerun(plane, again, "n0")
    assert set(ran(path)) == {f"checked {x}" for x in (1, 2, 3, 4)}, "of one that had succeeded every item is computed anew"
