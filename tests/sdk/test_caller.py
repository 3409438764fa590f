"""Async tasks as plain Python, and misuse of what they call."""

from __future__ import annotations

import asyncio

import pytest
from tests.programs import driving

import alula as al
from alula.errors import DefinitionError
from alula.sdk.named import called_in


def test_an_async_task_is_a_plain_coroutine_whose_calls_are_plain_python() -> None:
    assert asyncio.run(driving.fan(4)) == 12
    assert asyncio.run(driving.maps([1, 2])) == [2, 4]
    assert asyncio.run(driving.calls_a_workflow(3)) == 12
    assert asyncio.run(driving.calls_a_driver(3)) == 12


def test_exceptions_come_through_as_they_are() -> None:
    assert asyncio.run(driving.catches(3)) == "tests.programs.driving.TooHot: 3 is too hot"


@al.task
def leaf(x: int) -> int:
    return x


@al.task
def calls_plainly(x: int) -> int:
    return leaf(x) + 1


@al.task
async def calls_a_sync_task_that_calls(x: int) -> int:
    return await calls_plainly.aio(x)


def test_within_a_sync_task_a_call_stays_a_plain_call() -> None:
    assert asyncio.run(calls_a_sync_task_that_calls(1)) == 2


@al.task
async def adds(x: int) -> int:
    return leaf(x) + 1


@al.task
async def asks(x: int) -> int:
    return 1 if leaf(x) else 0


@al.task
async def loops(x: int) -> int:
    return sum(y for y in leaf(x))  # type: ignore[attr-defined]


@pytest.mark.parametrize("misused", [adds, asks, loops])
def test_a_call_that_is_not_awaited_is_an_error_where_it_is_used(misused: al.task) -> None:  # type: ignore[valid-type]
    with pytest.raises(DefinitionError, match=r"test_caller.py:\d+: the call of task leaf was not awaited; write `await` before it"):
        asyncio.run(misused(1))  # type: ignore[misc]


@al.task
async def twice(x: int) -> int:
    call = leaf(x)
    return await call + await call  # type: ignore[misc]


def test_awaiting_twice_is_one_call() -> None:
    assert asyncio.run(twice(2)) == 4


def test_a_gate_in_a_plain_call_says_what_to_do() -> None:
    with pytest.raises(DefinitionError, match=r'gate "number" has no answer in a plain call; run the task with `alula run`'):
        asyncio.run(driving.asks())


def test_what_an_async_task_may_call_is_found_in_its_source() -> None:
    assert [one.label for one in called_in(driving.many)] == ["noted"]
    assert [one.label for one in called_in(driving.maps)] == ["double"]
    assert [one.label for one in called_in(driving.calls_a_workflow)] == ["plus_one_then_double"]
