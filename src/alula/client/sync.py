"""The blocking face: each method runs its coroutine to the end. No logic here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self, TypeVar

from alula.client.client import NEWEST, AsyncClient, AsyncLauncher, Rollback
from alula.client.compare import Difference
from alula.client.comparison import Comparison
from alula.client.execution import AsyncExecution
from alula.client.figures import Figures, Point
from alula.client.node import Nodes, Reuse
from alula.client.register import Registered
from alula.client.settings import ClientSettings
from alula.client.show import drawn
from alula.client.views import ExecutionView, NodeDetail, VersionView
from alula.client.wire import Wire, drive
from alula.idl import admin, core
from alula.idl.identifier import ExecutionId
from alula.idl.phase import ExecutionPhase
from alula.idl.v1 import gate_pb2, source_pb2
from alula.idl.v1 import service_pb2 as v1
from alula.sdk.duration import Span

T = TypeVar("T")


def iterate(items: AsyncIterator[T]) -> Iterator[T]:
    """An asynchronous iterator over the blocking wire as a plain one."""

    async def step() -> T:
        return await anext(items)

    async def close() -> None:
        if hasattr(items, "aclose"):
            await items.aclose()

    try:
        while True:
            try:
                item = drive(step())
            except StopAsyncIteration:
                return
            yield item
    finally:
        drive(close())


class Execution:
    """A launched execution; see `AsyncExecution`."""

    def __init__(self, source: AsyncExecution) -> None:
        self.source = source

    @property
    def id(self) -> ExecutionId:
        return self.source.id

    @property
    def name(self) -> str:
        return self.source.name

    def __repr__(self) -> str:
        return repr(self.source)

    @property
    def phase(self) -> ExecutionPhase:
        """The phase now."""
        return drive(self.source.phase())

    @property
    def error(self) -> str:
        """Why it failed or was aborted, as recorded; empty while it runs and if it succeeded."""
        return drive(self.source.error())

    @property
    def outputs(self) -> Any:
        """The result in Python; raises ExecutionFailed or WaitTimeout if there is none."""
        return drive(self.source.outputs())

    @property
    def inputs(self) -> dict[str, Any]:
        """What it was launched with; see `AsyncExecution.inputs`."""
        return drive(self.source.inputs())

    @property
    def view(self) -> ExecutionView:
        """It as it is now: phase, workflow, version, times, error."""
        return drive(self.source.view())

    def node(self, node: str) -> NodeDetail:
        """One node by id or name: its inputs and outputs, its attempts and where their time went."""
        return drive(self.source.node(node))

    @property
    def nodes(self) -> Nodes:
        """Every node execution, parents before their children."""
        return drive(self.source.nodes())

    @property
    def events(self) -> list[v1.ExecutionEvent]:
        """What happened to it so far, oldest first."""
        return drive(self.source.events())

    @property
    def reuse(self) -> list[Reuse]:
        """Per task node what was computed and what came from the output cache; see `AsyncExecution.reuse`."""
        return drive(self.source.reuse())

    @property
    def gates(self) -> dict[str, core.LiteralType]:
        """The gates that wait, with the type of what they wait for."""
        return drive(self.source.gates())

    @property
    def answers(self) -> list[gate_pb2.Gate]:
        """The gates that were answered: with what, by whom and when."""
        return drive(self.source.answers())

    def _repr_html_(self) -> str:
        return drive(drawn(self.source))

    def show(self, timeout: float | str | timedelta | None = None) -> None:
        """Follows it to its end: a display that changes in a notebook, lines on stdout elsewhere."""
        drive(self.source.show(timeout))

    def get(self) -> admin.Execution:
        return drive(self.source.get())

    def wait(self, timeout: float | str | timedelta | None = None, *, check: bool = True) -> Self:
        """Waits for the end; see `AsyncExecution.wait`."""
        drive(self.source.wait(timeout, check=check))
        return self

    def updates(self, *, nodes: bool = False, timeout_s: float | None = None) -> Iterator[v1.ExecutionUpdate]:
        return iterate(self.source.updates(nodes=nodes, timeout_s=timeout_s))

    def logs(self, node: str = "", *, item: int = -1, follow: bool = False, tail_bytes: int = 0) -> Iterator[str]:
        return iterate(self.source.logs(node, item=item, follow=follow, tail_bytes=tail_bytes))

    def metrics(self, node: str = "", *, all_attempts: bool = False) -> list[Figures]:
        """What the attempts of a node, or of every node, said of themselves."""
        return drive(self.source.metrics(node, all_attempts=all_attempts))

    def series(self, node: str, metric: str, *, item: int = -1, attempt: int | None = None) -> list[Point]:
        """Every point of one metric, in order."""
        return drive(self.source.series(node, metric, item=item, attempt=attempt))

    def deck(self, node: str, *, item: int = -1, attempt: int | None = None) -> str:
        """The deck of a node's last attempt that wrote one, as HTML."""
        return drive(self.source.deck(node, item=item, attempt=attempt))

    def abort(self, cause: str = "aborted by the user") -> None:
        drive(self.source.abort(cause))

    def signal(self, name: str, approved: bool | Any) -> None:
        drive(self.source.signal(name, approved))

    def explain_cache(self, node: str) -> v1.CacheExplanation:
        return drive(self.source.explain_cache(node))

    def evict_cache(self, node: str) -> int:
        return drive(self.source.evict_cache(node))

    def rerun(
        self,
        from_: str | Sequence[str] = (),
        *,
        version: str = "",
        name: str = "",
        overwrite_cache: bool = False,
        inputs: Mapping[str, Any] | None = None,
        **changes: Any,
    ) -> Execution:
        """The same again with changes: `execution.rerun(from_="train", lr=0.1)`; see `AsyncExecution.rerun`."""
        again = self.source.rerun(from_, version=version, name=name, overwrite_cache=overwrite_cache, inputs=inputs, **changes)
        return Execution(drive(again))

    def relaunch(self, name: str = "") -> Execution:
        return Execution(drive(self.source.relaunch(name)))

    def recover(self, name: str = "") -> Execution:
        return Execution(drive(self.source.recover(name)))


