"""Attempts page by page: of an execution, of some nodes, of some items."""

from __future__ import annotations

from typing import Any

import pytest
from tests.control.conftest import Plane
from tests.programs import browsing, shapes

from alula.control.attempts import list_attempts
from alula.errors import InvalidInput, NotFound
from alula.idl import core
from alula.idl.identifier import ExecutionId
from alula.idl.v1 import browse_pb2

P = "tests.programs.shapes."
DONE, FAILED = core.TaskExecution.SUCCEEDED, core.TaskExecution.FAILED


async def attempts(plane: Plane, execution: ExecutionId, **fields: Any) -> browse_pb2.AttemptPage:
    request = browse_pb2.ListAttemptsRequest(id=execution.to_proto(), **fields)
    return await plane.platform.read(lambda c: list_attempts(c, plane.platform.library, request))


async def test_attempts_of_an_execution_of_a_node_and_of_an_item(plane: Plane) -> None:
    await plane.register(shapes)
    execution = await plane.ended(P + "most", xs=[1, 2, 3, 4])
    whole = await attempts(plane, execution)
    assert [(a.node.node_id, a.item, a.phase) for a in whole.attempts] == [
        ("n0", 1, DONE),
        ("n0", 2, FAILED),
        ("n0", 3, DONE),
        ("n0", 4, FAILED),
    ]
    [second] = (await attempts(plane, execution, node_id="n0", item=2)).attempts
    assert "2 is even" in second.error.message
    assert (second.task_id.name, second.has_log, second.is_recoverable) == (P + "odd", True, False)
    assert second.worker
    with pytest.raises(NotFound, match="no node"):
        await attempts(plane, execution, node_id="n9")
    for fields in ({"item": -1}, {"limit": 1001}, {"token": "x"}):
        with pytest.raises(InvalidInput):
            await attempts(plane, execution, **fields)  # type: ignore[arg-type]


async def test_pages_of_attempts_hold_each_once_with_its_number(plane: Plane) -> None:
    await plane.register(shapes)
    execution = await plane.ended(P + "retried", x=1)
    seen, token = [], ""
    while True:
        page = await attempts(plane, execution, limit=2, token=token)
        seen += [(a.retry_attempt, a.phase, a.is_recoverable) for a in page.attempts]
        if not (token := page.token):
            break
    assert seen == [(0, FAILED, True), (1, FAILED, True), (2, DONE, False)]


async def test_attempts_of_several_nodes_and_of_a_range_of_items(plane: Plane) -> None:
    await plane.register(shapes)
    line, most = await plane.ended(P + "line"), await plane.ended(P + "most", xs=[1, 2, 3, 4])
    some = await attempts(plane, line, node_ids=["n1", "n0", "nothing"])
    assert [a.node.node_id for a in some.attempts] == ["n0", "n1"]
    ranged = await attempts(plane, most, node_id="n0", item=2, last_item=3, limit=1)
    rest = await attempts(plane, most, node_id="n0", item=2, last_item=3, limit=1, token=ranged.token)
    assert ([a.item for a in (*ranged.attempts, *rest.attempts)], rest.token) == ([2, 3], "")
    assert len((await attempts(plane, most, node_ids=["n0"])).attempts) == 4
    assert not (await attempts(plane, most, without_items=True)).attempts
    assert len((await attempts(plane, line, without_items=True)).attempts) == 2
    for fields in (
        {"last_item": 2},
        {"item": 3, "last_item": 2},
        {"item": 1, "without_items": True},
        {"node_id": "n0", "node_ids": ["n0"]},
        {"node_ids": [f"n{number}" for number in range(201)]},
    ):
        with pytest.raises(InvalidInput):
            await attempts(plane, most, **fields)


async def test_an_attempt_says_what_it_asked_for(plane: Plane) -> None:
    await plane.register(browsing)
    execution = await plane.launch("tests.programs.browsing.outer")
    await plane.wait(execution)
    found = {
        (a.node.node_id, a.item): {core.Resources.ResourceName.Name(e.name): e.value for e in a.resources.requests}
        for a in (await attempts(plane, execution)).attempts
    }
    assert found == {
        ("n0", 0): {"CPU": "1", "MEMORY": "64Mi"},
        ("n1", 0): {"CPU": "1", "MEMORY": "128Mi"},
        ("n2-0-n0", 0): {"CPU": "1", "MEMORY": "96Mi"},
        ("n3", 1): {"CPU": "1", "MEMORY": "64Mi"},
        ("n3", 2): {"CPU": "1", "MEMORY": "64Mi"},
    }
