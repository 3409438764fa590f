"""The order of answers, against a record that answers at once."""

from __future__ import annotations

import asyncio
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
    monkeypatch.setattr(answers, "MAX_LEAPS", 50)

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
