"""Executions by what people know of them, on both databases."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import Any

import pytest
import pytest_asyncio
from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy import Connection, select
from tests.control.conftest import Plane
from tests.programs import shapes
from tests.server.harness import literals

from alula.control.launch import Origin
from alula.control.search import search_executions
from alula.database import access_path, search
from alula.database import tables as t
from alula.database.access_path import AccessPath
from alula.errors import InvalidInput
from alula.idl import admin, core
from alula.idl.phase import ExecutionPhase
from alula.idl.v1 import browse_pb2

P = "tests.programs.shapes."
SUCCEEDED, FAILED = core.WorkflowExecution.SUCCEEDED, core.WorkflowExecution.FAILED


async def find(plane: Plane, **fields: Any) -> browse_pb2.ExecutionPage:
    request = browse_pb2.SearchExecutionsRequest(**fields)
    return await plane.platform.read(lambda c: search_executions(c, request, ""))


def names(page: browse_pb2.ExecutionPage) -> list[str]:
    return [each.id.name for each in page.executions]


async def launch(
    plane: Plane, name: str, workflow: str, user: str, labels: dict[str, str], domain: str = "development", **more: Any
) -> None:
    plan = core.Identifier(resource_type=core.LAUNCH_PLAN, project="default", domain="development", name=P + workflow, version="v1")
    spec = admin.ExecutionSpec(launch_plan=plan, labels=admin.Labels(values=labels))
    request = admin.ExecutionCreateRequest(project="default", domain=domain, name=name, spec=spec, inputs=literals(**more))
    await plane.wait((await plane.platform.launcher.launch(request, Origin(principal=user))).id)


@pytest_asyncio.fixture
async def several(plane: Plane) -> Plane:
    await plane.register(shapes)
    await launch(plane, "one", "line", "ada", {"team": "vision"})
    await launch(plane, "two", "line", "grace", {"team": "vision", "purpose": "debug"}, domain="staging")
    await launch(plane, "three", "failing", "ada", {"team": "speech"}, x=7)
    await launch(plane, "four", "parent", "ada", {})
    task = core.Identifier(resource_type=core.TASK, project="default", domain="development", name=P + "inc", version="v1")
    request = admin.ExecutionCreateRequest(project="default", domain="development", name="two-more", inputs=literals(x=1))
    request.spec.launch_plan.CopyFrom(task)
    await plane.wait((await plane.platform.launcher.launch(request, Origin(principal="grace"))).id)
    return plane


async def test_every_filter_alone_and_with_others(several: Plane) -> None:
    for fields, expected in (
        ({}, ["two-more", "four", "three", "two", "one"]),
        ({"domain": "staging"}, ["two"]),
        ({"project": "default", "domain": "development", "users": ["ada"]}, ["four", "three", "one"]),
        ({"users": ["grace", "nobody"]}, ["two-more", "two"]),
        ({"phases": [FAILED]}, ["three"]),
        ({"phases": [SUCCEEDED], "users": ["ada"], "workflow": P + "line"}, ["one"]),
        ({"workflow": P + "line", "version": "v1"}, ["two", "one"]),
        ({"workflow": P + "line", "version": "v2"}, []),
        ({"launch_plan": P + "failing"}, ["three"]),
        ({"task": P + "inc"}, ["two-more"]),
        ({"text": "two"}, ["two-more", "two"]),
        ({"text": "two-"}, ["two-more"]),
        ({"text": "%"}, []),
        ({"labels": ["team=vision"]}, ["two", "one"]),
        ({"labels": ["team"]}, ["three", "two", "one"]),
        ({"labels": ["team=vision", "purpose=debug"]}, ["two"]),
        ({"labels": ["team=vision", "purpose=nightly"]}, []),
        ({"labels": ["team"], "phases": [FAILED], "users": ["ada"]}, ["three"]),
        ({"order": "created_at", "users": ["ada"]}, ["one", "three", "four"]),
        ({"archived": True}, []),
        ({"min_duration_us": 3_600_000_000}, []),
        ({"max_duration_us": 3_600_000_000, "labels": ["team=speech"]}, ["three"]),
    ):
        assert names(await find(several, **fields)) == expected, fields


async def test_a_label_that_many_have_is_looked_up_in_the_walk(several: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_path, "FEW", 0)
    monkeypatch.setattr(access_path, "FEW_OF_SEVERAL", 0)
    assert names(await find(several, labels=["team=vision"])) == ["two", "one"]
    assert names(await find(several, labels=["team=vision", "purpose=debug"], users=["grace"])) == ["two"]
    monkeypatch.setattr(access_path, "FEW_OF_SEVERAL", 1)
    assert names(await find(several, labels=["team=vision", "purpose=debug"])) == ["two"]


@pytest.mark.parametrize(
    ("fields", "index", "expected"),
    [
        ({"text": "two"}, "VALUES", ["two-more", "two"]),
        ({"text": "two", "domain": "staging"}, "VALUES", ["two"]),
        ({"text": "zzz"}, "VALUES", []),
        ({"text": "two", "project": "default", "order": "created_at", "limit": 1}, "VALUES", ["two"]),
        ({"workflow": P + "line"}, "execution_workflow", ["two", "one"]),
        ({"workflow": P + "line", "domain": "staging"}, "execution_workflow", ["two"]),
        ({"launch_plan": P + "failing", "order": "duration"}, "execution_launch_plan", ["three"]),
        ({"task": P + "inc", "count": True}, "execution_task", ["two-more"]),
        ({"phases": [FAILED]}, "execution_phase", ["three"]),
        ({"phases": [core.WorkflowExecution.RUNNING]}, "execution_phase", []),
        ({"project": "default", "domain": "staging"}, "execution_created", ["two"]),
        ({"labels": ["team=speech"], "phases": [SUCCEEDED]}, "execution_label", []),
    ],
)
async def test_what_few_meet_is_found_by_an_index_of_its_own_as_by_the_walk(
    several: Plane, monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any], index: str, expected: list[str]
) -> None:
    taken = []

    def fewest(*args: Any, **options: Any) -> AccessPath | None:
        taken.append(real(*args, **options))
        return taken[-1]

    real = access_path.fewest
    monkeypatch.setattr(access_path, "fewest", fewest)
    found = await find(several, **fields)
    is_sqlite = several.platform.database.dialect == "sqlite"
    if is_sqlite or index in ("execution_label", "VALUES"):
        named = index if is_sqlite or index != "VALUES" else 'name COLLATE "C"'
        assert taken and all(each is not None and named in each.source for each in taken)
    else:
        assert taken and not any(taken)
    for few in ("FEW", "FEW_OF_A_PAGE", "FEW_OF_SEVERAL"):
        monkeypatch.setattr(access_path, few, -1)
    walked = await find(several, **fields)
    assert names(found) == names(walked) == expected
    assert found == walked


async def test_what_many_meet_is_found_in_the_walk(several: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access_path, "FEW_OF_A_PAGE", 1)
    choose = {"equal": {"workflow_name": P + "line"}, "phases": [], "prefix": "", "labels": []}
    assert await several.platform.read(lambda c: access_path.fewest(c, **choose, is_page=True)) is None  # type: ignore[arg-type]
    if several.platform.database.dialect == "sqlite":
        assert await several.platform.read(lambda c: access_path.fewest(c, **choose, is_page=False)) is not None  # type: ignore[arg-type]


@pytest.mark.parametrize("front", [1, 3, 4_000])
async def test_a_label_that_many_have_is_asked_of_those_in_front(several: Plane, monkeypatch: pytest.MonkeyPatch, front: int) -> None:
    """Also where those in front are not enough."""

    def last(connection: Connection) -> None:
        for position, name in enumerate(("two", "three", "four", "two-more", "one")):
            connection.execute(t.execution.update().where(t.execution.c.name == name).values(duration_us=10 + position))

    await several.platform.write(last)
    monkeypatch.setattr(access_path, "FEW", -1)
    monkeypatch.setattr(search, "FRONT", front)
    monkeypatch.setattr(search, "_AT_ONCE", 2)
    for order, expected in (("duration", ["two", "three", "one"]), ("-duration", ["one", "three", "two"])):
        assert names(await find(several, labels=["team"], order=order)) == expected
        seen, token = [], ""
        for _ in range(4):
            page = await find(several, labels=["team"], order=order, limit=1, token=token)
            seen += names(page)
            if not (token := page.token):
                break
        assert seen == expected
    assert names(await find(several, labels=["team=speech"], order="duration")) == ["three"]
    assert names(await find(several, labels=["team=none"], order="duration")) == []


async def test_children_are_left_out_unless_they_are_asked_for(several: Plane) -> None:
    found = await find(several, with_children=True)
    assert len(found.executions) == 6
    [child] = [each for each in found.executions if each.id.name not in ("one", "two", "three", "four", "two-more")]
    assert child.spec.metadata.parent_node_execution.execution_id.name == "four"
    assert child.spec.metadata.mode == admin.ExecutionMetadata.CHILD_WORKFLOW


async def test_a_row_has_what_a_list_shows(several: Plane) -> None:
    [three] = (await find(several, text="three")).executions
    closure = three.closure
    assert (closure.phase, closure.workflow_id.name, three.spec.metadata.principal) == (FAILED, P + "failing", "ada")
    assert dict(three.spec.labels.values) == {"team": "speech"}
    assert "no 7 please" in closure.error.message
    assert closure.HasField("started_at")
    assert closure.duration.ToMicroseconds() > 0


async def test_time_bounds_include_the_first_and_exclude_the_last_instant(several: Plane) -> None:
    created = {each.id.name: each.closure.created_at for each in (await find(several)).executions}
    assert names(await find(several, created_after=created["three"], created_before=created["two-more"])) == ["four", "three"]


def _us(at: Timestamp) -> int:
    return at.seconds * 1_000_000 + at.nanos // 1_000


@pytest.mark.parametrize("order", ["-created_at", "created_at", "-duration", "duration"])
async def test_pages_hold_every_execution_once_while_others_are_launched(several: Plane, order: str) -> None:
    first = await find(several, order=order, limit=2)
    whole = await find(several, order=order)
    await launch(several, "late", "line", "ada", {})
    seen, page = names(first), first
    while page.token:
        page = await find(several, order=order, limit=2, token=page.token)
        seen += names(page)
    assert [name for name in seen if name != "late"] == names(whole)
    durations = [each.closure.duration.ToMicroseconds() for each in whole.executions]
    created = [_us(each.closure.created_at) for each in whole.executions]
    values = durations if "duration" in order else created
    assert values == sorted(values, reverse=order.startswith("-"))


async def test_a_total_is_that_of_all_pages(several: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
    page = await find(several, limit=2, count=True)
    assert (page.total, page.is_total_exact) == (5, True)
    assert (await find(several, labels=["team"], limit=1, count=True)).total == 3
    assert (await find(several, limit=2)).total == 0
    monkeypatch.setattr(search, "MAX_TOTAL", 3)
    page = await find(several, limit=2, count=True)
    assert (page.total, page.is_total_exact) == (3, False)


async def test_archived_ones_are_apart(several: Plane) -> None:
    def archive(connection: Any) -> None:
        connection.execute(t.execution.update().where(t.execution.c.name == "one").values(state=1))

    await several.platform.write(archive)
    assert names(await find(several, archived=True)) == ["one"]
    assert "one" not in names(await find(several))


async def test_only_launches_with_labels_write_any(several: Plane) -> None:
    rows = await several.platform.read(lambda c: list(c.execute(select(t.execution_label.c.key, t.execution_label.c.value))))
    assert sorted(tuple(row) for row in rows) == [("purpose", "debug"), ("team", "speech"), ("team", "vision"), ("team", "vision")]


def _token(*parts: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(list(parts)).encode()).decode().rstrip("=")


def _bad() -> Iterable[dict[str, Any]]:
    for token in (
        *("x", "!!!", "ä", "0", "a" * 5000, _token(), _token("executions-created_at", 1), _token("executions-created_at", "1", 2)),
        *(_token("executionscreated_at", 1, 2), _token("executions-created_at", 1 << 70, 2), _token("executions-created_at", True, 2)),
        *(_token("executions-created_at", [[]], 2), base64.urlsafe_b64encode(b"[" * 3000).decode()),
    ):
        yield {"token": token}
    yield {"order": "name"}
    yield {"limit": 1001}
    yield {"labels": ["=x"]}
    yield {"labels": [""]}
    yield {"labels": ["a\x00b"]}
    yield {"labels": ["x"] * 101}
    yield {"users": ["a\x00"]}
    yield {"text": "x" * 2000}
    yield {"workflow": "\x00"}
    yield {"min_duration_us": 1 << 63}
    yield {"created_after": Timestamp(seconds=1 << 60)}


async def test_what_cannot_be_is_refused_by_the_name_of_its_field(plane: Plane) -> None:
    for fields in _bad():
        with pytest.raises(InvalidInput, match=next(iter(fields))):
            await find(plane, **fields)


async def test_odd_text_is_only_text(several: Plane) -> None:
    for text in ("'; DROP TABLE execution; --", "%_\\", "\U0010ffff", "é", "z" * 500):
        assert names(await find(several, text=text, users=[text], labels=[f"{text}={text}", text], workflow=text)) == []
    assert len((await find(several)).executions) == 5


async def test_live_ones_have_no_duration_to_be_compared(several: Plane) -> None:
    def revive(connection: Any) -> None:
        values = {"phase": int(ExecutionPhase.RUNNING), "duration_us": 0}
        connection.execute(t.execution.update().where(t.execution.c.name == "one").values(values))

    await several.platform.write(revive)
    assert names(await find(several, max_duration_us=3_600_000_000, users=["ada"])) == ["four", "three"]
