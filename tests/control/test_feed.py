"""What lists are told of changes."""

from __future__ import annotations

import asyncio

import pytest
from tests.control.conftest import Plane
from tests.programs import shapes

from alula.control import feed as feed_module
from alula.control.feed import MAX_TOLD, Feed, News
from alula.idl.identifier import ExecutionId
from alula.idl.phase import ExecutionPhase

ONE = ExecutionId("p", "d", "one")


async def test_several_changes_are_one_piece_of_news_with_the_last_phase_of_each() -> None:
    feed = Feed()
    with feed.read("", "") as reader:
        feed.tell(ONE, 1)
        feed.tell(ONE, 2)
        feed.tell_entities("p", "d")
        assert await reader.next() == News({ONE: 2}, False, True)
        feed.tell(ONE, 4)
        assert await reader.next() == News({ONE: 4}, False, False)


async def test_a_reader_hears_of_its_own_place_alone() -> None:
    feed = Feed()
    with feed.read("p", "d") as reader, feed.read("p", "") as wide:
        feed.tell(ExecutionId("p", "other", "x"), 1)
        feed.tell(ExecutionId("q", "d", "x"), 1)
        feed.tell_entities("q")
        feed.tell_entities("p")  # of all its domains
        assert await reader.next() == News({}, False, True)
        assert await wide.next() == News({ExecutionId("p", "other", "x"): 1}, False, True)


async def test_a_slow_reader_holds_a_bounded_number_and_hears_that_there_were_many() -> None:
    feed = Feed()
    with feed.read("", "") as reader:
        for number in range(10 * MAX_TOLD):
            feed.tell(ExecutionId("p", "d", str(number)), 1)
            assert len(reader._phases) <= MAX_TOLD
        assert await reader.next() == News({}, True, False)
        feed.tell(ONE, 1)
        assert await reader.next() == News({ONE: 1}, False, False)
    feed.tell(ONE, 2)
    assert not feed._readers


async def test_phases_of_executions_are_told_as_they_change(plane: Plane) -> None:
    await plane.register(shapes)
    with plane.platform.feed.read("default", "development") as reader:
        execution = await plane.launch("tests.programs.shapes.line")
        seen: list[int] = []
        async with asyncio.timeout(30):
            while ExecutionPhase.SUCCEEDED not in seen:
                seen += (await reader.next()).phases.values()
        assert seen[0] == ExecutionPhase.RUNNING
        await plane.wait(execution)


async def test_what_is_measured_is_told_no_more_often_than_once_in_a_while_whatever_else_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "MEASURED_EVERY_S", 0.05)
    feed = Feed()
    loop = asyncio.get_running_loop()
    with feed.read("p", "d") as reader:
        begin = loop.time()
        for _ in range(3):
            feed.tell_measured({ONE, ExecutionId("p", "other", "x")})
        assert await reader.next() == News({}, False, False, frozenset({ONE}))
        assert loop.time() - begin >= 0.05
        feed.tell_measured([ONE])
        feed.tell(ONE, 4)
        assert await reader.next() == News({ONE: 4}, False, False), "it is held back until its time is over"
        assert await reader.next() == News({}, False, False, frozenset({ONE}))
        assert loop.time() - begin >= 0.1
        feed.tell_measured([ExecutionId("p", "d", str(number)) for number in range(MAX_TOLD + 1)])
        feed.tell_measured([ONE])
        assert await reader.next() == News({}, False, False, frozenset(), True)
        feed.tell_measured([ONE])
    assert reader._timer is None, "nobody is told any more"
