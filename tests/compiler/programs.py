"""Programs written with flytekit, as users write them; the compiler's tests turn them into wire specs."""

from __future__ import annotations

import datetime
import enum
import functools
from dataclasses import dataclass

from flytekit import (
    LaunchPlan,
    Workflow,
    approve,
    conditional,
    dynamic,
    map_task,
    sleep,
    task,
    wait_for_input,
    workflow,
)
from flytekit.types.error.error import FlyteError


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Point:
    x: int
    label: str


@task
def double(a: int) -> int:
    return a * 2


@task
def add(a: int, b: int) -> int:
    return a + b


@task
def say(name: str) -> str:
    return name


@task
def paint(colour: Colour) -> str:
    return colour.value


@task
def maybe(a: int | None = None) -> int:
    return a or 0


@task
def make_point(a: int) -> Point:
    return Point(a, str(a))


@task
def noop() -> None: ...


@task
def clean_up(a: int, b: int) -> None: ...


@task
def halves(n: int) -> list[int]:
    return list(range(n))


@workflow
def chain(a: int, b: int = 3) -> int:
    first = double(a=a)
    return add(a=first, b=b)


chain_plan = LaunchPlan.get_or_create(chain, name="chain_plan", fixed_inputs={"b": 7})


@workflow
def unordered() -> None:
    one = noop()
    two = noop()
    one >> two


@workflow
def branching(a: int) -> int:
    first = double(a=a)
    return conditional("size").if_(first > 10).then(double(a=first)).elif_((first < 5) & (a > 1)).then(double(a=3)).else_().fail("neither")


@workflow
def nested_branching(a: int) -> int:
    first = double(a=a)
    return (
        conditional("outer")
        .if_(first > 10)
        .then(conditional("inner").if_(first > 20).then(double(a=first)).else_().then(double(a=a)))
        .else_()
        .then(double(a=first))
    )


@workflow
def late_branching(a: int, b: int) -> int:
    first = double(a=a)
    other = double(a=b)
    return conditional("late").if_(first > 1).then(double(a=other)).else_().then(add(a=other, b=b))


@workflow
def mapping(n: int) -> list[int]:
    numbers = halves(n=n)
    return map_task(double, concurrency=2)(a=numbers)


@workflow
def lenient_mapping(n: int) -> list[int | None]:
    numbers = halves(n=n)
    return map_task(double, min_success_ratio=0.5)(a=numbers)


@workflow
def bound_mapping(n: int, b: int) -> list[int]:
    numbers = halves(n=n)
    return map_task(functools.partial(add, b=b))(a=numbers)


@workflow
def original_mapping(numbers: list[int]) -> list[int]:
    return map_task(chain_plan)(a=numbers)


@workflow
def gated(a: int) -> int:
    first = double(a=a)
    given = wait_for_input("number", timeout=datetime.timedelta(hours=1), expected_type=int)
    agreed = approve(first, "agree", timeout=datetime.timedelta(hours=1))
    pause = sleep(datetime.timedelta(seconds=5))
    last = add(a=agreed, b=given)
    pause >> last
    return last


@workflow
def parent(a: int) -> int:
    inner = chain(a=a, b=2)
    return chain(a=inner, b=4)


@workflow
def child_plan(a: int) -> int:
    return chain_plan(a=a)


@workflow(on_failure=clean_up)
def guarded(a: int, b: int) -> int:
    return add(a=a, b=b)


@task
def clean_up_with_error(a: int, b: int, err: FlyteError | None = None) -> None: ...


@workflow(on_failure=clean_up_with_error)
def guarded_with_error(a: int, b: int) -> int:
    return add(a=a, b=b)


@workflow
def attributes(a: int) -> int:
    point = make_point(a=a)
    listed = halves(n=a)
    return add(a=point.x, b=listed[0])


@workflow
def optional_inputs(a: int) -> int:
    maybe()
    return maybe(a=a)


@workflow
def enums(c: str) -> str:
    paint(colour=Colour.RED)
    return paint(colour=c)


@dynamic
def spread(n: int) -> list[int]:
    return [double(a=i) for i in range(n)]


@workflow
def dynamic_parent(n: int) -> list[int]:
    return spread(n=n)


def imperative() -> Workflow:
    flow = Workflow(name="imperative")
    flow.add_workflow_input("a", int)
    first = flow.add_entity(double, a=flow.inputs["a"])
    second = flow.add_entity(add, a=first.outputs["o0"], b=1)
    flow.add_workflow_output("total", second.outputs["o0"])
    return flow
