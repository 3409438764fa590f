"""Executions, versions and nodes as people want to see them, and the filters that choose them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from alula.client import rpc
from alula.client.wire import Wire
from alula.client.wording import readable
from alula.errors import InvalidInput, NotFound, Unsupported
from alula.idl import admin, core, event
from alula.idl.identifier import shown_name
from alula.idl.literal import to_json
from alula.idl.phase import AttemptPhase, ExecutionPhase
from alula.idl.v1 import service_pb2 as v1
from alula.sdk.duration import parse_span

_HIT = core.CatalogCacheStatus.CACHE_HIT
_ERRORS = 50  # failed items of a map whose error is asked for, a call each


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionView:
    """One execution.

    Attributes:
        workflow: name of what was launched: a launch plan, workflow or task.
        created_at: when it was accepted.
        duration: None until it ends.
        error: the recorded cause, empty without one.
    """

    name: str
    project: str
    domain: str
    phase: ExecutionPhase
    workflow: str
    version: str
    created_at: datetime
    duration: timedelta | None
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionView:
    """One version of a workflow, task or launch plan; `is_active` says that a launch plan is launched by name."""

    name: str
    version: str
    created_at: datetime
    is_active: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptView:
    """One attempt of a node.

    Attributes:
        number: 0 for the first.
        times: where its time went, by part, in order; empty until it has ended.
        peak_bytes: most memory it held, 0 if it was not seen.
        error: the recorded cause, empty without one.
    """

    number: int
    phase: AttemptPhase
    times: Mapping[str, timedelta] = field(default_factory=dict)
    peak_bytes: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemView:
    """One item of a map that has begun.

    Attributes:
        attempts: how many began; none of what the output cache answered.
        phase: of the last one.
        cache: what the output cache said of it: HIT, POPULATED; empty if it was not asked or has not ended.
        computed_by: on a hit the execution, node and item that its value is from: `first n0[2]`.
        execution: name of the one it launched; empty: it runs a task.
        error: the recorded cause; that of the first 50 items that failed.
    """

    index: int
    attempts: int
    phase: AttemptPhase
    cache: str = ""
    computed_by: str = ""
    execution: str = ""
    error: str = ""


def execution_view(execution: admin.Execution) -> ExecutionView:
    """The view of an IDL execution."""
    closure, plan = execution.closure, execution.spec.launch_plan
    phase = ExecutionPhase(closure.phase)
    return ExecutionView(
        name=execution.id.name,
        project=execution.id.project,
        domain=execution.id.domain,
        phase=phase,
        workflow=shown_name(plan.name or closure.workflow_id.name),
        version=plan.version or closure.workflow_id.version,
        created_at=closure.created_at.ToDatetime(UTC),
        duration=closure.duration.ToTimedelta() if closure.HasField("duration") and phase.is_terminal else None,
        error=readable(closure.error.message) or closure.abort_metadata.cause,
    )


def version_view(entity: Any) -> VersionView:
    """The view of an IDL task, workflow or launch plan."""
    is_active = isinstance(entity, admin.LaunchPlan) and entity.closure.state == admin.LaunchPlanState.Value("ACTIVE")
    return VersionView(
        name=entity.id.name, version=entity.id.version, created_at=entity.closure.created_at.ToDatetime(UTC), is_active=is_active
    )


def execution_filters(
    *, phase: str | ExecutionPhase | Sequence[str | ExecutionPhase] = (), workflow: str = "", since: Any = None, filters: str = ""
) -> str:
    """The server's filters for what people ask for.

    Args:
        phase: one phase or several.
        workflow: part of the name.
        since: created at or after this: an instant, or a span before now such as `2h`.
        filters: more of them, in Flyte's grammar.
    Raises:
        InvalidInput: no such phase, or no instant.
    """
    listed = [phase] if isinstance(phase, (str, ExecutionPhase)) else list(phase)
    names = [each.name if isinstance(each, ExecutionPhase) else each.upper().replace("-", "_") for each in listed]
    for name in names:
        if name not in ExecutionPhase.__members__:
            known = ", ".join(ExecutionPhase.__members__)
            raise InvalidInput(f"phase {name!r}: there is no such phase; there are {known}")
    parts = [f"value_in(phase,{';'.join(names)})" if len(names) > 1 else f"eq(phase,{names[0]})"] if names else []
    if workflow:
        parts.append(f"contains(workflow.name,{workflow})")
    if since is not None:
        parts.append(f"gte(created_at,{_instant(since).astimezone(UTC).isoformat()})")
    return "+".join([*parts, *([filters] if filters else [])])


def _instant(since: Any) -> datetime:
    if isinstance(since, datetime):
        return since
    try:
        at = datetime.fromisoformat(since) if isinstance(since, str) else None
    except ValueError:
        at = None
    if at is not None:
        return at
    try:
        return datetime.now(UTC) - parse_span(since, "since")
    except InvalidInput as error:
        raise InvalidInput(f"since: expected a span such as 2h or an instant such as 2026-01-31T08:00, got {since!r}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeDetail:
    """One node with what went in and came out.

    Attributes:
        inputs: by name, as JSON values; files and frames as their URI.
        outputs: likewise, empty until it has succeeded.
        attempts: of its task, in order.
        items: of a map, in order.
    """

    id: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    attempts: Sequence[AttemptView]
    items: Sequence[ItemView] = ()


async def node_detail(wire: Wire, node: core.NodeExecutionIdentifier, attempts: Sequence[admin.TaskExecution]) -> NodeDetail:
    """Reads a node's values, and of each attempt where its time went."""
    data = await wire.call(rpc.GET_NODE_DATA, admin.NodeExecutionGetDataRequest(id=node))
    return NodeDetail(
        id=node.node_id,
        inputs=plain(data.full_inputs),
        outputs=plain(data.full_outputs),
        attempts=[await _attempt(wire, each) for each in sorted(attempts, key=lambda each: each.id.retry_attempt)],
        items=await _items(wire, node, attempts),
    )


