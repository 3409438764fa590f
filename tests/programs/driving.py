"""Async tasks that call others."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import Awaitable
from pathlib import Path

import alula as al


class TooHot(ValueError):
    pass


class Strange(Exception):
    def __init__(self, one: int, two: int) -> None:
        super().__init__(one, two)


def note(path: str, text: str) -> None:
    with Path(path).open("a") as file:
        file.write(f"{text}\n")


@al.task
def double(x: int) -> int:
    return 2 * x


@al.task(cache="1")
def cached_double(x: int) -> int:
    return 2 * x


@al.task
def noted(path: str, x: int) -> int:
    note(path, f"child {x}")
    return x * 3


@al.task
def hot(x: int) -> int:
    if x > 2:
        raise TooHot(f"{x} is too hot")
    return x


@al.task
def strange() -> int:
    raise Strange(1, 2)


@al.task(retries=1)
def second_time(path: str) -> int:
    note(path, "try")
    if len(Path(path).read_text().splitlines()) < 2:
        raise RuntimeError("not yet")
    return 5


@al.workflow
def plus_one_then_double(x: int) -> int:
    return double(double(x))


@al.task
async def fan(n: int) -> int:
    return sum(await asyncio.gather(*[double.aio(i) for i in range(n)]))


@al.task
async def catches(x: int) -> str:
    try:
        await hot.aio(x)
    except TooHot as error:
        return f"{type(error).__module__}.{type(error).__name__}: {error}"
    return "cool"


@al.task
async def hears_of_strange() -> str:
    try:
        await strange.aio()
    except al.TaskFailed as error:
        return error.code
    except Strange as error:
        return f"{type(error).__name__} {error.args}"
    return ""


@al.task
async def calls_a_workflow(x: int) -> int:
    return await al.awaited(plus_one_then_double(x))


@al.task
async def calls_a_driver(n: int) -> int:
    return await fan(n) + await fan(n)


@al.task
async def maps(xs: list[int]) -> list[int]:
    return await al.map(double, concurrency=2).aio(x=xs)


@al.task
async def uses_the_cache(x: int) -> list[int]:
    first = await cached_double.aio(x)
    return [first, await cached_double.aio(x)]


@al.task
async def asks() -> list[int]:
    found = [await al.awaited(al.wait_for_input("number", int)), await al.awaited(al.wait_for_input("number", int))]
    await al.awaited(al.approve(found, "go"))
    await al.awaited(al.sleep("1s"))  # type: ignore[func-returns-value]
    return found


@al.trace
def pid_of(path: str) -> int:
    note(path, "traced")
    return os.getpid()


@al.task(retries=1)
async def traced_once(path: str) -> int:
    pid = await pid_of.aio(path)
    value = await noted.aio(path, 1)
    note(path, "life")
    if Path(path).read_text().count("life") == 1:
        raise RuntimeError("the first life ends here")
    return pid * 0 + value


@al.task(retries=1)
async def wanders(path: str) -> int:
    """Calls something else in its second life, without any call that had failed."""
    note(path, "life")
    lives = Path(path).read_text().count("life")
    await noted.aio(path, lives)
    if lives == 1:
        raise RuntimeError("the first life ends here")
    return lives


@al.task(retries=3)
async def wanders_and_hides_it(path: str) -> int:
    try:
        return await wander(path)
    except al.NonRecoverable as error:
        raise RuntimeError("something went wrong") from error


async def wander(path: str) -> int:
    note(path, "life")
    lives = Path(path).read_text().count("life")
    await noted.aio(path, lives)
    if lives == 1:
        raise RuntimeError("the first life ends here")
    return lives


@al.task(retries=1)
async def tries_again(path: str) -> int:
    """A child that fails in the first life is made again in the second, one that had succeeded is not."""
    kept = await noted.aio(path, 7)
    note(path, "life")
    return kept + await flaky.aio(path)


@al.task
def flaky(path: str) -> int:
    if Path(path).read_text().count("life") == 1:
        raise RuntimeError("flaky")
    return 1


@al.task
async def gives_up(path: str) -> str:
    try:
        await asyncio.wait_for(endless.aio(path), 0.2)
    except TimeoutError:
        return "gave up"
    return "ended"


@al.task
def endless(path: str) -> int:
    note(path, f"endless {os.getpid()}")
    while True:
        os.sched_yield()


@al.task
async def forgets() -> int:
    double(1)
    return 1


@al.task
async def leaves_one_running(path: str) -> int:
    waiting = asyncio.ensure_future(endless.aio(path))
    while not Path(path).exists():
        await asyncio.sleep(0.01)
    return int(not waiting.done())


@al.task
async def cleans_up_after_its_end(path: str) -> int:
    """What is left running calls once more while it is ended."""

    async def helper() -> None:
        try:
            await endless.aio(path)
        finally:
            await noted.aio(path, 5)

    left = asyncio.ensure_future(helper())
    while not Path(path).exists():
        await asyncio.sleep(0.01)
    return int(not left.done())


@al.task
async def asks_then_calls() -> int:
    first = await al.awaited(al.wait_for_input("number", int))
    return await double.aio(first) + await al.awaited(al.wait_for_input("number", int))


async def decide(after: int, value: int) -> int:
    await noted_slow.aio(after)
    return await al.awaited(al.wait_for_input("number", int)) * value


@al.task
def noted_slow(after: int) -> int:
    time.sleep(after / 10)
    return after


@al.task
async def asks_in_two_tasks() -> list[int]:
    """The second of two asks first; a later attempt hears of both at once."""
    return list(await asyncio.gather(decide(5, 1), decide(0, 10)))


@al.task(retries=1)
async def as_they_end(path: str) -> int:
    total = 0
    for ended in asyncio.as_completed([noted.aio(path, x) for x in range(1, 9)]):
        total += await ended
    note(path, "life")
    if Path(path).read_text().count("life") == 1:
        raise RuntimeError("the first life ends here")
    return total - sum(3 * x for x in range(1, 9)) + await noted.aio(path, 30)


def dies_once(path: str, *, when: bool) -> None:
    """Takes the worker away, without a word, the first time."""
    if when and not Path(f"{path}.died").exists():
        Path(f"{path}.died").touch()
        os.kill(os.getpid(), signal.SIGKILL)


@al.task
def noted_after(path: str, x: int, at_least_s: float) -> int:
    time.sleep(at_least_s + random.random() / 20)
    note(path, f"child {x}")
    return x


@al.task
async def follows_the_first(path: str, n: int, dies_after: int) -> list[int]:
    """Which of several calls ends first decides what is called next, each time."""
    order: list[int] = []
    running = {asyncio.ensure_future(noted_after.aio(path, x, 0.0)) for x in range(n)}
    while running:
        ended, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        for one in ended:
            order.append(await noted.aio(path, 100 + 100 * len(order) + await one))
            dies_once(path, when=len(order) == dies_after)
    return order


@al.task
async def decides_and_asks(path: str) -> list[int]:
    """Twice the order of ends decides what is called, with a wait for a person between."""
    order: list[int] = []
    for start in (0, 10):
        for ended in asyncio.as_completed([noted_after.aio(path, start + x, 0.0) for x in range(5)]):
            order.append(await noted.aio(path, 100 + 100 * len(order) + await ended))
        await al.awaited(al.wait_for_input("number", int))
    return order


@al.task
async def races(path: str) -> list[str]:
    """A call is given up for another, and one after a time; then the worker is lost, and more follows."""
    said: list[str] = []
    loser, winner = asyncio.ensure_future(noted_after.aio(path, 1, 60.0)), asyncio.ensure_future(noted_after.aio(path, 2, 0.0))
    await asyncio.wait({loser, winner}, return_when=asyncio.FIRST_COMPLETED)
    loser.cancel()
    said.append(f"winner {await winner}")
    try:
        async with asyncio.timeout(0.3):
            await noted_after.aio(path, 3, 60.0)
    except TimeoutError:
        said.append(f"gave up {await noted.aio(path, 4)}")
    dies_once(path, when=True)
    return [*said, f"last {await noted.aio(path, 5)}"]


async def within(call: Awaitable[int], seconds: float) -> str:
    try:
        return f"heard {await asyncio.wait_for(call, seconds)}"
    except TimeoutError:
        return "late"


async def two_within(path: str) -> list[str]:
    first = await noted_after.aio(path, 2, 0.6)
    return [f"first {first}", await within(noted_after.aio(path, 3, 0.3), 0.65)]


@al.task
async def goes_by_its_clock(path: str) -> list[str]:
    """Timeouts that overlap, sleeps before calls and reports while it waits; then the worker is lost, and more follows."""
    late, found = await asyncio.gather(within(noted_after.aio(path, 1, 60.0), 0.9), two_within(path))
    said = [late, *found]
    running = {asyncio.ensure_future(noted_after.aio(path, 4, 0.5))}
    while running:
        done, running = await asyncio.wait(running, timeout=0.2)
        await asyncio.sleep(0.01)
        said.append("done" if done else f"reported {await noted.aio(path, 10 + len(said))}")
    dies_once(path, when=True)
    return [*said, f"last {await noted.aio(path, 5)}"]


@al.trace
async def slow_at_first(path: str) -> int:
    if not Path(f"{path}.died").exists():
        await asyncio.sleep(600)
    return 1


@al.task
async def gives_up_a_trace(path: str) -> str:
    try:
        said = f"heard {await asyncio.wait_for(slow_at_first.aio(path), 0.2)}"
    except TimeoutError:
        said = f"gave up {await noted.aio(path, 1)}"
    dies_once(path, when=True)
    return said


@al.trace
def chance(path: str) -> int:
    note(path, "traced")
    return random.randrange(1 << 40)


@al.task
async def by_chance(path: str) -> int:
    first = await noted_big.aio(path, await chance.aio(path))
    note(path, "life")
    if Path(path).read_text().count("life") == 1:
        raise RuntimeError("the first life ends here")
    return first * 0 + 1


@al.task(retries=1)
async def fails_in_two_lives(path: str) -> int:
    """What failed in its first life succeeds in the second, which fails later on."""
    note(path, "life")
    found = await flaky_noted.aio(path)
    if Path(path).read_text().count("life") == 2:
        raise RuntimeError("the second life ends here")
    return found


@al.task
def flaky_noted(path: str) -> int:
    if Path(path).read_text().count("life") == 1:
        raise RuntimeError("flaky")
    note(path, "child")
    return 1


@al.task(retries=1)
async def makes_a_caller_again(path: str) -> int:
    note(path, "life")
    return await fails_first_then_finds.aio(path, 1)


@al.task
async def fails_first_then_finds(path: str, x: int) -> int:
    """Fails at once in its caller's first life, with all done in the second, and not at all in what recovers it."""
    lives = Path(path).read_text().count("life")
    if lives == 1:
        raise RuntimeError("the first life ends here")
    found = await noted.aio(path, x) + await followed(path, x + 1)
    if lives == 2:
        raise RuntimeError("the second life ends here")
    return found


