"""Executions that a new server cannot load at once: they wait for what is away, and can be aborted meanwhile."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, update
from tests.control.conftest import Plane, open_plane
from tests.control.test_run import P, signal, until_signal
from tests.programs import shapes

from alula.database import tables as t
from alula.errors import Unavailable
from alula.idl import core
from alula.idl.identifier import ExecutionId
from alula.objectstore import store

SUCCEEDED, ABORTED = core.WorkflowExecution.SUCCEEDED, core.WorkflowExecution.ABORTED


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alula.control.resume.FIRST_RETRY_S", 0.01)
    monkeypatch.setattr("alula.control.resume.LAST_RETRY_S", 0.05)


async def until(condition: Callable[[], bool], timeout_s: float = 10) -> None:
    """Looks again whenever the loop has done something else: what is waited for has no signal of its own."""
    loop = asyncio.get_running_loop()
    found: asyncio.Future[None] = loop.create_future()

    def look() -> None:
        if not found.done():
            found.set_result(None) if condition() else loop.call_soon(look)

    look()
    await asyncio.wait_for(found, timeout_s)


async def offload(plane: Plane, execution: ExecutionId, node_id: str, uri: Path) -> bytes:
    """Moves a node's outputs out of the database; what the object holds, which is not written."""

    def work(connection: Connection) -> bytes:
        n = t.node_execution.c
        key = connection.execute(select(t.execution.c.key).where(t.execution.c.name == execution.name)).scalar_one()
        where = (n.execution_key == key, n.node_id == node_id)
        outputs = connection.execute(select(n.outputs).where(*where)).scalar_one()
        connection.execute(update(t.node_execution).where(*where).values(outputs=None, outputs_uri=str(uri)))
        return bytes(outputs)

    return await plane.platform.write(work)


async def left_waiting(home: Path, url: str, uri: Path, execution: str = "waiting") -> tuple[ExecutionId, bytes]:
    """A server that ends while an execution waits for its gate, the outputs of its first node in an object that is away."""
    plane = await open_plane(home, url)
    await plane.register(shapes)
    waiting = await plane.launch(P + "approved", execution=execution, x=1)
    await until_signal(plane, waiting, "go")
    packed = await offload(plane, waiting, "n0", uri)
    await plane.platform.stop()
    return waiting, packed


async def test_an_execution_whose_outputs_are_away_goes_on_when_they_are_back(tmp_path: Path, database_url: str) -> None:
    uri = tmp_path / "outputs.pb"
    waiting, packed = await left_waiting(tmp_path / "home", database_url, uri)
    plane = await open_plane(tmp_path / "home", database_url)
    try:
        assert (await plane.run(P + "line", x=3))[1] == {"o0": 8}
        with pytest.raises(Unavailable, match=r"cannot be loaded just now .*outputs\.pb.*goes on trying"):
            await plane.platform.signaller.set(signal(waiting, "go", True))
        uri.write_bytes(packed)
        await until(lambda: not plane.platform.driver.unloaded)
        await plane.platform.signaller.set(signal(waiting, "go", True))
        assert (await plane.wait(waiting)).closure.phase == SUCCEEDED
    finally:
        await plane.platform.stop()


async def test_an_execution_that_cannot_be_loaded_can_be_aborted(tmp_path: Path, database_url: str) -> None:
    waiting, packed = await left_waiting(tmp_path / "home", database_url, tmp_path / "outputs.pb")
    plane = await open_plane(tmp_path / "home", database_url)
    try:
        await plane.platform.aborter.abort(waiting, "no more use", "ada")
        final = await plane.wait(waiting)
        assert (final.closure.phase, final.closure.abort_metadata.cause) == (ABORTED, "no more use")
        assert {n.closure.phase for n in await plane.nodes(waiting)} <= {core.NodeExecution.SUCCEEDED, core.NodeExecution.ABORTED}
        (tmp_path / "outputs.pb").write_bytes(packed)
        assert (await plane.run(P + "line", x=3))[1] == {"o0": 8}
        assert plane.platform.driver.live == 0
    finally:
        await plane.platform.stop()


async def test_what_comes_for_a_run_that_a_failed_commit_unloaded_is_taken_once_it_is_back(
    plane: Plane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its workers go on, and what they report meanwhile is kept."""
    await plane.register(shapes)
    real, is_away = plane.platform._load, True

    def reload(connection: Connection, key: int):  # type: ignore[no-untyped-def]
        if is_away:
            raise Unavailable("the bucket is away")
        return real(connection, key)

    def read(connection, library, key):  # type: ignore[no-untyped-def]
        return reload(connection, key)

    monkeypatch.setattr(plane.platform.driver._live, "_load", reload)
    monkeypatch.setattr("alula.control.resume.load_run", read)
    effects = tmp_path / "effects"
    running = await plane.launch(P + "memo_once", path=str(effects), x=7)
    plane.platform.driver._stepper.on_rollback()
    other = await plane.launch(P + "line", x=3)
    assert (await plane.wait(other)).closure.phase == SUCCEEDED
    assert plane.platform.driver.unloaded
    await until(lambda: any(found.events for found in plane.platform.driver.unloaded.values()))
    is_away = False
    assert (await plane.wait(running)).closure.phase == SUCCEEDED
    assert effects.read_text() == "7\n"


async def test_a_failed_commit_has_no_object_read_where_the_writer_waits(
    plane: Plane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await plane.register(shapes)
    waiting = await plane.launch(P + "approved", x=1)
    await until_signal(plane, waiting, "go")
    uri = tmp_path / "outputs.pb"
    uri.write_bytes(await offload(plane, waiting, "n0", uri))
    real, readers = store.get_bytes, set()

    def read(uri: str) -> bytes:
        readers.add(threading.current_thread().name)
        return real(uri)

    monkeypatch.setattr("alula.control.load.load_run.__defaults__", (read,))
    plane.platform.driver._stepper.on_rollback()
    await plane.run(P + "line", x=3)
    await until(lambda: not plane.platform.driver.unloaded)
    await plane.platform.signaller.set(signal(waiting, "go", True))
    assert (await plane.wait(waiting)).closure.phase == SUCCEEDED
    assert {name.rpartition("_")[0] for name in readers} == {"alula-read"}
