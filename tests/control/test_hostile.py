"""What must not hold up a server: texts and files that make no sense, a run that cannot be stepped or loaded, a start that fails."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection
from tests.control.conftest import Plane
from tests.programs import shapes

from alula.compiler.task import MAX_NAME
from alula.control import named
from alula.control.items import get_items
from alula.control.launch import Launched, Origin
from alula.control.launch_form import MAX_MARK_BYTES
from alula.control.versions import get_entity
from alula.database.run import TurnWriter
from alula.engine import event as ev
from alula.engine.machine import step
from alula.engine.state import Run, Turn
from alula.errors import CompileFailed, Exhausted, InvalidInput
from alula.idl import admin, core
from alula.idl.identifier import TASK, EntityId, ExecutionId
from alula.idl.user import MAX_BYTES
from alula.idl.v1 import browse_pb2, service_pb2
from alula.sdk.discover import entities
from alula.sdk.serialize import Settings, serialize

P = "tests.programs.shapes."
SUCCEEDED, FAILED = core.WorkflowExecution.SUCCEEDED, core.WorkflowExecution.FAILED


async def test_a_nul_in_an_error_message_fails_its_execution_alone(plane: Plane) -> None:
    await plane.register(shapes)
    final, _ = await plane.run(P + "failing_with_nul", x=1)
    assert final.closure.phase == FAILED
    assert r"a\x00b" in final.closure.error.message
    assert (await plane.run(P + "line", x=3))[1] == {"o0": 8}


async def test_a_nul_in_the_cause_of_an_abort_is_kept_as_text(plane: Plane) -> None:
    await plane.register(shapes)
    execution = await plane.launch(P + "approved", x=1)
    await plane.platform.aborter.abort(execution, "a\0b", "")
    assert r"a\x00b" in (await plane.wait(execution)).closure.abort_metadata.cause


@pytest.mark.parametrize(
    ("file", "code"),
    [("outputs.pb", "OutputsUnreadable"), ("error.pb", "ErrorUnreadable"), ("futures.pb", "DynamicWorkflowBuildFailed")],
)
async def test_a_result_that_is_no_message_fails_the_attempt(plane: Plane, file: str, code: str) -> None:
    script = f'p="$0"; p="${{p#file://}}"; mkdir -p "$p"; printf "\\377\\377" > "$p/{file}"'
    final = await _run_command(plane, ["/bin/sh", "-c", script, "{{.outputPrefix}}"])
    assert final.closure.phase == FAILED
    assert final.closure.error.code == code


COMMAND = EntityId(TASK, "default", "development", "command", "v1")


async def _run_command(
    plane: Plane, command: list[str], of: EntityId = COMMAND, execution: str = "", principal: str = "", **spec: Any
) -> admin.Execution:
    task = of.to_proto()
    template = core.TaskTemplate(id=task, type="raw-container", container=core.Container(command=command, image="any"))
    request = admin.TaskCreateRequest(id=task, spec=admin.TaskSpec(template=template))
    await plane.platform.registrar.register(service_pb2.RegisterRequest(tasks=[request]))
    wanted = admin.ExecutionCreateRequest(
        project=of.project, domain=of.domain, name=execution, spec=admin.ExecutionSpec(launch_plan=task, **spec)
    )
    made = await plane.platform.launcher.launch(wanted, Origin(principal=principal))
    return await plane.wait(made.id)


def wide(size_bytes: int) -> str:
    """Letters of four bytes each, in such disorder that no database makes them much smaller."""
    return "".join(random.Random(size_bytes).choices([chr(0x1F300 + number) for number in range(300)], k=size_bytes // 4))


async def test_the_widest_names_fit_every_index(plane: Plane) -> None:
    project = "p" * 63
    await plane.platform.write(lambda c: named.register_project(c, admin.Project(id=project), 1))
    task = EntityId(TASK, project, "development", wide(MAX_NAME), wide(MAX_NAME)[::-1])
    spec = {"tags": [wide(MAX_MARK_BYTES)], "labels": admin.Labels(values={wide(MAX_MARK_BYTES): wide(MAX_MARK_BYTES)[::-1]})}
    script = 'p="$0"; p="${p#file://}"; mkdir -p "$p"; : > "$p/outputs.pb"'
    final = await _run_command(plane, ["/bin/sh", "-c", script, "{{.outputPrefix}}"], task, "e" * 63, wide(MAX_BYTES), **spec)
    assert final.closure.phase == SUCCEEDED


async def test_what_an_index_does_not_take_ends_its_execution_alone(plane: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
    program = serialize(entities(shapes), Settings("default", "development", "v1"))
    for each in [node for workflow in program.workflows for node in workflow.spec.template.nodes]:
        if each.gate_node.HasField("approve"):
            each.gate_node.approve.signal_id = wide(40_000)
    monkeypatch.setattr("alula.compiler.nodes.MAX_NAME", 50_000)
    await plane.platform.registrar.register(program)
    asking = await plane.launch(P + "approved", x=1)
    assert (await plane.run(P + "line", x=3))[1] == {"o0": 8}
    if plane.platform.database.dialect == "postgresql":
        assert (await plane.wait(asking)).closure.error.code == "EngineDefect"


@pytest.mark.parametrize(
    ("name", "problem"), [(wide(MAX_NAME + 4), "takes 504 bytes; use at most 500, in UTF-8"), ("a\0b", "holds control characters")]
)
async def test_what_is_no_name_of_a_gate_is_refused_when_it_is_registered(plane: Plane, name: str, problem: str) -> None:
    program = serialize(entities(shapes), Settings("default", "development", "v1"))
    for each in [node for workflow in program.workflows for node in workflow.spec.template.nodes]:
        if each.gate_node.HasField("approve"):
            each.gate_node.approve.signal_id = name
    with pytest.raises(CompileFailed) as error:
        await plane.platform.registrar.register(program)
    assert f"{P}approved" in error.value.message
    assert f'GATE node "n1" (go): the gate\'s name {name[:40]!r} {problem}' in error.value.message


async def test_a_signal_made_from_outside_has_a_name_that_fits(plane: Plane) -> None:
    await plane.register(shapes)
    execution = await plane.launch(P + "approved", x=1)
    request = admin.SignalGetOrCreateRequest(type=core.LiteralType(simple=core.SimpleType.INTEGER))
    request.id.CopyFrom(core.SignalIdentifier(signal_id=wide(MAX_NAME + 4), execution_id=execution.to_proto()))
    with pytest.raises(InvalidInput, match="takes 504 bytes; use at most 500"):
        await plane.platform.signaller.get_or_create(request)


@pytest.mark.parametrize("part", ["name", "version"])
async def test_a_wider_name_is_refused_when_it_is_registered(plane: Plane, part: str) -> None:
    with pytest.raises(CompileFailed, match=f"{part} takes 504 bytes; use at most 500"):
        await _run_command(plane, ["/bin/true"], COMMAND._replace(**{part: wide(MAX_NAME + 4)}))


@pytest.mark.parametrize("field", ["tags", "labels"])
async def test_wider_tags_and_labels_are_refused_wherever_they_come_from(plane: Plane, field: str) -> None:
    mark = wide(MAX_MARK_BYTES + 4)
    spec: dict[str, Any] = {"tags": [mark]} if field == "tags" else {"labels": admin.Labels(values={"k": mark})}
    with pytest.raises(InvalidInput, match=f"spec.{field}: .* takes 1004 bytes"):
        await _run_command(plane, ["/bin/true"], **spec)


async def test_a_wider_label_of_a_launch_plan_is_refused(plane: Plane) -> None:
    program = serialize(entities(shapes), Settings("default", "development", "v1"))
    for plan in program.launch_plans:
        plan.spec.labels.values["k"] = wide(MAX_MARK_BYTES + 4)
    await plane.platform.registrar.register(program)
    with pytest.raises(InvalidInput, match=r"spec.labels: .* takes 1004 bytes"):
        await plane.launch(P + "line", x=3)


async def test_a_defect_in_a_child_ends_its_parent_too(plane: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
    await plane.register(shapes)
    parent = ExecutionId("default", "development", "the-parent")

    def broken(run: Run, event: ev.Event) -> Turn:
        if run.id != parent and isinstance(event, ev.AttemptSucceeded):
            raise RuntimeError("cannot be stepped")
        return step(run, event)

    monkeypatch.setattr("alula.control.step.step", broken)
    final = await plane.wait(await plane.launch(P + "parent", execution=parent.name))
    assert final.closure.phase == FAILED
    assert "cannot be stepped" in final.closure.error.message


async def test_a_run_that_cannot_be_loaded_again_does_not_hold_up_the_others(plane: Plane) -> None:
    await plane.register(shapes)
    stuck = await plane.launch(P + "approved", execution="stuck", x=1)
    live = plane.platform.driver._live
    real = live._load

    def reload(connection: Connection, key: int) -> Run | None:
        found = real(connection, key)
        if found is not None and found.id == stuck:
            raise RuntimeError("its rows make no sense")
        return found

    live._load = reload
    plane.platform.driver._stepper.on_rollback()
    assert (await plane.run(P + "line", x=3))[1] == {"o0": 8}


async def test_a_launch_whose_rows_are_refused_leaves_nothing_behind(plane: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
    await plane.register(shapes)
    real, calls = TurnWriter.write, 0

    def refuse_first(self: Any, connection: Connection) -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise ValueError("refused")
        real(self, connection)

    monkeypatch.setattr(TurnWriter, "write", refuse_first)
    with pytest.raises(Exception, match="refused"):
        await plane.launch(P + "line", execution="again", x=3)
    final = await plane.wait(await plane.launch(P + "line", execution="again", x=3))
    assert final.closure.phase == SUCCEEDED
    assert plane.platform.driver.live == 0


async def test_a_child_is_launched_once_there_is_room_again(plane: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
    await plane.register(shapes)
    real, refused = plane.platform.launcher.launch, 0

    async def full_at_first(request: admin.ExecutionCreateRequest, origin: Origin) -> Launched:
        nonlocal refused
        if origin.parent[0] and not refused:
            refused += 1
            raise Exhausted("the disk is full")
        return await real(request, origin)

    monkeypatch.setattr(plane.platform.launcher, "launch", full_at_first)
    monkeypatch.setattr("alula.control.dispatch.RETRY_AFTER_S", 0.01)
    assert (await plane.run(P + "parent"))[1] == {"o0": 13}
    assert refused == 1


async def test_a_name_with_nul_is_refused_as_one_on_both_databases(plane: Plane) -> None:
    await plane.register(shapes)
    execution = await plane.ended("tests.programs.shapes.line")
    nul = core.WorkflowExecutionIdentifier(project="default", domain="development", name="a\x00b")
    query, library = plane.query, plane.platform.library
    reads: list[Callable[[Connection], object]] = [
        lambda c: query.execution(c, nul),
        lambda c: query.get_task(c, core.Identifier(project="default", domain="development", name="a\x00", version="v1")),
        lambda c: query.node(c, core.NodeExecutionIdentifier(execution_id=execution.to_proto(), node_id="n\x00")),
        lambda c: query.project(c, "\x00"),
        lambda c: get_entity(c, browse_pb2.GetEntityRequest(resource_type=core.TASK, project="default", domain="development", name="\x00")),
        lambda c: get_items(c, library, core.NodeExecutionIdentifier(execution_id=nul, node_id="n0")),
    ]
    for read in reads:
        with pytest.raises(InvalidInput, match="NUL"):
            await plane.platform.read(read)
