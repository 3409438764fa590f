"""Logs of attempts: where they end, whoever ended them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from sqlalchemy import select
from tests.control.conftest import Plane, open_plane
from tests.control.test_lost_commit import started
from tests.control.test_run import signal, until_signal
from tests.programs import shapes, side_effects, telling

from alula.database import tables as t
from alula.idl import core
from alula.idl.identifier import ExecutionId, NodeExecutionId
from alula.idl.v1 import service_pb2

P = "tests.programs.side_effects."


async def attempt_row(plane: Plane, execution: ExecutionId) -> Any:
    c = t.task_execution.c
    where = (c.execution_key == t.execution.c.key, t.execution.c.name == execution.name, c.retry_attempt == 0)
    return await plane.platform.read(lambda connection: connection.execute(select(c.log_uri, c.log_start, c.log_end).where(*where)).one())


async def spoken(plane: Plane, execution: ExecutionId) -> None:
    attempt = core.TaskExecutionIdentifier(node_execution_id=NodeExecutionId(execution, "n0").to_proto())
    await started(plane, execution)
    async for chunk in plane.follower.logs(attempt, -1, follow=True):
        if chunk.data:
            return


async def read(plane: Plane, execution: ExecutionId, **options: Any) -> tuple[bytes, list[int]]:
    attempt = core.TaskExecutionIdentifier(node_execution_id=NodeExecutionId(execution, "n0").to_proto())
    chunks = [c async for c in plane.follower.logs(attempt, -1, **{"follow": False, **options})]
    return b"".join(c.data for c in chunks), [c.offset for c in chunks if c.data]


async def later_text(row: Any) -> None:
    """Whatever comes into a worker's file after an attempt is not that attempt's."""

    def write() -> None:
        with Path(row.log_uri).open("a") as file:
            file.write("somebody else's\n")

    await asyncio.to_thread(write)


async def test_the_log_of_an_aborted_attempt_ends_where_its_worker_did(plane: Plane, tmp_path: Path) -> None:
    await plane.register(side_effects)
    execution = await plane.launch(P + "talking", path=str(tmp_path / "effects"))
    await spoken(plane, execution)
    await plane.platform.aborter.abort(execution, "enough", "ada")
    async with asyncio.timeout(10):
        while not (row := await attempt_row(plane, execution)).log_end:
            continue
    await later_text(row)
    assert await read(plane, execution) == (b"attempt 0 speaks\n", [0])
    assert await read(plane, execution, offset=8) == (b"0 speaks\n", [8])
    assert await read(plane, execution, tail_bytes=7) == (b"speaks\n", [10])


async def test_the_log_of_a_lost_attempt_ends_where_its_server_did(tmp_path: Path, database_url: str) -> None:
    plane = await open_plane(tmp_path / "home", database_url)
    await plane.register(side_effects)
    execution = await plane.launch(P + "talking", path=str(tmp_path / "effects"))
    await spoken(plane, execution)
    await plane.platform.stop()
    plane = await open_plane(tmp_path / "home", database_url)
    try:
        assert (await plane.wait(execution)).closure.phase == core.WorkflowExecution.SUCCEEDED
        row = await attempt_row(plane, execution)
        assert row.log_end > 0
        await later_text(row)
        assert await read(plane, execution) == (b"attempt 0 speaks\n", [0])
    finally:
        await plane.platform.stop()


async def test_a_watcher_hears_of_a_map_when_one_of_its_items_ends(plane: Plane, tmp_path: Path) -> None:
    """The map itself does not change: without this whoever draws its items would have to ask again and again."""
    await plane.register(telling)
    execution = await plane.launch("tests.programs.telling.held_items", path=str(tmp_path), xs=[1, 2])
    waiting = iter([1, 2])
    async with asyncio.timeout(60):
        async for update in plane.follower.watch(execution, with_nodes=True):
            is_running = any(n.id.node_id == "n0" and n.closure.phase == core.NodeExecution.RUNNING for n in update.nodes)
            if is_running and (item := next(waiting, None)):
                await asyncio.to_thread((tmp_path / str(item)).touch)
    assert next(waiting, None) is None
    assert update.execution.closure.phase == core.WorkflowExecution.SUCCEEDED


def seen(updates: list[service_pb2.ExecutionUpdate]) -> dict[str, int]:
    """The last phase of each node, in the order in which nodes came first."""
    return {node.id.node_id: node.closure.phase for update in updates for node in update.nodes}


async def test_many_nodes_come_in_several_updates_each_once(plane: Plane) -> None:
    await plane.register(shapes)
    execution = await plane.ended("tests.programs.shapes.line")
    (whole,) = [update async for update in plane.follower.watch(execution, with_nodes=True)]
    parts = [update async for update in plane.follower.watch(execution, with_nodes=True, at_once=(1, 2))]
    assert [len(part.nodes) for part in parts] == [1, 2, 1]
    assert [part.HasField("execution") for part in parts] == [True, False, False]
    assert [node for part in parts for node in part.nodes] == list(whole.nodes)


async def test_what_changes_while_nodes_are_read_in_parts_is_not_missed(plane: Plane) -> None:
    await plane.register(shapes)
    execution = await plane.launch("tests.programs.shapes.approved", x=1)
    await until_signal(plane, execution, "go")
    updates = plane.follower.watch(execution, with_nodes=True, at_once=(1, 1))
    found = [await anext(updates)]
    assert len(found[0].nodes) == 1
    await plane.platform.signaller.set(signal(execution, "go", True))
    await plane.wait(execution)
    found += [update async for update in updates]
    assert found[-1].execution.closure.phase == core.WorkflowExecution.SUCCEEDED
    assert seen(found) == {node.id.node_id: core.NodeExecution.SUCCEEDED for node in await plane.nodes(execution)}


async def test_a_brief_node_lacks_its_addresses_alone(plane: Plane) -> None:
    await plane.register(shapes)
    execution = await plane.ended("tests.programs.shapes.line")
    (whole,) = [update async for update in plane.follower.watch(execution, with_nodes=True)]
    (brief,) = [update async for update in plane.follower.watch(execution, with_nodes=True, is_brief=True)]
    for node in whole.nodes:
        assert node.id.HasField("execution_id")
        node.id.ClearField("execution_id")
        node.ClearField("input_uri")
        node.closure.ClearField("output_uri")
    assert brief == whole
