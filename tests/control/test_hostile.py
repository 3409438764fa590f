"""What must not hold up a server: texts and files that make no sense, a run that cannot be stepped or loaded, a start that fails."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection
from tests.control.conftest import Plane
from tests.programs import shapes

from alula.control.launch import Launched, Origin
from alula.database.run import TurnWriter
from alula.engine import event as ev
from alula.engine.machine import step
from alula.engine.state import Run, Turn
from alula.errors import Exhausted
from alula.idl import admin, core
from alula.idl.identifier import ExecutionId
from alula.idl.v1 import service_pb2

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


async def _run_command(plane: Plane, command: list[str]) -> admin.Execution:
    task = core.Identifier(resource_type=core.TASK, project="default", domain="development", name="command", version="v1")
    template = core.TaskTemplate(id=task, type="raw-container", container=core.Container(command=command, image="any"))
    request = admin.TaskCreateRequest(id=task, spec=admin.TaskSpec(template=template))
    await plane.platform.registrar.register(service_pb2.RegisterRequest(tasks=[request]))
    spec = admin.ExecutionSpec(launch_plan=task)
    made = await plane.platform.launcher.launch(
        admin.ExecutionCreateRequest(project="default", domain="development", spec=spec), Origin(principal="")
    )
    return await plane.wait(made.id)


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
