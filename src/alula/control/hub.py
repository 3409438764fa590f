"""Telling watchers of executions: subscribe first, read the state afterwards, and no change is ever missed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from alula.control.batch import Change
from alula.engine.state import Run
from alula.executors.base import WorkKey
from alula.idl.identifier import ExecutionId

ATTEMPTS_PAUSE_S = 0.25
"""Of attempts that leave their node as it was, the items of a map above all, watchers hear at most this often."""


class Watcher:
    """Collects changes of one execution until its reader comes for them: each node once, however slow that is."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._last: Change | None = None
        self._is_execution = False
        self._nodes: dict[str, None] = {}
        self._ended: Run | None = None
        self._told: dict[WorkKey, None] = {}
        self._is_due = False

    def add(self, change: Change) -> None:
        self._last = change
        self._is_execution |= change.is_execution
        self._nodes.update(dict.fromkeys((*change.nodes, *change.tried)))
        self._ended = self._ended or change.ended
        if change.nodes or change.is_execution:
            self._event.set()
        elif not self._is_due:  # there may be thousands a second
            self._is_due = True
            asyncio.get_running_loop().call_later(ATTEMPTS_PAUSE_S, self._tell_of_attempts)

    def _tell_of_attempts(self) -> None:
        self._is_due = False
        self._event.set()

    def tell(self, key: WorkKey) -> None:
        """A running attempt said something of itself."""
        self._told[key] = None
        self._event.set()

    def told(self) -> tuple[WorkKey, ...]:
        """The attempts that said something since this was last asked."""
        found, self._told = tuple(self._told), {}
        return found

    async def next(self) -> Change:
        """Waits for a change; several that came meanwhile are one, each node once."""
        while (change := await self.next_or_told()) is None:
            continue
        return change

    async def next_or_told(self) -> Change | None:
        """As `next`; None where attempts said something and nothing changed."""
        await self._event.wait()
        self._event.clear()
        last = self._last
        if last is None:
            return None
        found = replace(last, is_execution=self._is_execution, nodes=tuple(self._nodes), ended=self._ended)
        self._last, self._is_execution, self._nodes, self._ended = None, False, {}, None
        return found


class Hub:
    """Everyone who watches, by execution."""

    def __init__(self) -> None:
        self._watchers: dict[ExecutionId, set[Watcher]] = {}

    def on_change(self, change: Change) -> None:
        for watcher in self._watchers.get(change.execution, ()):
            watcher.add(change)

    def tell(self, execution: ExecutionId, key: WorkKey) -> None:
        for watcher in self._watchers.get(execution, ()):
            watcher.tell(key)

    @contextmanager
    def watch(self, execution: ExecutionId) -> Iterator[Watcher]:
        """A subscription for the length of the block."""
        watcher = Watcher()
        self._watchers.setdefault(execution, set()).add(watcher)
        try:
            yield watcher
        finally:
            watchers = self._watchers[execution]
            watchers.discard(watcher)
            if not watchers:
                del self._watchers[execution]
