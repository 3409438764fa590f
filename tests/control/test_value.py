"""Values of the executions of a list."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection
from tests.control.conftest import Plane
from tests.programs import shapes, telling
from tests.server.harness import literals

from alula.control import value
from alula.database import execution as executions
from alula.database import metric
from alula.database import value as rows
from alula.errors import InvalidInput
from alula.idl import admin
from alula.idl.identifier import ExecutionId
from alula.idl.v1 import browse_pb2

T = "tests.programs.telling."


async def values(plane: Plane, *executions: ExecutionId, **wanted: Any) -> list[browse_pb2.ExecutionValues]:
    request = browse_pb2.GetExecutionValuesRequest(ids=[each.to_proto() for each in executions], **wanted)
    return list((await plane.platform.read(lambda c: value.execution_values(c, request))).executions)


def metrics(one: browse_pb2.ExecutionValues) -> dict[str, float]:
    return {m.name: m.last for m in one.metrics}


async def test_only_what_is_named_is_there_in_the_order_asked_for(plane: Plane) -> None:
    await plane.register(telling)
    one, two = await plane.ended(T + "training", epochs=2), await plane.ended(T + "training", epochs=4)
    missing = ExecutionId("default", "development", "nothing")
    first, second = await values(plane, two, missing, one, two, inputs=["epochs", "other"], metrics=["accuracy", "none"])
    assert [first.id.name, second.id.name] == [two.name, one.name]
    assert (first.inputs, second.inputs) == (literals(epochs=4), literals(epochs=2))
    assert (metrics(first), metrics(second)) == ({"accuracy": 0.75}, {"accuracy": 0.5})
    assert not first.outputs.literals
    assert not first.is_left_out


async def test_all_is_whatever_they_have(plane: Plane) -> None:
    await plane.register(telling)
    [one] = await values(plane, await plane.ended(T + "training", epochs=2), all=True)
    assert (one.inputs, one.outputs) == (literals(epochs=2), literals(o0=1.0))
    assert metrics(one) == {"accuracy": 0.5, "loss": 0.5, "odd": math.inf}
    assert {m.node_id for m in one.metrics} == {"n0"}


async def test_what_the_cache_answered_has_the_metrics_of_whoever_computed_it(plane: Plane) -> None:
    await plane.register(telling)
    one, two = await plane.ended(T + "memo", x=3), await plane.ended(T + "memo", x=3)
    first, second = await values(plane, one, two, metrics=["score"])
    assert metrics(first) == metrics(second) == {"score": 4.0}


async def test_what_a_recovery_took_over_has_its_metrics(plane: Plane, tmp_path: Path) -> None:
    await plane.register(telling)
    first = await plane.ended(T + "half_done", mark=str(tmp_path / "mark"))
    request = admin.ExecutionRecoverRequest(id=first.to_proto(), name="second")
    second = ExecutionId.from_proto((await plane.platform.launcher.recover(request, "ada")).id)
    await plane.wait(second)
    kept = metrics((await values(plane, first, all=True))[0])
    assert kept
    (tmp_path / "mark").touch()
    request = admin.ExecutionRecoverRequest(id=second.to_proto(), name="third")
    third = ExecutionId.from_proto((await plane.platform.launcher.recover(request, "ada")).id)
    await plane.wait(third)
    [named], [whole] = await values(plane, third, metrics=list(kept)), await values(plane, third, all=True)
    assert (metrics(named), metrics(whole)) == (kept, kept | {"passed": 1.0})


async def test_items_of_maps_and_earlier_attempts_say_nothing(plane: Plane) -> None:
    await plane.register(telling)
    mapped, again = await plane.ended(T + "mapped", xs=[1, 2]), await plane.ended(T + "stumbling")
    first, second = await values(plane, mapped, again, all=True)
    assert metrics(first) == {}
    assert metrics(second) == {"tried": 1.0}


async def test_what_is_large_or_too_much_is_left_out_and_said(plane: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
    await plane.register(shapes)
    await plane.register(telling)
    one = await plane.ended("tests.programs.shapes.each", xs=list(range(100)))
    monkeypatch.setattr(value, "MAX_VALUE_BYTES", 200)
    [found] = await values(plane, one, inputs=["xs"])
    assert (list(found.left_out), found.is_left_out, len(found.inputs.literals)) == (["inputs.xs"], True, 0)
    two = await plane.ended(T + "training", epochs=1)
    monkeypatch.setattr(rows, "MAX_NODES", 1)
    monkeypatch.setattr(rows, "MAX_NAMES", 2)
    [found] = await values(plane, two, all=True)
    assert (sorted(metrics(found)), found.is_left_out) == (["accuracy", "loss"], True)


async def tell(plane: Plane, key: int, nodes: range, **points: float) -> None:
    def write(connection: Connection) -> None:
        for number in nodes:
            series = [metric.Points(name, 0, [0], [last], [1]) for name, last in points.items()]
            metric.add_points(connection, metric.AttemptKey(key, f"x{number:03}", -1, 0), series)

    await plane.platform.write(write)


async def test_what_one_of_many_nodes_told_is_found_by_name_and_what_is_not_looked_at_is_said(plane: Plane) -> None:
    await plane.register(shapes)
    one = await plane.ended("tests.programs.shapes.line")
    key = (await plane.platform.read(lambda c: executions.get(c, one))).key

    async def found(**wanted: Any) -> tuple[int, bool]:
        [answer] = await values(plane, one, **wanted)
        return len(answer.metrics), answer.is_left_out

    await tell(plane, key, range(rows.MAX_NODES), loss=1.0)
    assert [await found(all=True), await found(metrics=["loss"])] == [(rows.MAX_NODES, False)] * 2
    await tell(plane, key, range(rows.MAX_NODES, rows.MAX_NODES + 1), acc=2.0)
    assert [await found(all=True), await found(metrics=["loss"])] == [(rows.MAX_NODES, True), (rows.MAX_NODES, False)]
    assert await found(metrics=["acc"]) == (1, False)
    await tell(plane, key, range(90, 91), loss=3.0)
    assert await found(metrics=["loss"]) == (rows.MAX_NODES, True)
    await tell(plane, key, range(100, 100 + rows.MAX_WALKED - rows.MAX_NODES - 2), other=4.0)
    assert await found(metrics=["acc"]) == (1, False)
    await tell(plane, key, range(900, 901), acc=5.0)
    assert await found(metrics=["acc"]) == (1, True)


async def test_metrics_and_nodes_of_which_there_are_as_many_as_are_looked_at_are_all_there(
    plane: Plane, monkeypatch: pytest.MonkeyPatch
) -> None:
    await plane.register(telling)
    one = await plane.ended(T + "training", epochs=1)
    nodes = await plane.nodes(one)
    for limit, count in (("MAX_NAMES", 3), ("MAX_TAKEN", len(nodes))):
        monkeypatch.setattr(rows, limit, count)
        assert not (await values(plane, one, all=True))[0].is_left_out
        monkeypatch.setattr(rows, limit, count - 1)
        assert (await values(plane, one, all=True))[0].is_left_out
        monkeypatch.undo()
    await plane.ended(T + "memo", x=3)
    two = await plane.ended(T + "memo", x=3)
    monkeypatch.setattr(rows, "MAX_NAMES", 0)
    [found] = await values(plane, two, all=True)
    assert (metrics(found), found.is_left_out) == ({}, True), "also of whoever computed it for the cache"


async def test_requests_are_bounded(plane: Plane) -> None:
    nobody = ExecutionId("default", "development", "nothing")
    for ids in (0, 101):
        with pytest.raises(InvalidInput, match="expected 1 to 100"):
            await values(plane, *[nobody] * ids)
    with pytest.raises(InvalidInput, match="outputs: 101 given"):
        await values(plane, nobody, outputs=["x"] * 101)
    assert await values(plane, nobody, metrics=["'; DROP TABLE metric"]) == []
    for wanted in ({"metrics": ["\x00"]}, {"inputs": ["x", "a\x00"]}):
        with pytest.raises(InvalidInput, match="the character NUL"):
            await values(plane, nobody, **wanted)
    with pytest.raises(InvalidInput, match="the character NUL"):
        await values(plane, ExecutionId("default", "development", "a\x00b"), all=True)


async def test_readers_hear_that_a_running_execution_measured_something(plane: Plane) -> None:
    await plane.register(telling)
    go = plane.home / "go"
    with plane.platform.feed.read("default", "development") as reader:
        execution = await plane.launch(T + "lingering", started=str(plane.home / "started"), go_on=str(go))
        async with asyncio.timeout(30):
            while execution not in (await reader.next()).measured:
                pass
        [found] = await values(plane, execution, metrics=["before"])
        assert metrics(found) == {"before": 1.0}
        go.touch()
        await plane.wait(execution)
