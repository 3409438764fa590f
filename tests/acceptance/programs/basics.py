"""Tasks and workflows as a first tutorial has them."""

import os
from pathlib import Path
from typing import NamedTuple

from flytekit import dynamic, task, workflow


class Stats(NamedTuple):
    total: int
    mean: float


@task
def double(x: int) -> int:
    """Doubles a number."""
    return 2 * x


@task
def add(a: int, b: int) -> int:
    return a + b


@workflow
def two_tasks(x: int = 3) -> int:
    """Doubles, then adds one."""
    return add(a=double(x=x), b=1)


@task
def stats(values: list[int]) -> Stats:
    return Stats(total=sum(values), mean=sum(values) / len(values))


@workflow
def named_outputs(values: list[int]) -> Stats:
    found = stats(values=values)
    return Stats(total=found.total, mean=found.mean)


@task
def write_line(path: str, line: str) -> None:
    with Path(path).open("a") as file:
        file.write(line + "\n")


@workflow
def ordered(path: str) -> None:
    first = write_line(path=path, line="first")
    second = write_line(path=path, line="second")
    second >> first


@task(environment={"FROM_TASK": "task"})
def read_environment(names: list[str]) -> dict[str, str]:
    return {name: os.environ.get(name, "") for name in names}


@workflow
def environment(names: list[str]) -> dict[str, str]:
    return read_environment(names=names)


@task
def ends() -> int:
    return 1


@workflow
def no_inputs() -> int:
    return ends()


@dynamic
def chain(n: int) -> int:
    value = double(x=1)
    for _ in range(n - 1):
        value = add(a=value, b=1)
    return value


@workflow
def long_chain(n: int = 10) -> int:
    return chain(n=n)
