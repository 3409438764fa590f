"""The items of a map: where they stand, when they ran, what they came to."""

from __future__ import annotations

import tracemalloc
from itertools import islice
from typing import Any

import pytest
from sqlalchemy import Connection, select
from tests.control.conftest import Plane
from tests.programs import browsing, shapes

from alula.control.attempts import list_attempts
from alula.control.items import MAX_CAUSES, get_item_spans, get_items, summarize_items
from alula.database import tables as t
from alula.database.engine import execute, insert_sql
from alula.errors import InvalidInput, NotFound
from alula.idl import core
from alula.idl.identifier import ExecutionId
from alula.idl.v1 import browse_pb2

P = "tests.programs.shapes."
BROKEN = "tests.programs.browsing.broken_map"
DONE, FAILED = core.TaskExecution.SUCCEEDED, core.TaskExecution.FAILED


async def items(plane: Plane, execution: ExecutionId, node_id: str) -> browse_pb2.ItemsResponse:
    node = core.NodeExecutionIdentifier(execution_id=execution.to_proto(), node_id=node_id)
    return await plane.platform.read(lambda c: get_items(c, plane.platform.library, node))


async def summary(plane: Plane, execution: ExecutionId, node_id: str = "n0") -> browse_pb2.ItemsSummary:
    node = core.NodeExecutionIdentifier(execution_id=execution.to_proto(), node_id=node_id)
    return await plane.platform.read(lambda c: summarize_items(c, node))


async def test_items_are_a_byte_each(plane: Plane) -> None:
    await plane.register(shapes)
    execution = await plane.ended(P + "most", xs=[1, 2, 3, 4])
    found = await items(plane, execution, "n0")
    assert (found.size, list(found.phases), list(found.cached)) == (4, [DONE, FAILED, DONE, FAILED], [0, 0, 0, 0])
    empty = await plane.ended(P + "each", xs=[])
    assert (await items(plane, empty, "n0")).size == 0
    plain = await plane.ended(P + "line")
    with pytest.raises(InvalidInput, match="no map"):
        await items(plane, plain, "n0")
    with pytest.raises(NotFound, match="no node"):
        await items(plane, plain, "n9")


async def test_items_say_which_came_from_the_cache(plane: Plane) -> None:
    await plane.register(browsing)
    for xs, cached in (([1, 2], [0, 0]), ([2, 3, 1], [1, 0, 1])):
        execution = await plane.ended("tests.programs.browsing.cached_map", xs=xs)
        found = await items(plane, execution, "n0")
        assert (list(found.phases), list(found.cached)) == ([DONE] * len(xs), cached)


async def test_when_the_items_of_a_map_ran(plane: Plane) -> None:
    await plane.register(shapes)
    execution = await plane.ended(P + "most", xs=list(range(40)))
    node = core.NodeExecutionIdentifier(execution_id=execution.to_proto(), node_id="n0")
    asked = browse_pb2.ListAttemptsRequest(id=execution.to_proto(), limit=1000)
    rows = (await plane.platform.read(lambda c: list_attempts(c, plane.platform.library, asked))).attempts

    async def spans(now: int = 0, **fields: Any) -> browse_pb2.ItemSpansResponse:
        request = browse_pb2.GetItemSpansRequest(id=node, **fields)
        return await plane.platform.read(lambda c: get_item_spans(c, plane.platform.library, request, now))

    found = await spans(stretches=7)
    begins, ends = [a.started_at.ToMicroseconds() for a in rows], [a.ended_at.ToMicroseconds() for a in rows]
    begin, width = found.begin.ToMicroseconds(), (found.end.ToMicroseconds() - found.begin.ToMicroseconds()) // 7
    assert (found.size, found.attempts, begin, len(found.running)) == (40, 40, min(begins), 7)
    assert max(ends) <= found.end.ToMicroseconds() <= max(ends) + 7
    edges = [(begin + width * at, begin + width * (at + 1)) for at in range(7)]
    assert list(found.running) == [sum(b < to and e >= at for b, e in zip(begins, ends, strict=True)) for at, to in edges]
    bad = [e for e, a in zip(ends, rows, strict=True) if a.phase == FAILED]
    assert list(found.failed) == [sum(at <= e < to for e in bad) for at, to in edges]
    assert (sum(found.failed), len((await spans()).running)) == (20, 200)
    table = t.task_execution

    def go_on(c: Any) -> None:
        c.execute(table.update().where(table.c.node_id == "n0", table.c.item == 3).values(ended_at=0))

    await plane.platform.write(go_on)
    assert (await spans(now=begin + 10_000_000)).end.ToMicroseconds() >= begin + 10_000_000
    with pytest.raises(InvalidInput, match="at most 1000"):
        await spans(stretches=1001)
    line = await plane.ended(P + "line")
    node = core.NodeExecutionIdentifier(execution_id=line.to_proto(), node_id="n0")
    with pytest.raises(InvalidInput, match="no map"):
        await spans()


