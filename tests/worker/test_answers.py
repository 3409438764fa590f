"""The order of answers, against a record that answers at once."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.worker.recorded import drive, ended, given_up, named

from alula.errors import NonRecoverable
from alula.worker import answers


async def in_order(n: int) -> list[int]:
    """The results of n calls as they end."""
    found = []
    for one in asyncio.as_completed([named.aio(x) for x in range(n)]):
        found.append(await one)
    return found


@given(st.permutations(range(6)))
def test_answers_come_in_the_order_on_record_whatever_order_they_arrive_in(places: list[int]) -> None:
    found, _ = drive(lambda: in_order(6), *[ended(f"c{n}", 2 * place + 2) for n, place in enumerate(places)])
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


def test_what_ended_before_it_was_called_is_heard_in_the_order_on_record() -> None:
    """The worker was still starting, so the attempt says nothing of these."""

    async def body() -> list[int]:
        await asyncio.to_thread(int)
        return await in_order(3)

    known = [ended("c0", 6), ended("c1", 4), ended("c2", 2)]
    found, record = drive(body, *known, replay_to=0, early=known)
    assert found == [2, 4, 6]
    assert [call.is_replay for call in record.calls] == [True, True, True]


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
    found, record = drive(body, given_up("c0", 1, 3600.0), ended("c1", 2))
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


def test_a_ticking_task_that_no_longer_gives_a_call_up_is_refused_too() -> None:
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


async def late(delay_s: float, x: int) -> int:
    await asyncio.sleep(delay_s)
    return await named.aio(x)


def test_what_a_sleep_delayed_is_called_before_what_was_answered_after_it() -> None:
    async def body() -> list[int]:
        order = []
        running = {asyncio.ensure_future(late(5.0, 1)), asyncio.ensure_future(named.aio(2))}
        while running:
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            order += [await one for one in done]
        return order

    began = time.monotonic()
    record = [("c0", 0, 0.0), ("t0_c0", 0, 5.0)]
    found, _ = drive(body, ended("c0", 4, 15.0), ended("t0_c0", 2, 9.0), recorded=record)
    assert found == [2, 4]
    assert time.monotonic() - began < 5


def test_a_timer_that_was_begun_later_does_not_come_first() -> None:
    """One lane gave up after 3 s. Another had its first answer after 2.7 s, and its second, within 1.5 s of that, after 3.3 s."""

    async def slow() -> str:
        try:
            return f"quick {await asyncio.wait_for(named.aio(1), 3.0)}"
        except TimeoutError:
            return "slow is late"

    async def quick() -> str:
        await named.aio(2)
        try:
            return f"quick {await asyncio.wait_for(named.aio(3), 1.5)}"
        except TimeoutError:
            return "quick is late"

    async def body() -> list[str]:
        return list(await asyncio.gather(slow(), quick()))

    record = [("t0_c0", 0, 0.0), ("t1_c0", 0, 0.0), ("t1_c1", 2, 2.7)]
    _, first = drive(body, ended("t0_c0", 2), ended("t1_c0", 4), ended("t1_c1", 6), replay_to=0)
    assert {call.key for call in first.calls} == {key for key, _, _ in record}
    known = [given_up("t0_c0", 3, 3.0), ended("t1_c0", 2, 2.7), ended("t1_c1", 4, 3.3)]
    found, _ = drive(body, *known, recorded=record)
    assert found == ["slow is late", "quick 4"]


def test_a_wait_that_ran_out_once_runs_out_again() -> None:
    """And calls in between what it does then."""

    async def body() -> list[str]:
        said, running = [], {asyncio.ensure_future(named.aio(1))}
        while running:
            done, running = await asyncio.wait(running, timeout=0.7)
            said.append("done" if done else f"reported {await named.aio(2)}")
        return said

    record = [("c0", 0, 0.0), ("c1", 0, 0.7), ("c2", 2, 1.5)]
    known = [ended("c0", 6, 2.2), ended("c1", 2, 0.8), ended("c2", 4, 1.6)]
    found, _ = drive(body, *known, recorded=record)
    assert found == ["reported 2", "reported 4", "done"]


@pytest.mark.parametrize("is_thread", [False, True])
def test_a_server_that_takes_its_time_makes_no_timeout_pass(is_thread: bool) -> None:
    async def body() -> str:
        if is_thread:
            await asyncio.to_thread(int)
        try:
            return f"heard {await asyncio.wait_for(named.aio(1), 0.05)}"
        except TimeoutError:
            return "late"

    found, record = drive(body, ended("c0", 2, 0.01), recorded=[("c0", 0, 0.0)], delay_s=0.2)
    assert (found, record.cancelled) == ("heard 2", [])


def test_what_a_thread_delayed_is_waited_for() -> None:
    gate = threading.Event()

    async def after_a_thread() -> int:
        await asyncio.to_thread(gate.wait, 10)
        return await named.aio(1)

    async def body() -> list[int]:
        running = [asyncio.ensure_future(after_a_thread()), asyncio.ensure_future(named.aio(2))]
        asyncio.get_running_loop().call_soon(gate.set)
        return [await one for one in asyncio.as_completed(running)]

    found, _ = drive(body, ended("t0_c0", 2, 0.1), ended("c0", 4, 0.2), recorded=[("c0", 0, 0.0), ("t0_c0", 0, 0.05)], delay_s=0.02)
    assert found == [2, 4]


def test_what_a_thread_no_longer_brings_about_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "PATIENCE_S", 0.05)
    gate = threading.Event()

    async def body() -> int:
        waiting = asyncio.ensure_future(asyncio.to_thread(gate.wait, 10))
        found = await named.aio(1)
        gate.set()
        await waiting
        return found

    found, _ = drive(body, ended("c0", 4, 0.2), recorded=[("c0", 0, 0.0), ("c1", 0, 0.1)])
    assert found == 4


def test_calls_say_what_they_followed_and_when() -> None:
    async def body() -> None:
        await named.aio(1)
        await asyncio.sleep(0.02)
        await asyncio.gather(named.aio(2), named.aio(3))
        await named.aio(4)

    _, record = drive(body, *[ended(f"c{n}", 2 * n + 2) for n in range(4)], replay_to=0)
    assert [(call.key, call.after) for call in record.calls[:3]] == [("c0", 0), ("c1", 2), ("c2", 2)]
    assert [sorted(one.order for one in call.given) for call in record.calls] == [[], [2], [], [4, 6]]
    clocks = [call.clock_s for call in record.calls]
    assert clocks == sorted(clocks)
    assert clocks[1] - record.calls[1].given[0].clock_s >= 0.02
