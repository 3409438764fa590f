"""A commit that reaches the database although it is reported as failed: what should have followed it follows all the same."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError
from tests.control.conftest import Plane
from tests.control.test_resume import until
from tests.programs import shapes, side_effects

from alula.database import execution as executions
from alula.engine.nodes.launch_plan import child_name
from alula.errors import Unavailable
from alula.executors.process import ProcessExecutor
from alula.idl import core
from alula.idl.identifier import ExecutionId

P = "tests.programs.side_effects."
ABORTED = core.WorkflowExecution.ABORTED


class Torn:
    """The writer's commits; the next one after `arm` is done and then reported as lost."""

    def __init__(self, plane: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
        self._real, self._is_armed = plane.platform.writer._end, False
        monkeypatch.setattr(plane.platform.writer, "_end", self._end)

    def arm(self) -> None:
        self._is_armed = True

    def _end(self, connection: Connection) -> None:
        self._real(connection)
        if self._is_armed:
            self._is_armed = False
            raise OperationalError("COMMIT", None, Exception("the connection was lost"))


async def started(plane: Plane, execution: ExecutionId) -> None:
    """Waits until its task runs and that is on record, so that no other commit comes between."""
    with plane.platform.hub.watch(execution) as watcher:
        while not any(n.closure.phase == core.NodeExecution.RUNNING for n in await plane.nodes(execution)):
            await watcher.next()


async def child_of(plane: Plane, parent: ExecutionId) -> ExecutionId:
    """The one child of an execution, once it has been launched."""
    child = parent._replace(name=child_name(parent.name, "n0", 0))
    with plane.platform.hub.watch(child) as watcher:
        while await plane.platform.read(lambda c: executions.find(c, child)) is None:
            await watcher.next()
    return child


def busy(plane: Plane) -> int:
    executor = plane.platform.executor
    assert isinstance(executor, ProcessExecutor)
    return executor.running_count


async def test_a_worker_stops_although_the_commit_of_its_abort_was_reported_as_lost(
    plane: Plane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await plane.register(side_effects)
    torn, path = Torn(plane, monkeypatch), tmp_path / "effects"
    execution = await plane.launch(P + "lingering", path=str(path), seconds=60.0)
    await started(plane, execution)
    watching = asyncio.create_task(plane.wait(execution))
    await asyncio.sleep(0)
    torn.arm()
    with pytest.raises(Unavailable, match="the connection was lost"):
        await plane.platform.aborter.abort(execution, "enough", "ada")
    await until(lambda: busy(plane) == 0)
    assert (await watching).closure.phase == ABORTED
    assert (await plane.wait(execution)).closure.abort_metadata.cause == "enough"
    assert plane.platform.driver.live == 0


async def test_a_child_stops_although_the_commit_of_its_parents_abort_was_reported_as_lost(
    plane: Plane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await plane.register(side_effects)
    torn, path = Torn(plane, monkeypatch), tmp_path / "effects"
    parent = await plane.launch(P + "lingering_parent", path=str(path))
    child = await child_of(plane, parent)
    await started(plane, child)
    torn.arm()
    with pytest.raises(Unavailable, match="the connection was lost"):
        await plane.platform.aborter.abort(parent, "enough", "ada")
    assert (await plane.wait(child)).closure.phase == ABORTED
    await until(lambda: busy(plane) == 0)


async def test_attempts_of_live_executions_are_left_alone_by_a_commit_that_failed(
    plane: Plane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await plane.register(side_effects)
    await plane.register(shapes)
    torn, path = Torn(plane, monkeypatch), tmp_path / "effects"
    execution = await plane.launch(P + "lingering", path=str(path), seconds=0.5)
    await started(plane, execution)
    torn.arm()
    with pytest.raises(Unavailable):
        await plane.launch("tests.programs.shapes.line", x=3)
    assert (await plane.wait(execution)).closure.phase == core.WorkflowExecution.SUCCEEDED
    assert len(path.read_text().splitlines()) == 1
