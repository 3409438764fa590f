"""Every live execution is loaded, reconciled and let go on: after a restart, and later those that could not be loaded then."""

from __future__ import annotations

import asyncio
import logging

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from alula.control.batch import Batch
from alula.control.clock import Clock
from alula.control.drive import Driver
from alula.control.library import Library
from alula.control.live import orphaned
from alula.control.load import load_run
from alula.control.step import Stepper
from alula.control.unloaded import Unloaded, reason_of
from alula.database import execution as executions
from alula.database.engine import Database
from alula.engine import event as ev
from alula.engine.state import Run
from alula.errors import AlulaError

log = logging.getLogger(__name__)
FIRST_RETRY_S = 1.0
LAST_RETRY_S = 60.0

Loaded = dict[int, tuple[Unloaded, Run | None]]


class Resumer:
    """Takes up executions; rows and objects are read outside the writer's transaction, which nobody else changes meanwhile."""

    def __init__(self, driver: Driver, database: Database, library: Library, clock: Clock) -> None:
        self._driver = driver
        self._database = database
        self._library = library
        self._clock = clock
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._delay_s = FIRST_RETRY_S

    async def start(self) -> None:
        """Takes up what the server of before left; what cannot be loaded is tried again until it can."""
        self._loop = asyncio.get_running_loop()
        await self._driver.transact(lambda connection, stepper: (None, stepper.live.expect(connection)))
        if taken := await self._load():
            log.info("took up %d executions", taken)
        self._driver.on_unloaded = self._schedule
        self._schedule()

    async def stop(self) -> None:
        """Safe twice and before start."""
        self._loop = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _schedule(self) -> None:
        if self._loop is not None and self._timer is None and self._task is None and self._driver.unloaded:
            self._timer = self._loop.call_later(self._delay_s, self._begin)

    def _begin(self) -> None:
        self._timer = None
        if self._loop is not None:
            self._task = self._loop.create_task(self._try_again())

    async def _try_again(self) -> None:
        taken = 0
        try:
            taken = await self._load()
        except AlulaError as e:
            log.warning("executions that are not loaded are tried again later: %s", e)
        finally:
            self._task = None
            self._delay_s = FIRST_RETRY_S if taken else min(self._delay_s * 2, LAST_RETRY_S)
            self._schedule()

    async def _load(self) -> int:
        """Loads what it can; the number of executions taken up."""
        wanted = self._driver.unloaded
        if not wanted:
            return 0
        loaded = await self._database.aread(lambda connection: self._read(connection, wanted))
        if loaded:
            await self._driver.transact(lambda connection, stepper: (None, self._take(connection, stepper, loaded)))
        return len(loaded)

    def _read(self, connection: Connection, wanted: dict[int, Unloaded]) -> Loaded:
        loaded: Loaded = {}
        for key, found in wanted.items():
            try:
                loaded[key] = (found, load_run(connection, self._library, key))
            except DBAPIError:
                raise
            except Exception as e:
                if (reason := reason_of(e)) != found.reason:
                    found.reason = reason
                    log.error("execution %s cannot be loaded, it is tried again: %s", found.id, reason, exc_info=e)
        return loaded

    def _take(self, connection: Connection, stepper: Stepper, loaded: Loaded) -> Batch:
        events: list[tuple[int, ev.Event]] = []
        for key, (_, run) in loaded.items():
            if run is not None and run.parent[0] and not executions.is_awaited(connection, *run.parent[:2]):
                events.append((key, orphaned(self._clock())))
        return stepper.live.take_up(loaded, events)
