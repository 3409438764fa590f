"""What the benches run: trivial tasks in the shapes of the budgets."""

from __future__ import annotations

import asyncio
import math
import time

import alula as al


@al.task
def inc(x: int) -> int:
    return x + 1


@al.task(cache="1")
def inc_cached(x: int) -> int:
    return x + 1


@al.task
def total(xs: list[int]) -> int:
    return sum(xs)


@al.workflow
def one(x: int = 0) -> int:
    return inc(x)


@al.workflow
def three(x: int = 0) -> int:
    return inc(inc(inc(x)))


@al.workflow
def chain_200(x: int = 0) -> int:
    for _ in range(200):
        x = inc(x)
    return x


@al.workflow
def chain_50(x: int = 0) -> int:
    for _ in range(50):
        x = inc(x)
    return x


@al.workflow
def hits_200(x: int = 0) -> int:
    for _ in range(200):
        x = inc_cached(x)
    return x


@al.workflow
def mapped(xs: list[int]) -> int:
    return total(al.map(inc)(x=xs))


@al.workflow
def fan_500(x: int = 0) -> int:
    return total([inc(x) for _ in range(500)])


@al.workflow
def fan_2000(x: int = 0) -> int:
    return total([inc(x) for _ in range(2000)])


@al.workflow
def fan_10000(x: int = 0) -> int:
    return total([inc(x) for _ in range(10000)])


@al.task
async def awaits(n: int) -> int:
    x = 0
    for _ in range(n):
        x = await inc.aio(x)
    return x


@al.task
async def gathers(n: int) -> int:
    return sum(await asyncio.gather(*[inc.aio(x) for x in range(n)]))


@al.workflow
def awaiting_200() -> int:
    return awaits(200)  # type: ignore[return-value]


@al.workflow
def gathering_2000() -> int:
    return gathers(2000)  # type: ignore[return-value]


@al.workflow
def layered_10000(x: int = 0) -> int:
    """Ten thousand nodes in a hundred layers, each fed by one of the layer before."""
    layer = [inc(x) for _ in range(100)]
    for _ in range(99):
        layer = [inc(layer[(7 * at + 3) % 100]) for at in range(100)]
    return layer[0]


@al.task
def tell(mib: int) -> int:
    """Writes so many MiB of lines."""
    line = "step 000000 of the training, loss 0.123456, accuracy 0.987654, learning rate 0.001\n"
    block = line * ((1 << 20) // len(line))
    for _ in range(mib):
        print(block, end="")
    print("the last line of all")
    return mib


@al.workflow
def long_log(mib: int = 1) -> int:
    return tell(mib)


@al.task
def tell_times(lines: int) -> int:
    """Says what time it is, in milliseconds, a few times a second and never at one rhythm."""
    for number in range(lines):
        time.sleep(0.2 + number % 7 / 50)
        print(f"at {time.time_ns() // 1_000_000}")
    return lines


@al.workflow
def live_log(lines: int = 30) -> int:
    return tell_times(lines)


@al.workflow
def asked(x: int = 0) -> int:
    """Waits for a person."""
    return inc(al.approve(inc(x), "go", timeout="1h"))


@al.task
def say(points: int, shift: int) -> int:
    """A hundred thousand points or so of a curve that is noisy and goes down."""
    for step in range(points):
        al.log_metric("loss", 1 / (1 + step / 1000) + 0.1 * math.sin(step * step * (shift + 1)), step=step)
    return points


@al.workflow
def curve(points: int = 100_000, shift: int = 0) -> int:
    return say(points, shift)
