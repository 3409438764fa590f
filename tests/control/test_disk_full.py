"""A full disk: refused by name, nothing half done, and work goes on once there is room."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Connection
from tests.control.conftest import Plane, open_plane
from tests.programs import shapes

from alula.errors import Exhausted
from alula.idl import admin, core
from alula.idl.identifier import ExecutionId

P = "tests.programs.shapes."


async def test_a_full_disk_refuses_and_recovers(tmp_path: Path) -> None:
    plane = await open_plane(tmp_path / "home", f"sqlite:///{tmp_path / 'alula.db'}")
    try:
        await plane.register(shapes)
        await plane.platform.write(lambda c: limit_pages(c, 1))  # SQLite never cuts below what it uses: no page more
        with pytest.raises(Exhausted, match="disk"):
            for number in range(200):
                await plane.launch(P + "line", execution=f"full-{number}", x=1)
        await make_room(plane)
        final, outputs = await plane.run(P + "line", x=20)
        assert final.closure.phase == core.WorkflowExecution.SUCCEEDED
        assert outputs == {"o0": 42}
        place = admin.NamedEntityIdentifier(project="default", domain="development")
        listed = await plane.platform.read(lambda c: plane.query.executions(c, admin.ResourceListRequest(id=place, limit=1000)))
        for execution in listed.executions:  # whatever was accepted before the disk was full ends well
            last = await plane.wait(ExecutionId.from_proto(execution.id))
            assert last.closure.phase == core.WorkflowExecution.SUCCEEDED
    finally:
        await plane.platform.stop()


async def make_room(plane: Plane) -> None:
    while True:
        try:
            await plane.platform.write(lambda c: limit_pages(c, 1 << 30))
            return
        except Exhausted:  # it shared a transaction with a turn that found the disk full
            continue


def limit_pages(connection: Connection, pages: int) -> None:
    connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
