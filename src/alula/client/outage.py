"""Outliving the server: an execution goes on by itself after a restart, so whoever follows one waits for the server to come back."""

from __future__ import annotations

import time

from alula.client.wire import Wire
from alula.errors import Unavailable

FIRST_RETRY_S = 0.1
LAST_RETRY_S = 3.0
OUTAGE_S = 120.0  # how long a wait outlives the server


class Outage:
    """How long the server has been away, and how long to wait until it is asked again."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.over()

    def over(self) -> None:
        """The server answers."""
        self._since: float | None = None
        self._delay_s = FIRST_RETRY_S

    async def wait(self, error: Unavailable, deadline: float | None = None) -> None:
        """Waits a little, and longer each time; raises the error if it has lasted too long.

        Args:
            deadline: on the monotonic clock; None: there is none.
        """
        now = time.monotonic()
        self._since = now if self._since is None else self._since
        if now - self._since > OUTAGE_S or (deadline is not None and now > deadline):
            raise error
        await self._wire.sleep(self._delay_s)
        self._delay_s = min(self._delay_s * 2, LAST_RETRY_S)
