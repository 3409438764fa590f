"""The client: what a user does with a server, as coroutines."""

from __future__ import annotations

import reprlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from alula.client import rpc, value
from alula.client.compare import Difference, compare
from alula.client.comparison import Comparison, compare_executions
from alula.client.execution import AsyncExecution
from alula.client.register import Registered, register
from alula.client.settings import ClientSettings, load
from alula.client.target import Target, exact
from alula.client.transfer import LinkOffload
from alula.client.views import ExecutionView, VersionView, execution_filters, execution_view, version_view
from alula.client.wire import Wire
from alula.errors import InvalidInput, NotFound
from alula.idl import admin, core
from alula.idl.identifier import ExecutionId
from alula.idl.phase import ExecutionPhase
from alula.idl.v1 import service_pb2 as v1
from alula.idl.v1 import source_pb2
from alula.sdk.duration import Span
from alula.sdk.entity import Entity
from alula.sdk.interactive import is_interactive
from alula.sdk.interface import Interface
from alula.sdk.launch_plan import LaunchPlan
from alula.sdk.reference import Reference
from alula.sdk.task import Task

_PAGE = 100
NEWEST = admin.Sort(key="created_at", direction=admin.Sort.DESCENDING)


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchOptions:
    """What a launch says besides its inputs.

    Attributes:
        name: of the execution; empty: the server chooses.
        version: of the entity; empty: the code's own, or for a name the active or newest one.
        labels: on the execution.
        annotations: on the execution.
        env: environment variables of its tasks.
        max_parallelism: nodes running at a time, 0: the launch plan's.
        overwrite_cache: compute anew and replace what is cached.
        interruptible: None: the launch plan's.
        output_prefix: URI of the folder where large values go; empty: the server's own store.
    """

    name: str = ""
    version: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    max_parallelism: int = 0
    overwrite_cache: bool = False
    interruptible: bool | None = None
    output_prefix: str = ""

    def with_(self, changes: Mapping[str, Any]) -> LaunchOptions:
        known = [each.name for each in fields(self)]
        for name in changes:
            if name not in known:
                raise InvalidInput(f"launch option {name!r}: there is no such option; there are {', '.join(known)}")
        return replace(self, **changes)


class AsyncLauncher:
    """`client.launch(entity, **inputs)`; `client.launch.with_options(name=…)(entity, **inputs)`."""

    def __init__(self, launch: Callable[[Any, dict[str, Any], LaunchOptions], Awaitable[AsyncExecution]], options: LaunchOptions) -> None:
        self._launch, self._options = launch, options

    def with_options(self, **options: Any) -> AsyncLauncher:
        """A launcher with these `LaunchOptions`."""
        return AsyncLauncher(self._launch, self._options.with_(options))

    async def __call__(self, entity: Any, /, *unnamed: Any, **inputs: Any) -> AsyncExecution:
        """Starts an execution.

        Args:
            entity: a task, workflow or launch plan (registered first if it is new), or the name of a registered one,
                `name` or `name:version`.
            unnamed: refused, since inputs have names.
            inputs: by name.
        Raises:
            InvalidInput: a wrong input; says which and what is expected.
            NotFound: nothing of that name is registered.
        """
        if unnamed:
            names = list(entity.interface.inputs) if isinstance(entity, Entity) else []
            example = f"{names[0] if names else 'NAME'}={reprlib.repr(unnamed[0])}"
            of = f"; it has {', '.join(names)}" if names else ""
            raise InvalidInput(f"launch: {reprlib.repr(unnamed[0])} has no name; give inputs by name, as in {example}{of}")
        return await self._launch(entity, inputs, self._options)


