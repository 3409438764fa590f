"""What tests of the bench run: a small training, a gate of twelve hours, secrets, checkpoints, deep drivers."""

from __future__ import annotations

import asyncio
import os
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from tests.programs.driving import note

import alula as al


@dataclass
class Model:
    name: str
    score: float


class Broken(Exception):
    pass


@al.task
def load(rows: int) -> list[float]:
    return [float(i) for i in range(rows)]


@al.task(retries=2, timeout="1h", cache="1")
def train(data: list[float], depth: int = 2) -> float:
    return sum(data) * depth


@al.task
def report(score: float) -> str:
    return f"score {score:.1f}"


@al.workflow
def training(rows: int = 3, depth: int = 2) -> str:
    return report(train(load(rows), depth))


@al.task(retries=3)
def flaky(path: str) -> int:
    note(path, "try")
    if len(Path(path).read_text().splitlines()) < 3:
        raise Broken("not yet")
    return al.context().attempt


@al.task(retries=1)
def at_most_one(n: int) -> int:
    if n > 1:
        raise Broken(str(n))
    return n


@al.workflow
def each_twice(ns: list[int]) -> list[int]:
    return al.map(at_most_one)(n=ns)


@al.task(retries=1)
def never() -> int:
    raise Broken("never")


@al.task
def makes(name: str) -> Model:
    return Model(name, 0.5)


@al.task
def shows(model: Model) -> str:
    return f"{model.name}: {model.score}"


@al.workflow
def released(name: str = "m") -> str:
    model = makes(name)
    return shows(al.approve(model, "go-live", timeout="12h"))


@al.workflow
def patient() -> int:
    nap = al.sleep("12h")
    done = never.override(name="later")
    answer = al.wait_for_input("number", int)
    _ = nap >> answer
    _ = done
    return answer


@al.workflow
def sleeper() -> int:
    nap = al.sleep("12h")
    found = one()
    _ = nap >> found
    return found


@al.task
def one() -> int:
    return 1


@al.task
async def dozes(span: float) -> float:
    """Sleeps in its own code, on the loop's clock."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    await asyncio.sleep(span)
    return loop.time() - begun


@al.task
async def hands_over(path: str) -> int:
    """Waits for a thread, which no clock of a bench decides."""
    await asyncio.to_thread(note, path, "from a thread")
    return await one.aio()


@al.task
async def deep(n: int) -> int:
    """A driver that calls itself."""
    return 0 if n == 0 else 1 + await deep(n - 1)


@al.task(secrets=["db/password"])
def reads_secret() -> str:
    return al.secret("db/password")


@al.task
def reads_undeclared() -> str:
    return al.secret("db/password")


@al.task(env={"COLOUR": "red"})
async def red() -> str:
    os.environ["OWN"] = "red"
    await one.aio()
    return f"{os.environ['COLOUR']} {os.environ['OWN']}"


@al.task(env={"COLOUR": "blue"})
async def blue() -> str:
    await one.aio()
    return f"{os.environ['COLOUR']} {os.environ.get('OWN')}"


@al.task
async def colours() -> list[str]:
    return list(await asyncio.gather(red(), blue()))


@al.task
def sync_with_loop() -> int:
    async def inner() -> int:
        return 5

    return asyncio.run(inner())


@al.task(retries=1)
def resumes() -> str:
    kept = al.context().checkpoint.read()
    if kept is None:
        al.context().checkpoint.write(b"half")
        raise Broken("half-way")
    return kept.decode()


@al.task
def writes(text: str) -> al.File:
    path = Path(tempfile.mkdtemp()) / "out.txt"
    path.write_text(text)
    return al.File(str(path))


@al.task
def reads(file: al.File) -> str:
    return Path(file).read_text()


@al.workflow
def through_a_file(text: str = "x") -> str:
    return reads(writes(text))


child = al.LaunchPlan(training, name="tests.programs.testable.small", inputs={"rows": 2})


@al.workflow
def parent() -> str:
    return child()


@al.reference_task(project="default", domain="development", name="elsewhere.price", version="v9")
def price(x: int) -> float: ...


@al.reference_launch_plan(project="default", domain="development", name="elsewhere.plan", version="v9")
def plan(x: int) -> float: ...


@al.workflow
def priced(x: int = 1) -> tuple[float, float]:
    return price(x), plan(x)


@al.task
def left(x: int) -> int:
    return x


@al.task
def right(x: int) -> int:
    return x


@al.workflow
def ordered(x: int = 1) -> int:
    return right(left(x))


@al.task(cache="1")
def effect(path: str, x: int) -> int:
    note(path, f"effect {x}")
    return x


@al.task
def both(a: int, b: int) -> int:
    return a + b


@al.workflow
def twice(path: str) -> int:
    return both(effect(path, 1), effect(path, 2))


@al.task(retries=1)
async def leaves() -> int:
    found = await one.aio()
    if al.context().attempt == 0:
        raise SystemExit(3)
    return found


fixed = al.LaunchPlan(training, name="tests.programs.testable.fixed", fixed={"rows": 2}, env={"COLOUR": "green"}, max_parallelism=1)


@al.task
def coloured() -> str:
    return os.environ.get("COLOUR", "")


@al.workflow
def colouring() -> str:
    return coloured()


green = al.LaunchPlan(colouring, name="tests.programs.testable.green", env={"COLOUR": "green"})


@al.workflow
def asks_for_green() -> str:
    return green()


@al.task
async def asks_in_a_thread() -> list[str]:
    """A thread of its own after a child has run: it belongs to this attempt still."""
    await one.aio()
    found: list[str] = []
    thread = threading.Thread(target=lambda: found.append(al.context().task))
    thread.start()
    thread.join()
    return found


furnished = al.Environment("furnished", packages=["nowhere-to-be-had==1"], env={"COLOUR": "oak"})


@furnished.task
def furniture() -> str:
    return os.environ["COLOUR"]


@al.task
async def furnishes() -> str:
    return await furniture.aio()


@al.dynamic
def builds() -> str:
    return furniture()


@al.workflow
def house() -> tuple[str, str, str]:
    return furniture(), furnishes(), builds()  # type: ignore[return-value]
