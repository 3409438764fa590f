"""Executions side by side: versions, inputs, outputs, metrics, durations."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from alula.client import rpc
from alula.client.views import ExecutionView, execution_view, plain
from alula.client.wire import LoopWire
from alula.idl import admin

if TYPE_CHECKING:
    from alula.client.execution import AsyncExecution


class Row(NamedTuple):
    """One thing that is compared; None where an execution has no such thing."""

    part: str
    name: str
    values: tuple[Any, ...]

    @property
    def is_same(self) -> bool:
        """Whether all executions agree."""
        return all(value == self.values[0] for value in self.values[1:])


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What is compared of one execution.

    Attributes:
        inputs: by name, defaults included, as JSON values.
        outputs: likewise; empty if it did not succeed.
        metrics: the last value of each, by `node metric`.
        parameters: by `node parameter`.
        durations: of the nodes that ran, by name.
    """

    view: ExecutionView
    inputs: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    durations: Mapping[str, timedelta] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Executions side by side, in the order they were named; iterating gives the rows."""

    executions: Sequence[Compared]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    @property
    def rows(self) -> list[Row]:
        """Every thing that at least one of them has."""
        about: dict[str, Callable[[ExecutionView], Any]] = {
            "workflow": lambda view: view.workflow,
            "version": lambda view: view.version,
            "phase": lambda view: view.phase.name,
            "duration": lambda view: view.duration,
            "error": lambda view: view.error or None,
        }
        made = [Row("execution", name, tuple(read(one.view) for one in self.executions)) for name, read in about.items()]
        for part in ("inputs", "outputs", "metrics", "parameters", "durations"):
            columns: list[Mapping[str, Any]] = [getattr(one, part) for one in self.executions]
            names = dict.fromkeys(name for column in columns for name in column)
            made += [Row(part, name, tuple(column.get(name) for column in columns)) for name in names]
        return [row for row in made if any(value is not None for value in row.values)]

    @property
    def differences(self) -> list[Row]:
        """The rows in which they differ."""
        return [row for row in self.rows if not row.is_same]

    def _repr_html_(self) -> str:
        from alula.client.html import comparison

        return comparison(self)


async def compare_executions(executions: Sequence[AsyncExecution]) -> Comparison:
    """Reads executions, side by side where the wire allows it."""
    if executions and isinstance(executions[0].wire, LoopWire):
        return Comparison(executions=await asyncio.gather(*(_compared(one) for one in executions)))
    return Comparison(executions=[await _compared(one) for one in executions])


async def _compared(of: AsyncExecution) -> Compared:
    data = await of.wire.call(rpc.GET_EXECUTION_DATA, admin.WorkflowExecutionGetDataRequest(id=of.id.to_proto()))
    nodes = [view for view in await of.nodes() if not view.id.endswith(("start-node", "end-node"))]
    names = [view.name for view in nodes]
    called = {view.id: view.name if names.count(view.name) == 1 else f"{view.name} ({view.id})" for view in nodes}
    metrics: dict[str, float] = {}
    parameters: dict[str, Any] = {}
    for one in await of.metrics():
        where = called.get(one.node, one.node) + (f"[{one.item}]" if one.item >= 0 else "")
        metrics |= {f"{where} {name}": metric.last for name, metric in one.metrics.items()}
        parameters |= {f"{where} {name}": value for name, value in one.parameters.items()}
    return Compared(
        view=execution_view(await of.get()),
        inputs=plain(data.full_inputs),
        outputs=plain(data.full_outputs),
        metrics=metrics,
        parameters=parameters,
        durations={called[view.id]: view.duration for view in nodes if view.duration is not None},
    )
