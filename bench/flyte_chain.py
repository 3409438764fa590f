"""A chain of trivial tasks, written with flytekit."""

from flytekit import task, workflow


@task
def inc(x: int) -> int:
    return x + 1


@workflow
def chain_50(x: int = 0) -> int:
    for _ in range(50):
        x = inc(x=x)
    return x
