"""Cache entries and recoveries whose outputs lie in the object store: read beside the writer, whatever state the store is in."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, update
from tests.control.conftest import Plane
from tests.control.test_resume import offload
from tests.control.test_run import P
from tests.programs import shapes

from alula.control.explain import explain_cache
from alula.control.launch import Mode
from alula.database import tables as t
from alula.errors import Unavailable
from alula.idl import admin, core
from alula.idl.identifier import ExecutionId, NodeExecutionId
from alula.objectstore import store

SUCCEEDED = core.WorkflowExecution.SUCCEEDED


@pytest.fixture(autouse=True)
def beside_the_writer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here may read an object by blocking, and nobody waits long for a store that is away."""

    def refuse(uri: str) -> bytes:
        raise AssertionError(f"{uri} was read where the writer's transaction waits for it")

    monkeypatch.setattr(store, "get_bytes", refuse)
    monkeypatch.setattr("alula.control.dispatch.CACHE_READS_S", (0.0, 0.01, 0.01))


async def offload_entry(plane: Plane, uri: Path) -> bytes:
    """Moves the outputs of the only cache entry out of the database; what the object holds, which is not written."""

    def work(connection: Connection) -> bytes:
        outputs = connection.execute(select(t.cache_entry.c.outputs)).scalar_one()
        connection.execute(update(t.cache_entry).values(outputs=None, outputs_uri=str(uri)))
        return bytes(outputs)

    return await plane.platform.write(work)


async def explained(plane: Plane, execution: ExecutionId) -> tuple[str, str]:
    assert (await plane.wait(execution)).closure.phase == SUCCEEDED
    found = await plane.platform.read(lambda c: explain_cache(c, NodeExecutionId(execution, "n0").to_proto()))
    return found.status, found.reason


async def filled(plane: Plane, uri: Path) -> bytes:
    await plane.register(shapes)
    await plane.run(P + "memo", x=4)
    return await offload_entry(plane, uri)


class Trouble:
    """The store fails a number of times, then answers as it is."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
        self.left, self.asked, self._real = times, 0, store.aget_bytes
        monkeypatch.setattr(store, "aget_bytes", self)

    async def __call__(self, uri: str) -> bytes:
        self.asked += 1
        if self.left:
            self.left -= 1
            raise Unavailable("nobody at home")
        return await self._real(uri)


async def test_a_hit_reads_its_object_beside_the_writer(plane: Plane, tmp_path: Path) -> None:
    uri = tmp_path / "outputs.pb"
    uri.write_bytes(await filled(plane, uri))
    final, outputs = await plane.run(P + "memo", x=4)
    assert (final.closure.phase, outputs) == (SUCCEEDED, {"o0": 41})
    assert (await explained(plane, ExecutionId.from_proto(final.id)))[0] == "HIT"


async def test_an_entry_whose_object_is_gone_is_a_miss_that_says_so(plane: Plane, tmp_path: Path) -> None:
    await filled(plane, tmp_path / "gone.pb")
    execution = await plane.launch(P + "memo", x=4)
    assert await explained(plane, execution) == ("POPULATED", "an entry exists but its outputs are gone from the object store")
    assert (await explained(plane, await plane.launch(P + "memo", x=4)))[0] == "HIT"


async def test_a_store_that_comes_back_soon_gives_a_hit(plane: Plane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uri = tmp_path / "outputs.pb"
    uri.write_bytes(await filled(plane, uri))
    trouble = Trouble(monkeypatch, 2)
    assert (await explained(plane, await plane.launch(P + "memo", x=4)))[0] == "HIT"
    assert trouble.asked == 3


async def test_a_store_that_stays_away_is_a_miss_that_says_so(plane: Plane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await filled(plane, tmp_path / "outputs.pb")
    Trouble(monkeypatch, 100)
    reason = "an entry exists but the object store did not answer: nobody at home"
    assert await explained(plane, await plane.launch(P + "memo", x=4)) == ("POPULATED", reason)


async def test_equal_calls_at_once_whose_entry_is_gone_compute_once(plane: Plane, tmp_path: Path) -> None:
    await plane.register(shapes)
    effects = tmp_path / "effects"
    await plane.run(P + "memo_once", path=str(effects), x=7)
    await offload_entry(plane, tmp_path / "gone.pb")
    runs = await asyncio.gather(*(plane.launch(P + "memo_once", path=str(effects), x=7) for _ in range(12)))
    assert {(await plane.wait(execution)).closure.phase for execution in runs} == {SUCCEEDED}
    assert effects.read_text() == "7\n7\n"


async def test_a_store_that_hangs_holds_up_nobody_else(plane: Plane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uri = tmp_path / "outputs.pb"
    uri.write_bytes(await filled(plane, uri))
    is_free, real = asyncio.Event(), store.aget_bytes

    async def hang(uri: str) -> bytes:
        await is_free.wait()
        return await real(uri)

    monkeypatch.setattr(store, "aget_bytes", hang)
    waiting, stopped = await plane.launch(P + "memo", x=4), await plane.launch(P + "memo", x=4)
    assert (await plane.run(P + "line", x=3))[1] == {"o0": 8}
    await plane.platform.aborter.abort(stopped, "enough", "ada")
    is_free.set()
    assert (await explained(plane, waiting))[0] == "HIT"
    assert (await plane.wait(stopped)).closure.phase == core.WorkflowExecution.ABORTED


async def test_a_recovery_reads_its_objects_beside_the_writer(plane: Plane, tmp_path: Path) -> None:
    await plane.register(shapes)
    source = await plane.launch(P + "half_failing", x=1)
    await plane.wait(source)
    uri = tmp_path / "outputs.pb"
    uri.write_bytes(await offload(plane, source, "n1", uri))
    made = await plane.platform.launcher.recover(admin.ExecutionRecoverRequest(id=source.to_proto()), "")
    await plane.wait(made.id)
    phases = {n.id.node_id: core.NodeExecution.Phase.Name(n.closure.phase) for n in await plane.nodes(made.id)}
    assert (phases["n1"], made.spec.metadata.mode) == ("RECOVERED", Mode.RECOVERED)


async def test_what_was_computed_says_which_entry_it_came_nearest_to_and_where_it_differs(plane: Plane, tmp_path: Path) -> None:
    await plane.register(shapes)
    one, other = str(tmp_path / "one"), str(tmp_path / "other")
    names = []
    for path, x in ((one, 1), (other, 9), (one, 2), (one, 2)):
        execution = await plane.launch(P + "memo_once", path=path, x=x)
        await plane.wait(execution)
        names.append(execution)
    found = [await plane.platform.read(lambda c, e=each: explain_cache(c, NodeExecutionId(e, "n0").to_proto())) for each in names]
    assert not found[0].HasField("nearest"), "there was nothing else of the task"
    near = [each.nearest for each in found]
    assert list(near[1].inputs) == ["path", "x"]
    assert (near[2].source.node_execution_id, list(near[2].inputs)) == (NodeExecutionId(names[0], "n0").to_proto(), ["x"])
    assert (near[2].cache_version, near[2].is_other_interface, near[2].source_item) == ("", False, 0)
    assert (found[3].status, found[3].HasField("nearest")) == ("HIT", False)
