"""Overview, names and versions, as pages show them."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, select
from tests.control.conftest import Plane
from tests.programs import shapes

from alula.control.launch import Origin
from alula.control.overview import DAY_US, overview
from alula.control.versions import get_entity, list_entities, list_versions
from alula.database import entity
from alula.database import tables as t
from alula.database.engine import execute, insert_sql
from alula.errors import InvalidInput, NotFound
from alula.idl import admin, core
from alula.idl.identifier import LAUNCH_PLAN, TASK, WORKFLOW, EntityId
from alula.idl.v1 import browse_pb2, source_pb2
from alula.sdk.discover import entities
from alula.sdk.serialize import Settings, serialize

P = "tests.programs.shapes."


async def names(plane: Plane, kind: int, **fields: Any) -> browse_pb2.EntityPage:
    request = browse_pb2.ListEntitiesRequest(resource_type=kind, project="default", domain="development", **fields)  # type: ignore[arg-type]
    return await plane.platform.read(lambda c: list_entities(c, request))


async def versions(plane: Plane, kind: int, name: str, **fields: Any) -> browse_pb2.VersionPage:
    place = {"project": "default", "domain": "development", "name": P + name}
    request = browse_pb2.ListVersionsRequest(resource_type=kind, **place, **fields)  # type: ignore[arg-type]
    return await plane.platform.read(lambda c: list_versions(c, request))


async def one(plane: Plane, kind: int, name: str) -> browse_pb2.Entity:
    request = browse_pb2.GetEntityRequest(resource_type=kind, project="default", domain="development", name=name)  # type: ignore[arg-type]
    return await plane.platform.read(lambda c: get_entity(c, request))


async def register(plane: Plane, version: str, author: str = "", source: source_pb2.Source | None = None) -> None:
    program = serialize(entities(shapes), Settings("default", "development", version))
    if source is not None:
        program.source.CopyFrom(source)
    await plane.platform.registrar.register(program, author)


async def test_an_overview_counts_by_place_and_person(plane: Plane) -> None:
    await plane.register(shapes)
    for user, name, inputs in (("ada", "line", {}), ("ada", "failing", {"x": 7}), ("grace", "parent", {})):
        await plane.wait(await plane.launch(P + name, principal=user, **inputs))
    waiting = await plane.launch(P + "asked", principal="grace")
    found = await plane.platform.read(lambda c: overview(c, plane.platform.clock()))
    place = next(p for p in found.places if p.project == "default")
    assert (place.domain, place.running, place.failed, place.succeeded) == ("development", 1, 1, 2)
    assert place.workflows == len(serialize(entities(shapes), Settings("default", "development", "v1")).workflows)
    assert [(p.user, p.running, p.failed, p.succeeded) for p in found.people] == [("grace", 1, 0, 1), ("ada", 0, 1, 1)]
    assert [(p.project, p.domain) for p in found.places] == [("default", "development"), ("flytesnacks", "development")]
    assert not found.is_capped
    later = await plane.platform.read(lambda c: overview(c, plane.platform.clock() + DAY_US))
    assert [(p.user, p.running, p.failed, p.succeeded) for p in later.people] == [("grace", 1, 0, 0)]
    await plane.platform.aborter.abort(waiting, "", "")


async def test_places_with_executions_only_are_found(plane: Plane) -> None:
    def move(connection: Any) -> None:
        connection.execute(t.execution.update().values(project="flytesnacks", domain="staging"))

    await plane.register(shapes)
    await plane.run(P + "line")
    await plane.platform.write(move)
    found = await plane.platform.read(lambda c: overview(c, plane.platform.clock()))
    assert ("flytesnacks", "staging", 1) in [(p.project, p.domain, p.succeeded) for p in found.places]


async def test_a_name_shows_its_versions_and_last_runs(plane: Plane) -> None:
    for version in ("v1", "v2"):
        await register(plane, version)
    for version in ("v1", "v2", "v2"):
        await plane.run(P + "line", version)
    plan = EntityId(LAUNCH_PLAN, "default", "development", P + "line", "v1")
    await plane.platform.write(lambda c: entity.activate(c, plan, entity.ACTIVE, 1))
    [line] = (await names(plane, WORKFLOW, text="PES.LIN")).entities
    assert (line.latest.name, line.latest.version, line.versions, line.active_version) == (P + "line", "v2", 2, "v1")
    assert [run.phase for run in line.runs] == [core.WorkflowExecution.SUCCEEDED] * 3
    assert all(run.duration_us > 0 and run.name for run in line.runs)
    assert list(line.runs) == sorted(line.runs, key=lambda run: -run.created_at.ToNanoseconds())
    shown = next(e for e in (await names(plane, LAUNCH_PLAN, text="shapes.line")).entities if e.latest.name == P + "line")
    assert (shown.workflow_id.name, shown.workflow_id.version, shown.active_version) == (P + "line", "v1", "v1")
    assert len(shown.runs) == 3


async def test_a_task_shows_its_runs_by_itself_and_within_executions(plane: Plane) -> None:
    await plane.register(shapes)
    within = (await plane.run(P + "line"))[0].id.name
    task = core.Identifier(resource_type=core.TASK, project="default", domain="development", name=P + "inc", version="v1")
    request = admin.ExecutionCreateRequest(
        project="default", domain="development", name="alone", spec=admin.ExecutionSpec(launch_plan=task)
    )
    request.inputs.literals["x"].scalar.primitive.integer = 1
    await plane.wait((await plane.platform.launcher.launch(request, Origin())).id)
    [inc] = (await names(plane, TASK, text="shapes.inc")).entities
    told = [(run.name, bool(run.node_id), run.phase, run.duration_us > 0) for run in inc.runs]
    assert told == [("alone", True, core.WorkflowExecution.SUCCEEDED, True), (within, True, core.WorkflowExecution.SUCCEEDED, True)]
    assert (await versions(plane, TASK, "inc")).versions[0].runs == 1
    assert not (await names(plane, WORKFLOW, text=".flytegen.")).entities


async def test_pages_of_names_and_versions_hold_each_once(plane: Plane) -> None:
    for number in range(5):
        await register(plane, f"v{number}")
    everything = [e.latest.name for e in (await names(plane, TASK)).entities]
    seen, token = [], ""
    while True:
        page = await names(plane, TASK, limit=3, token=token)
        seen += [e.latest.name for e in page.entities]
        if not (token := page.token):
            break
    assert seen == everything == sorted(everything)
    first = await versions(plane, TASK, "inc", limit=2)
    second = await versions(plane, TASK, "inc", limit=3, token=first.token)
    assert [v.id.version for v in [*first.versions, *second.versions]] == ["v4", "v3", "v2", "v1", "v0"]
    assert not second.token


async def test_archived_names_are_apart(plane: Plane) -> None:
    def archive(connection: Any) -> None:
        connection.execute(t.named_entity.update().where(t.named_entity.c.name == P + "line").values(state=1))

    await plane.register(shapes)
    await plane.platform.write(archive)
    [line] = (await names(plane, WORKFLOW, archived=True)).entities
    assert (line.latest.name, line.archived) == (P + "line", True)
    assert P + "line" not in [e.latest.name for e in (await names(plane, WORKFLOW)).entities]


async def test_a_version_knows_who_registered_it_and_from_where(plane: Plane) -> None:
    await register(plane, "v1")
    await register(plane, "v2", "ada")
    await register(plane, "v3", "grace", source_pb2.Source(commit="ab" * 20, branch="main", is_dirty=True))
    await register(plane, "v3", "eve")
    await plane.run(P + "line", "v2")
    plan = EntityId(LAUNCH_PLAN, "default", "development", P + "line", "v3")
    await plane.platform.write(lambda c: entity.activate(c, plan, entity.ACTIVE, 1))
    found = (await versions(plane, WORKFLOW, "line")).versions
    assert [(v.id.version, v.author, v.HasField("source"), v.runs, v.is_active) for v in found] == [
        ("v3", "grace", True, 0, True),
        ("v2", "ada", False, 1, False),
        ("v1", "", False, 0, False),
    ]
    assert (found[0].source.branch, found[0].source.is_dirty) == ("main", True)
    assert [v.HasField("last_run_at") for v in found] == [False, True, False]
    assert [v.runs for v in (await versions(plane, LAUNCH_PLAN, "line")).versions] == [0, 1, 0]


async def test_a_name_is_found_exactly_among_hundreds_that_contain_it(plane: Plane) -> None:
    for version in ("v1", "v2"):
        await register(plane, version)

    def crowd(connection: Connection) -> None:
        plans = [EntityId(LAUNCH_PLAN, "default", "development", P + "line", v) for v in ("v1", "v2")]
        entity.activate(connection, plans[0], entity.ACTIVE, 1)
        row = entity.get(connection, plans[1])._asdict()
        values = {k: row[k] for k in row if k not in ("key", "project", "domain", "name", "version", "created_at", "updated_at")}
        for number in range(300):
            other = EntityId(LAUNCH_PLAN, "default", "development", f"a{number}.{P}line", "v2")
            entity.add(connection, other, 1, {**values, "state": entity.ACTIVE})

    await plane.platform.write(crowd)
    found = await one(plane, LAUNCH_PLAN, P + "line")
    assert (found.latest.name, found.latest.version, found.versions, found.active_version) == (P + "line", "v2", 2, "v1")
    assert (await one(plane, WORKFLOW, P + "line")).active_version == "v1"


async def test_names_are_found_whatever_the_case_of_letters_that_are_not_ascii(plane: Plane) -> None:
    found = ["%", "_x", "l.Été", "l.été_deux", "l.ÜBER", "l.straße", "l.ΣΊΣΥΦΟΣ", "l.e\u0301te\u0301"]

    def register(connection: Connection) -> None:
        for name in found:
            entity.add(connection, EntityId(TASK, "default", "development", name, "v1"), 1, {"digest": b"", "closure": b""})

    async def of(text: str, **fields: Any) -> list[str]:
        return [e.latest.name for e in (await names(plane, TASK, text=text, **fields)).entities]

    await plane.platform.write(register)
    for text in ("été", "ÉTÉ", "e\u0301te\u0301"):
        assert await of(text) == ["l.e\u0301te\u0301", "l.Été", "l.été_deux"]
    assert (await of("über"), await of("Über"), await of("STRASSE"), await of("straße")) == (["l.ÜBER"], ["l.ÜBER"], [], ["l.straße"])
    assert await of("σίσυφος") == ["l.ΣΊΣΥΦΟΣ"]
    assert (await of("é%"), await of("_x"), await of("L.")) == ([], ["_x"], sorted(found[2:]))
    page = await names(plane, TASK, text="é", limit=2)
    rest = await names(plane, TASK, text="é", limit=2, token=page.token)
    assert [e.latest.name for e in [*page.entities, *rest.entities]] == ["l.e\u0301te\u0301", "l.Été", "l.été_deux"]
    assert not rest.token


async def test_a_name_is_found_whether_it_is_archived_or_not(plane: Plane) -> None:
    await plane.register(shapes)
    assert not (await one(plane, WORKFLOW, P + "line")).archived
    await plane.platform.write(lambda c: c.execute(t.named_entity.update().values(state=1)))
    assert (await one(plane, WORKFLOW, P + "line")).archived
    for wrong in (P + "lin", P + "LINE", "%", ""):
        with pytest.raises(NotFound, match="does not exist"):
            await one(plane, WORKFLOW, wrong)


async def test_what_cannot_be_is_refused(plane: Plane) -> None:
    await plane.register(shapes)
    with pytest.raises(InvalidInput, match="resource_type"):
        await names(plane, core.DATASET)
    with pytest.raises(InvalidInput, match="token"):
        await names(plane, TASK, token="nonsense")
    with pytest.raises(InvalidInput, match="text"):
        await names(plane, TASK, text="\x00")
    with pytest.raises(InvalidInput, match="token"):
        await versions(plane, TASK, "inc", token=(await names(plane, TASK, limit=1)).token)
    with pytest.raises(NotFound, match="does not exist"):
        await versions(plane, TASK, "nothing")
    with pytest.raises(NotFound, match="does not exist"):
        await one(plane, TASK, P + "line")
    with pytest.raises(InvalidInput, match="resource_type"):
        await one(plane, core.DATASET, P + "line")


async def test_a_task_shows_its_last_runs_however_many_others_ran_since(plane: Plane) -> None:
    """A map is one run, and so is a node that was tried again; executions that are archived or of another place are none."""
    await plane.register(shapes)
    first = (await plane.run(P + "each", xs=[1, 2, 3]))[0].id.name
    archived = (await plane.run(P + "line"))[0].id.name
    last = (await plane.run(P + "line"))[0].id.name

    def bury(connection: Connection) -> None:
        e = t.execution
        connection.execute(e.update().where(e.c.name == archived).values(state=1))
        key = connection.execute(select(t.task_execution.c.execution_key).limit(1)).scalar_one()
        rows = [(key, f"other{number}", -1, 0, "default", "development", "others") for number in range(6_000)]
        columns = ("execution_key", "node_id", "item", "retry_attempt", "task_project", "task_domain", "task_name")
        execute(connection, insert_sql(t.task_execution, columns, connection.dialect.name), rows)
        execute(connection, insert_sql(t.node_execution, ("execution_key", "node_id"), connection.dialect.name), [row[:2] for row in rows])

    await plane.platform.write(bury)
    [double] = (await names(plane, TASK, text="shapes.double")).entities
    assert [(run.name, bool(run.node_id)) for run in double.runs] == [(last, True), (first, True)]
    assert (await one(plane, TASK, P + "double")).runs == double.runs


async def test_last_runs_are_left_out_where_nobody_shows_them(plane: Plane) -> None:
    await plane.register(shapes)
    await plane.run(P + "line")
    for kind, name in ((TASK, "inc"), (WORKFLOW, "line")):
        [shown] = (await names(plane, kind, text=f"shapes.{name}", limit=1)).entities
        [brief] = (await names(plane, kind, text=f"shapes.{name}", limit=1, without_runs=True)).entities
        assert shown.runs
        shown.ClearField("runs")
        assert brief == shown
