"""Gates as people see them, on both databases."""

from __future__ import annotations

import asyncio

from tests.control.conftest import Plane
from tests.control.test_run import signal, until_signal
from tests.programs import shapes, showing

from alula.control.explain import events
from alula.control.gates import list_gates, list_waiting
from alula.control.signal import Signaller
from alula.idl.identifier import ExecutionId
from alula.idl.phase import ExecutionPhase
from alula.idl.v1 import gate_pb2, service_pb2

P = "tests.programs.shapes."


async def asking(plane: Plane, name: str, signal_id: str) -> ExecutionId:
    execution = await plane.launch(P + name, x=1)
    await until_signal(plane, execution, signal_id)
    return execution


async def gates_of(plane: Plane, execution: ExecutionId) -> list[gate_pb2.Gate]:
    request = gate_pb2.ListGatesRequest(id=execution.to_proto())
    return list((await plane.platform.read(lambda c: list_gates(c, request))).gates)


async def waiting(plane: Plane, **wanted: object) -> list[gate_pb2.Gate]:
    request = gate_pb2.ListWaitingRequest(**wanted)  # type: ignore[arg-type]
    return list((await plane.platform.read(lambda c: list_waiting(c, request))).gates)


async def test_who_answered_and_when_is_on_record(plane: Plane) -> None:
    await plane.register(shapes)
    signaller: Signaller = plane.platform.signaller
    execution = await asking(plane, "approved", "go")
    (gate,) = await gates_of(plane, execution)
    assert (gate.name, gate.principal, gate.is_waiting, gate.HasField("value"), gate.HasField("answered_at")) == (
        "go",
        "",
        True,
        False,
        False,
    )
    await signaller.set(signal(execution, "go", True), "Ada Lovelace")
    await plane.wait(execution)
    (gate,) = await gates_of(plane, execution)
    assert (gate.principal, gate.is_waiting, gate.value.scalar.primitive.boolean) == ("Ada Lovelace", False, True)
    assert gate.answered_at.ToMicroseconds() > gate.opened_at.ToMicroseconds()
    assert gate.workflow == P + "approved"
    request = service_pb2.EventsRequest(id=execution.to_proto())
    found = await plane.platform.read(lambda c: events(c, request))
    told = [(each.detail, each.text) for each in found.events if each.kind == "SignalReceived"]
    assert told == [("go", 'the signal "go" was given by Ada Lovelace')]


async def test_gates_that_wait_are_listed_until_they_are_answered_or_given_up(plane: Plane) -> None:
    await plane.register(shapes)
    first, second = await asking(plane, "approved", "go"), await asking(plane, "asked", "how-many")
    found = await waiting(plane, project="default")
    assert [(each.execution_id.name, each.name) for each in found] == [(first.name, "go"), (second.name, "how-many")]
    assert all(each.is_waiting and each.node_id for each in found)
    assert [each.name for each in await waiting(plane, limit=1)] == ["go"]
    assert await waiting(plane, project="default", domain="production") == []
    await plane.platform.signaller.set(signal(first, "go", False))
    await plane.wait(first)
    assert [each.name for each in await waiting(plane)] == ["how-many"]
    await plane.platform.aborter.abort(second, "not needed", "")
    await plane.wait(second)
    assert await waiting(plane) == []
    (gate,) = await gates_of(plane, second)
    assert (gate.is_waiting, gate.HasField("value")) == (False, False)


async def test_lists_are_told_that_an_execution_asks_and_was_answered(plane: Plane) -> None:
    await plane.register(showing)
    with plane.platform.feed.read("default", "development") as reader:
        execution = await plane.launch("tests.programs.showing.gated", x=1)
        async with asyncio.timeout(30):
            while not await waiting(plane):
                await reader.next()
            while len(await waiting(plane)) < 2:
                await reader.next()
            await plane.platform.write(lambda _: None)  # behind it nothing of the launch is still on its way
            with plane.platform.feed.read("default", "development") as fresh:
                await plane.platform.signaller.set(signal(execution, "how-many", 1))
                news = await fresh.next()
        assert news.phases == {execution: ExecutionPhase.RUNNING}
        assert [each.name for each in await waiting(plane)] == ["go-live"]


async def test_the_answer_that_a_gate_went_by_stands(plane: Plane) -> None:
    await plane.register(showing)
    execution = await plane.launch("tests.programs.showing.gated", x=1)
    await until_signal(plane, execution, "go-live")
    signaller: Signaller = plane.platform.signaller
    await signaller.set(signal(execution, "go-live", True), "Ada")
    await signaller.set(signal(execution, "go-live", False), "Eve")  # while it goes on
    await until_signal(plane, execution, "how-many")
    await signaller.set(signal(execution, "how-many", 7), "Bea")
    await plane.wait(execution)
    await signaller.set(signal(execution, "how-many", 8), "Eve")  # after its end
    found = {
        gate.name: (gate.principal, gate.answered_at.ToMicroseconds() < gates_end) for gate, gates_end in await answers(plane, execution)
    }
    assert found == {"go-live": ("Ada", True), "how-many": ("Bea", True)}
    values = [gate.value.scalar.primitive for gate, _ in await answers(plane, execution)]
    assert [(value.boolean, value.integer) for value in values] == [(True, 0), (False, 7)]


async def answers(plane: Plane, execution: ExecutionId) -> list[tuple[gate_pb2.Gate, int]]:
    """The gates of an execution that has ended, each with when that was, a little later."""
    ended = (await plane.wait(execution)).closure.updated_at.ToMicroseconds()
    return [(gate, ended + 1) for gate in await gates_of(plane, execution)]
