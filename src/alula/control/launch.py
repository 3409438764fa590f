"""Launching: inputs resolved, settings merged, the execution's row and its first step in one transaction."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from google.protobuf.message import Message
from sqlalchemy import Connection

from alula.compiler.launch_plan import resolve_inputs
from alula.control import rerun
from alula.control.batch import Batch
from alula.control.clock import Clock
from alula.control.drive import Driver
from alula.control.launch_form import form_problems, mark_problems
from alula.control.library import CompiledPlan, Library
from alula.control.register import Registrar
from alula.control.step import Stepper
from alula.database import execution as rows
from alula.database import run as run_rows
from alula.database.engine import Database
from alula.engine.graph import NodeKind
from alula.engine.scope import unique_id
from alula.engine.state import Recovered, Run
from alula.errors import InvalidInput
from alula.idl import admin, core
from alula.idl.digest import digest_inputs
from alula.idl.identifier import LAUNCH_PLAN, TASK, EntityId, ExecutionId
from alula.idl.phase import SUCCESSFUL_NODE, ExecutionPhase, NodePhase
from alula.idl.v1 import service_pb2
from alula.objectstore import store

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
OBJECTS_AT_ONCE = 32  # read from the store for one recovery
Mode = admin.ExecutionMetadata.ExecutionMode


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What an execution comes from, beside its request.

    Attributes:
        mode: the IDL's ExecutionMode.
        principal: who asked.
        source: the execution that is relaunched or recovered.
        parent: key, node id and item of the launch plan node that started it; key 0: none did.
        is_recovery: take over what the source finished.
        has_changes: and of that only what would be given the same inputs: they, or the code, may be others.
        rerun_from: and of that only what lies before these nodes, by id or name; they are computed anew.
    """

    mode: int = Mode.MANUAL
    principal: str = ""
    source: ExecutionId | None = None
    parent: tuple[int, str, int] = (0, "", -1)
    parent_id: core.NodeExecutionIdentifier | None = None
    nesting: int = 0
    is_recovery: bool = False
    has_changes: bool = False
    rerun_from: tuple[str, ...] = ()


class Launched(NamedTuple):
    """What a launch made: its id, the key of its row, its settings as merged, the workflow it runs."""

    id: ExecutionId
    key: int
    spec: admin.ExecutionSpec
    workflow: EntityId


@dataclass(slots=True)
class _Launch:
    """One launch on its way into the writer."""

    id: ExecutionId
    spec: admin.ExecutionSpec
    given: core.LiteralMap
    origin: Origin
    recovered: dict[str, Recovered] = field(default_factory=dict)


