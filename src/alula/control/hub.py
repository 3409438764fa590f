"""Telling watchers of executions: subscribe first, read the state afterwards, and no change is ever missed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from alula.control.drive import Change
from alula.idl.identifier import ExecutionId


class Watcher:
    """Collects changes of one execution until its reader comes for them."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._nodes: dict[str, None] = {}
        self._is_changed = False

    def add(self, change: Change) -> None:
        self._nodes.update(dict.fromkeys(change.nodes))
        self._is_changed = self._is_changed or change.is_execution
        self._event.set()

    async def next(self) -> tuple[bool, list[str]]:
        """Waits for a change: whether the execution itself changed, and the ids of nodes that did."""
        await self._event.wait()
        self._event.clear()
        nodes, changed = list(self._nodes), self._is_changed
        self._nodes, self._is_changed = {}, False
        return changed, nodes


class Hub:
    """Everyone who watches, by execution."""

    def __init__(self) -> None:
        self._watchers: dict[ExecutionId, set[Watcher]] = {}

    def on_change(self, change: Change) -> None:
        for watcher in self._watchers.get(change.execution, ()):
            watcher.add(change)

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
