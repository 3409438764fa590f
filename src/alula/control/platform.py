"""The control plane as one object: every use case wired to one database, one executor and one clock."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import Connection

from alula.control.abort import Aborter
from alula.control.clock import Clock, system_clock
from alula.control.dispatch import Dispatch
from alula.control.drive import Driver
from alula.control.environment import Environments
from alula.control.feed import Feed
from alula.control.hub import Hub
from alula.control.launch import Launcher
from alula.control.library import Library
from alula.control.limit import Limits
from alula.control.load import load_run
from alula.control.register import Registrar
from alula.control.resume import Resumer
from alula.control.signal import Signaller
from alula.control.telemetry import Telemetry
from alula.control.unloaded import not_here
from alula.database import project
from alula.database.engine import Database, open_database
from alula.database.writer import Writer
from alula.engine.state import Run
from alula.errors import AlreadyExists
from alula.executors.base import Executor

log = logging.getLogger(__name__)
T = TypeVar("T")
FIRST_PROJECTS = ("default", "flytesnacks")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a control plane is made of.

    Attributes:
        database_url: sqlite:///… or postgresql://…
        store: URI of the object store's root.
        images: image names that have an environment of their own.
        endpoint: where tasks reach this server, HOST:PORT of gRPC.
    """

    database_url: str
    store: str
    limits: Limits = field(default_factory=Limits)
    images: frozenset[str] = frozenset()
    endpoint: Callable[[], str] = lambda: ""
    clock: Clock = system_clock


class Platform:
    """Starts and stops the use cases; services call them through its attributes."""

    def __init__(self, settings: Settings, executor: Executor) -> None:
        self.settings = settings
        self.clock = settings.clock
        self.limits = settings.limits
        self.executor = executor
        self.database: Database = open_database(settings.database_url)
        self.writer = Writer(self.database)
        self.library = Library()
        self.hub = Hub()
        self.feed = Feed()
        self.telemetry = Telemetry(self.writer, self.hub, self.clock)
        self.driver = Driver(self.writer, self.clock, dialect=self.database.dialect, load=self._load, write_before=self.telemetry.write)
        self.environments = Environments()
        self.registrar = Registrar(self.database, self.writer, self.library, self.limits, self.clock, self.environments)
        self.launcher = Launcher(self.database, self.library, self.registrar, self.driver, self.clock)
        self.aborter = Aborter(self.driver, self.clock)
        self.signaller = Signaller(self.writer, self.driver, self.clock)
        self.dispatch = Dispatch(
            driver=self.driver,
            launcher=self.launcher,
            aborter=self.aborter,
            executor=executor,
            writer=self.writer,
            library=self.library,
            database=self.database,
            limits=self.limits,
            telemetry=self.telemetry,
            clock=self.clock,
            root=settings.store,
            images=settings.images,
            environments=self.environments,
            endpoint=settings.endpoint,
        )
        self.resumer = Resumer(self.driver, self.database, self.library, self.clock)
        self.started_at = 0

    async def start(self) -> None:
        """Opens for work: first projects, executor, and every execution that was live when the last server ended."""
        loop = asyncio.get_running_loop()
        self.started_at = self.clock()
        self.writer.start()
        self.driver.dispatcher = self.dispatch
        self.driver.listen(self.hub.on_change)
        self.driver.listen(self.feed.on_change)
        self.telemetry.listen(self.feed.tell_measured)
        self.driver.start(loop)
        self.telemetry.start(loop)
        self.launcher.start()
        await self.write(self._first_projects)
        await self.read(self.environments.load)
        await self.executor.start(self.dispatch)
        await self.resumer.start()

    async def stop(self) -> None:
        """Stops taking effects, commits what was accepted, closes; safe twice."""
        self.driver.stop()  # first: an effect handed out behind the executor's back would start workers that nobody ends
        await self.resumer.stop()
        await self.dispatch.stop()
        await self.executor.stop()
        self.telemetry.stop()
        self.writer.stop()
        self.database.close()

    def _load(self, connection: Connection, key: int) -> Run | None:
        return load_run(connection, self.library, key, not_here)

    def _first_projects(self, connection: Connection) -> None:
        for name in FIRST_PROJECTS:
            if project.find(connection, name) is None:
                try:
                    project.add(connection, name, name, "", b"", self.clock())
                except AlreadyExists:
                    continue

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Runs a read outside the event loop."""
        return await self.database.aread(query)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Runs a write in the writer's next transaction; returns when it is durable."""
        return await self.writer.write(work)
