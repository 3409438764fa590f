"""A line of tasks with a sub-workflow, to go on from."""

from __future__ import annotations

from pathlib import Path

import alula as al


def note(path: str, text: str) -> None:
    with Path(path).open("a") as file:
        file.write(f"{text}\n")


@al.task
def load(path: str, n: int) -> list[int]:
    note(path, "load")
    return list(range(n))


@al.task
def features(path: str, xs: list[int]) -> list[int]:
    note(path, "features")
    return [2 * x for x in xs]


@al.task(cache="1")
def train(path: str, xs: list[int], rate: int) -> int:
    note(path, "train")
    return sum(xs) * rate


@al.task
def report(path: str, score: int) -> int:
    note(path, "report")
    return score


@al.workflow
def prepare(path: str, n: int) -> list[int]:
    return features(path, load(path, n))


@al.workflow
def pipeline(path: str, n: int = 4, rate: int = 3) -> int:
    return report(path, train(path, prepare(path, n), rate))


@al.task(retries=1)
async def drives(path: str, n: int) -> int:
    return sum([await report.aio(path, i) for i in range(n)])


@al.workflow
def driven(path: str, n: int = 2) -> int:
    return report(path, drives(path, n))  # type: ignore[arg-type]


@al.task(cache="1")
def checked(path: str, x: int) -> int:
    """Fails for 3 until a file says otherwise."""
    note(path, f"checked {x}")
    if x == 3 and not Path(f"{path}.mended").exists():
        raise ValueError("three is not good yet")
    return x


@al.workflow
def checks(path: str, xs: list[int]) -> list[int]:
    return al.map(checked, concurrency=1)(path=path, x=xs)
