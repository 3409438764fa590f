"""What the items of a map came to."""

from __future__ import annotations

import pytest
from tests.control.conftest import Plane
from tests.programs import browsing, shapes
from tests.programs.browsing import broken_map

from alula.control.items import MAX_CAUSES, summarize_items
from alula.errors import InvalidInput, NotFound
from alula.idl import core
from alula.idl.identifier import ExecutionId
from alula.idl.v1 import browse_pb2

BROKEN = f"{broken_map.__module__}.broken_map"


async def summary(plane: Plane, execution: ExecutionId, node_id: str = "n0") -> browse_pb2.ItemsSummary:
    node = core.NodeExecutionIdentifier(execution_id=execution.to_proto(), node_id=node_id)
    return await plane.platform.read(lambda c: summarize_items(c, node))


async def test_failures_are_told_by_their_cause_whatever_numbers_they_name(plane: Plane) -> None:
    await plane.register(browsing)
    execution = await plane.launch(BROKEN, xs=[10, 1, 2, 11, 12, 3])
    await plane.wait(execution)
    found = await summary(plane, execution)
    told = [(each.code, each.message, each.count, each.first_item) for each in found.failures]
    assert told == [
        ("USER:ValueError", "ValueError: 10 is more than 9", 3, 0),
        ("USER:KeyError", "KeyError: 'none of 3'", 1, 5),
    ]
    assert found.other_failures == 0


async def test_causes_beyond_the_most_frequent_are_counted(plane: Plane) -> None:
    await plane.register(browsing)
    execution = await plane.launch(BROKEN, xs=[*range(100, 100 + MAX_CAUSES + 3), 100, 1])
    await plane.wait(execution)
    found = await summary(plane, execution)
    assert (len(found.failures), found.failures[0].count, found.failures[0].first_item) == (MAX_CAUSES, 2, 0)
    assert found.other_failures == 3


async def test_durations_are_of_the_items_that_ran_here(plane: Plane) -> None:
    await plane.register(browsing)
    for xs, timed in (([1, 2], 2), ([2, 3, 1], 1)):
        execution = await plane.launch("tests.programs.browsing.cached_map", xs=xs)
        await plane.wait(execution)
        found = await summary(plane, execution)
        assert found.timed == len(found.slowest) == timed
        assert 0 < found.min_us <= found.median_us <= found.max_us == found.slowest[0].duration_us
    assert found.slowest[0].item == 1, "the others came from the cache"


async def test_a_node_without_items_is_refused(plane: Plane) -> None:
    await plane.register(shapes)
    execution = await plane.launch("tests.programs.shapes.line")
    await plane.wait(execution)
    with pytest.raises(InvalidInput, match="no map"):
        await summary(plane, execution)
    with pytest.raises(NotFound, match="no node"):
        await summary(plane, execution, "n9")
