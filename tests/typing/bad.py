"""Each marked line must be refused by the checker."""

from __future__ import annotations

import alula as al


@al.task
def double(x: int) -> int:
    return 2 * x


@al.workflow
def flow(x: int) -> int:
    return double(x)


double("a")  # error: arg-type
double(y=1)  # error: call-arg
double()  # error: call-arg
text: str = double(1)  # error: assignment
flow("a")  # error: arg-type
al.task(retires=1)  # error: call-overload
al.workflow(failure_policy="never")  # error: call-overload
al.Resources(ram="1Gi")  # error: call-arg
al.Environment("e", package=["polars"])  # error: call-arg
al.Environment("e").task(image="x")  # error: call-overload
al.task(environment="e")  # error: call-overload
al.wait_for_input("n", int).upper()  # error: attr-defined


@al.task
async def drives(x: int) -> int:
    text: str = await double.aio(x)  # error: assignment
    print(text)
    await double.aio("a")  # error: arg-type
    await drives("a")  # error: arg-type
    return await drives(x)
