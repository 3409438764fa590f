"""Tasks that ask for resources, plainly and by an override, at the top, in a sub-workflow and in a map; a map that is cached."""

from __future__ import annotations

import alula as al


@al.task(resources=al.Resources(cpu="1", mem="64Mi"))
def asking(x: int) -> int:
    return x


@al.task(cache="1")
def remembered(x: int) -> int:
    return x


@al.workflow
def inner(x: int) -> int:
    return asking.override(resources=al.Resources(mem="96Mi"))(x)


@al.workflow
def outer(x: int = 1) -> list[int]:
    first = asking(x)
    second = asking.override(resources=al.Resources(mem="128Mi"))(first)
    return al.map(asking)(x=[inner(second), second])


@al.workflow
def cached_map(xs: list[int]) -> list[int]:
    return al.map(remembered)(x=xs)


@al.task
def write_lines() -> int:
    for number in range(1000):
        print(f"line {number}")
    print("ValueError: odd")
    print("last Line")
    return 0


@al.workflow
def wordy() -> int:
    return write_lines()


@al.task
def breaks(x: int) -> int:
    """Fails of one of many causes."""
    if x >= 100:
        raise RuntimeError("cause " + chr(ord("a") + x - 100))
    if x > 9:
        raise ValueError(f"{x} is more than 9")
    if x == 3:
        raise KeyError(f"none of {x}")
    return x


@al.workflow
def broken_map(xs: list[int]) -> list[int | None]:
    return al.map(breaks, min_success_ratio=0.01)(x=xs)
