"""After a restart: every live execution is loaded, reconciled and let go on."""

from __future__ import annotations

import logging

from sqlalchemy import Connection, select
from sqlalchemy.exc import DBAPIError

from alula.control.clock import Clock
from alula.control.drive import Batch, Driver
from alula.control.library import Library
from alula.control.load import load_run
from alula.database import run as rows
from alula.database import tables as t
from alula.engine import event as ev
from alula.engine.state import Run
from alula.idl.phase import ExecutionPhase, NodePhase

log = logging.getLogger(__name__)


async def resume(driver: Driver, library: Library, clock: Clock) -> int:
    """Takes up every live execution; their number."""

    def work(connection: Connection) -> tuple[int, Batch]:
        runs: list[Run] = []
        orphans: list[tuple[int, ev.Event]] = []
        for row in rows.live_executions(connection):
            try:
                run = load_run(connection, library, row.key)
            except DBAPIError:
                raise
            except Exception:
                log.exception("execution %s/%s/%s cannot be loaded; it stays as it is", row.project, row.domain, row.name)
                continue
            if run is None:
                continue
            runs.append(run)
            if row.parent_key and not _is_awaited(connection, row.parent_key, row.parent_node):
                orphans.append((row.key, ev.AbortRequested(clock(), "the node that launched it has ended", "")))
        return len(runs), driver.resume(connection, runs, orphans)

    found = await driver.transact(work)
    if found:
        log.info("took up %d executions", found)
    return found


def _is_awaited(connection: Connection, parent_key: int, node_id: str) -> bool:
    """Whether the node that launched an execution still waits for it."""
    e, n = t.execution.c, t.node_execution.c
    phase = connection.execute(select(e.phase).where(e.key == parent_key)).scalar_one_or_none()
    if phase is None or ExecutionPhase(phase).is_terminal:
        return False
    node = connection.execute(select(n.phase).where(n.execution_key == parent_key, n.node_id == node_id)).scalar_one_or_none()
    return node is None or not NodePhase(node).is_terminal
