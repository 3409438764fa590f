"""Executions that show every kind of node, value and end: for the pages that draw them."""

from __future__ import annotations

import asyncio
import struct
import sys
import tempfile
import time
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path

import pandas as pd

import alula as al


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Settings:
    rate: float = 0.5
    depth: int = 9_007_199_254_740_993
    names: list[str] = field(default_factory=lambda: ["a", "<b>bold</b>"])
    bounds: dict[str, float] = field(default_factory=lambda: {"low": float("nan"), "high": float("inf")})


@al.task
def inc(x: int) -> int:
    return x + 1


@al.task
def add(a: int, b: int) -> int:
    return a + b


@al.task(cache="1")
def memo(x: int) -> int:
    return 2 * x


def drawing() -> bytes:
    """A small PNG: a gradient."""
    width, height = 64, 32
    rows = b"".join(b"\0" + bytes(v for x in range(width) for v in (4 * x, 8 * y, 128)) for y in range(height))

    def part(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", zlib.compress(rows)) + part(b"IEND", b"")


@al.task
def values() -> tuple[
    int,
    float,
    str,
    bool,
    datetime,
    timedelta,
    Colour,
    Settings,
    list[int],
    dict[str, float],
    int | str | None,
    al.File,
    al.Directory,
    al.DataFrame,
    al.File,
]:
    """One of every type."""
    folder = Path(tempfile.mkdtemp())
    (folder / "a.txt").write_text("one")
    (folder / "b.txt").write_text("two")
    note = folder / "note.txt"
    note.write_text("a file's <script>alert(1)</script> text\n" * 3)
    image = folder / "drawing.png"
    image.write_bytes(drawing())
    frame = pd.DataFrame({"name": ["ada", "bea", "<i>cid</i>"] * 40, "amount": range(120), "share": [0.5, float("nan"), 2.0] * 40})
    return (
        9_007_199_254_740_993,
        float("nan"),
        "text with \x07 and <img src=x onerror=alert(1)> \u202eturned",
        True,
        datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        timedelta(minutes=3, milliseconds=5),
        Colour.BLUE,
        Settings(),
        [1, 2, 3],
        {"a": 1.5, "b": float("-inf")},
        None,
        al.File(note),
        al.Directory(folder),
        frame,
        al.File(image),
    )


@al.workflow
def all_values() -> tuple[
    int,
    float,
    str,
    bool,
    datetime,
    timedelta,
    Colour,
    Settings,
    list[int],
    dict[str, float],
    int | str | None,
    al.File,
    al.Directory,
    al.DataFrame,
    al.File,
]:
    return values()


@al.task(retries=1)
def loud(lines: int) -> int:
    """Writes hostile lines, then fails."""
    print("\x1b[31mred\x1b[0m and \x1b[1;32mbold green\x1b[0m <script>document.title='owned'</script>")
    print("bell \x07 nul \x00 backspace \x08 \x1b]0;title\x07 \x1b[2J\x1b]8;;javascript:alert(1)\x07link\x1b]8;;\x07")
    print("x" * 1_000_000)
    for number in range(lines):
        print(f"line {number}")
    raise ValueError("the loss is not a number: <b>nan</b>")


@al.task
def never(x: int) -> int:
    return x


@al.workflow
def broken_inner(lines: int = 50) -> int:
    return inc(loud(lines))


@al.workflow
def broken(lines: int = 50) -> int:
    """Fails two graphs deep."""
    return never(broken_inner(inc(lines)))


@al.task
def item(x: int) -> int:
    print(f"item {x}")
    if x % 100 == 57:
        raise ValueError(f"{x} is bad")
    return x * 2


@al.task
def total(xs: list[int | None]) -> int:
    return sum(x or 0 for x in xs)


@al.task
def counted(n: int) -> list[int]:
    return list(range(n))


@al.workflow
def mapped(n: int = 200) -> int:
    return total(al.map(item, min_success_ratio=0.5)(x=counted(n)))


@al.task
def chatty(x: int) -> int:
    for number in range(60):
        print(f"item {x}, line {number}")
    if x == 57:
        raise ValueError(f"{x} is bad")
    return x


@al.workflow
def chattering(n: int = 200) -> list[int]:
    return al.map(chatty)(x=counted(n))


@al.dynamic
def grown(n: int) -> int:
    x = inc(0)
    for _ in range(n):
        x = inc(x)
    return x


@al.task
async def calls(n: int) -> int:
    first = await inc.aio(n)
    more = await asyncio.gather(*(memo.aio(first + k) for k in range(3)))
    return sum(more)


@al.workflow
def inner(x: int = 1) -> int:
    return add(inc(x), memo(x))


@al.workflow
def every_kind(x: int = 3) -> int:
    """A sub-workflow, a branch, a map, a dynamic task, a task that calls others."""
    a = inner(x)
    b = al.when(a > 5).then(inner(a)).elif_(a > 100).then(inc(a)).otherwise(inc(a))
    c = grown(4)
    d = calls(b)
    e = total(al.map(item)(x=counted(40)))
    return add(add(a, c), add(d, e))


@al.workflow
def gated(x: int = 1) -> int:
    """Waits for a person twice."""
    agreed = al.approve(inc(x), "go-live", timeout="1h")
    number = al.wait_for_input("how-many", int, timeout="1h")
    return add(agreed, number)


@al.task
def train(epochs: int, pause_s: float, until: str) -> float:
    """Says what it does; half-way it waits until there is a file, if one is named."""
    al.log_param("rate", 0.5)
    al.log_param("note", "<b>hostile</b>")
    for epoch in al.track(range(epochs), message="fitting"):
        al.log_metrics({"loss": 1 / (epoch + 1), "accuracy": 1 - 1 / (epoch + 2)}, step=epoch)
        print(f"epoch {epoch}", flush=True)
        time.sleep(pause_s)
        while until and 2 * epoch >= epochs and not Path(until).exists():
            time.sleep(0.02)
    deck = al.deck()
    deck.markdown("## Done\n\nall well")
    deck.html("<p id=mark>before</p><script>document.getElementById('mark').textContent = 'ran in ' + window.origin</script>")
    return 1 / (epochs + 1)


@al.workflow
def training(epochs: int = 50, pause_s: float = 0.0, until: str = "") -> float:
    return train(epochs, pause_s, until)


@al.task
def long_log(megabytes: int) -> int:
    """A log of that size."""
    line = b"".join(b"%06d a line of a long log that goes on and on and says nothing new at all\n" % n for n in range(13_000))
    out = sys.stdout.buffer
    for number in range(megabytes):
        out.write(b"part %d\n" % number)
        out.write(line)
    out.write(b"Traceback (most recent call last): looked for\nthe last line\n")
    out.flush()
    return megabytes


@al.workflow
def logging(megabytes: int = 1) -> int:
    return long_log(megabytes)


@al.task(resources=al.Resources(cpu=0.1))  # what a failed test leaves must not keep the others from running
def waits(path: str) -> int:
    """Writes what is put into the file, and ends when it says so."""
    print("waiting", flush=True)
    seen = ""
    while "end" not in seen:
        text = Path(path).read_text() if Path(path).exists() else ""
        if text != seen:
            print(text[len(seen) :], end="", flush=True)
            seen = text
        time.sleep(0.02)
    return len(seen)


@al.workflow
def waiting(path: str) -> int:
    return inc(waits(path))


child_plan = al.LaunchPlan(inner, name="showing.child", inputs={"x": 4})


@al.workflow
def parent() -> int:
    return inc(child_plan())


@al.task
def tidy(x: int) -> None:
    print("tidied")


@al.task
def bad(x: int) -> int:
    raise RuntimeError("on purpose")


@al.task(resources=al.Resources(mem="192Mi"))
def greedy(megabytes: int) -> int:
    """Takes that much, and waits until it is ended for it."""
    held = bytearray(megabytes << 20)
    held[::4096] = b"x" * len(held[::4096])
    while True:
        time.sleep(0.02)


@al.workflow
def starving(megabytes: int = 400) -> int:
    return greedy(megabytes)


@al.workflow(on_failure=tidy)
def tidied(x: int = 1) -> int:
    return bad(x)
