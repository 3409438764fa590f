"""When an async task only waits, seen from its loop."""

from __future__ import annotations

import asyncio
import subprocess
import threading
from collections.abc import Callable
from typing import Any

import pytest
from tests.worker.recorded import Record, drive, ended, named

import alula as al
from alula.idl.v1 import worker_pb2
from alula.types.offload import Offload
from alula.worker import driver as drivers
from alula.worker.driver import Driver
from alula.worker.event_loop import Loop


def test_a_traced_function_that_is_given_up_is_put_on_record_as_that() -> None:
    has_begun = asyncio.Event()

    @al.trace
    async def probe() -> int:
        has_begun.set()
        await asyncio.Event().wait()
        return 1

    async def body() -> int:
        traced = asyncio.ensure_future(probe.aio())
        await has_begun.wait()
        traced.cancel()
        return await named.aio(1)

    found, record = drive(body, worker_pb2.Answer(key="c0"), ended("c1", 2), replay_to=0)
    assert found == 2
    assert [(call.key, call.is_traced, bool(call.error)) for call in record.calls] == [
        ("c0", False, False),
        ("c1", False, False),
        ("c0", True, True),
        ("c0", False, False),
    ]
    assert record.cancelled == [("c0", 0)]


class Watched(Driver):
    """Counts its looks at what the task started beside its loop."""

    def __init__(self, *words: Any) -> None:
        super().__init__(*words)
        self.looks, self.looked_thrice = 0, threading.Event()

    def _works_elsewhere(self) -> bool:
        self.looks += 1
        if self.looks == 3:
            self.looked_thrice.set()
        return super()._works_elsewhere()


def wait_beside(start: Callable[[], Callable[[], None]], monkeypatch: pytest.MonkeyPatch) -> Record:
    """A task that waits for an answer, while what `start` began is at work and until the driver has seen its end."""
    monkeypatch.setattr(drivers, "WATCH_S", 0.01)
    loop = Loop()
    record = Record(loop, {})
    driver = Watched(worker_pb2.Attempt(handle=1), record, Offload("."), loop)
    loop.selector.on_rest = driver.on_rest

    def watch(end: Callable[[], None]) -> None:
        driver.looked_thrice.wait(10)
        record.idle_meanwhile = record.idle.is_set()
        end()
        record.idle.wait(10)
        loop.call_soon_threadsafe(driver.answers.hear, ended("c0", 2))

    async def body() -> int:
        threading.Thread(target=watch, args=(start(),), daemon=True).start()
        return await named.aio(1)

    try:
        loop.run_until_complete(driver.start(body()))
    finally:
        loop.close()
    return record


def thread() -> Callable[[], None]:
    gate = threading.Event()
    started = threading.Thread(target=gate.wait)
    started.start()

    def end() -> None:
        gate.set()
        started.join()

    return end


def process() -> Callable[[], None]:
    started = subprocess.Popen(["sleep", "600"])
    return started.kill  # and nobody asks how it ended


@pytest.mark.parametrize("start", [thread, process])
def test_a_task_beside_whose_loop_something_works_does_not_only_wait(
    start: Callable[[], Callable[[], None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    record = wait_beside(start, monkeypatch)
    assert (record.idle_meanwhile, record.idle.is_set()) == (False, True)


def test_a_pool_that_has_nothing_to_do_holds_nothing_up() -> None:
    async def body() -> int:
        await asyncio.to_thread(int)
        return await named.aio(1)

    loop = Loop()
    record = Record(loop, {})
    driver = Driver(worker_pb2.Attempt(handle=1), record, Offload("."), loop)
    loop.selector.on_rest = driver.on_rest
    record.on_idle = lambda: driver.answers.hear(ended("c0", 2))
    try:
        assert loop.run_until_complete(driver.start(body())) == 2
    finally:
        loop.close()


def test_a_task_that_waits_for_a_timer_too_lends_its_core_until_that_fires() -> None:
    loop = Loop()
    record = Record(loop, {})
    driver = Driver(worker_pb2.Attempt(handle=1), record, Offload("."), loop)
    loop.selector.on_rest, loop.selector.on_wake = driver.on_rest, driver.on_wake
    said: list[tuple[bool, bool]] = []
    record.on_said = lambda idle: said.append((idle.is_timed, idle.is_over))

    async def body() -> int:
        call = asyncio.ensure_future(named.aio(1))
        await asyncio.sleep(0.001)  # too short to be worth lending
        await asyncio.wait({call}, timeout=0.06)
        found = list(said)
        driver.answers.hear(ended("c0", 2))
        assert await call == 2
        return len(found)

    try:
        assert loop.run_until_complete(driver.start(body())) == 2
    finally:
        loop.close()
    assert said == [(True, False), (False, True)]
