"""What a running task calls, on both databases, with real workers."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.control.conftest import Plane, open_plane
from tests.programs import building, driving
from tests.server.harness import literal

from alula.compiler.task import MAX_NAME
from alula.executors import idle
from alula.executors.process import ProcessExecutor
from alula.idl import admin, core
from alula.idl.identifier import TASK, EntityId, ExecutionId

P = "tests.programs.driving."
SUCCEEDED, FAILED, ABORTED = core.WorkflowExecution.SUCCEEDED, core.WorkflowExecution.FAILED, core.WorkflowExecution.ABORTED


async def start(plane: Plane, task: str, max_parallelism: int = 0, **inputs: Any) -> ExecutionId:
    plan = EntityId(TASK, "default", "development", P + task, "v1").to_proto()
    spec = admin.ExecutionSpec(launch_plan=plan, max_parallelism=max_parallelism)
    request = admin.ExecutionCreateRequest(project="default", domain="development", spec=spec)
    for name, value in inputs.items():
        request.inputs.literals[name].CopyFrom(literal(value))
    from alula.control.launch import Origin

    return (await plane.platform.launcher.launch(request, Origin()))[0]


async def run(plane: Plane, task: str, **inputs: Any) -> tuple[admin.Execution, Any]:
    from tests.server.harness import plain

    execution = await start(plane, task, **inputs)
    final = await plane.wait(execution)
    data = await plane.platform.read(lambda c: plane.query.execution_data(c, execution.to_proto()))
    return final, {k: plain(v) for k, v in data.full_outputs.literals.items()}.get("o0")


async def owner(plane: Plane, execution: ExecutionId) -> admin.NodeExecution:
    return next(n for n in await plane.nodes(execution) if n.id.node_id not in ("start-node", "end-node"))


async def children(plane: Plane, execution: ExecutionId) -> list[admin.NodeExecution]:
    return await plane.nodes(execution, parent=(await owner(plane, execution)).id.node_id)


def noted(path: Path) -> Counter[str]:
    return Counter(path.read_text().splitlines())


@pytest.mark.parametrize(
    ("task", "inputs", "expected"),
    [
        ("fan", {"n": 5}, 20),
        ("fan", {"n": 0}, 0),
        ("catches", {"x": 3}, "tests.programs.driving.TooHot: 3 is too hot"),
        ("catches", {"x": 1}, "cool"),
        ("hears_of_strange", {}, "Strange ('(1, 2)',)"),
        ("calls_a_workflow", {"x": 3}, 12),
        ("calls_a_driver", {"n": 3}, 12),
        ("maps", {"xs": [1, 2, 3, 4, 5]}, [2, 4, 6, 8, 10]),
        ("uses_the_cache", {"x": 4}, [8, 8]),
        ("forgets", {}, 1),
    ],
)
async def test_what_it_calls_gives_its_result(plane: Plane, task: str, inputs: dict[str, Any], expected: Any) -> None:
    await plane.register(driving)
    final, found = await run(plane, task, **inputs)
    assert final.closure.phase == SUCCEEDED, final.closure.error.message
    assert found == expected


async def test_each_call_is_a_node_beneath_the_callers_with_its_name_and_a_graph_clients_can_read(plane: Plane) -> None:
    await plane.register(driving)
    execution = await start(plane, "fan", n=3)
    await plane.wait(execution)
    node = await owner(plane, execution)
    assert node.metadata.is_parent_node and node.metadata.is_dynamic
    assert [n.metadata.spec_node_id for n in await children(plane, execution)] == ["c0", "c1", "c2"]
    data = await plane.platform.read(lambda c: plane.query.node_data(c, node.id))
    graph = data.dynamic_workflow.compiled_workflow
    assert [n.metadata.name for n in graph.primary.template.nodes] == ["", "", "double", "double", "double"]
    assert [t.template.id.name for t in graph.tasks] == [P + "double"]


async def test_a_second_call_is_served_from_the_cache(plane: Plane) -> None:
    await plane.register(driving)
    execution = await start(plane, "uses_the_cache", x=1)
    await plane.wait(execution)
    found = [n.closure.task_node_metadata.cache_status for n in await children(plane, execution)]
    assert found == [core.CatalogCacheStatus.CACHE_POPULATED, core.CatalogCacheStatus.CACHE_HIT]


async def test_a_child_uses_its_own_retries(plane: Plane, tmp_path: Path) -> None:
    await plane.register(driving)
    final, _ = await run(plane, "second_time", path=str(tmp_path / "notes"))
    assert final.closure.phase == SUCCEEDED


async def test_a_trace_and_finished_children_outlive_a_failure_of_the_caller(plane: Plane, tmp_path: Path) -> None:
    await plane.register(driving)
    path = tmp_path / "notes"
    final, found = await run(plane, "traced_once", path=str(path))
    assert (final.closure.phase, found) == (SUCCEEDED, 3), final.closure.error.message
    assert noted(path) == {"traced": 1, "child 1": 1, "life": 2}


async def test_a_failed_child_is_made_again_in_the_callers_next_life(plane: Plane, tmp_path: Path) -> None:
    await plane.register(driving)
    path = tmp_path / "notes"
    execution = await start(plane, "tries_again", path=str(path))
    final = await plane.wait(execution)
    assert final.closure.phase == SUCCEEDED, final.closure.error.message
    assert noted(path) == {"child 7": 1, "life": 2}
    phases = {n.metadata.spec_node_id: core.NodeExecution.Phase.Name(n.closure.phase) for n in await children(plane, execution)}
    assert phases == {"c0": "SUCCEEDED", "c1": "FAILED", "c1-r1": "SUCCEEDED"}


@pytest.mark.parametrize("task", ["wanders", "wanders_and_hides_it"])
async def test_another_way_in_the_next_life_is_refused_with_the_line(plane: Plane, tmp_path: Path, task: str) -> None:
    await plane.register(driving)
    final, _ = await run(plane, task, path=str(tmp_path / "notes"))
    assert final.closure.phase == FAILED
    assert final.closure.error.code == "USER:NonRecoverable"
    assert "driving.py:" in final.closure.error.message
    assert "this call is not the one an earlier attempt made here" in final.closure.error.message


async def test_a_call_that_is_given_up_ends_its_child(plane: Plane, tmp_path: Path) -> None:
    await plane.register(driving)
    execution = await start(plane, "gives_up", path=str(tmp_path / "notes"))
    final = await plane.wait(execution)
    assert final.closure.phase == SUCCEEDED, final.closure.error.message
    assert [n.closure.phase for n in await children(plane, execution)] == [core.NodeExecution.ABORTED]


async def test_what_the_caller_leaves_running_ends_with_it(plane: Plane, tmp_path: Path) -> None:
    await plane.register(driving)
    execution = await start(plane, "leaves_one_running", path=str(tmp_path / "notes"))
    final = await plane.wait(execution)
    assert final.closure.phase == SUCCEEDED, final.closure.error.message
    assert [n.closure.phase for n in await children(plane, execution)] == [core.NodeExecution.ABORTED]


async def test_what_is_ended_with_the_caller_may_call_once_more(plane: Plane, tmp_path: Path) -> None:
    await plane.register(driving)
    path = tmp_path / "notes"
    final, found = await run(plane, "cleans_up_after_its_end", path=str(path))
    assert (final.closure.phase, found) == (SUCCEEDED, 1), final.closure.error.message
    assert noted(path)["child 5"] == 1


async def test_an_abort_reaches_the_children(plane: Plane, tmp_path: Path) -> None:
    await plane.register(driving)
    execution = await start(plane, "gives_up", path=str(tmp_path / "notes"))
    async with asyncio.timeout(20):
        while not await children(plane, execution):  # noqa: ASYNC110 - rows have no signal of their own
            await asyncio.sleep(0.01)
    await plane.platform.aborter.abort(execution, "enough", "")
    assert (await plane.wait(execution)).closure.phase == ABORTED
    assert {n.closure.phase for n in await children(plane, execution)} == {core.NodeExecution.ABORTED}


async def test_what_is_not_registered_is_an_error_at_the_call(plane: Plane) -> None:
    await plane.register(driving)
    final, _ = await run(plane, "calls_unknown")
    assert final.closure.phase == FAILED
    assert "tests.programs.nowhere" in final.closure.error.message
    assert "driving.py:" in final.closure.error.message


async def test_gates_can_be_awaited_and_each_wait_has_its_own_answer(plane: Plane) -> None:
    await plane.register(driving)
    execution = await start(plane, "asks")
    for name, value in (("number", 3), ("number-2", 4), ("go", True)):
        await _answer(plane, execution, name, value)
    final = await plane.wait(execution)
    assert final.closure.phase == SUCCEEDED, final.closure.error.message
    data = await plane.platform.read(lambda c: plane.query.execution_data(c, execution.to_proto()))
    assert [x.scalar.primitive.integer for x in data.full_outputs.literals["o0"].collection.literals] == [3, 4]


async def test_the_longest_name_is_answered(plane: Plane) -> None:
    await plane.register(driving)
    name = "é" * (MAX_NAME // 2)
    execution = await start(plane, "asks_at_length", name=name)
    await _answer(plane, execution, name, 7)
    assert (await plane.wait(execution)).closure.phase == SUCCEEDED


@pytest.mark.parametrize(("name", "problem"), [("é" * 3000, "takes 6000 bytes; use at most 500"), ("a\0b", "holds control characters")])
async def test_asking_by_what_is_no_name_fails_the_task_once_and_says_so(plane: Plane, name: str, problem: str) -> None:
    await plane.register(driving)
    execution = await start(plane, "asks_at_length", name=name)
    final = await plane.wait(execution)
    assert final.closure.phase == FAILED
    assert problem in final.closure.error.message
    assert "driving.py:" in final.closure.error.message
    attempts = admin.TaskExecutionListRequest(node_execution_id=(await owner(plane, execution)).id, limit=10)
    assert len((await plane.platform.read(lambda c: plane.query.attempts(c, attempts))).task_executions) == 1


async def test_a_dynamic_graph_that_asks_by_too_long_a_name_fails_its_task(plane: Plane) -> None:
    await plane.register(building)
    final, _ = await plane.run("tests.programs.building.flow_of_asking", n=3000)
    assert (final.closure.phase, final.closure.error.code) == (FAILED, "DynamicWorkflowBuildFailed")
    assert "takes 6000 bytes; use at most 500" in final.closure.error.message
    assert len(final.closure.error.message) < 500


async def _asked(plane: Plane, execution: ExecutionId, name: str) -> None:
    request = admin.SignalListRequest(workflow_execution_id=execution.to_proto(), limit=100)
    async with asyncio.timeout(20):
        while True:
            _, rows, _ = await plane.platform.read(lambda c: plane.query.signals(c, request))
            if any(row.signal_id == name for row in rows):
                break
            await asyncio.sleep(0.01)


async def _waits(plane: Plane, tasks: int = 1) -> None:
    """Until workers say that their tasks only wait."""
    executor = plane.platform.executor
    assert isinstance(executor, ProcessExecutor)
    async with asyncio.timeout(20):
        while sum(w.idle_since > 0 for w in executor._fleet.workers.values()) < tasks:  # noqa: ASYNC110 - has no signal of its own
            await asyncio.sleep(0.01)


async def _evicted(plane: Plane) -> None:
    executor = plane.platform.executor
    assert isinstance(executor, ProcessExecutor)
    async with asyncio.timeout(20):
        while not executor.evicted_count:  # noqa: ASYNC110 - an eviction has no signal of its own
            await asyncio.sleep(0.01)
    assert executor.running_count == 0


async def _answer(plane: Plane, execution: ExecutionId, name: str, value: object) -> None:
    await _asked(plane, execution, name)
    identifier = core.SignalIdentifier(signal_id=name, execution_id=execution.to_proto())
    await plane.platform.signaller.set(admin.SignalSetRequest(id=identifier, value=literal(value)))


async def test_a_restart_goes_on_where_the_children_stand(tmp_path: Path, database_url: str) -> None:
    first = await open_plane(tmp_path / "home", database_url)
    await first.register(driving)
    execution = await start(first, "asks")
    await _answer(first, execution, "number", 3)
    await _answer(first, execution, "number-2", 4)
    await first.platform.stop()
    second = await open_plane(tmp_path / "home", database_url)
    try:
        await _answer(second, execution, "go", True)
        final = await second.wait(execution)
        assert final.closure.phase == SUCCEEDED, final.closure.error.message
        phases = [core.NodeExecution.Phase.Name(n.closure.phase) for n in await children(second, execution)]
        assert phases == ["SUCCEEDED"] * 4, "two values, an approval, a sleep, each once"
    finally:
        await second.platform.stop()


async def test_a_restart_takes_no_slot_from_what_a_caller_waits_for(tmp_path: Path, database_url: str) -> None:
    first = await open_plane(tmp_path / "home", database_url)
    await first.register(driving)
    execution = await start(first, "asks_then_calls", max_parallelism=1)
    await _answer(first, execution, "number", 3)
    await first.platform.stop()
    second = await open_plane(tmp_path / "home", database_url)
    try:
        await _answer(second, execution, "number-2", 4)
        final = await second.wait(execution)
        assert final.closure.phase == SUCCEEDED, final.closure.error.message
    finally:
        await second.platform.stop()


async def test_a_task_that_waits_for_a_person_outlives_any_number_of_restarts(tmp_path: Path, database_url: str) -> None:
    plane = await open_plane(tmp_path / "home", database_url)
    await plane.register(driving)
    execution = await start(plane, "asks_then_calls")
    await _asked(plane, execution, "number")
    for _ in range(6):
        await plane.platform.stop()
        plane = await open_plane(tmp_path / "home", database_url)
        await _waits(plane)
    try:
        await _answer(plane, execution, "number", 3)
        await _answer(plane, execution, "number-2", 4)
        final = await plane.wait(execution)
        assert final.closure.phase == SUCCEEDED, final.closure.error.message
    finally:
        await plane.platform.stop()


async def test_items_that_wait_for_a_person_outlive_any_number_of_restarts(tmp_path: Path, database_url: str) -> None:
    plane = await open_plane(tmp_path / "home", database_url)
    await plane.register(driving)
    execution = await plane.launch(P + "asks_in_items", ns=[1, 2])
    await _asked(plane, execution, "number-1")
    await _asked(plane, execution, "number-2")
    for _ in range(6):
        await plane.platform.stop()
        plane = await open_plane(tmp_path / "home", database_url)
        await _waits(plane, tasks=2)
    try:
        await _answer(plane, execution, "number-1", 3)
        await _answer(plane, execution, "number-2", 4)
        final = await plane.wait(execution)
        assert final.closure.phase == SUCCEEDED, final.closure.error.message
    finally:
        await plane.platform.stop()


async def test_calls_that_are_taken_as_they_end_stand_where_they_were_written(plane: Plane, tmp_path: Path) -> None:
    await plane.register(driving)
    path = tmp_path / "notes"
    final, found = await run(plane, "as_they_end", path=str(path))
    assert (final.closure.phase, found) == (SUCCEEDED, 90), final.closure.error.message
    assert sum(noted(path)[f"child {x}"] for x in range(1, 9)) == 8, "none twice, though `as_completed` makes its tasks in any order"


@pytest.mark.parametrize("dies_after", [1, 3, 6])
async def test_what_follows_from_which_ended_first_is_the_same_after_a_loss(plane: Plane, tmp_path: Path, dies_after: int) -> None:
    await plane.register(driving)
    path = tmp_path / "notes"
    final, found = await run(plane, "follows_the_first", path=str(path), n=6, dies_after=dies_after)
    assert final.closure.phase == SUCCEEDED, final.closure.error.message
    assert Path(f"{path}.died").exists()
    assert sorted(x // 3 % 100 for x in found) == list(range(6))
    assert set(noted(path).values()) == {1}, "no child ran twice"


async def test_what_was_given_up_is_given_up_again_after_a_loss(plane: Plane, tmp_path: Path) -> None:
    await plane.register(driving)
    path = tmp_path / "notes"
    final, found = await run(plane, "races", path=str(path))
    assert (final.closure.phase, found) == (SUCCEEDED, ["winner 2", "gave up 12", "last 15"]), final.closure.error.message
    assert noted(path) == {"child 2": 1, "child 4": 1, "child 5": 1}


async def test_what_followed_from_sleeps_and_timeouts_is_the_same_after_a_loss(plane: Plane, tmp_path: Path) -> None:
    await plane.register(driving)
    path = tmp_path / "notes"
    final, found = await run(plane, "goes_by_its_clock", path=str(path))
    assert final.closure.phase == SUCCEEDED, final.closure.error.message
    assert Path(f"{path}.died").exists()
    assert found[1] == "first 2"
    assert found[-2] == "done"
    assert all(said.startswith(("late", "heard", "reported", "first", "done", "last")) for said in found)
    assert set(noted(path).values()) == {1}, "no child ran twice"


async def test_a_traced_function_that_was_given_up_is_given_up_again_after_a_loss(plane: Plane, tmp_path: Path) -> None:
    await plane.register(driving)
    final, found = await run(plane, "gives_up_a_trace", path=str(tmp_path / "notes"))
    assert (final.closure.phase, found) == (SUCCEEDED, "gave up 3"), final.closure.error.message


async def test_waits_keep_their_names_whichever_task_comes_to_its_own_first(tmp_path: Path, database_url: str) -> None:
    first = await open_plane(tmp_path / "home", database_url)
    await first.register(driving)
    execution = await start(first, "asks_in_two_tasks")
    await _asked(first, execution, "number-2")
    await first.platform.stop()
    second = await open_plane(tmp_path / "home", database_url)
    try:
        await _waits(second)
        await _answer(second, execution, "number", 3)
        await _answer(second, execution, "number-2", 4)
        final = await second.wait(execution)
        assert final.closure.phase == SUCCEEDED, final.closure.error.message
        data = await second.platform.read(lambda c: second.query.execution_data(c, execution.to_proto()))
        found = [x.scalar.primitive.integer for x in data.full_outputs.literals["o0"].collection.literals]
        assert found == [4, 30], "the second of the two asked first, under the plain name"
    finally:
        await second.platform.stop()


async def test_a_recovery_keeps_what_was_traced(plane: Plane, tmp_path: Path) -> None:
    await plane.register(driving)
    path = tmp_path / "notes"
    execution = await start(plane, "by_chance", path=str(path))
    assert (await plane.wait(execution)).closure.phase == FAILED
    again = admin.ExecutionRecoverRequest(id=execution.to_proto())
    final = await plane.wait((await plane.platform.launcher.recover(again, ""))[0])
    assert final.closure.phase == SUCCEEDED, final.closure.error.message
    assert noted(path) == {"traced": 1, "child": 1, "life": 2}


async def test_a_recovery_keeps_what_succeeded_in_a_later_life_of_the_caller(plane: Plane, tmp_path: Path) -> None:
    await plane.register(driving)
    path = tmp_path / "notes"
    execution = await start(plane, "fails_in_two_lives", path=str(path))
    assert (await plane.wait(execution)).closure.phase == FAILED
    again = admin.ExecutionRecoverRequest(id=execution.to_proto())
    final = await plane.wait((await plane.platform.launcher.recover(again, ""))[0])
    assert final.closure.phase == SUCCEEDED, final.closure.error.message
    assert noted(path) == {"life": 3, "child": 1}


async def test_a_recovery_keeps_what_lies_beneath_a_call_of_a_later_life(plane: Plane, tmp_path: Path) -> None:
    await plane.register(driving)
    path = tmp_path / "notes"
    execution = await start(plane, "makes_a_caller_again", path=str(path))
    assert (await plane.wait(execution)).closure.phase == FAILED
    assert noted(path) == {"life": 2, "child 1": 1, "child 2": 1, "child 6": 1}
    again = admin.ExecutionRecoverRequest(id=execution.to_proto())
    final = await plane.wait((await plane.platform.launcher.recover(again, ""))[0])
    assert final.closure.phase == SUCCEEDED, final.closure.error.message
    assert noted(path) == {"life": 3, "child 1": 1, "child 2": 1, "child 6": 1}, "a task and a graph made from data, neither run again"


async def test_a_map_over_async_tasks_keeps_the_items_calls_apart(plane: Plane) -> None:
    await plane.register(driving)
    final, outputs = await plane.run(P + "mapped_fan", ns=[1, 2, 3, 4])
    assert final.closure.phase == SUCCEEDED, final.closure.error.message
    assert outputs == {"o0": [0, 2, 6, 12]}


async def test_tasks_that_wait_for_timers_too_do_not_starve_their_children(plane: Plane) -> None:
    await plane.register(driving)
    executions = [await start(plane, "is_patient") for _ in range(6)]
    finals = await asyncio.gather(*[plane.wait(one) for one in executions])
    assert {f.closure.phase for f in finals} == {SUCCEEDED}


async def test_more_waiting_tasks_than_cores_do_not_block_their_children(plane: Plane) -> None:
    await plane.register(driving)
    executions = [await start(plane, "calls_a_driver", n=2) for _ in range(12)]
    finals = await asyncio.gather(*[plane.wait(one) for one in executions])
    assert {f.closure.phase for f in finals} == {SUCCEEDED}


async def test_a_task_that_only_waits_gives_its_place_away_and_runs_anew(plane: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idle, "EVICT_AFTER_S", 0.05)
    await plane.register(driving)
    execution = await start(plane, "asks")
    await _evicted(plane)
    for name, value in (("number", 3), ("number-2", 4), ("go", True)):
        await _answer(plane, execution, name, value)
    final = await plane.wait(execution)
    assert final.closure.phase == SUCCEEDED, final.closure.error.message
    attempts = admin.TaskExecutionListRequest(node_execution_id=(await owner(plane, execution)).id, limit=10)
    assert len((await plane.platform.read(lambda c: plane.query.attempts(c, attempts))).task_executions) == 1


async def test_two_that_wait_and_have_memory_for_one_do_not_drive_each_other_out(tmp_path: Path, database_url: str) -> None:
    """Each begins anew when it is answered, and must not be taken away before it has gone over what is on record."""
    plane = await open_plane(tmp_path / "home", database_url, mem_bytes=(1 << 30) + (1 << 20))
    try:
        await plane.register(driving)
        paths = [tmp_path / f"notes{n}" for n in range(2)]
        executions = [await start(plane, "asks_twice_at_once", path=str(path)) for path in paths]
        for name in ("x", "y"):
            for execution in executions:
                await _answer(plane, execution, name, 1)
        finals = await asyncio.gather(*[plane.wait(one) for one in executions])
        assert {final.closure.phase for final in finals} == {SUCCEEDED}
        assert max(noted(path)["begun"] for path in paths) <= 5
    finally:
        await plane.platform.stop()


async def test_what_was_decided_before_its_place_was_given_away_is_decided_the_same_after(
    plane: Plane, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(idle, "EVICT_AFTER_S", 0.05)
    await plane.register(driving)
    execution = await start(plane, "decides_and_asks", path=str(tmp_path / "notes"))
    for name in ("number", "number-2"):
        await _asked(plane, execution, name)
        await _evicted(plane)
        await _answer(plane, execution, name, 1)
    final = await plane.wait(execution)
    assert final.closure.phase == SUCCEEDED, final.closure.error.message
    assert set(noted(tmp_path / "notes").values()) == {1}


async def test_memory_that_a_waiting_task_holds_is_given_up_for_its_children(tmp_path: Path, database_url: str) -> None:
    plane = await open_plane(tmp_path / "home", database_url, mem_bytes=(1 << 30) + (1 << 20))
    try:
        await plane.register(driving)
        execution = await start(plane, "holds_memory", n=3)
        final = await plane.wait(execution)
        assert final.closure.phase == SUCCEEDED, final.closure.error.message
    finally:
        await plane.platform.stop()


@pytest.mark.parametrize(
    ("name", "inputs", "expected"),
    [
        ("flow", {"n": 4}, {"o0": 24}),
        ("flow", {"n": 0}, {"o0": 0}),
        ("flow_of_parts", {"n": 2}, {"o0": 8, "o1": [4, 7]}),
        ("flow_of_parts", {"n": 1}, {"o0": 4, "o1": [0]}),
        ("flow_of_nothing", {"n": 2}, {"o0": 3}),
        ("flow_of_nested", {"n": 2}, {"o0": 6}),
        ("flow_of_awaited", {"n": 3}, {"o0": 6}),
        ("built", {}, {"all": 9}),
    ],
)
async def test_a_graph_made_from_data_gives_its_result(plane: Plane, name: str, inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    await plane.register(building)
    final, outputs = await plane.run(f"tests.programs.building.{name}", **inputs)
    assert final.closure.phase == SUCCEEDED, final.closure.error.message
    assert outputs == expected


async def test_a_failure_in_a_graph_made_from_data_names_its_cause(plane: Plane) -> None:
    await plane.register(building)
    final, _ = await plane.run("tests.programs.building.flow_of_failure", n=3)
    assert final.closure.phase == FAILED
    assert "no 3" in final.closure.error.message
