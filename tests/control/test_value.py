"""Values of the executions of a list."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path
from typing import Any

import pytest
from tests.control.conftest import Plane
from tests.programs import shapes, telling
from tests.server.harness import literals

from alula.control import value
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
