"""Telling whoever looks at lists what has changed: which executions, and whether anything was registered; no more than to look again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from alula.control.batch import Change
from alula.idl.identifier import ExecutionId

MAX_TOLD = 200
"""Executions that are told of by name at once; when there are more, only that there are many."""
MEASURED_EVERY_S = 1.0
"""What running tasks measure is told no more often; a thousand trainings would leave lists no rest."""


class News(NamedTuple):
    """What came since the last news.

    Attributes:
        phases: of executions that changed, the last of each.
        is_many: more changed than can be named; `phases` is empty.
        has_entities: a version, a name or a project is new or other than it was.
        measured: executions that have new points of metrics; told a while after the first of them, whatever else is told meanwhile.
        is_many_measured: so many that they are not named; `measured` is empty.
    """

    phases: dict[ExecutionId, int]
    is_many: bool
    has_entities: bool
    measured: frozenset[ExecutionId] = frozenset()
    is_many_measured: bool = False


class Reader:
    """Collects what changed until its reader comes for it; however slow that is, it holds no more than MAX_TOLD names.

    Args:
        project, domain: of these alone; empty: of every one.
    """

    def __init__(self, project: str, domain: str) -> None:
        self._project, self._domain = project, domain
        self._event = asyncio.Event()
        self._phases: dict[ExecutionId, int] = {}
        self._measured: set[ExecutionId] = set()
        self._is_many = self._has_entities = self._is_many_measured = self._is_measured_due = False
        self._timer: asyncio.TimerHandle | None = None

    def concerns(self, project: str, domain: str) -> bool:
        """Whether it asked for these; an empty one concerns everybody."""
        return self._project in ("", project or self._project) and self._domain in ("", domain or self._domain)

    def add(self, execution: ExecutionId, phase: int) -> None:
        if not self._is_many:
            self._phases[execution] = phase
            if len(self._phases) > MAX_TOLD:
                self._phases, self._is_many = {}, True
        self._event.set()

    def add_entities(self) -> None:
        self._has_entities = True
        self._event.set()

    def add_measured(self, execution: ExecutionId) -> None:
        """Is told a while later, with what else came by then."""
        if not self._is_many_measured:
            self._measured.add(execution)
            if len(self._measured) > MAX_TOLD:
                self._measured, self._is_many_measured = set(), True
        if self._timer is None and not self._is_measured_due:
            self._timer = asyncio.get_running_loop().call_later(MEASURED_EVERY_S, self._tell_measured)

    def _tell_measured(self) -> None:
        self._timer = None
        self._is_measured_due = True
        self._event.set()

    async def next(self) -> News:
        """Waits for news."""
        await self._event.wait()
        self._event.clear()
        measured: tuple[frozenset[ExecutionId], bool] = (frozenset(), False)
        if self._is_measured_due:
            measured = (frozenset(self._measured), self._is_many_measured)
            self._measured, self._is_many_measured, self._is_measured_due = set(), False, False
        news = News(self._phases, self._is_many, self._has_entities, *measured)
        self._phases, self._is_many, self._has_entities = {}, False, False
        return news

    def close(self) -> None:
        """Leaves no timer behind."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class Feed:
    """Everyone who looks at lists; for the event loop."""

    def __init__(self) -> None:
        self._readers: set[Reader] = set()

    def on_change(self, change: Change) -> None:
        if self._readers and (change.is_execution or change.is_asking):
            self.tell(change.execution, change.phase)

    def tell(self, execution: ExecutionId, phase: int) -> None:
        """An execution is in another phase, asks people or was answered, or was archived or brought back."""
        for reader in self._readers:
            if reader.concerns(execution.project, execution.domain):
                reader.add(execution, phase)

    def tell_measured(self, executions: Iterable[ExecutionId]) -> None:
        """Tasks of these measured something, and it is on record."""
        for execution in executions if self._readers else ():
            for reader in self._readers:
                if reader.concerns(execution.project, execution.domain):
                    reader.add_measured(execution)

    def tell_entities(self, project: str, domain: str = "") -> None:
        """Something of a project, or of one of its domains, was registered, described, archived or activated."""
        for reader in self._readers:
            if reader.concerns(project, domain):
                reader.add_entities()

    @contextmanager
    def read(self, project: str, domain: str) -> Iterator[Reader]:
        """A subscription for the length of the block."""
        reader = Reader(project, domain)
        self._readers.add(reader)
        try:
            yield reader
        finally:
            self._readers.discard(reader)
            reader.close()