_INACTIVE, _ACTIVE = admin.LaunchPlanState.Value("INACTIVE"), admin.LaunchPlanState.Value("ACTIVE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollback:
    """Which version is launched by name; empty `active` or `before`: the newest."""

    active: str
    before: str
    newest: str


class AsyncClient:
    """One server, one project and domain; every method is a coroutine."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self._versions: dict[int, tuple[Any, str]] = {}

    @classmethod
    def over(cls, wire: Callable[[ClientSettings], Wire], address: str = "", project: str = "", domain: str = "") -> Self:
        """A client over a kind of wire, its settings settled by `settings.load`."""
        return cls(wire(load(address, project, domain)))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self.wire.close()

    @property
    def settings(self) -> ClientSettings:
        return self.wire.settings

    @property
    def launch(self) -> AsyncLauncher:
        return AsyncLauncher(self.start, LaunchOptions())

    # Registering

    async def register(self, *entities: Any, root: str | Path | None = None, version: str = "", upgrade: bool = False) -> Registered:
        """Sends the code and registers entities with all they call; see `register.register`."""
        return await register(self.wire, entities, root=Path(root) if root is not None else None, version=version, upgrade=upgrade)

    async def provenance(self, name: str, version: str = "", *, kind: str = "") -> source_pb2.Provenance:
        """The commit that a version was registered from, and the environments its tasks run in.

        Args:
            name: of a task or workflow.
            version: empty: the newest.
            kind: "task", "workflow" or "launch plan"; empty: whichever there is.
        Raises:
            NotFound: there is none.
        """
        listings = {"workflow": rpc.LIST_WORKFLOWS, "task": rpc.LIST_TASKS, "launch plan": rpc.LIST_LAUNCH_PLANS}
        if kind and kind not in listings:
            raise InvalidInput(f"kind {kind!r}: expected one of {', '.join(listings)}")
        request = self._list(name, f"eq(version,{version})" if version else "", 1, "", NEWEST)
        for listing in [listings[kind]] if kind else listings.values():
            answer: Any = await self.wire.call(listing, request)
            for found in getattr(answer, answer.DESCRIPTOR.fields[0].name):
                return await self.wire.call(rpc.GET_PROVENANCE, admin.ObjectGetRequest(id=found.id))
        raise NotFound(f"{kind or 'task or workflow'} {name}{':' if version else ''}{version}: there is none; see `alula list workflows`")

    async def _version_of(self, entity: Any, version: str) -> str:
        """The version an entity is registered under here; registers it with its first launch by this client."""
        known = self._versions.get(id(entity))
        if known is not None and not version:
            return known[1]
        made = (await self.register(entity, version=version)).version
        if is_interactive(entity):
            return made  # what it uses may be defined anew while it stays the same object
        self._versions[id(entity)] = (entity, made)  # the entity is kept, so that its id is not given to another
        return made

    # Launching

    async def start(self, entity: Any, inputs: Mapping[str, Any], options: LaunchOptions) -> AsyncExecution:
        """Starts an execution; see `AsyncLauncher`."""
        target = await self.target(entity, options.version)
        interface = target.interface
        if interface is not None:
            is_task = target.id.resource_type == core.TASK
            literals = await self.wire.blocking(
                lambda: value.by_interface(interface, inputs, LinkOffload(self.wire), with_defaults=is_task)
            )
        else:
            literals = value.by_parameters(target.parameters, inputs)
        return await self.create(target, literals, options)

    async def create(self, target: Target, literals: core.LiteralMap, options: LaunchOptions) -> AsyncExecution:
        """Starts an execution of a target with literals."""
        stream = self.wire.stream(rpc.LAUNCH, v1.LaunchRequest(request=self._request(target, literals, options)))
        async for update in stream:
            made = AsyncExecution(self.wire, ExecutionId.from_proto(update.execution.id), target.interface, stream)
            made._note(update.execution)
            return made
        raise NotFound("launch: the server ended the stream without an execution; look for it with `alula list executions`")

    def _request(self, target: Target, literals: core.LiteralMap, options: LaunchOptions) -> admin.ExecutionCreateRequest:
        settings = self.wire.settings
        spec = admin.ExecutionSpec(
            launch_plan=target.id,
            metadata=admin.ExecutionMetadata(mode=admin.ExecutionMetadata.MANUAL),
            max_parallelism=options.max_parallelism,
            overwrite_cache=options.overwrite_cache,
        )
        if options.labels:
            spec.labels.values.update(options.labels)
        if options.annotations:
            spec.annotations.values.update(options.annotations)
        for key, text in sorted(options.env.items()):
            spec.envs.values.add(key=key, value=text)
        if options.interruptible is not None:
            spec.interruptible.value = options.interruptible
        if options.output_prefix:
            spec.raw_output_data_config.output_location_prefix = options.output_prefix
        return admin.ExecutionCreateRequest(project=settings.project, domain=settings.domain, name=options.name, spec=spec, inputs=literals)

    async def target(self, entity: Any, version: str = "") -> Target:
        """What a launch of an entity or of a name would start."""
        if isinstance(entity, str):
            return await self.find(entity, version)
        if isinstance(entity, Reference):
            return await self.exact(entity.identifier(), entity.interface)
        if not isinstance(entity, Entity):
            raise InvalidInput(f"launch: expected a task, workflow, launch plan or a name, got {type(entity).__name__}")
        made = await self._version_of(entity.origin, version)
        kind = core.TASK if isinstance(entity, Task) else core.LAUNCH_PLAN
        interface = entity.interface
        if isinstance(entity, LaunchPlan):
            interface = entity.interface  # without its fixed inputs
        return Target(id=self._id(kind, entity.name, made), parameters={}, interface=interface)

    def _id(self, kind: int, name: str, version: str) -> core.Identifier:
        settings = self.wire.settings
        return core.Identifier(
            resource_type=kind,
            project=settings.project,
            domain=settings.domain,
            name=name,
            version=version,
        )

    async def exact(self, identifier: core.Identifier, interface: Interface | None = None) -> Target:
        """The target of an exact id."""
        return await exact(self.wire, identifier, interface)

    async def find(self, name: str, version: str = "") -> Target:
        """A registered launch plan, workflow or task by name: the version asked for, else the active, else the newest.

        Args:
            name: `name` or `name:version`.
            version: empty to let the name or the server decide.
        Raises:
            NotFound: there is none.
        """
        base, _, stated = name.partition(":")
        wanted = version or stated
        if wanted:
            for kind in (core.LAUNCH_PLAN, core.TASK):
                try:
                    return await self.exact(self._id(kind, base, wanted))
                except NotFound:
                    continue
        else:
            settings = self.wire.settings
            named = admin.NamedEntityIdentifier(project=settings.project, domain=settings.domain, name=base)
            try:
                plan = await self.wire.call(rpc.GET_ACTIVE_LAUNCH_PLAN, admin.ActiveLaunchPlanRequest(id=named))
                return Target(id=plan.id, parameters=value.parameters_of(plan))
            except NotFound:
                pass
            newest = admin.ResourceListRequest(id=named, limit=1, sort_by=NEWEST)
            for plan in (await self.wire.call(rpc.LIST_LAUNCH_PLANS, newest)).launch_plans:
                return await self.exact(plan.id)
            for task in (await self.wire.call(rpc.LIST_TASKS, newest)).tasks:
                return await self.exact(task.id)
        place = f"{self.wire.settings.project}/{self.wire.settings.domain}"
        raise NotFound(f"{name!r}: no launch plan, workflow or task of that name in {place}; see `alula list workflows` or register it")

    # Versions

    async def diff(self, name: str, old: str = "", new: str = "", *, kind: str = "") -> Difference:
        """What two versions differ in; see `compare.compare`."""
        return await compare(self.wire, name, old, new, kind)

    async def rollback(self, name: str, version: str = "") -> Rollback:
        """Makes a version the one that is launched by name.

        Args:
            name: of a workflow or launch plan.
            version: empty: follow the newest again.
        Raises:
            NotFound: no such name or version.
        """
        settings = self.wire.settings
        named = admin.NamedEntityIdentifier(project=settings.project, domain=settings.domain, name=name)
        newest = (await self.wire.call(rpc.LIST_LAUNCH_PLANS, admin.ResourceListRequest(id=named, limit=1, sort_by=NEWEST))).launch_plans
        if not newest:
            raise NotFound(f"{name!r}: no workflow or launch plan of that name in {settings.project}/{settings.domain}")
        try:
            before = (await self.wire.call(rpc.GET_ACTIVE_LAUNCH_PLAN, admin.ActiveLaunchPlanRequest(id=named))).id.version
        except NotFound:
            before = ""
        target, state = (version, _ACTIVE) if version else (before, _INACTIVE)
        if target:
            identifier = self._id(core.LAUNCH_PLAN, name, target)
            await self.wire.call(rpc.UPDATE_LAUNCH_PLAN, admin.LaunchPlanUpdateRequest(id=identifier, state=state))
        return Rollback(active=version, before=before, newest=newest[0].id.version)

    async def active_versions(self, names: Iterable[str]) -> dict[str, str]:
        """Which of these workflows and launch plans launch a version of their own choice, and which; all others launch the newest."""
        wanted = set(names)
        if not wanted:
            return {}
        state = f"eq(state,{_ACTIVE})"
        found: dict[str, str] = {}
        async for page in self._pages(0, lambda size, token: self.launch_plans(filters=state, limit=size, token=token)):
            found |= {plan.id.name: plan.id.version for plan in page.launch_plans if plan.id.name in wanted}
        return found

    async def evict_cache(self, task: str, cache_version: str = "") -> int:
        """Has the cache forget all entries of a task; how many there were."""
        settings = self.wire.settings
        request = v1.EvictCacheRequest(project=settings.project, domain=settings.domain, task_name=task, cache_version=cache_version)
        return (await self.wire.call(rpc.EVICT_CACHE, request)).evicted

    # Looking

    async def execution(self, name: str) -> AsyncExecution:
        """The handle of an execution by name (or `project/domain/name`).

        Raises:
            NotFound: there is none.
        """
        made = AsyncExecution(self.wire, self._execution_id(name))
        await made.get()
        return made

    def _execution_id(self, name: str) -> ExecutionId:
        parts = name.split("/")
        if len(parts) == 3:
            return ExecutionId(*parts)
        if len(parts) != 1:
            raise InvalidInput(f"execution {name!r}: expected its name or project/domain/name")
        return ExecutionId(self.wire.settings.project, self.wire.settings.domain, name)

    async def compare(self, *executions: str | AsyncExecution) -> Comparison:
        """Executions side by side: versions, inputs, outputs, metrics, parameters, durations.

        Args:
            executions: names or handles, at least two.
        Raises:
            InvalidInput: fewer than two; NotFound: there is no such execution.
        """
        if len(executions) < 2:
            raise InvalidInput(f"compare: expected two executions or more, got {len(executions)}; `alula list` shows them")
        return await compare_executions([one if isinstance(one, AsyncExecution) else await self.execution(one) for one in executions])

    async def iter_executions(
        self,
        *,
        phase: str | ExecutionPhase | Sequence[str | ExecutionPhase] = (),
        workflow: str = "",
        since: Span | datetime | None = None,
        filters: str = "",
        limit: int = 0,
    ) -> AsyncIterator[ExecutionView]:
        """Executions, newest first, page by page as they are asked for.

        Args:
            phase: only in this phase, or one of these.
            workflow: only of workflows with this in their name.
            since: only created after this instant, or within this span before now: `"2h"`.
            filters: more, in Flyte's grammar.
            limit: at most so many; 0: all.
        """
        wanted = execution_filters(phase=phase, workflow=workflow, since=since, filters=filters)
        async for page in self._pages(limit, lambda size, token: self.executions(filters=wanted, limit=size, token=token)):
            for execution in page.executions:
                yield execution_view(execution)

    async def iter_versions(self, kind: str, name: str = "", *, filters: str = "", limit: int = 0) -> AsyncIterator[VersionView]:
        """Versions, newest first, page by page as they are asked for.

        Args:
            kind: "workflow", "task" or "launch-plan".
            name: empty: of every name.
        """
        listings: dict[str, tuple[Callable[..., Awaitable[Any]], str]] = {
            "workflow": (self.workflows, "workflows"),
            "task": (self.tasks, "tasks"),
            "launch-plan": (self.launch_plans, "launch_plans"),
        }
        if kind not in listings:
            raise InvalidInput(f"kind {kind!r}: there is no such kind; there are {', '.join(listings)}")
        ask, plural = listings[kind]
        async for page in self._pages(limit, lambda size, token: ask(name, filters=filters, limit=size, token=token)):
            for entity in getattr(page, plural):
                yield version_view(entity)

    async def _pages(self, limit: int, ask: Callable[[int, str], Awaitable[Any]]) -> AsyncIterator[Any]:
        token, left = "", limit
        while True:
            size = min(_PAGE, left) if limit else _PAGE
            page = await ask(size, token)
            yield page
            token, left = page.token, left - size
            if not token or (limit and left <= 0):
                return

    async def executions(self, *, filters: str = "", limit: int = 20, token: str = "", sort: admin.Sort = NEWEST) -> admin.ExecutionList:
        """Executions, newest first; `filters` in Flyte's grammar, `eq(phase,FAILED)+contains(workflow.name,churn)`."""
        return await self.wire.call(rpc.LIST_EXECUTIONS, self._list("", filters, limit, token, sort))

    async def workflows(self, name: str = "", *, filters: str = "", limit: int = 20, token: str = "") -> admin.WorkflowList:
        """Versions of workflows, newest first."""
        return await self.wire.call(rpc.LIST_WORKFLOWS, self._list(name, filters, limit, token, NEWEST))

    async def tasks(self, name: str = "", *, filters: str = "", limit: int = 20, token: str = "") -> admin.TaskList:
        """Versions of tasks, newest first."""
        return await self.wire.call(rpc.LIST_TASKS, self._list(name, filters, limit, token, NEWEST))

    async def launch_plans(self, name: str = "", *, filters: str = "", limit: int = 20, token: str = "") -> admin.LaunchPlanList:
        """Versions of launch plans, newest first."""
        return await self.wire.call(rpc.LIST_LAUNCH_PLANS, self._list(name, filters, limit, token, NEWEST))

    async def projects(self) -> Iterable[admin.Project]:
        """The projects with their domains."""
        return (await self.wire.call(rpc.LIST_PROJECTS, admin.ProjectListRequest())).projects

    async def status(self) -> v1.StatusResponse:
        """The server: version, database, store, what runs."""
        return await self.wire.call(rpc.STATUS, v1.StatusRequest(), 5.0)

    def _list(self, name: str, filters: str, limit: int, token: str, sort: admin.Sort) -> admin.ResourceListRequest:
        settings = self.wire.settings
        named = admin.NamedEntityIdentifier(project=settings.project, domain=settings.domain, name=name)
        return admin.ResourceListRequest(id=named, limit=limit, token=token, filters=filters, sort_by=sort)
