"""Executions side by side."""

from __future__ import annotations

import pytest
from tests.control.conftest import Plane
from tests.programs import shapes, telling
from tests.server.harness import literals

from alula.control import compare
from alula.errors import InvalidInput, NotFound
from alula.idl.identifier import ExecutionId
from alula.idl.v1 import browse_pb2

P = "tests.programs.shapes."


async def compared(plane: Plane, *executions: ExecutionId) -> list[browse_pb2.ComparedExecution]:
    request = browse_pb2.CompareExecutionsRequest(ids=[each.to_proto() for each in executions])
    p = plane.platform
    return list((await p.read(lambda c: compare.compare_executions(c, p.library, p.environments, request, ""))).executions)


async def test_executions_side_by_side(plane: Plane) -> None:
    await plane.register(shapes)
    await plane.register(telling)
    one, two = await plane.ended(P + "nested", x=1), await plane.ended(P + "failing", x=7)
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
    one, two = await plane.ended(P + "each", xs=list(range(100))), await plane.ended(P + "line")
    monkeypatch.setattr(compare, "MAX_VALUE_BYTES", 200)
    first, second = await compared(plane, one, two)
    assert (list(first.left_out), first.is_left_out, second.is_left_out) == (["inputs.xs", "outputs.o0"], True, False)
    assert not first.inputs.literals
    monkeypatch.setattr(compare, "MAX_PARTS", 2)
    monkeypatch.setattr(compare, "_LEAST", 1)
    _, second = await compared(plane, one, two)
    assert (len(second.nodes), second.is_left_out) == (1, True)