class Launcher:
    """The use case of launching."""

    def __init__(self, database: Database, library: Library, registrar: Registrar, driver: Driver, clock: Clock) -> None:
        self._database = database
        self._library = library
        self._registrar = registrar
        self._driver = driver
        self._clock = clock
        self._next_key = 0

    def start(self) -> None:
        """Reads where numbering goes on."""
        self._next_key = self._database.read(rows.next_key)

    async def launch(self, request: admin.ExecutionCreateRequest, origin: Origin) -> Launched:
        """Creates an execution and starts it.

        Raises:
            InvalidInput: the name, the inputs or a setting is wrong; NotFound: no such launch plan or task.
            AlreadyExists: the name is taken; nothing was changed.
        """
        name = request.name or new_name()
        for _, message in form_problems(request):
            raise InvalidInput(message)
        spec = admin.ExecutionSpec()
        spec.CopyFrom(request.spec)
        given = request.inputs if request.HasField("inputs") else request.spec.inputs
        spec.ClearField("inputs")
        pending = _Launch(ExecutionId(request.project, request.domain, name), spec, given, origin)
        if origin.is_recovery and origin.source is not None:
            pending.recovered = await self._recovered(origin.source, with_inputs=origin.has_changes)
        key, workflow = await self._driver.transact(lambda connection, stepper: self._begin(connection, stepper, pending))
        return Launched(pending.id, key, spec, workflow)

    async def _recovered(self, source: ExecutionId, *, with_inputs: bool) -> dict[str, Recovered]:
        """What a recovery takes over; read before the transaction, since outputs may lie in the object store."""
        found = await self._database.aread(lambda c: find_recovered(c, rows.get(c, source).key, with_inputs=with_inputs))
        places = asyncio.Semaphore(OBJECTS_AT_ONCE)

        async def fetch(each: Recovered) -> None:
            async with places:
                each.outputs = core.LiteralMap.FromString(await store.aget_bytes(each.outputs_uri))

        await asyncio.gather(*(fetch(each) for each in found.values() if each.outputs_uri))
        return found

    def _begin(self, connection: Connection, stepper: Stepper, pending: _Launch) -> tuple[tuple[int, EntityId], Batch]:
        self._library.check_place(connection, pending.id.project, pending.id.domain)
        target = EntityId.from_proto(pending.spec.launch_plan)
        task: EntityId | None = None
        if target.resource_type == TASK:
            task, target = target, self._registrar.ensure_single_task(connection, target)
        plan = self._library.launch_plan(connection, target._replace(resource_type=LAUNCH_PLAN))
        inputs = resolve_inputs(plan.closure.expected_inputs, plan.spec.fixed_inputs, pending.given)
        self._merge(connection, pending, plan)
        graph = self._library.workflow(connection, plan.workflow).graph
        anew = rerun.resolve(graph, pending.origin.rerun_from)
        uncached = frozenset[str]()
        if pending.origin.has_changes and pending.origin.source is not None:
            source = rows.get(connection, pending.origin.source)
            pending.recovered = rerun.kept(connection, self._library, source, graph, anew, pending.recovered)
            uncached = rerun.without_cache(connection, source, anew)
        key, at = self._next_key, self._clock()
        self._next_key += 1
        self._insert(connection, key, at, pending, plan, task, inputs, anew)
        run = make_run(pending.id, key, pending.spec, inputs, at)
        run.graph, run.recovered, run.parent, run.anew = graph, pending.recovered, pending.origin.parent, uncached
        return (key, plan.workflow), stepper.begin(connection, run)

    def _merge(self, connection: Connection, pending: _Launch, plan: CompiledPlan) -> None:
        """Request before launch plan before the settings of workflow, project and domain."""
        spec, defaults = pending.spec, plan.spec
        config = self._library.execution_config(connection, pending.id.project, pending.id.domain, plan.workflow.name)
        merge(spec, defaults, config)
        for _, message in mark_problems(spec):  # of labels that the launch plan or a setting brings
            raise InvalidInput(message)
        if spec.disable_all:
            spec.ClearField("notifications")

    def _insert(
        self,
        connection: Connection,
        key: int,
        at: int,
        pending: _Launch,
        plan: CompiledPlan,
        task: EntityId | None,
        inputs: core.LiteralMap,
        anew: list[str],
    ) -> None:
        spec, origin = pending.spec, pending.origin
        spec.metadata.mode, spec.metadata.principal, spec.metadata.nesting = origin.mode, origin.principal, origin.nesting
        spec.metadata.ClearField("parent_node_execution")
        if origin.parent_id is not None:
            spec.metadata.parent_node_execution.CopyFrom(origin.parent_id)
        if origin.source is not None:
            spec.metadata.reference_execution.CopyFrom(origin.source.to_proto())
        parent_key, parent_node, parent_item = origin.parent
        values: dict[str, Any] = {
            "key": key,
            "project": pending.id.project,
            "domain": pending.id.domain,
            "name": pending.id.name,
            "phase": int(ExecutionPhase.QUEUED),
            "mode": origin.mode,
            "created_at": at,
            "updated_at": at,
            "principal": origin.principal,
            "source": origin.source.name if origin.source else "",
            "rerun_from": rerun.written(anew) if origin.has_changes else "",
            "parent_key": parent_key,
            "parent_node": parent_node,
            "parent_item": parent_item,
            "spec": spec.SerializeToString(),
            "user_inputs": pending.given.SerializeToString(),
            "inputs": inputs.SerializeToString(),
        }
        for prefix, entity in (("launch_plan", plan.id), ("workflow", plan.workflow), ("task", task)):
            if entity is not None:
                for part in ("project", "domain", "name", "version"):
                    values[f"{prefix}_{part}"] = getattr(entity, part)
        rows.add(connection, self._database.dialect, values)
        rows.add_tags(connection, key, list(spec.tags))
        rows.add_labels(connection, key, spec.labels.values)

    async def relaunch(self, request: admin.ExecutionRelaunchRequest, principal: str) -> Launched:
        """Launches an execution again with the inputs its user gave."""
        return await self._again(request.id, request.name, Mode.RELAUNCH, principal, overwrite_cache=request.overwrite_cache)

    async def recover(self, request: admin.ExecutionRecoverRequest, principal: str) -> Launched:
        """Launches an execution again, taking over every node that had succeeded."""
        return await self._again(request.id, request.name, Mode.RECOVERED, principal, overwrite_cache=False)

    async def rerun(self, request: service_pb2.RerunRequest, principal: str) -> Launched:
        """Launches an execution again with other inputs or other code, and keeps what lies before the nodes that are named.

        Without any it is a relaunch, or a recovery where what succeeded is to be kept.

        Raises:
            NotFound: no such execution or version; InvalidInput: an input, or a node that the graph does not have.
        """
        source = ExecutionId.from_proto(request.id)
        row = await self._database.aread(lambda c: rows.get(c, source))
        spec = admin.ExecutionSpec.FromString(row.spec)
        spec.overwrite_cache = request.overwrite_cache
        if request.HasField("launch_plan"):
            spec.launch_plan.CopyFrom(request.launch_plan)
        created = admin.ExecutionCreateRequest(project=source.project, domain=source.domain, name=request.name, spec=spec)
        created.inputs.CopyFrom(core.LiteralMap.FromString(row.user_inputs or b""))
        for name, literal in request.inputs.literals.items():
            created.inputs.literals[name].CopyFrom(literal)
        anew = tuple(request.from_nodes)
        is_recovery = bool(anew) or request.keep_succeeded
        mode = Mode.RECOVERED if is_recovery else Mode.RELAUNCH
        origin = Origin(mode=mode, principal=principal, source=source, is_recovery=is_recovery, has_changes=is_recovery, rerun_from=anew)
        return await self.launch(created, origin)

    async def _again(
        self, message: core.WorkflowExecutionIdentifier, name: str, mode: int, principal: str, *, overwrite_cache: bool
    ) -> Launched:
        source = ExecutionId.from_proto(message)
        row = await self._database.aread(lambda c: rows.get(c, source))
        spec = admin.ExecutionSpec.FromString(row.spec)
        spec.overwrite_cache = spec.overwrite_cache or overwrite_cache
        request = admin.ExecutionCreateRequest(project=source.project, domain=source.domain, name=name, spec=spec)
        request.inputs.CopyFrom(core.LiteralMap.FromString(row.user_inputs or b""))
        origin = Origin(mode=mode, principal=principal, source=source, is_recovery=mode == Mode.RECOVERED)
        return await self.launch(request, origin)


