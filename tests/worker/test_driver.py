"""An async task's calls and the order of their answers, against a record that answers at once."""

from __future__ import annotations

import asyncio
import subprocess
import threading
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import alula as al
from alula.errors import NonRecoverable
from alula.idl import core
from alula.idl.v1 import worker_pb2
from alula.types.offload import Offload
from alula.worker import driver as drivers
from alula.worker.driver import Driver, Loop


@al.task
def named(x: int) -> int:
    return x


def ended(key: str, order: int) -> worker_pb2.Answer:
    """A call's result: its order."""
    value = core.Literal(scalar=core.Scalar(primitive=core.Primitive(integer=order)))
    outputs = core.LiteralMap(literals={"o0": value}).SerializeToString()
    return worker_pb2.Answer(key=key, has_outputs=True, outputs=outputs, order=order)


def given_up(key: str, order: int) -> worker_pb2.Answer:
    return worker_pb2.Answer(key=key, order=order, is_given_up=True)


@dataclass
class Record:
    """What the server knows, by key; told in the order of the calls, when the loop has gone on for a while."""

    loop: Loop
    answers: dict[str, worker_pb2.Answer]
    calls: list[worker_pb2.Call] = field(default_factory=list)
    idle: threading.Event = field(default_factory=threading.Event)  # the task has said that it only waits
    idle_meanwhile: bool = False
    on_idle: Callable[[], None] = lambda: None
    driver: Driver | None = None

    def send(self, message: worker_pb2.FromWorker) -> None:
        if message.idle:
            self.idle.set()
            self.loop.call_soon_threadsafe(self.on_idle)
        for call in message.calls:
            self.calls.append(call)
            if not call.is_cancelled:
                found = self.answers.get(call.key, worker_pb2.Answer(key=call.key, is_pending=True))
                if not found.is_pending or call.is_replay:
                    self.loop.call_later(0.001 * (len(self.calls) % 3), self.driver.hear, found)  # type: ignore[union-attr]

    @property
    def cancelled(self) -> list[tuple[str, int]]:
        return [(call.key, call.after) for call in self.calls if call.is_cancelled]


def drive(body: Callable[[], Coroutine[Any, Any, Any]], *answers: worker_pb2.Answer, replay_to: int | None = None) -> tuple[Any, Record]:
    loop = Loop()
    record = Record(loop, {a.key: a for a in answers})
    last = max((a.order for a in answers), default=0) if replay_to is None else replay_to
    driver = record.driver = Driver(worker_pb2.Attempt(handle=1, replay_to=last), record, Offload("."), loop)
    loop.selector.on_rest = driver.on_rest
    try:
        result = loop.run_until_complete(driver.start(body()))
        driver.check()
        return result, record
    finally:
        loop.close()


async def in_order(n: int) -> list[int]:
    """The results of n calls as they end."""
    found = []
    for one in asyncio.as_completed([named.aio(x) for x in range(n)]):
        found.append(await one)
    return found


@given(st.permutations(range(6)))
def test_answers_come_in_the_order_on_record_whatever_order_they_arrive_in(places: list[int]) -> None:
    answers = [ended(f"c{n}", 2 * place + 2) for n, place in enumerate(places)]
    found, _ = drive(lambda: in_order(6), *answers)
    assert found == [2, 4, 6, 8, 10, 12]


@given(st.permutations(range(5)), st.integers(0, 5))
def test_every_answer_is_handed_over_alone(places: list[int], steps: int) -> None:
    """What follows from one has come to rest before the next: who looks finds one more that has ended, never two."""

    async def body() -> list[int]:
        running = {asyncio.ensure_future(named.aio(x)) for x in range(5)}
        sizes = []
        while running:
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            sizes.append(len(done))
            for _ in range(steps):
                await asyncio.sleep(0)
        return sizes

    found, _ = drive(body, *[ended(f"c{n}", 2 * place + 2) for n, place in enumerate(places)])
    assert found == [1] * 5


def test_what_stands_before_and_is_not_called_any_more_holds_nothing_up() -> None:
    found, _ = drive(lambda: in_order(2), ended("c0", 6), ended("c1", 4), replay_to=10)
    assert found == [4, 6]


def test_a_timeout_on_record_passes_at_once() -> None:
    async def body() -> str:
        try:
            async with asyncio.timeout(3600):
                return str(await named.aio(1))
        except TimeoutError:
            return f"given up, then {await named.aio(2)}"

    began = time.monotonic()
    found, record = drive(body, given_up("c0", 1), ended("c1", 2))
    assert found == "given up, then 2"
    assert record.cancelled == [("c0", 0)]
    assert time.monotonic() - began < 600


def test_what_is_given_up_for_another_call_is_given_up_when_that_ends() -> None:
    async def body() -> int:
        first, second = asyncio.ensure_future(named.aio(1)), asyncio.ensure_future(named.aio(2))
        await asyncio.wait({first, second}, return_when=asyncio.FIRST_COMPLETED)
        first.cancel()
        return await second

    found, record = drive(body, given_up("c0", 3), ended("c1", 2))
    assert found == 2
    assert record.cancelled == [("c0", 2)]


def test_an_attempt_that_no_longer_gives_a_call_up_is_refused() -> None:
    async def body() -> int:
        return await named.aio(1)

    with pytest.raises(NonRecoverable, match="stopped waiting for this call") as refused:
        drive(body, given_up("c0", 1))
    assert refused.value.code == "CallOrderChanged"


def test_a_ticking_task_that_no_longer_gives_a_call_up_is_refused_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drivers, "MAX_LEAPS", 50)

    async def tick() -> None:
        while True:  # noqa: ASYNC110 - what no longer gives a call up may well tick
            await asyncio.sleep(60)

    async def body() -> int:
        ticking = asyncio.ensure_future(tick())
        try:
            return await named.aio(1)
        finally:
            ticking.cancel()

    with pytest.raises(NonRecoverable, match="stopped waiting for this call"):
        drive(body, given_up("c0", 1))


def test_a_loop_that_never_rests_hears_its_answers() -> None:
    async def body() -> int:
        call = asyncio.ensure_future(named.aio(1))
        while not call.done():  # noqa: ASYNC110 - what is tested: it waits in a way in which no loop rests
            await asyncio.sleep(0)
        return await call

    assert drive(body, ended("c0", 2))[0] == 2


def test_only_an_attempt_on_record_asks_what_is_known() -> None:
    _, first = drive(lambda: in_order(2), ended("c0", 2), ended("c1", 4), replay_to=0)
    assert [call.is_replay for call in first.calls] == [False, False]

    async def one_by_one() -> int:
        return await named.aio(1) + await named.aio(2)

    _, again = drive(one_by_one, ended("c0", 2), ended("c1", 4), replay_to=2)
    assert [call.is_replay for call in again.calls] == [True, False], "behind the record's end it is a first attempt again"


def test_going_over_a_set_of_tasks_has_one_order() -> None:
    """A set goes by where in memory its members lie, were it not for the numbers of our tasks."""

    async def body() -> list[int]:
        numbers = {asyncio.ensure_future(named.aio(x)): x for x in range(40)}
        done, _ = await asyncio.wait(set(numbers))
        return [numbers[one] for one in done]

    answers = [ended(f"c{n}", 2 * n + 2) for n in range(40)]
    found = [drive(body, *answers)[0] for _ in range(3)]
    assert found == [list(range(40))] * 3


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
        loop.call_soon_threadsafe(driver.hear, ended("c0", 2))

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
    record.on_idle = lambda: driver.hear(ended("c0", 2))
    try:
        assert loop.run_until_complete(driver.start(body())) == 2
    finally:
        loop.close()
