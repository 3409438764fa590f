"""Names with their last executions, and the versions of a name: what a list of workflows, tasks or launch plans shows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from alula.control import token
from alula.control.clock import timestamp
from alula.database import browse, entity
from alula.database import source as sources
from alula.errors import InvalidInput, NotFound
from alula.idl import admin, core
from alula.idl.identifier import KIND_NAMES, LAUNCH_PLAN, TASK
from alula.idl.phase import ExecutionPhase, NodePhase
from alula.idl.v1 import browse_pb2

_ARCHIVED = admin.NamedEntityState.NAMED_ENTITY_ARCHIVED


def list_entities(connection: Connection, request: browse_pb2.ListEntitiesRequest) -> browse_pb2.EntityPage:
    """A page of names, with what is known of each.

    Raises:
        InvalidInput: no kind, or a token of another list.
    """
    kind, limit = _kind(request.resource_type), token.limit_of(request.limit)
    place = token.decode(request.token, "entities", (str,))
    after = str(place[0]) if place else ""
    state = _ARCHIVED if request.archived else admin.NamedEntityState.NAMED_ENTITY_ACTIVE
    part = _text(request.text)
    rows = browse.name_page(connection, kind, request.project, request.domain, part, state, after, limit + 1)
    shown = [_entity(connection, kind, row, with_runs=not request.without_runs) for row in rows[:limit]]
    return browse_pb2.EntityPage(entities=shown, token=token.encode("entities", rows[limit - 1].name) if len(rows) > limit else "")


def get_entity(connection: Connection, request: browse_pb2.GetEntityRequest) -> browse_pb2.Entity:
    """One name, with what is known of it.

    Raises:
        NotFound: nothing of exactly that name is registered.
        InvalidInput: no kind.
    """
    kind, place = _kind(request.resource_type), (request.project, request.domain, request.name)
    row = entity.find_name(connection, kind, place)
    if row is None:
        raise _unknown(kind, place)
    return _entity(connection, kind, row, with_runs=True)


def _unknown(kind: int, place: tuple[str, str, str]) -> NotFound:
    return NotFound(f"{KIND_NAMES[kind]} {'/'.join(place)} does not exist; register it first", code="ENTITY_NOT_FOUND")


def _kind(kind: int) -> int:
    if kind not in KIND_NAMES:
        raise InvalidInput("resource_type: expected TASK, WORKFLOW or LAUNCH_PLAN")
    return kind


def _text(text: str) -> str:
    if "\x00" in text:
        raise InvalidInput("text: expected none with NUL")
    return text


def _entity(connection: Connection, kind: int, row: Any, *, with_runs: bool) -> browse_pb2.Entity:
    place = (row.project, row.domain, row.name)
    count, latest = browse.versions(connection, kind, place)
    active = browse.active_version(connection, place) if kind != TASK else None
    at = max(row.updated_at, latest.created_at if latest is not None else 0)
    found = browse_pb2.Entity(
        description=row.description,
        versions=count,
        created_at=timestamp(row.created_at),
        updated_at=timestamp(at),
        active_version=active.version if active is not None else "",
        archived=row.state == _ARCHIVED,
    )
    if latest is not None:
        found.latest.CopyFrom(_id(kind, place, latest.version))
        found.short_description = latest.short_description
        if kind == LAUNCH_PLAN:
            _describe_plan(found, active or latest)
    if with_runs:
        found.runs.extend(_runs(connection, kind, place))
    return found


def _runs(connection: Connection, kind: int, place: tuple[str, str, str]) -> list[browse_pb2.RecentRun]:
    """The last runs of a name, newest first; of a task those within executions, too."""
    whole = [
        browse_pb2.RecentRun(name=run.name, phase=run.phase, created_at=timestamp(run.created_at), duration_us=run.duration_us)
        for run in browse.recent_runs(connection, kind, place)
    ]
    of_nodes = _task_runs(connection, place) if kind == TASK else []
    within = {run.name for run in of_nodes}
    runs = [*of_nodes, *(run for run in whole if run.name not in within)]
    return sorted(runs, key=lambda run: run.created_at.ToNanoseconds(), reverse=True)[: browse.RECENT]


_RUN_PHASE = {
    NodePhase.SUCCEEDED: ExecutionPhase.SUCCEEDED,
    NodePhase.RECOVERED: ExecutionPhase.SUCCEEDED,
    NodePhase.FAILING: ExecutionPhase.FAILING,
    NodePhase.FAILED: ExecutionPhase.FAILED,
    NodePhase.ABORTED: ExecutionPhase.ABORTED,
    NodePhase.TIMED_OUT: ExecutionPhase.TIMED_OUT,
    NodePhase.QUEUED: ExecutionPhase.QUEUED,
}


def _task_runs(connection: Connection, place: tuple[str, str, str]) -> list[browse_pb2.RecentRun]:
    return [
        browse_pb2.RecentRun(
            name=row.name,
            node_id=row.node_id,
            phase=_RUN_PHASE.get(NodePhase(row.phase), ExecutionPhase.RUNNING),
            created_at=timestamp(row.created_at),
            duration_us=row.duration_us,
        )
        for row in browse.task_runs(connection, place)
    ]


def _id(kind: int, place: tuple[str, str, str], version: str) -> core.Identifier:
    project, domain, name = place
    return core.Identifier(resource_type=kind, project=project, domain=domain, name=name, version=version)


def _describe_plan(into: browse_pb2.Entity | browse_pb2.Version, row: Any) -> None:
    spec = admin.LaunchPlanSpec.FromString(row.spec)
    into.workflow_id.CopyFrom(spec.workflow_id)
    if spec.entity_metadata.schedule.WhichOneof("ScheduleExpression"):
        into.schedule.CopyFrom(spec.entity_metadata.schedule)


def list_versions(connection: Connection, request: browse_pb2.ListVersionsRequest) -> browse_pb2.VersionPage:
    """A page of a name's versions, newest first.

    Raises:
        NotFound: nothing of that name is registered.
        InvalidInput: no kind, or a token of another list.
    """
    kind, limit = _kind(request.resource_type), token.limit_of(request.limit)
    before: Any = token.decode(request.token, "versions", (int,))
    place = (request.project, request.domain, request.name)
    rows = browse.version_page(connection, kind, place, before[0] if before else None, limit + 1)
    if not rows and before is None:
        raise _unknown(kind, place)
    shown = rows[:limit]
    known = browse.sources(connection, kind, place, [row.version for row in shown])
    runs, is_capped = browse.run_counts(connection, kind, place)
    active = browse.active_version(connection, place) if kind != TASK else None
    result = browse_pb2.VersionPage(token=token.encode("versions", shown[-1].key) if len(rows) > limit else "")
    for row in shown:
        count, last = runs.get(row.version, (0, 0))
        found = result.versions.add(
            id=_id(kind, place, row.version),
            created_at=timestamp(row.created_at),
            runs=count,
            is_runs_capped=is_capped,
            is_active=active is not None and active.version == row.version,
            short_description=row.short_description,
        )
        if last:
            found.last_run_at.CopyFrom(timestamp(last))
        if (source := known.get(row.version)) is not None:
            found.author = source.author
            if source.is_known:
                found.source.CopyFrom(sources.view(source))
        if kind == LAUNCH_PLAN:
            _describe_plan(found, row)
    return result