def merge(spec: admin.ExecutionSpec, *sources: admin.LaunchPlanSpec | admin.WorkflowExecutionConfig) -> None:
    """Fills in what a launch leaves open, from the first of the sources that says it."""
    for source in sources:
        if not spec.max_parallelism:
            spec.max_parallelism = source.max_parallelism
        for field_name in ("raw_output_data_config", "security_context", "labels", "annotations", "envs"):
            # flytekit sends these even when nobody gave any: empty is not given.
            if not _says_anything(getattr(spec, field_name)) and source.HasField(field_name):
                getattr(spec, field_name).CopyFrom(getattr(source, field_name))
        if not spec.HasField("interruptible") and source.HasField("interruptible"):
            spec.interruptible.CopyFrom(source.interruptible)
        if not spec.overwrite_cache:
            spec.overwrite_cache = source.overwrite_cache


def _says_anything(message: Message) -> bool:
    """Whether a message holds any value, however deep."""
    return any(not isinstance(value, Message) or _says_anything(value) for _, value in message.ListFields())


def new_name() -> str:
    """A fresh execution name: a letter and 19 more characters."""
    number, letters = secrets.randbits(98), []
    for _ in range(19):
        number, digit = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[digit])
    return "a" + "".join(letters)


def make_run(execution: ExecutionId, key: int, spec: admin.ExecutionSpec, inputs: core.LiteralMap, created_at: int) -> Run:
    """A run as its spec asks for it; the graph is set by the caller."""
    return Run(
        id=execution,
        key=key,
        graph=None,  # type: ignore[arg-type]  # set before the first step
        inputs=inputs,
        created_at=created_at,
        max_parallelism=spec.max_parallelism,
        overwrite_cache=spec.overwrite_cache,
        is_interruptible=spec.interruptible.value if spec.HasField("interruptible") else None,
        envs={e.key: e.value for e in spec.envs.values},
        principal=spec.metadata.principal,
        labels=dict(spec.labels.values),
        raw_root=spec.raw_output_data_config.output_location_prefix.removeprefix("file://").rstrip("/"),
        phase=ExecutionPhase.QUEUED,
    )


