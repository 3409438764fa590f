"""Every kind of node."""

from functools import partial

from flytekit import ImageSpec, LaunchPlan, Workflow, conditional, dynamic, map_task, task, workflow
from flytekit.core.node_creation import create_node
from flytekit.types.error.error import FlyteError  # noqa: F401

from programs.basics import add, double, two_tasks

child_plan = LaunchPlan.get_or_create(two_tasks, name="graphs.child_plan", default_inputs={"x": 20})


@workflow
def with_subworkflow(x: int) -> int:
    return add(a=two_tasks(x=x), b=100)


@workflow
def with_launch_plan(x: int) -> int:
    return add(a=child_plan(x=x), b=1000)


@task
def say(text: str) -> str:
    return f"said {text}"


@workflow
def choose(x: int) -> str:
    return (
        conditional("size")
        .if_((x > 0) & (x < 10))
        .then(say(text="small"))
        .elif_(x >= 10)
        .then(say(text="large"))
        .else_()
        .fail("not a positive number")
    )


@workflow
def choose_nested(x: int, flag: bool) -> str:
    return (
        conditional("outer")
        .if_(flag.is_true())
        .then(conditional("inner").if_(x == 1).then(say(text="flag and one")).else_().then(say(text="flag and other")))
        .else_()
        .then(say(text="no flag"))
    )


@workflow
def choose_workflow(x: int) -> int:
    return conditional("which").if_(x > 5).then(two_tasks(x=x)).else_().then(double(x=x))


@task
def divide(x: int, by: int) -> float:
    if x == 13:
        raise ValueError("thirteen is not divided")
    return x / by


@workflow
def map_all(xs: list[int]) -> list[int]:
    return map_task(double, concurrency=2)(x=xs)


@workflow
def map_partial(xs: list[int]) -> list[float]:
    return map_task(partial(divide, by=2))(x=xs)


@workflow
def map_some(xs: list[int]) -> list[float | None]:
    return map_task(partial(divide, by=2), min_success_ratio=0.5)(x=xs)


@workflow
def map_two(xs: list[int], ys: list[int]) -> list[int]:
    return map_task(add)(a=xs, b=ys)


@workflow
def map_plan(xs: list[int]) -> list[int]:
    return map_task(child_plan)(x=xs)


@dynamic
def fan_out(n: int) -> list[int]:
    return [double(x=i) for i in range(n)]


@workflow
def dynamic_tasks(n: int) -> list[int]:
    return fan_out(n=n)


@task
def total(values: list[int]) -> int:
    return sum(values)


@dynamic
def everything(n: int) -> int:
    mapped = map_task(double)(x=list(range(n)))
    size = total(values=mapped)
    chosen = conditional("in_dynamic").if_(size > 5).then(double(x=50)).else_().then(double(x=1))
    return total(values=[chosen, two_tasks(x=n), child_plan(x=n), size])


@workflow
def dynamic_everything(n: int) -> int:
    return everything(n=n)


@dynamic
def nested(n: int) -> int:
    if n == 0:
        return double(x=7)
    return nested(n=n - 1)


@workflow
def dynamic_nested(n: int) -> int:
    return nested(n=n)


imperative = Workflow(name="graphs.imperative")
imperative.add_workflow_input("x", int)
_first = imperative.add_entity(double, x=imperative.inputs["x"])
_second = imperative.add_entity(add, a=_first.outputs["o0"], b=5)
imperative.add_workflow_output("result", _second.outputs["o0"])


@workflow
def overridden(x: int) -> int:
    node = create_node(double, x=x).with_overrides(node_name="renamed", name="My Node")
    return node.o0


@task
def make() -> dict[str, list[int]]:
    return {"a": [1, 2, 3], "b": [4]}


@workflow
def attributes() -> int:
    return double(x=make()["a"][2])


@task
def last(x: int | None = None) -> str:
    return "nothing" if x is None else str(x)


@workflow
def optional_unbound() -> str:
    return last()


@workflow
def optional_passed(x: int | None = None) -> str:
    return last(x=x)


@task(container_image=ImageSpec(base_image="example.org/somewhere:1", builder="noop"))
def in_image(x: int) -> int:
    return x + 1
