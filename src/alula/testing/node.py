"""Nodes and attempts of a run, as a test looks at them."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from alula.database.run import text
from alula.engine.event import Failure
from alula.engine.state import Attempt, Node, Run
from alula.executors.base import WorkKey
from alula.idl import core
from alula.idl.v1 import metric_pb2
from alula.sdk.interface import Interface
from alula.testing.clock import instant
from alula.testing.plane import Plane
from alula.testing.read import results_of, values_of

_CACHE = {
    core.CatalogCacheStatus.CACHE_HIT: "HIT",
    core.CatalogCacheStatus.CACHE_MISS: "MISS",
    core.CatalogCacheStatus.CACHE_POPULATED: "POPULATED",
    core.CatalogCacheStatus.CACHE_SKIPPED: "SKIPPED",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunError:
    """Why a run, a node or an attempt failed.

    Attributes:
        exception: what was raised, as it was raised; None if it was no exception in this process.
    """

    code: str
    message: str
    node: str = ""
    exception: BaseException | None = None

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptResult:
    """One attempt of a node, or of an item of a map; instants are of the bench's clock."""

    number: int
    item: int
    phase: str
    error: RunError | None
    created_at: dt.datetime | None
    started_at: dt.datetime | None
    ended_at: dt.datetime | None
    metrics: dict[str, list[tuple[int, float]]]  # (step, value) of every point it logged, by metric
    parameters: dict[str, Any]


class NodeResult:
    """One node of a run."""

    def __init__(self, plane: Plane, run: Run, node: Node) -> None:
        self._plane, self._run, self._node = plane, run, node

    @property
    def id(self) -> str:
        """Unique in its execution."""
        return self._node.id

    @property
    def execution(self) -> str:
        return self._run.id.name

    @property
    def task(self) -> str:
        """Registered name of the task that it calls, empty if it calls none."""
        spec = self._node.spec.inner or self._node.spec
        return spec.call.id.name if spec.call is not None else ""

    @property
    def target(self) -> str:
        """Registered name of what it calls: task, launch plan or workflow."""
        spec = self._node.spec.inner or self._node.spec
        return self.task or (spec.reference.name if spec.reference is not None else "")

    @property
    def name(self) -> str:
        """As the call is named."""
        called, given = self.target.rsplit(".", 1)[-1], self._node.spec.node.metadata.name
        return called if given == self.target else given or called or self._node.spec.id

    @property
    def phase(self) -> str:
        return self._node.phase.name

    @property
    def started_at(self) -> dt.datetime | None:
        return instant(self._node.started_at)

    @property
    def ended_at(self) -> dt.datetime | None:
        return instant(self._node.ended_at)

    @property
    def cache(self) -> str:
        """What the cache said: HIT, MISS, POPULATED, SKIPPED; empty if it was not asked."""
        return _CACHE.get(self._node.cache_status, "")

    @property
    def cache_reason(self) -> str:
        """Why the cache missed."""
        return self._node.cache_reason

    @property
    def child(self) -> str:
        """Name of the execution that it launched, empty if it launched none."""
        return self._node.child

    @property
    def deck(self) -> str:
        """URI of its deck, empty without one."""
        return self._node.deck_uri

    @property
    def parent(self) -> str:
        """Id of the node it lies beneath, empty at the top."""
        return self._node.parent_id

    @property
    def _interface(self) -> Interface | None:
        spec = self._node.spec
        identifier = spec.call.id if spec.call is not None else spec.reference
        entity = self._plane.program.entity(identifier) if identifier is not None else None
        return entity.interface if entity is not None else None

    @property
    def inputs(self) -> dict[str, Any]:
        """Inputs by name, as Python values."""
        return values_of(self._interface, self._node.inputs)

    @property
    def outputs(self) -> Any:
        """What its function returned; values by name where there is no function; None before its end."""
        return results_of(self._interface, self._node.outputs) if self._node.outputs is not None else None

    @property
    def metrics(self) -> dict[str, list[tuple[int, float]]]:
        """(step, value) of every point that its last attempt logged, by metric."""
        return self.attempts[-1].metrics if self.attempts else {}

    @property
    def parameters(self) -> dict[str, Any]:
        """What its last attempt logged by `al.log_param`."""
        return self.attempts[-1].parameters if self.attempts else {}

    @property
    def error(self) -> RunError | None:
        return error_of(self._plane, self._run, self._node.failure)

    @cached_property
    def attempts(self) -> list[AttemptResult]:
        """In order of items, then of numbers; a hit of the cache in a map is one too."""
        place = (self._run.key, self._node.id)
        found = [(k, a) for k, a in self._plane.attempts.items() if (k.execution, k.node_id) == place]
        return [_attempt(self._plane, key, attempt) for key, attempt in sorted(found, key=lambda pair: pair[0])]

    def __repr__(self) -> str:
        return f"<node {self.id} {self.name} {self.phase}>"


def _attempt(plane: Plane, key: WorkKey, attempt: Attempt) -> AttemptResult:
    failure = attempt.failure
    error = None
    if failure is not None:
        error = RunError(code=failure.code, message=text(failure.message), node=key.node_id, exception=plane.errors.get(key))
    said = plane.updates.get(key, metric_pb2.AttemptUpdate())
    return AttemptResult(
        number=attempt.number,
        item=attempt.item,
        phase=attempt.phase.name,
        error=error,
        created_at=instant(attempt.created_at),
        started_at=instant(attempt.started_at),
        ended_at=instant(attempt.ended_at),
        metrics={series.name: list(zip(series.steps, series.values, strict=True)) for series in said.metrics},
        parameters={parameter.name: json.loads(parameter.value) for parameter in said.parameters},
    )


def error_of(plane: Plane, run: Run, failure: Failure | None) -> RunError | None:
    if failure is None:
        return None
    found = [error for key, error in plane.errors.items() if key.execution == run.key and key.node_id == failure.node_id]
    exception = found[-1] if found else _inner(plane, run, failure.node_id)
    return RunError(code=failure.code, message=text(failure.message), node=failure.node_id, exception=exception)


def _inner(plane: Plane, run: Run, node_id: str) -> BaseException | None:
    """The exception behind a node that failed because of another, beneath it or in its execution."""
    below = [e for k, e in plane.errors.items() if k.execution == run.key and k.node_id.startswith(f"{node_id}-")]
    node = plane.nodes.get((run.key, node_id))
    child = node.child if node is not None else ""
    if child in plane.runs:
        below += [e for k, e in plane.errors.items() if k.execution == plane.runs[child].key]
    return below[-1] if below else None