def load_recovered(connection: Connection, key: int, fetch: Callable[[str], bytes], *, with_inputs: bool) -> dict[str, Recovered]:
    """What `find_recovered` gives, outputs read by `fetch`."""
    found = find_recovered(connection, key, with_inputs=with_inputs)
    for each in found.values():
        if each.outputs_uri:
            each.outputs = core.LiteralMap.FromString(fetch(each.outputs_uri))
    return found


def find_recovered(connection: Connection, key: int, *, with_inputs: bool) -> dict[str, Recovered]:
    """What a recovery takes over of an execution, by node id: finished nodes, expanded graphs, child executions.

    Outputs that lie in the object store are still to be read. `with_inputs` binds what finished to the inputs it had, as a rerun
    asks; a recovery has the same inputs anyway.
    """
    closures, nodes = run_rows.dynamic_closures(connection, key), run_rows.node_rows(connection, key)
    calls = {row.node_id: row for row in run_rows.call_rows(connection, key)}
    called = {node_id: row.digest for node_id, row in calls.items()}
    expanded = {a.node_id: a.retry_attempt for a in run_rows.attempt_rows(connection, key) if a.item < 0}
    first = _in_first_life(nodes, calls, expanded)
    found: dict[str, Recovered] = {}
    for row in nodes:
        if row.kind in (NodeKind.START.value, NodeKind.END.value):
            continue
        outputs = core.LiteralMap.FromString(row.outputs or b"")
        if NodePhase(row.phase) in SUCCESSFUL_NODE:
            inputs_digest = digest_inputs(core.LiteralMap.FromString(row.inputs or b"")) if with_inputs else b""
            digest = called.get(row.node_id, b"")
            found[row.node_id] = Recovered(outputs, row.outputs_uri, row.deck_uri, digest=digest, inputs_digest=inputs_digest)
        elif row.node_id in closures:
            closure = core.CompiledWorkflowClosure.FromString(closures[row.node_id])
            # A recovery runs what came before it again if that had failed, and it may give something else now.
            inputs_digest = b"" if with_inputs else digest_inputs(core.LiteralMap.FromString(row.inputs or b""))
            digest, number = called.get(row.node_id, b""), expanded.get(row.node_id, 0)
            found[row.node_id] = Recovered(outputs, digest=digest, inputs_digest=inputs_digest, closure=closure, attempt=number)
        elif row.child:
            found[row.node_id] = Recovered(outputs, child=row.child, digest=called.get(row.node_id, b""))
        if row.node_id in first and row.node_id in found:
            found[first[row.node_id]] = found[row.node_id]
    return found


def _in_first_life(nodes: Sequence[Any], calls: Mapping[str, Any], expanded: Mapping[str, int]) -> dict[str, str]:
    """Other ids of what tasks called in a later life, and of all beneath: those it has when every caller is in its first life again.

    Args:
        nodes: rows, callers before what they called.
        calls: rows by id of node.
        expanded: the attempt that made the graph, by id of its node.
    """
    found: dict[str, str] = {}
    for row in nodes:
        call = calls.get(row.node_id)
        if row.parent_id not in found and (call is None or not call.generation):
            continue
        number = 0 if call is not None or row.parent_id != row.scope_id else expanded.get(row.scope_id, 0)
        own = row.spec_node_id.removesuffix(f"-r{call.generation}") if call is not None and call.generation else row.spec_node_id
        found[row.node_id] = unique_id(f"{found.get(row.parent_id, row.parent_id)}-{number}-", own)
    return found
