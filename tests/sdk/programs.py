"""Tasks and workflows that the tests of this room share."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

import alula as al


@dataclasses.dataclass
class Report:
    count: int
    words: list[str]


class Split(NamedTuple):
    low: list[int]
    high: list[int]


@al.task
def add(x: int, by: int = 1) -> int:
    """Add two numbers.

    Args:
        x: the first number,
            on two lines.
        by: the second.
    """
    return x + by


@al.task
def score(x: int) -> float:
    return x / 10


@al.task
def is_even(x: int) -> bool:
    return x % 2 == 0


@al.task
async def shout(text: str) -> str:
    return text.upper()


@al.task
def split(items: list[int], at: int) -> Split:
    return Split([i for i in items if i < at], [i for i in items if i >= at])


@al.task
def pair(x: int) -> tuple[int, str]:
    return x, str(x)


@al.task
def report(items: list[int]) -> Report:
    return Report(len(items), [str(i) for i in items])


@al.task
def note(x: int) -> None:
    NOTED.append(x)


@al.task
def tell(text: str) -> str:
    return f"told {text}"


@al.task
def brittle(x: int) -> int:
    if x == 2:
        raise ValueError("two")
    return x


@al.task
def total(items: list[int]) -> int:
    return sum(items)


NOTED: list[int] = []


@al.workflow
def inner(x: int = 3) -> int:
    """Adds twice."""
    return add(add(x))