class Launcher:
    """`client.launch(entity, **inputs)`; see `AsyncLauncher`."""

    def __init__(self, source: AsyncLauncher) -> None:
        self._source = source

    def with_options(self, **options: Any) -> Launcher:
        return Launcher(self._source.with_options(**options))

    def __call__(self, entity: Any, /, *unnamed: Any, **inputs: Any) -> Execution:
        return Execution(drive(self._source(entity, *unnamed, **inputs)))


class Client:
    """One server, one project and domain; may be shared by threads."""

    def __init__(self, source: AsyncClient) -> None:
        self.source = source

    @classmethod
    def over(cls, wire: Callable[[ClientSettings], Wire], address: str = "", project: str = "", domain: str = "") -> Self:
        return cls(AsyncClient.over(wire, address, project, domain))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        drive(self.source.close())

    @property
    def settings(self) -> ClientSettings:
        return self.source.wire.settings

    @property
    def launch(self) -> Launcher:
        return Launcher(self.source.launch)

    def register(self, *entities: Any, root: str | Path | None = None, version: str = "", upgrade: bool = False) -> Registered:
        return drive(self.source.register(*entities, root=root, version=version, upgrade=upgrade))

    def provenance(self, name: str, version: str = "", *, kind: str = "") -> source_pb2.Provenance:
        """Commit and environments of a version; see `AsyncClient.provenance`."""
        return drive(self.source.provenance(name, version, kind=kind))

    def execution(self, name: str) -> Execution:
        return Execution(drive(self.source.execution(name)))

    def compare(self, *executions: str | Execution) -> Comparison:
        """Executions side by side; see `AsyncClient.compare`."""
        return drive(self.source.compare(*(one.source if isinstance(one, Execution) else one for one in executions)))

    def iter_executions(
        self,
        *,
        phase: str | ExecutionPhase | Sequence[str | ExecutionPhase] = (),
        workflow: str = "",
        since: Span | datetime | None = None,
        filters: str = "",
        limit: int = 0,
    ) -> Iterator[ExecutionView]:
        """Executions, newest first, page by page as they are asked for; see `AsyncClient.iter_executions`."""
        return iterate(self.source.iter_executions(phase=phase, workflow=workflow, since=since, filters=filters, limit=limit))

    def iter_versions(self, kind: str, name: str = "", *, filters: str = "", limit: int = 0) -> Iterator[VersionView]:
        """Versions of a "workflow", "task" or "launch-plan", newest first, page by page as they are asked for."""
        return iterate(self.source.iter_versions(kind, name, filters=filters, limit=limit))

    def executions(self, *, filters: str = "", limit: int = 20, token: str = "", sort: admin.Sort = NEWEST) -> admin.ExecutionList:
        return drive(self.source.executions(filters=filters, limit=limit, token=token, sort=sort))

    def workflows(self, name: str = "", *, filters: str = "", limit: int = 20, token: str = "") -> admin.WorkflowList:
        return drive(self.source.workflows(name, filters=filters, limit=limit, token=token))

    def tasks(self, name: str = "", *, filters: str = "", limit: int = 20, token: str = "") -> admin.TaskList:
        return drive(self.source.tasks(name, filters=filters, limit=limit, token=token))

    def launch_plans(self, name: str = "", *, filters: str = "", limit: int = 20, token: str = "") -> admin.LaunchPlanList:
        return drive(self.source.launch_plans(name, filters=filters, limit=limit, token=token))

    def projects(self) -> list[admin.Project]:
        return list(drive(self.source.projects()))

    def diff(self, name: str, old: str = "", new: str = "", *, kind: str = "") -> Difference:
        return drive(self.source.diff(name, old, new, kind=kind))

    def rollback(self, name: str, version: str = "") -> Rollback:
        return drive(self.source.rollback(name, version))

    def active_versions(self, names: Iterable[str]) -> dict[str, str]:
        return drive(self.source.active_versions(names))

    def evict_cache(self, task: str, cache_version: str = "") -> int:
        return drive(self.source.evict_cache(task, cache_version))

    def status(self) -> v1.StatusResponse:
        return drive(self.source.status())
