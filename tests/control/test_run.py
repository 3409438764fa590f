"""Every shape of graph, run for real on both databases."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.control.conftest import Plane, open_plane
from tests.programs import shapes
from tests.server.harness import literal

from alula.errors import AlreadyExists, FailedPrecondition, InvalidInput, NotFound
from alula.idl import admin, core
from alula.idl.identifier import ExecutionId, NodeExecutionId

P = "tests.programs.shapes."
SUCCEEDED, FAILED, ABORTED = core.WorkflowExecution.SUCCEEDED, core.WorkflowExecution.FAILED, core.WorkflowExecution.ABORTED
HIT, MISS, POPULATED = core.CatalogCacheStatus.CACHE_HIT, core.CatalogCacheStatus.CACHE_MISS, core.CatalogCacheStatus.CACHE_POPULATED


@pytest.mark.parametrize(
    ("name", "inputs", "expected"),
    [
        ("line", {"x": 3}, {"o0": 8}),
        ("line", {}, {"o0": 4}),
        ("diamond", {"x": 3}, {"o0": 10}),
        ("nested", {"x": 1}, {"o0": 14}),
        ("choose", {"x": 1}, {"o0": 3}),
        ("choose", {"x": 9}, {"o0": 20}),
        ("each", {"xs": [1, 2, 3]}, {"o0": [2, 4, 6]}),
        ("each", {"xs": []}, {"o0": []}),
        ("most", {"xs": [1, 2, 3, 4]}, {"o0": [1, None, 3, None]}),
        ("retried", {"x": 1}, {"o0": 3}),
        ("parent", {}, {"o0": 13}),
    ],
)
async def test_a_shape_gives_its_result(plane: Plane, name: str, inputs: dict[str, object], expected: dict[str, object]) -> None:
    await plane.register(shapes)
    final, outputs = await plane.run(P + name, **inputs)
    assert final.closure.phase == SUCCEEDED, final.closure.error.message
    assert outputs == expected


async def test_a_failure_names_its_cause_and_its_node(plane: Plane) -> None:
    await plane.register(shapes)
    final, _ = await plane.run(P + "failing", x=7)
    assert final.closure.phase == FAILED
    assert final.closure.error.kind == core.ExecutionError.USER
    assert "no 7 please" in final.closure.error.message


async def test_a_failure_node_runs_and_the_first_error_stays(plane: Plane) -> None:
    await plane.register(shapes)
    execution = await plane.launch(P + "failing_clean", x=7)
    final = await plane.wait(execution)
    assert final.closure.phase == FAILED
    assert "no 7 please" in final.closure.error.message
    assert sum(n.closure.phase == core.NodeExecution.SUCCEEDED for n in await plane.nodes(execution)) == 2  # start-node, failure node


async def test_independent_nodes_finish_when_asked_to(plane: Plane) -> None:
    await plane.register(shapes)
    execution = await plane.launch(P + "half_failing", x=1)
    assert (await plane.wait(execution)).closure.phase == FAILED
    phases = {n.id.node_id: core.NodeExecution.Phase.Name(n.closure.phase) for n in await plane.nodes(execution)}
    assert phases == {"start-node": "SUCCEEDED", "n0": "FAILED", "n1": "SUCCEEDED", "n2": "SUCCEEDED", "end-node": "SKIPPED"}


async def test_a_timeout_ends_the_attempt(plane: Plane) -> None:
    await plane.register(shapes)
    final, _ = await plane.run(P + "too_slow", x=1)
    assert final.closure.phase == FAILED
    assert "TimeoutExpired" in final.closure.error.code


async def test_an_approval_and_a_rejection(plane: Plane) -> None:
    await plane.register(shapes)
    for answer, phase in ((True, SUCCEEDED), (False, FAILED)):
        execution = await plane.launch(P + "approved", x=1)
        await until_signal(plane, execution, "go")
        await plane.platform.signaller.set(signal(execution, "go", answer))
        final = await plane.wait(execution)
        assert final.closure.phase == phase, final.closure.error.message


async def test_an_input_of_the_wrong_type_is_refused_and_the_right_one_taken(plane: Plane) -> None:
    await plane.register(shapes)
    execution = await plane.launch(P + "asked", x=1)
    with pytest.raises(InvalidInput, match="nothing-like-it"):
        await plane.platform.signaller.set(signal(execution, "nothing-like-it", 1))
    await until_signal(plane, execution, "how-many")
    with pytest.raises(InvalidInput, match="how-many"):
        await plane.platform.signaller.set(signal(execution, "how-many", "seven"))
    await plane.platform.signaller.set(signal(execution, "how-many", 41))
    assert (await plane.wait(execution)).closure.phase == SUCCEEDED


def signal(execution: ExecutionId, name: str, value: object) -> admin.SignalSetRequest:
    return admin.SignalSetRequest(id=core.SignalIdentifier(signal_id=name, execution_id=execution.to_proto()), value=literal(value))


async def until_signal(plane: Plane, execution: ExecutionId, name: str) -> None:
    request = admin.SignalListRequest(workflow_execution_id=execution.to_proto(), limit=10)
    with plane.platform.hub.watch(execution) as watcher:
        while True:
            _, rows, _ = await plane.platform.read(lambda c: plane.query.signals(c, request))
            if any(r.signal_id == name for r in rows):
                return
            await watcher.next()


async def test_a_second_run_is_served_from_the_cache_whoever_asks(plane: Plane) -> None:
    await plane.register(shapes)
    await plane.register(shapes, "v2")
    statuses = []
    for version, who in (("v1", "ada"), ("v2", "grace")):
        execution = await plane.launch(P + "memo", version, principal=who, x=4)
        assert (await plane.wait(execution)).closure.phase == SUCCEEDED
        node = next(n for n in await plane.nodes(execution) if n.id.node_id == "n0")
        statuses.append(node.closure.task_node_metadata.cache_status)
    assert statuses == [POPULATED, HIT]


async def test_every_miss_has_a_reason(plane: Plane) -> None:
    from alula.control.explain import explain_cache

    await plane.register(shapes)
    reasons = []
    for x in (4, 5):
        execution = await plane.launch(P + "memo", x=x)
        await plane.wait(execution)
        node = NodeExecutionId(execution, "n0").to_proto()
        reasons.append((await plane.platform.read(lambda c, n=node: explain_cache(c, n))).reason)  # type: ignore[misc]
    assert reasons == ["the task has no entry yet", "input x differs from the newest entry"]


async def test_equal_calls_at_once_compute_once(plane: Plane, tmp_path: Path) -> None:
    await plane.register(shapes)
    effects = tmp_path / "effects"
    runs = await asyncio.gather(*(plane.launch(P + "memo_once", path=str(effects), x=7) for _ in range(12)))
    finals = [await plane.wait(execution) for execution in runs]
    assert {f.closure.phase for f in finals} == {SUCCEEDED}
    assert effects.read_text() == "7\n"


async def test_an_abort_is_final(plane: Plane) -> None:
    await plane.register(shapes)
    execution = await plane.launch(P + "asked", x=1)
    await plane.platform.aborter.abort(execution, "changed my mind", "ada")
    final = await plane.wait(execution)
    assert final.closure.phase == ABORTED
    assert (final.closure.abort_metadata.cause, final.closure.abort_metadata.principal) == ("changed my mind", "ada")
    with pytest.raises(FailedPrecondition, match="ended already"):
        await plane.platform.aborter.abort(execution, "again", "ada")


async def test_a_recovery_keeps_what_succeeded(plane: Plane) -> None:
    await plane.register(shapes)
    execution = await plane.launch(P + "half_failing", x=1)
    await plane.wait(execution)
    request = admin.ExecutionRecoverRequest(id=execution.to_proto(), name="second")
    recovered = (await plane.platform.launcher.recover(request, "ada")).id
    await plane.wait(recovered)
    phases = {n.id.node_id: core.NodeExecution.Phase.Name(n.closure.phase) for n in await plane.nodes(recovered)}
    assert phases == {"start-node": "SUCCEEDED", "n0": "FAILED", "n1": "RECOVERED", "n2": "RECOVERED", "end-node": "SKIPPED"}


async def test_a_relaunch_takes_the_users_inputs(plane: Plane) -> None:
    await plane.register(shapes)
    execution = await plane.launch(P + "line", x=20)
    await plane.wait(execution)
    again = (await plane.platform.launcher.relaunch(admin.ExecutionRelaunchRequest(id=execution.to_proto()), "ada")).id
    final = await plane.wait(again)
    data = await plane.platform.read(lambda c: plane.query.execution_data(c, again.to_proto()))
    assert final.spec.metadata.reference_execution == execution.to_proto()
    assert data.full_outputs.literals["o0"].scalar.primitive.integer == 42


async def test_a_taken_name_changes_nothing(plane: Plane) -> None:
    await plane.register(shapes)
    execution = await plane.launch(P + "line", execution="mine", x=1)
    await plane.wait(execution)
    with pytest.raises(AlreadyExists, match="mine"):
        await plane.launch(P + "line", execution="mine", x=2)
    data = await plane.platform.read(lambda c: plane.query.execution_data(c, execution.to_proto()))
    assert data.full_inputs.literals["x"].scalar.primitive.integer == 1


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"inputs": {"x": "three"}}, "x"),
        ({"inputs": {"z": 3}}, "z"),
        ({"name": "line", "version": "never"}, "does not exist"),
        ({"execution": "Upper Case"}, "execution name"),
        ({"execution": "../../etc"}, "execution name"),
    ],
)
async def test_a_bad_launch_is_refused_by_name(plane: Plane, change: dict[str, object], expected: str) -> None:
    await plane.register(shapes)
    wanted: dict[str, object] = {"name": "line", "version": "v1", "execution": "", "inputs": {}, **change}
    with pytest.raises((InvalidInput, NotFound), match=expected):
        await plane.launch(
            P + str(wanted["name"]),
            str(wanted["version"]),
            str(wanted["execution"]),
            **wanted["inputs"],  # type: ignore[arg-type]
        )


async def test_a_new_server_takes_up_what_the_last_one_left(tmp_path: Path, database_url: str) -> None:
    home = tmp_path / "home"
    first = await open_plane(home, database_url)
    await first.register(shapes)
    waiting = await first.launch(P + "approved", x=1)
    await until_signal(first, waiting, "go")
    await first.platform.stop()
    second = await open_plane(home, database_url)
    try:
        await second.platform.signaller.set(signal(waiting, "go", True))
        assert (await second.wait(waiting)).closure.phase == SUCCEEDED
    finally:
        await second.platform.stop()


async def test_registering_again_is_a_no_op_and_a_conflict_says_what_differs(plane: Plane) -> None:
    from alula.idl.v1 import service_pb2
    from alula.sdk.discover import entities
    from alula.sdk.serialize import Settings, serialize

    first = await plane.register(shapes)
    assert all(is_new for _, is_new in first)
    assert not any(is_new for _, is_new in await plane.register(shapes))
    program = serialize(entities(shapes), Settings("default", "development", "v1"))
    changed = service_pb2.RegisterRequest(tasks=[t for t in program.tasks if t.id.name.endswith(".inc")])
    changed.tasks[0].spec.template.metadata.retries.retries = 7
    with pytest.raises(InvalidInput, match="retries"):
        await plane.platform.registrar.register(changed)


async def test_a_conflict_registers_nothing_of_the_program(plane: Plane) -> None:
    from alula.sdk.discover import entities
    from alula.sdk.serialize import Settings, serialize

    await plane.register(shapes)
    program = serialize(entities(shapes), Settings("default", "development", "v1"))
    for task in program.tasks:
        if task.id.name.endswith(".inc"):
            task.spec.template.metadata.retries.retries = 7
        if task.id.name.endswith(".double"):
            task.id.version = task.spec.template.id.version = "fresh"
    with pytest.raises(InvalidInput):
        await plane.platform.registrar.register(type(program)(tasks=program.tasks))
    fresh = core.Identifier(resource_type=core.TASK, project="default", domain="development", name=P + "double", version="fresh")
    with pytest.raises(NotFound):
        await plane.platform.read(lambda c: plane.query.get_task(c, fresh))
