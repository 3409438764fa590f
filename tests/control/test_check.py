"""What a launch would be refused for."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select
from tests.control.conftest import Plane
from tests.programs import shapes
from tests.server.harness import literal, literals

from alula.control.check import check_launch
from alula.control.launch import Origin
from alula.database import tables as t
from alula.errors import AlulaError, InvalidInput
from alula.idl import admin, core

P = "tests.programs.shapes."


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
    taken = await plane.ended(P + "line")
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
