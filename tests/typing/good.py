"""A program that type-checks under mypy strict."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Annotated

import alula as al


@al.task
def load(path: al.File, columns: list[str]) -> al.DataFrame:
    return al.DataFrame({name: [1] for name in columns})


@al.task(retries=2, cache="1", timeout="20m", resources=al.Resources(cpu=2, mem="2Gi"), secrets=["a/b"])
def train(data: al.DataFrame, depth: int = 3) -> float:
    return depth / len(data)


heavy = al.Environment("heavy", packages=["polars"], lock="", python="3.12", resources=al.Resources(cpu=2), env={"A": "1"})


@heavy.task
def lift(x: int) -> int:
    return x


@heavy.task(retries=2, cache="1", timeout="20m")
async def lift_twice(x: int) -> int:
    return await lift.override(environment=heavy).aio(x) + 1


@al.task(environment=heavy)
def lower(x: int) -> float:
    return x / 2


lowered: float = lower(lift(3))


@al.task
def publish(score: float) -> str:
    return f"{score}"


@al.task
def both(x: int) -> tuple[int, str]:
    return x, "a"


class Opaque:
    def __init__(self, n: int) -> None:
        self.n = n


@al.task
def opaque(n: int) -> al.Pickle[Opaque]:
    return Opaque(n)


@al.task
def number(of: al.Pickle[Opaque], table: Annotated[al.DataFrame, al.columns(age=int)]) -> Annotated[int, al.Annotation(unit="m")]:
    return of.n + len(table)


@al.task
def stream(folder: al.Directory) -> Iterator[str]:
    for file in folder:
        with file.open() as text:
            yield from text


@al.task(deck=True)
def say(path: str) -> int:
    for item in al.track([1, 2], message="going"):
        al.log_metric("m", item, step=item)
    al.log_metrics({"a": 0.5, "b": 1})
    al.log_param("p", None)
    al.progress(1, 2)
    al.deck("x").markdown("y").table([{"a": 1}]).image(b"").code("z").publish()
    context = al.context()
    context.checkpoint.save(path)
    restored = context.checkpoint.restore()
    context.logger.info("restored", extra={"from": restored})
    return len(context.metrics["m"]) + len(context.labels)


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


@al.trace
def stamp() -> float:
    return 1.0


@al.task
async def drives(depth: int) -> float:
    with al.group("first"):
        found: list[str] = await asyncio.gather(*[publish.aio(float(i)) for i in range(depth)])
    number: int = await al.awaited(al.wait_for_input("n", int))
    texts: list[str] = await al.map(publish).aio(score=[1.0])
    inner: float = await drives(depth - 1)
    moment: float = await stamp.aio()
    return inner + number + moment + len(found) + len(texts)


@al.dynamic
def as_many(n: int) -> str:
    texts = [publish(float(i)) for i in range(n)]
    return texts[-1]


@al.workflow
def calls_dynamic(n: int) -> str:
    return as_many(n)


async def looks() -> list[str]:
    with al.connect() as client:
        execution = client.launch(flow, path=al.File("x"), depth=2).wait("1m")
        again = execution.rerun(from_="train", depth=3, name="other")
        names: list[str] = [view.name for view in client.iter_executions(phase="FAILED", since="2h", limit=3)]
        same: list[bool] = [row.is_same for row in client.compare(execution, again, "third")]
        print(execution.inputs["depth"], execution.node("train").attempts[0].times, same)
        again.show(timeout=3)
    async with al.connect_async("host:1", project="p") as loop:
        launched = await loop.launch(flow, path=al.File("x"))
        ended = await (await launched.rerun(from_=["train"])).wait()
        return [*names, ended.name, *[view.version async for view in loop.iter_versions("workflow")]]
