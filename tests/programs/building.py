"""Graphs that are made from data, and workflows that are built by calls."""

from __future__ import annotations

import alula as al


@al.task
def double(x: int) -> int:
    return 2 * x


@al.task
def total(xs: list[int]) -> int:
    return sum(xs)


@al.task
def fails(x: int) -> int:
    raise ValueError(f"no {x}")


@al.task
def clean() -> None:
    print("cleaned")


@al.workflow
def doubled_twice(x: int) -> int:
    return double(double(x))


@al.dynamic
def each(n: int) -> int:
    """As many calls as it is told."""
    return total([double(i) for i in range(n)])


@al.dynamic
def parts(n: int) -> tuple[int, list[int]]:
    return doubled_twice(n), [double(n), 7] if n > 1 else [0]


@al.dynamic
def nothing_to_do(n: int) -> int:
    return n + 1


@al.dynamic(retries=1)
def inner_fails(n: int) -> int:
    return fails(n)


@al.dynamic
def asks_at_length(n: int) -> int:
    return double(al.wait_for_input("é" * n, int))


@al.workflow
def flow_of_asking(n: int) -> int:
    return asks_at_length(n)


@al.dynamic
def nested(n: int) -> int:
    return each(n + 1)


@al.workflow
def flow(n: int) -> int:
    return double(each(n))


@al.workflow
def flow_of_parts(n: int) -> tuple[int, list[int]]:
    return parts(n)


@al.workflow
def flow_of_nothing(n: int) -> int:
    return nothing_to_do(n)


@al.workflow
def flow_of_failure(n: int) -> int:
    return inner_fails(n)


@al.workflow
def flow_of_nested(n: int) -> int:
    return nested(n)


@al.task
async def awaits_a_dynamic(n: int) -> int:
    return await each.aio(n)


@al.workflow
def flow_of_awaited(n: int) -> int:
    return awaits_a_dynamic(n)  # type: ignore[return-value]


_build = al.WorkflowBuilder("tests.programs.building.built")
_x = _build.input("x", int, default=3, description="what is doubled")
_first = _build.add(double, _x)
_cleaned = _build.add(clean, after=_first)
_build.output("all", _build.add(total, xs=[_first, _x], after=_cleaned), int)
built = _build.build(on_failure=clean)
