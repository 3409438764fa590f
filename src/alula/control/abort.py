"""Aborting: durable before it is answered, and carried down to every child execution and process."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from alula.control.batch import Batch
from alula.control.clock import Clock
from alula.control.drive import Driver
from alula.control.launch import make_run
from alula.control.step import Stepper
from alula.database import execution as rows
from alula.database import run as run_rows
from alula.engine import effect as fx
from alula.engine import event as ev
from alula.engine.state import Run
from alula.errors import FailedPrecondition, NotFound
from alula.idl import admin, core
from alula.idl.identifier import ExecutionId
from alula.idl.phase import AttemptPhase, ExecutionPhase


class Aborter:
    """The use case of aborting."""

    def __init__(self, driver: Driver, clock: Clock) -> None:
        self._driver = driver
        self._clock = clock

    async def abort(self, execution: ExecutionId, cause: str, principal: str) -> None:
        """Ends an execution as ABORTED.

        Raises:
            NotFound: no such execution; FailedPrecondition: it has ended already.
        """

        def work(connection: Connection, stepper: Stepper) -> tuple[None, Batch]:
            row = rows.get(connection, execution)
            phase = ExecutionPhase(row.phase)
            if phase.is_terminal:
                message = f'execution "{execution}" has ended already: {phase.name}'
                raise FailedPrecondition(message, code="ALREADY_TERMINAL")
            event = ev.AbortRequested(self._clock(), cause, principal)
            if not stepper.is_loaded(connection, row.key):
                return None, stepper.abandon(connection, *_unseen(connection, row, event))
            return None, stepper.apply(connection, row.key, event)

        await self._driver.transact(work)

    async def abort_quietly(self, execution: ExecutionId, cause: str) -> None:
        """Aborts a child that may have ended, or may never have begun."""
        try:
            await self.abort(execution, cause, "")
        except (FailedPrecondition, NotFound):
            return


def _unseen(connection: Connection, row: Any, event: ev.AbortRequested) -> tuple[Run, ev.Event, Sequence[fx.StopAttempt | fx.AbortChild]]:
    """The end of an execution that could not be loaded, and what is to be stopped of it, from its rows alone."""
    spec = admin.ExecutionSpec.FromString(row.spec)
    run = make_run(ExecutionId(row.project, row.domain, row.name), row.key, spec, core.LiteralMap(), row.created_at)
    run.phase, run.started_at, run.ended_at = ExecutionPhase.ABORTED, row.started_at, event.at
    run.abort_cause, run.abort_principal = event.cause, event.principal
    run.parent = (row.parent_key, row.parent_node, row.parent_item)
    run.sequence = run_rows.last_sequence(connection, row.key)
    attempts = [a for a in run_rows.attempt_rows(connection, row.key) if not AttemptPhase(a.phase).is_terminal and not a.child]
    children = [c for c in rows.children(connection, row.key) if not ExecutionPhase(c.phase).is_terminal]
    stops = [fx.StopAttempt(a.node_id, a.item, a.retry_attempt) for a in attempts]
    return run, event, [*stops, *(fx.AbortChild(c.parent_node, c.parent_item, c.name, f"parent {row.name} ended") for c in children)]
