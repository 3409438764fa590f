"""What happened to an execution, as it is told."""

from __future__ import annotations

import pytest
from tests.control.conftest import Plane
from tests.control.test_run import P, until_signal
from tests.programs import shapes

from alula.control.explain import events
from alula.errors import InvalidInput, NotFound
from alula.idl.identifier import ExecutionId
from alula.idl.v1.service_pb2 import EventsRequest, ExecutionEvent


async def told(plane: Plane, execution: ExecutionId, limit: int = 0) -> list[ExecutionEvent]:
    found: list[ExecutionEvent] = []
    request = EventsRequest(id=execution.to_proto(), limit=limit)
    while True:
        page = await plane.platform.read(lambda c: events(c, request))
        found += page.events
        request.token = page.token
        if not page.token:
            return found


async def test_events_come_in_order_with_their_words_on_pages_of_any_size(plane: Plane) -> None:
    await plane.register(shapes)
    execution = await plane.launch(P + "memo", x=4)
    await plane.wait(execution)
    found = await told(plane, execution)
    assert [e.sequence for e in found] == list(range(1, len(found) + 1))
    assert [e.at.ToMicroseconds() for e in found] == sorted(e.at.ToMicroseconds() for e in found)
    assert all(e.text == "more of its nodes were started" for e in found if e.kind == "Proceed")
    said = [(e.kind, e.node_id, e.detail, e.text) for e in found if e.kind not in ("AttemptStarted", "Proceed")]
    why = "the task has no entry yet"
    assert said == [
        ("Launched", "", "", "the execution was launched"),
        ("CacheMissed", "n0", why, f"not in the cache: {why}"),
        ("AttemptSucceeded", "n0", "", "attempt 0 succeeded"),
        ("AttemptSucceeded", "n1", "", "attempt 0 succeeded"),
    ]
    assert await told(plane, execution, limit=1) == found
    assert await told(plane, execution, limit=len(found)) == found


async def test_events_of_items_name_them(plane: Plane) -> None:
    await plane.register(shapes)
    execution = await plane.launch(P + "each", xs=[1, 2])
    await plane.wait(execution)
    assert {e.item for e in await told(plane, execution) if e.kind == "AttemptSucceeded"} == {1, 2}


async def test_an_abort_of_what_waits_is_told(plane: Plane) -> None:
    await plane.register(shapes)
    execution = await plane.launch(P + "approved", x=1)
    await until_signal(plane, execution, "go")
    await plane.platform.aborter.abort(execution, "no more use", "ada")
    assert (await told(plane, execution))[-1].text == "an abort was asked for: no more use"


async def test_a_wrong_question_is_refused_by_name(plane: Plane) -> None:
    await plane.register(shapes)
    execution = await plane.launch(P + "line", x=1)
    with pytest.raises(InvalidInput, match="token 'x'"):
        await plane.platform.read(lambda c: events(c, EventsRequest(id=execution.to_proto(), token="x")))
    with pytest.raises(NotFound, match="nobody"):
        await told(plane, execution._replace(name="nobody"))