async def test_failures_are_told_by_their_cause_whatever_numbers_they_name(plane: Plane) -> None:
    await plane.register(browsing)
    execution = await plane.ended(BROKEN, xs=[10, 1, 2, 11, 12, 3])
    found = await summary(plane, execution)
    told = [(each.code, each.message, each.count, each.first_item) for each in found.failures]
    assert told == [
        ("USER:ValueError", "ValueError: 10 is more than 9", 3, 0),
        ("USER:KeyError", "KeyError: 'none of 3'", 1, 5),
    ]
    assert found.other_failures == 0


async def test_an_error_that_is_longer_than_is_shown_ends_in_an_ellipsis(plane: Plane) -> None:
    await plane.register(browsing)
    execution = await plane.ended(BROKEN, xs=[10, 11])
    table, said = t.task_execution, {0: "a" * 500, 1: "b" * 501}

    def say(c: Any) -> None:
        for item, text in said.items():
            where = (table.c.node_id == "n0", table.c.item == item)
            assert c.execute(table.update().where(*where).values(error_message=f"{text}\nand its trace")).rowcount == 1

    await plane.platform.write(say)
    found = await summary(plane, execution)
    assert [each.message for each in found.failures] == ["a" * 500, "b" * 499 + "…"]


async def test_causes_beyond_the_most_frequent_are_counted(plane: Plane) -> None:
    await plane.register(browsing)
    execution = await plane.ended(BROKEN, xs=[*range(100, 100 + MAX_CAUSES + 3), 100, 1])
    found = await summary(plane, execution)
    assert (len(found.failures), found.failures[0].count, found.failures[0].first_item) == (MAX_CAUSES, 2, 0)
    assert found.other_failures == 3


async def test_durations_are_of_the_items_that_ran_here(plane: Plane) -> None:
    await plane.register(browsing)
    for xs, timed in (([1, 2], 2), ([2, 3, 1], 1)):
        execution = await plane.ended("tests.programs.browsing.cached_map", xs=xs)
        found = await summary(plane, execution)
        assert found.timed == len(found.slowest) == timed
        assert 0 < found.min_us <= found.median_us <= found.max_us == found.slowest[0].duration_us
    assert found.slowest[0].item == 1, "the others came from the cache"


async def test_a_node_without_items_is_refused(plane: Plane) -> None:
    await plane.register(shapes)
    execution = await plane.ended("tests.programs.shapes.line")
    with pytest.raises(InvalidInput, match="no map"):
        await summary(plane, execution)
    with pytest.raises(NotFound, match="no node"):
        await summary(plane, execution, "n9")


async def test_a_summary_of_a_large_map_that_fails_whole_holds_little_of_it(plane: Plane) -> None:
    """Errors of 500 characters of every one of 50,000 items are tens of megabytes: they are gone through, not gathered."""
    await plane.register(shapes)
    execution = await plane.ended(P + "each", xs=[])
    count, error = 50_000, "ValueError: " + "the learning rate is far too large; " * 13

    def fail_all(connection: Connection) -> None:
        key = connection.execute(select(t.execution.c.key).where(t.execution.c.name == execution.name)).scalar_one()
        columns = ("execution_key", "node_id", "item", "retry_attempt", "phase", "started_at", "ended_at", "error_code", "error_message")
        sql = insert_sql(t.task_execution, columns, connection.dialect.name)
        rows = ((key, "n0", at, 0, int(FAILED), 1, 2 + at, "USER:ValueError", f"{error}{at}") for at in range(count))
        for some in iter(lambda: list(islice(rows, 5_000)), []):
            execute(connection, sql, some)

    await plane.platform.write(fail_all)
    await summary(plane, execution)  # what is made once is made
    tracemalloc.start()
    try:
        found = await summary(plane, execution)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    [failures] = found.failures
    assert (failures.count, failures.first_item, failures.message) == (count, 0, f"{error}0")
    assert (found.timed, found.min_us, found.median_us, found.max_us) == (count, 1, count // 2, count)
    assert [each.item for each in found.slowest] == [count - 1 - at for at in range(5)]
    assert peak < 6 << 20


async def test_an_item_counts_by_its_last_attempt(plane: Plane) -> None:
    await plane.register(shapes)
    execution = await plane.ended(P + "each", xs=[1, 2])

    def fail_once(connection: Connection) -> None:
        c, key = t.task_execution.c, select(t.execution.c.key).where(t.execution.c.name == execution.name).scalar_subquery()
        of_items = (c.execution_key == key, c.node_id == "n0")
        connection.execute(t.task_execution.update().where(*of_items).values(retry_attempt=1))
        before = t.task_execution.insert().values(
            execution_key=key, node_id="n0", item=1, retry_attempt=0, phase=int(FAILED), error_code="USER:OSError", error_message="x"
        )
        connection.execute(before)

    await plane.platform.write(fail_once)
    found = await summary(plane, execution)
    assert (list(found.failures), found.other_failures, found.timed) == ([], 0, 2)
