"""Workflows that wait for somebody."""

from datetime import timedelta

from flytekit import approve, conditional, sleep, wait_for_input, workflow

from programs.basics import double


@workflow
def approving(x: int) -> int:
    return double(x=approve(double(x=x), "review", timeout=timedelta(minutes=5)))


@workflow
def asking() -> int:
    return double(x=wait_for_input("number", timeout=timedelta(minutes=5), expected_type=int))


@workflow
def sleeping(x: int) -> int:
    first = double(x=x)
    pause = sleep(timedelta(seconds=1))
    last = double(x=first)
    first >> pause >> last
    return last


@workflow
def timing_out() -> int:
    return double(x=wait_for_input("never", timeout=timedelta(seconds=1), expected_type=int))


@workflow
def deciding(x: int) -> int:
    answer = wait_for_input("answer", timeout=timedelta(minutes=5), expected_type=bool)
    return conditional("answered").if_(answer.is_true()).then(double(x=x)).else_().fail("not wanted")
