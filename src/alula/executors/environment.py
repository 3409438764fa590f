"""Attempts that wait until what they run in is built: each environment once, however many attempts and pools ask for it."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from alula.engine.event import Failure
from alula.errors import AlulaError, InvalidInput, Unavailable
from alula.executors.base import Work, WorkKey
from alula.idl.v1 import source_pb2
from alula.objectstore import store
from alula.provision import folder, lock
from alula.provision.build import PACKAGE, build
from alula.provision.spec import key_of

log = logging.getLogger(__name__)

TOUCH_EVERY_S = 60.0
COLLECT_EVERY_S = 3600.0
HERE = Path(__file__).resolve().parent.parent


class Environments:
    """What is built under `root`; everything but deleting happens in the event loop.

    Args:
        root: their folder.
        upkeep: how long they are kept.
        on_building: what an attempt waits for is being built; with what it waits for, in words.
        on_ready: an attempt may be queued; with the seconds it waited.
        on_failed: its environment cannot be had; with the seconds it waited.
        release: gives up an environment's idle workers and its zygote.
        in_use: keys of environments that have work now.
    """

    def __init__(
        self,
        root: Path,
        upkeep: folder.Upkeep,
        *,
        on_building: Callable[[Work, str], None],
        on_ready: Callable[[Work, float], None],
        on_failed: Callable[[Work, float, Failure], None],
        release: Callable[[str], Awaitable[None]],
        in_use: Callable[[], set[str]],
    ) -> None:
        self.root, self._upkeep = root, upkeep
        self._on_building, self._on_ready, self._on_failed, self._release, self._in_use = on_building, on_ready, on_failed, release, in_use
        self._ready: dict[str, float] = {}  # when it was last noted that it is used
        self._waiting: dict[str, dict[WorkKey, tuple[Work, float]]] = {}
        self._reasons: dict[str, str] = {}  # of those that are being built just now
        self._building: dict[str, asyncio.Task[None]] = {}
        self._keeper: asyncio.Task[None] | None = None

    @property
    def waiting_count(self) -> int:
        return sum(len(each) for each in self._waiting.values())

    def start(self) -> None:
        """Begins to tidy up, now and every hour; safe twice."""
        if self._keeper is None:
            self._keeper = asyncio.get_running_loop().create_task(self._keep(folder.leftovers(self.root)))

    async def stop(self) -> None:
        """Gives up what is being built; safe twice and before start."""
        tasks = [*self._building.values(), *([self._keeper] if self._keeper is not None else [])]
        self._keeper = None
        self._waiting.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def python(self, environment: source_pb2.Environment) -> str:
        """Its interpreter."""
        return str(self.root / key_of(environment) / "bin" / "python")

    def is_ready(self, environment: source_pb2.Environment) -> bool:
        """Whether it was found whole since this server started; notes now and then that it is used."""
        key = key_of(environment)
        noted = self._ready.get(key)
        if noted is None:
            return False
        now = time.monotonic()
        if now - noted > TOUCH_EVERY_S:
            self._ready[key] = now
            folder.touch(self.root / key)
        return True

    def forget(self, environment: source_pb2.Environment) -> None:
        """Its interpreter could not be started: the next attempt looks again."""
        self._ready.pop(key_of(environment), None)

    def wait(self, work: Work) -> None:
        """Holds an attempt until its environment is there."""
        if work.environment is None:
            return
        key = key_of(work.environment)
        self._waiting.setdefault(key, {})[work.key] = work, time.monotonic()
        if key in self._reasons:
            self._on_building(work, self._reasons[key])
        if key not in self._building:
            self._building[key] = asyncio.get_running_loop().create_task(self._build(key, work.environment))

    def cancel(self, key: WorkKey) -> bool:
        """Lets go of an attempt that waits; False if it does not."""
        return any([each.pop(key, None) is not None for each in self._waiting.values()])  # noqa: C419 - every one

    async def _build(self, key: str, environment: source_pb2.Environment) -> None:
        failure: Failure | None = None
        try:
            await self._ensure(key, environment)
            self._ready[key] = time.monotonic()
            folder.touch(self.root / key)
        except AlulaError as e:
            failure = Failure(code=e.code, message=e.message, kind=e.kind, is_recoverable=e.kind == "SYSTEM")
        except OSError as e:
            message = f"environment {environment.name} cannot be built: {e}"
            failure = Failure(code="ENVIRONMENT", message=message, kind="SYSTEM", is_recoverable=True)
        except Exception as e:
            log.exception("environment %s: a defect of the server", environment.image)
            message = f"a defect of the server ({type(e).__name__}: {e}); its log has the trace"
            failure = Failure(code="Internal", message=message, kind="SYSTEM")
        finally:
            self._building.pop(key, None)
            self._reasons.pop(key, None)
        now = time.monotonic()
        for work, since in self._waiting.pop(key, {}).values():
            if failure is None:
                self._on_ready(work, now - since)
            else:
                self._on_failed(work, now - since, failure)

    async def _ensure(self, key: str, environment: source_pb2.Environment) -> None:
        if await asyncio.to_thread(folder.is_whole, self.root / key):
            return
        what = f"environment {environment.name}"
        log.info("%s (%s): building", what, environment.image)
        self._reasons[key] = f"{what} is built on this machine"
        for work, _ in self._waiting[key].values():
            self._on_building(work, self._reasons[key])
        try:
            text = (await store.aget_bytes(environment.lock_uri)).decode()
        except AlulaError as e:
            raise Unavailable(f"{what}: its lock cannot be read: {e.message}; register the program again", code="LOCK_MISSING") from e
        found = lock.digest(text)
        if found != environment.lock_digest:
            raise InvalidInput(f"{what}: its lock has the digest {found[:12]}…, not the one on record; register the program again")
        began = time.monotonic()
        await build(self.root, key, what=what, python=environment.python, text=text, package=HERE)
        log.info("%s (%s): built in %.1f s", what, environment.image, time.monotonic() - began)

    # Keeping ----------------------------------------------------------------------------------------------------------

    async def _keep(self, leftovers: list[Path]) -> None:
        for path in leftovers:
            await asyncio.to_thread(shutil.rmtree, path, ignore_errors=True)
        while True:
            try:
                await self.collect()
            except OSError:
                log.exception("unused environments could not be removed")
            await asyncio.sleep(COLLECT_EVERY_S)

    async def collect(self) -> list[str]:
        """Removes environments that nobody has used for long, never one that has work; their keys."""
        busy = {*self._in_use(), *self._building}
        removed = []
        for key in await asyncio.to_thread(folder.expendable, self.root, self._upkeep, busy):
            if key in self._in_use() or key in self._building:
                continue
            self._ready.pop(key, None)  # whoever comes from here on waits for it to be built again
            aside = folder.set_aside(self.root, key)
            await self._release(key)
            await asyncio.to_thread(shutil.rmtree, aside, ignore_errors=True)
            removed.append(key)
        return removed


def variables(inherited: Mapping[str, str], python: Path) -> dict[str, str]:
    """What workers of an environment inherit: its programs first, nothing of the server's own packages but Alula."""
    found = {name: value for name, value in inherited.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    path = os.pathsep.join(each for each in (str(python.parent), found.get("PATH", "")) if each)
    return {**found, "PATH": path, "VIRTUAL_ENV": str(python.parent.parent), PACKAGE: str(HERE)}