async def _items(wire: Wire, node: core.NodeExecutionIdentifier, attempts: Sequence[admin.TaskExecution]) -> list[ItemView]:
    """The items of a map, from the one attempt that it shows."""
    tries: dict[int, list[event.ExternalResourceInfo]] = {}
    for attempt in attempts:
        for one in attempt.closure.metadata.external_resources:
            tries.setdefault(one.index, []).append(one)
    last = {index: max(tries[index], key=lambda one: one.retry_attempt) for index in sorted(tries)}
    computed_by: dict[int, str] = {}
    if any(one.cache_status == _HIT for one in last.values()):
        with suppress(Unsupported):  # a server of Flyte's keeps no such record
            found = await wire.call(rpc.EXPLAIN_CACHE, admin.NodeExecutionGetRequest(id=node))
            computed_by = {one.item: place_of(one.source.node_execution_id, one.source_item) for one in found.items}
    failed = [index for index, one in last.items() if one.phase == AttemptPhase.FAILED][:_ERRORS]
    errors = {index: await _error_of(wire, node, index, last[index].retry_attempt) for index in failed}
    return [
        ItemView(
            index=index,
            attempts=sum(each.cache_status != _HIT for each in tries[index]),
            phase=AttemptPhase(one.phase),
            cache=core.CatalogCacheStatus.Name(one.cache_status).removeprefix("CACHE_").replace("DISABLED", ""),
            computed_by=computed_by.get(index, ""),
            execution=one.workflow_node_metadata.execution_id.name,
            error=errors.get(index, ""),
        )
        for index, one in last.items()
    ]


async def _error_of(wire: Wire, node: core.NodeExecutionIdentifier, item: int, attempt: int) -> str:
    identifier = core.TaskExecutionIdentifier(node_execution_id=node, retry_attempt=attempt)
    with suppress(Unsupported, NotFound):
        return readable((await wire.call(rpc.GET_ATTEMPT, v1.GetAttemptRequest(id=identifier, item=item + 1))).error.message)
    return ""


def place_of(node: core.NodeExecutionIdentifier, item: int) -> str:
    """A node, or an item of a map in it, of any execution in words: `first n0`, `first n0[2]`.

    Args:
        item: as on the wire: index plus one, 0: none.
    """
    return f"{node.execution_id.name} {node.node_id}" + (f"[{item - 1}]" if item else "")


def plain(literals: core.LiteralMap) -> dict[str, Any]:
    """Literals by name as JSON values."""
    return {name: to_json(literals.literals[name]) for name in sorted(literals.literals)}


async def _attempt(wire: Wire, attempt: admin.TaskExecution) -> AttemptView:
    try:
        detail = await wire.call(rpc.GET_ATTEMPT, v1.GetAttemptRequest(id=attempt.id))
    except NotFound:
        detail = v1.AttemptDetail()  # of a map the items have details, the node has none
    return AttemptView(
        number=attempt.id.retry_attempt,
        phase=AttemptPhase(attempt.closure.phase),
        times=_times(detail),
        peak_bytes=detail.peak_rss_bytes,
        error=readable(attempt.closure.error.message),
    )


def _times(detail: v1.AttemptDetail) -> dict[str, timedelta]:
    if not detail.HasField("ended_at"):
        return {}
    within = {one.name.removesuffix("_us").replace("_", " "): getattr(detail.times, one.name) for one in detail.times.DESCRIPTOR.fields}
    parts = {"queued": detail.queued_us, "getting a worker": detail.provisioning_us, **within, "reporting": detail.reporting_us}
    return {name: timedelta(microseconds=value) for name, value in parts.items() if value}