@al.dynamic
def followed(path: str, x: int) -> int:
    return noted(path, noted(path, x))


@al.task
def noted_big(path: str, x: int) -> int:
    note(path, "child")
    return x


@al.task
async def calls_unknown() -> int:
    return await al.awaited(unknown(1))


@al.reference_task(project="default", domain="development", name="tests.programs.nowhere", version="v9")
def unknown(x: int) -> int: ...


@al.task
async def many(path: str, n: int) -> int:
    """Fifty children, some one after the other, some at once."""
    note(path, f"driver {os.getpid()}")
    total = 0
    for start in range(0, n, 5):
        total += await noted.aio(path, start)
        total += sum(await asyncio.gather(*[noted.aio(path, start + i) for i in range(1, 5)]))
    return total


@al.task(resources=al.Resources(mem="1Gi"))
async def holds_memory(n: int) -> int:
    return sum(await asyncio.gather(*[wants_memory.aio(i) for i in range(n)]))


@al.task
async def is_patient() -> int:
    """Beats while it waits: more such tasks than there are cores."""

    async def beat() -> None:
        while True:
            await asyncio.sleep(0.1)

    beating = asyncio.ensure_future(beat())
    try:
        return await asyncio.wait_for(double.aio(1), 60)
    finally:
        beating.cancel()


@al.task(resources=al.Resources(mem="1Gi"))
async def asks_twice_at_once(path: str) -> int:
    note(path, "begun")
    return sum(await asyncio.gather(*[al.awaited(al.wait_for_input(name, int)) for name in ("x", "y")]))


@al.task(resources=al.Resources(mem="600Mi"))
def wants_memory(x: int) -> int:
    return x


@al.task
async def asks_at_length(name: str) -> int:
    return await al.awaited(al.wait_for_input(name, int))


@al.task
async def asks_by_number(n: int) -> int:
    return n * await al.awaited(al.wait_for_input(f"number-{n}", int))


@al.workflow
def asks_in_items(ns: list[int]) -> list[int]:
    return al.map(asks_by_number)(n=ns)


@al.workflow
def mapped_fan(ns: list[int]) -> list[int]:
    return al.map(fan)(n=ns)


@al.workflow
def driven(path: str, n: int) -> int:
    return many(path, n)  # type: ignore[return-value]
