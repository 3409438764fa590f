"""Where a re-implementation is likely to differ."""

import time
from datetime import timedelta
from functools import partial
from pathlib import Path

from flytekit import LaunchPlan, Workflow, conditional, dynamic, map_task, task, workflow
from flytekit.exceptions.user import FlyteRecoverableException
from flytekit.types.error.error import FlyteError

from programs.basics import add, double
from programs.failing import fail, hang, recoverable


@task
def span(x: int) -> list[float]:
    begin = time.time()
    time.sleep(0.25)
    return [begin, time.time()]


@workflow
def limited_map(xs: list[int]) -> list[list[float]]:
    return map_task(span, concurrency=1)(x=xs)


@workflow
def three_spans() -> tuple[list[float], list[float], list[float]]:
    return span(x=1), span(x=2), span(x=3)


@task(retries=2)
def third_time(folder: str, x: int) -> int:
    path = Path(folder) / str(x)
    n = len(path.read_text()) + 1 if path.exists() else 1
    path.write_text("x" * n)
    if n < 2 and x % 2:
        raise FlyteRecoverableException("odd ones fail first")
    return n


@workflow
def map_retries(folder: str, xs: list[int]) -> list[int]:
    return map_task(partial(third_time, folder=folder))(x=xs)


@task(cache=True, cache_version="1")
def kept(folder: str, x: int) -> int:
    (Path(folder) / f"{x}-{time.time_ns()}").touch()
    return x * 10


@workflow
def map_cached(folder: str, xs: list[int]) -> list[int]:
    return map_task(partial(kept, folder=folder))(x=xs)


@workflow
def hanging_child(path: str) -> int:
    return hang(path=path)


hanging_plan = LaunchPlan.get_or_create(hanging_child, name="semantics.hanging_plan")


@workflow
def hanging_parent(path: str) -> int:
    return hanging_plan(path=path)


@task
def failing_clean_up(x: int) -> None:
    if x > 0:
        raise ValueError("the clean-up broke")


@workflow(on_failure=failing_clean_up)
def failure_node_fails(x: int) -> int:
    return fail(x=x)


@task
def note(path: str, x: int, err: FlyteError | None = None) -> str:
    Path(path).write_text(err.message if err else "no error")
    return path


@workflow
def clean_up_workflow(path: str, x: int, err: FlyteError | None = None) -> None:
    note(path=path, x=x, err=err)


@workflow(on_failure=clean_up_workflow)
def failure_workflow(path: str, x: int) -> int:
    return fail(x=x)


@workflow
def overridden_retries(path: str) -> int:
    return recoverable(path=path, succeeds_at=99).with_overrides(retries=1)


@workflow
def overridden_timeout(path: str) -> int:
    return hang(path=path).with_overrides(timeout=timedelta(seconds=1))


@workflow
def overridden_cache(x: int) -> list[float]:
    return span(x=x).with_overrides(cache=True, cache_version="override")


@workflow
def renamed_inside(x: int) -> int:
    """The nodes inside the branch have the same ids as those outside."""
    a = double(x=x)
    b = conditional("inside").if_(a > 10).then(add(a=a, b=1)).else_().then(add(a=a, b=2))
    return add(a=b, b=100)


@task
def echo(s: str) -> str:
    return s


@workflow
def compare_strings(s: str, f: float) -> str:
    return (
        conditional("text")
        .if_(s == "yes")
        .then(echo(s="was yes"))
        .elif_((f >= 1.5) | (s == "also"))
        .then(echo(s="was more"))
        .else_()
        .then(echo(s="was neither"))
    )


@dynamic
def broken(x: int) -> int:
    if x > 0:
        raise ValueError("the body broke")
    return double(x=x)


@workflow
def dynamic_broken(x: int) -> int:
    return broken(x=x)


@dynamic
def inner_fails(x: int) -> int:
    return add(a=fail(x=x), b=1)


@workflow
def dynamic_inner_fails(x: int) -> int:
    return inner_fails(x=x)


@dynamic
def many(n: int, path: str) -> int:
    count = Path(path)
    count.write_text((count.read_text() if count.exists() else "") + "x")
    return add(a=double(x=n), b=maybe_fail(path=path + ".ok"))


@task
def maybe_fail(path: str) -> int:
    if not Path(path).exists():
        raise ValueError("not yet")
    return 1


@workflow
def dynamic_recovered(n: int, path: str) -> int:
    return many(n=n, path=path)


@workflow
def child_recovered(path: str) -> int:
    return maybe_fail(path=path)


child_recovered_plan = LaunchPlan.get_or_create(child_recovered, name="semantics.child_recovered")


@workflow
def parent_recovered(path: str) -> int:
    return add(a=child_recovered_plan(path=path), b=1)


imperative_cleanup = Workflow(name="semantics.imperative_cleanup")
imperative_cleanup.add_workflow_input("x", int)
imperative_cleanup.add_entity(fail, x=imperative_cleanup.inputs["x"])


@task
def stream(n: int) -> str:
    for i in range(n):
        print(f"line {i}", flush=True)
    return "done"


@workflow
def printing(n: int) -> str:
    return stream(n=n)
