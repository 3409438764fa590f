"""Attempts page by page, the items of a map, executions side by side, and what a launch would be refused for."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select
from tests.control.conftest import Plane
from tests.programs import browsing, shapes, telling
from tests.server.harness import literal, literals

from alula.control import compare
from alula.control.attempts import get_item_spans, get_items, list_attempts
from alula.control.check import check_launch
from alula.control.launch import Origin
from alula.database import tables as t
from alula.errors import AlulaError, InvalidInput, NotFound
from alula.idl import admin, core
from alula.idl.identifier import ExecutionId
from alula.idl.v1 import browse_pb2

P = "tests.programs.shapes."
DONE, FAILED = core.TaskExecution.SUCCEEDED, core.TaskExecution.FAILED


async def attempts(plane: Plane, execution: ExecutionId, **fields: Any) -> browse_pb2.AttemptPage:
    request = browse_pb2.ListAttemptsRequest(id=execution.to_proto(), **fields)
    return await plane.platform.read(lambda c: list_attempts(c, plane.platform.library, request))


async def items(plane: Plane, execution: ExecutionId, node_id: str) -> browse_pb2.ItemsResponse:
    node = core.NodeExecutionIdentifier(execution_id=execution.to_proto(), node_id=node_id)
    return await plane.platform.read(lambda c: get_items(c, plane.platform.library, node))


async def ended(plane: Plane, name: str, **inputs: Any) -> ExecutionId:
    execution = await plane.launch(P + name, **inputs)
    await plane.wait(execution)
    return execution


async def test_attempts_of_an_execution_of_a_node_and_of_an_item(plane: Plane) -> None:
    await plane.register(shapes)
    execution = await ended(plane, "most", xs=[1, 2, 3, 4])
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
    execution = await ended(plane, "retried", x=1)
    seen, token = [], ""
    while True:
        page = await attempts(plane, execution, limit=2, token=token)
        seen += [(a.retry_attempt, a.phase, a.is_recoverable) for a in page.attempts]
        if not (token := page.token):
            break
    assert seen == [(0, FAILED, True), (1, FAILED, True), (2, DONE, False)]


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


async def test_items_are_a_byte_each(plane: Plane) -> None:
    await plane.register(shapes)
    execution = await ended(plane, "most", xs=[1, 2, 3, 4])
    found = await items(plane, execution, "n0")
    assert (found.size, list(found.phases), list(found.cached)) == (4, [DONE, FAILED, DONE, FAILED], [0, 0, 0, 0])
    empty = await ended(plane, "each", xs=[])
    assert (await items(plane, empty, "n0")).size == 0
    plain = await ended(plane, "line")
    with pytest.raises(InvalidInput, match="no map"):
        await items(plane, plain, "n0")
    with pytest.raises(NotFound, match="no node"):
        await items(plane, plain, "n9")


async def test_items_say_which_came_from_the_cache(plane: Plane) -> None:
    await plane.register(browsing)
    for xs, cached in (([1, 2], [0, 0]), ([2, 3, 1], [1, 0, 1])):
        execution = await plane.launch("tests.programs.browsing.cached_map", xs=xs)
        await plane.wait(execution)
        found = await items(plane, execution, "n0")
        assert (list(found.phases), list(found.cached)) == ([DONE] * len(xs), cached)


async def compared(plane: Plane, *executions: ExecutionId) -> list[browse_pb2.ComparedExecution]:
    request = browse_pb2.CompareExecutionsRequest(ids=[each.to_proto() for each in executions])
    p = plane.platform
    return list((await p.read(lambda c: compare.compare_executions(c, p.library, p.environments, request, ""))).executions)


async def test_executions_side_by_side(plane: Plane) -> None:
    await plane.register(shapes)
    await plane.register(telling)
    one, two = await ended(plane, "nested", x=1), await ended(plane, "failing", x=7)
    first, second = await compared(plane, one, two)
    assert (first.inputs, first.outputs) == (literals(x=1), literals(o0=14))
    assert [(n.node_id, n.phase) for n in first.nodes if "-0-" not in n.node_id] == [
        (n.id.node_id, n.closure.phase) for n in await plane.nodes(one) if n.id.node_id not in ("start-node", "end-node")
    ]
    inner = [n for n in first.nodes if "-0-" in n.node_id]
    assert inner
    assert all(n.name and n.duration_us for n in inner if n.kind == "task_node")
    assert second.execution.closure.error.message
    assert not second.outputs.literals
    assert (first.is_left_out, first.workflow_id.name) == (False, P + "nested")
    with pytest.raises(InvalidInput, match="2 to 100"):
        await compared(plane, one)
    with pytest.raises(NotFound):
        await compared(plane, one, ExecutionId("default", "development", "nothing"))


async def test_what_is_large_is_left_out_by_name(plane: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
    await plane.register(shapes)
    one, two = await ended(plane, "each", xs=list(range(100))), await ended(plane, "line")
    monkeypatch.setattr(compare, "MAX_VALUE_BYTES", 200)
    first, second = await compared(plane, one, two)
    assert (list(first.left_out), first.is_left_out, second.is_left_out) == (["inputs.xs", "outputs.o0"], True, False)
    assert not first.inputs.literals
    monkeypatch.setattr(compare, "MAX_PARTS", 2)
    monkeypatch.setattr(compare, "_LEAST", 1)
    _, second = await compared(plane, one, two)
    assert (len(second.nodes), second.is_left_out) == (1, True)


def _request(**fields: Any) -> admin.ExecutionCreateRequest:
    plan = core.Identifier(resource_type=core.LAUNCH_PLAN, project="default", domain="development", name=P + "failing", version="v1")
    request = admin.ExecutionCreateRequest(project="default", domain="development", spec=admin.ExecutionSpec(launch_plan=plan))
    request.inputs.literals["x"].CopyFrom(literal(1))
    request.MergeFrom(admin.ExecutionCreateRequest(**fields))
    return request


async def check(plane: Plane, request: admin.ExecutionCreateRequest) -> dict[str, str]:
    p = plane.platform
    found = await p.read(lambda c: check_launch(c, p.library, p.registrar, request))
    assert all(problem.message and problem.code for problem in found.problems)
    return {problem.field: problem.message for problem in found.problems}


async def _count(plane: Plane) -> list[int]:
    tables = (t.execution, t.workflow, t.launch_plan, t.named_entity)
    return [
        await plane.platform.read(lambda c, one=table: c.execute(select(func.count()).select_from(one)).scalar_one()) for table in tables
    ]


async def test_a_check_says_what_a_launch_would_and_writes_nothing(plane: Plane) -> None:
    await plane.register(shapes)
    taken = await ended(plane, "line")
    task = core.Identifier(resource_type=core.TASK, project="default", domain="development", name=P + "inc", version="v1")
    before = await _count(plane)
    for request, fields in (
        (_request(), set()),
        (_request(name="Bad Name", inputs=literals(x="text", y=2)), {"name", "inputs.x", "inputs.y"}),
        (_request(name=taken.name), {"name"}),
        (_request(project="nowhere"), {"project"}),
        (_request(domain="moon"), {"domain"}),
        (_request(spec=admin.ExecutionSpec(max_parallelism=-1)), {"max_parallelism"}),
        (_request(spec=admin.ExecutionSpec(launch_plan=core.Identifier(version="v9"))), {"launch_plan"}),
        (admin.ExecutionCreateRequest(project="default", domain="development"), {"launch_plan"}),
        (_request(spec=admin.ExecutionSpec(launch_plan=task)), set()),
        (_request(spec=admin.ExecutionSpec(launch_plan=task), inputs=literals(x=[1])), {"inputs.x"}),
    ):
        found = await check(plane, request)
        assert set(found) == fields
        if fields:
            with pytest.raises(AlulaError) as refused:
                await plane.platform.launcher.launch(request, Origin())
            assert any(line in found.values() for line in [str(refused.value), *str(refused.value).split("\n")])
    assert await _count(plane) == before


async def test_an_input_that_is_missing_is_named(plane: Plane) -> None:
    await plane.register(shapes)
    request = _request()
    request.spec.launch_plan.name = P + "each"
    request.inputs.ClearField("literals")
    assert set(await check(plane, request)) == {"inputs.xs"}
    with pytest.raises(InvalidInput, match="missing input xs"):
        await plane.platform.launcher.launch(request, Origin())


async def test_attempts_of_several_nodes_and_of_a_range_of_items(plane: Plane) -> None:
    await plane.register(shapes)
    line, most = await ended(plane, "line"), await ended(plane, "most", xs=[1, 2, 3, 4])
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


async def test_when_the_items_of_a_map_ran(plane: Plane) -> None:
    await plane.register(shapes)
    execution = await ended(plane, "most", xs=list(range(40)))
    node = core.NodeExecutionIdentifier(execution_id=execution.to_proto(), node_id="n0")
    rows = (await attempts(plane, execution, limit=1000)).attempts

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
    line = await ended(plane, "line")
    node = core.NodeExecutionIdentifier(execution_id=line.to_proto(), node_id="n0")
    with pytest.raises(InvalidInput, match="no map"):
        await spans()
