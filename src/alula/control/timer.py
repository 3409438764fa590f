"""Timers of executions in the event loop; what must outlive a restart is in rows and set again from there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from alula.control.clock import Clock
from alula.engine.effect import SetTimer

Name = tuple[str, int, str]  # node id, item, what


class Timers:
    """At most one timer of a name; `fire` is called in the loop, never before its instant."""

    def __init__(self, clock: Clock, fire: Callable[[int, SetTimer], None]) -> None:
        self._clock = clock
        self._fire = fire
        self._handles: dict[int, dict[Name, asyncio.TimerHandle]] = {}

    def set(self, loop: asyncio.AbstractEventLoop, key: int, timer: SetTimer) -> None:
        name = (timer.node_id, timer.item, timer.what)
        self.cancel(key, *name)
        delay_s = max(0, timer.at - self._clock()) / 1e6
        self._handles.setdefault(key, {})[name] = loop.call_later(delay_s, self._due, loop, key, timer)

    def _due(self, loop: asyncio.AbstractEventLoop, key: int, timer: SetTimer) -> None:
        if self._clock() < timer.at:  # the loop's clock and ours differ by rounding
            self.set(loop, key, timer)
            return
        self._handles.get(key, {}).pop((timer.node_id, timer.item, timer.what), None)
        self._fire(key, timer)

    def cancel(self, key: int, node_id: str, item: int, what: str) -> None:
        """Cancels one timer, if it is set."""
        handle = self._handles.get(key, {}).pop((node_id, item, what), None)
        if handle is not None:
            handle.cancel()

    def cancel_all(self, key: int) -> None:
        """Cancels every timer of an execution that has ended."""
        for handle in self._handles.pop(key, {}).values():
            handle.cancel()

    def stop(self) -> None:
        for key in list(self._handles):
            self.cancel_all(key)
