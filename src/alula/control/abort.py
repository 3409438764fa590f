"""Aborting: durable before it is answered, and carried down to every child execution and process."""

from __future__ import annotations

from sqlalchemy import Connection

from alula.control.clock import Clock
from alula.control.drive import Batch, Driver
from alula.database import execution as rows
from alula.engine import event as ev
from alula.errors import FailedPrecondition, NotFound
from alula.idl.identifier import ExecutionId
from alula.idl.phase import ExecutionPhase


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

        def work(connection: Connection) -> tuple[None, Batch]:
            row = rows.get(connection, execution)
            phase = ExecutionPhase(row.phase)
            if phase.is_terminal:
                message = f'execution "{execution}" has ended already: {phase.name}'
                raise FailedPrecondition(message, code="ALREADY_TERMINAL")
            return None, self._driver.apply(connection, row.key, ev.AbortRequested(self._clock(), cause, principal))

        await self._driver.transact(work)

    async def abort_quietly(self, execution: ExecutionId, cause: str) -> None:
        """Aborts a child that may have ended, or may never have begun."""
        try:
            await self.abort(execution, cause, "")
        except (FailedPrecondition, NotFound):
            return
