"""Tasks that the worker's tests call."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

import alula as al


@al.task
def inc(x: int) -> int:
    return x + 1


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
