"""Looks out for an attempt that takes long while others wait behind it: they were sent ahead because none was expected to."""

from __future__ import annotations

import threading
import time
from contextlib import suppress

from alula.worker.link import Link

LONG_S = 0.05
MOST_S = 1.0


class Lookout:
    """Gives back what waits behind an attempt that runs for longer than `LONG_S`, and sends what was finished before it.

    As long as user code holds the interpreter's lock for itself, it sees nothing.
    """

    def __init__(self, link: Link) -> None:
        self._link = link
        self._count = 0
        self._running = 0  # number of the attempt that others may wait behind; 0: there is none
        self._is_followed = False
        self._is_due = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self, *, is_followed: bool) -> None:
        """An attempt begins that others wait behind, or may come to.

        Args:
            is_followed: more may still come.
        """
        self._is_followed = is_followed
        self._count += 1
        self._running = self._count
        if not self._is_due.is_set():
            self._is_due.set()
            if self._thread is None:  # where attempts are long there is never anything behind them
                self._thread = threading.Thread(target=self._look, name="alula-lookout", daemon=True)
                self._thread.start()

    def end(self) -> None:
        """The attempt has ended."""
        self._running = 0

    def _look(self) -> None:
        while True:
            self._is_due.wait()
            seen, pause_s = self._running, LONG_S
            time.sleep(pause_s)
            while seen and seen == self._running:
                with suppress(OSError):  # the executor is gone, and this process goes with it
                    self._link.give_back(is_arriving=self._is_followed)
                pause_s = min(2 * pause_s, MOST_S)  # what was on its way comes soon, if at all
                time.sleep(pause_s)
            self._is_due.clear()
            if self._running:  # begun before the flag was taken down
                self._is_due.set()
