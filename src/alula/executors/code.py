"""Code that was put together on this machine for attempts: what nobody has used for long is removed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from pathlib import Path

from alula.errors import InvalidInput
from alula.objectstore.assemble import digest_of
from alula.objectstore.expire import expire

log = logging.getLogger(__name__)

COLLECT_EVERY_S = 3600.0


class CodeFolder:
    """The folder of code.

    Args:
        root: where workers put it together.
        idle_s: code that no attempt asked for within this span is removed.
        in_use: URIs of code that attempts run from, wait for or will come back to.
    """

    def __init__(self, root: Path, idle_s: float, *, in_use: Callable[[], set[str]]) -> None:
        self.root, self._idle_s, self._in_use = root, idle_s, in_use
        self._keeper: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to tidy up, now and every hour; safe twice."""
        if self._keeper is None:
            self._keeper = asyncio.get_running_loop().create_task(self._keep())

    async def stop(self) -> None:
        """Safe twice and before start."""
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)

    async def _keep(self) -> None:
        while True:
            try:
                removed = await self.collect()
            except OSError:
                log.exception("unused code could not be removed")
            else:
                if removed:
                    log.info("removed %d versions of code that nobody had used for %.0f days", len(removed), self._idle_s / 86_400)
            await asyncio.sleep(COLLECT_EVERY_S)

    async def collect(self) -> list[str]:
        """Removes what nobody has used for long, never what something runs from; the digests."""
        return await asyncio.to_thread(expire, self.root, self._idle_s, _digests(self._in_use()))


def _digests(uris: set[str]) -> set[str]:
    found = set()
    for uri in uris:
        with contextlib.suppress(InvalidInput):  # its attempt fails, and says so
            found.add(digest_of(uri))
    return found
