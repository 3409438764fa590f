"""Calls from the writer's thread into the event loop; what one commit resolves shares one wake-up of the loop."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Any

log = logging.getLogger(__name__)


class Mail:
    """Calls that the loop makes soon, in order; one that fails does not keep back the others."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()
        self._is_due = False
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """From here on there is a loop; it is kept while stopping, so that whoever waits hears of it."""
        self._loop = loop

    def send(self, call: Callable[..., None], *args: Any) -> None:
        """Has the event loop make a call; from any thread."""
        self._waiting.append((call, args))
        if not self._is_due and self._loop is not None:
            self._is_due = True
            self._loop.call_soon_threadsafe(self._open)

    def _open(self) -> None:
        self._is_due = False  # first, so that what comes from now on wakes the loop again
        while self._waiting:
            call, args = self._waiting.popleft()
            try:
                call(*args)
            except Exception:
                log.exception("what a commit resolved could not be delivered")
