"""Telling whoever looks at lists what has changed: which executions, and whether anything was registered; no more than to look again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from alula.control.batch import Change
from alula.idl.identifier import ExecutionId

MAX_TOLD = 200
"""Executions that are told of by name at once; when there are more, only that there are many."""


class News(NamedTuple):
    """What came since the last news.

    Attributes:
        phases: of executions that changed, the last of each.
        is_many: more changed than can be named; `phases` is empty.
        has_entities: a version, a name or a project is new or other than it was.
    """

    phases: dict[ExecutionId, int]
    is_many: bool
    has_entities: bool


class Reader:
    """Collects what changed until its reader comes for it; however slow that is, it holds no more than MAX_TOLD names.

    Args:
        project, domain: of these alone; empty: of every one.
    """

    def __init__(self, project: str, domain: str) -> None:
        self._project, self._domain = project, domain
        self._event = asyncio.Event()
        self._phases: dict[ExecutionId, int] = {}
        self._is_many = self._has_entities = False

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

    async def next(self) -> News:
        """Waits for news."""
        await self._event.wait()
        self._event.clear()
        news = News(self._phases, self._is_many, self._has_entities)
        self._phases, self._is_many, self._has_entities = {}, False, False
        return news


class Feed:
    """Everyone who looks at lists; for the event loop."""

    def __init__(self) -> None:
        self._readers: set[Reader] = set()

    def on_change(self, change: Change) -> None:
        if self._readers and change.is_execution:
            self.tell(change.execution, change.phase)

    def tell(self, execution: ExecutionId, phase: int) -> None:
        """An execution is in another phase, or was archived or brought back."""
        for reader in self._readers:
            if reader.concerns(execution.project, execution.domain):
                reader.add(execution, phase)

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
