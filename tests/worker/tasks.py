"""Tasks that the worker's tests call."""

from __future__ import annotations

import contextvars
import os
import threading
import time
from pathlib import Path

import pandas as pd

import alula as al
from alula.errors import AlulaError


@al.task
def inc(x: int) -> int:
    return x + 1


@al.task
def holds(path: str) -> int:
    """Runs until there is such a file."""
    while not Path(path).exists():
        time.sleep(0.01)
    return 0


@al.task
def reads(path: str) -> int:
    return len(Path(path).read_text())


@al.task
async def slow(x: int) -> tuple[int, str]:
    return x, "y"


@al.task
def nothing() -> None:
    pass


@al.task
def default(x: int = 5, y: int | None = None) -> str:
    return f"{x} {y}"


@al.task
def boom(kind: str) -> int:
    if kind == "value":
        raise ValueError("no good")
    if kind == "final":
        raise al.NonRecoverable("never")
    if kind == "again":
        raise al.Recoverable("later")
    if kind == "memory":
        raise MemoryError
    if kind == "exit":
        raise SystemExit(3)
    if kind == "chain":
        try:
            int("x")
        except ValueError as error:
            raise RuntimeError("outer") from error
    if kind == "mute":
        raise Mute
    return "text"  # type: ignore[return-value]


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("cannot be shown")


@al.task
def surplus(x: int):  # type: ignore[no-untyped-def]
    return x


@al.task
def frame(n: int) -> pd.DataFrame:
    return pd.DataFrame({"a": range(n)})


@al.task
def words(n: int) -> list[str]:
    return ["word"] * n


@al.task
def whoami() -> str:
    context = al.context()
    context.checkpoint.write(b"saved")
    return f"{context.execution} {context.node} {context.attempt} {context.item} {os.environ['MARK']}"


@al.task
def wander(to: str) -> str:
    os.chdir(to)
    return str(Path.cwd())


@al.task
def split() -> int:
    return os.fork()


@al.task
def talk() -> None:
    al.log_metric("a", 1)
    al.log_metric("a", 2)
    al.progress(5, 10)
    while not Path(os.environ["GO"]).exists():
        time.sleep(0.005)
    al.log_metric("a", 3)


@al.task
def talk_and_fail() -> None:
    al.log_metric("a", 1)
    al.deck().markdown("before it failed")
    raise ValueError("on purpose")


_ask = threading.Event()
_answered = threading.Event()


def _left_behind(told: str) -> None:
    _ask.wait(20)
    try:
        al.log_metric("own", 2)
    except AlulaError as error:
        Path(told).write_text(error.code)
    _answered.set()


@al.task
def leave_a_thread() -> None:
    threading.Thread(target=_left_behind, args=(os.environ["TOLD"],), daemon=True).start()
    al.log_metric("own", 1)


@al.task
def ask_the_thread() -> None:
    al.log_metric("next", 1)
    _ask.set()
    _answered.wait(20)


@al.task
def leave_a_copy() -> None:
    """The thread has the attempt's own context, and asks for it when the attempt is over."""
    run = contextvars.copy_context().run
    threading.Thread(target=run, args=(_left_behind, os.environ["TOLD"]), daemon=True).start()


@al.task
def chatter() -> None:
    for n in range(5):
        al.log_metric("a", n)


@al.task
def with_deck() -> int:
    al.deck().markdown("x")
    return 1


_kept: list[bytes] = []


@al.task
def hoards(mib: int) -> int:
    """Leaves memory behind, as an imported framework does."""
    _kept.append(os.urandom(1 << 20) * mib)
    return os.getpid()


@al.task
def is_modest() -> int:
    return os.getpid()
