"""One workflow per shape of graph, small enough to check by hand."""

from __future__ import annotations

import alula as al


@al.task
def inc(x: int) -> int:
    return x + 1


@al.task
def double(x: int) -> int:
    return 2 * x


@al.task
def add(a: int, b: int) -> int:
    return a + b


@al.task
def fail(x: int) -> int:
    raise ValueError(f"no {x} please")


@al.task
def odd(x: int) -> int:
    if x % 2 == 0:
        raise al.NonRecoverable(f"{x} is even")
    return x


@al.task(retries=2)
def third_time(x: int) -> int:
    attempt = al.context().attempt
    if attempt < 2:
        raise RuntimeError(f"attempt {attempt}")
    return x + attempt


@al.task(timeout=0.3)
def slow(x: int) -> int:
    import time

    time.sleep(30)
    return x


@al.task(cache="1")
def cached(x: int, y: int = 0) -> int:
    return x * 10 + y


@al.task(cache=al.Cache(version="1", serialize=True))
def cached_once(path: str, x: int) -> int:
    import time

    from tests.programs.side_effects import note

    note(path, str(x))
    time.sleep(0.2)
    return x


@al.task
def clean_up(x: int) -> None:
    print("cleaned", x)


@al.workflow
def line(x: int = 1) -> int:
    return double(inc(x))


@al.workflow
def diamond(x: int = 1) -> int:
    return add(inc(x), double(x))


@al.workflow
def nested(x: int = 1) -> int:
    return inc(diamond(line(x)))


@al.workflow
def choose(x: int = 1) -> int:
    y = inc(x)
    return al.when(y > 5).then(double(y)).otherwise(inc(y))


@al.workflow
def each(xs: list[int]) -> list[int]:
    return al.map(double)(x=xs)


@al.workflow
def most(xs: list[int]) -> list[int | None]:
    return al.map(odd, min_success_ratio=0.5)(x=xs)


@al.workflow
def retried(x: int = 1) -> int:
    return third_time(x)


@al.workflow
def too_slow(x: int = 1) -> int:
    return slow(x)


@al.task
def fail_with_nul(x: int) -> int:
    raise ValueError("a\0b")


@al.workflow
def failing_with_nul(x: int = 1) -> int:
    return fail_with_nul(x)


@al.workflow
def failing(x: int = 1) -> int:
    return inc(fail(x))


@al.workflow(on_failure=clean_up)
def failing_clean(x: int = 1) -> int:
    return inc(fail(x))


@al.workflow(failure_policy="finish-independent")
def half_failing(x: int = 1) -> int:
    fail(x)
    return double(inc(x))


@al.workflow
def approved(x: int = 1) -> int:
    return double(al.approve(inc(x), "go"))


@al.workflow
def asked(x: int = 1) -> int:
    return add(x, al.wait_for_input("how-many", int))


@al.workflow
def memo(x: int = 1) -> int:
    return inc(cached(x))


@al.workflow
def memo_once(path: str, x: int = 1) -> int:
    return inc(cached_once(path, x))


child_plan = al.LaunchPlan(line, name="tests.programs.shapes.line_of_five", inputs={"x": 5})


@al.workflow
def parent() -> int:
    return inc(child_plan())
