"""A program that type-checks under mypy strict."""

from __future__ import annotations

from typing import Annotated

import alula as al


@al.task
def load(path: al.File, columns: list[str]) -> al.DataFrame:
    return al.DataFrame({name: [1] for name in columns})


@al.task(retries=2, cache="1", timeout="20m", resources=al.Resources(cpu=2, mem="2Gi"), secrets=["a/b"])
def train(data: al.DataFrame, depth: int = 3) -> float:
    return depth / len(data)


@al.task
def publish(score: float) -> str:
    return f"{score}"


@al.task
def both(x: int) -> tuple[int, str]:
    return x, "a"


@al.workflow(failure_policy="finish-independent")
def flow(path: Annotated[al.File, al.Format("csv")], depth: int = 6) -> str:
    data = load(path, columns=["age"])
    scores = al.map(train, over="depth", concurrency=4)(data=data, depth=[2, 4])
    best: float = al.approve(scores[0], "go", timeout="12h")
    number, _ = both(depth)
    train.override(retries=3)(data, number)
    given = al.wait_for_input("n", int)
    al.sleep("5m")
    text: str = al.when(best > given).then(publish(best)).otherwise(al.fail("weak"))
    return text


plan = al.LaunchPlan(flow, "nightly", inputs={"depth": 3})
value: float = train(load(al.File("x"), ["a"]), 2)
