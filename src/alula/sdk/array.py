"""`al.map`: one task (or workflow, or launch plan) over lists; each item is retried on its own."""

from __future__ import annotations

import copy
import typing
from collections.abc import Callable, Coroutine, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Never, TypeVar, cast

from alula.errors import DefinitionError
from alula.sdk import option
from alula.sdk.caller import current_caller, written
from alula.sdk.entity import Entity
from alula.sdk.graph import Node, current_graph
from alula.sdk.interface import Interface, Port
from alula.sdk.launch_plan import default_plan
from alula.sdk.promise import Promise
from alula.sdk.where import user_place
from alula.sdk.workflow import Workflow

if TYPE_CHECKING:
    from alula.idl import core
    from alula.sdk.local import Local

R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """How many items run at a time, and how many must succeed."""

    concurrency: int | None = None
    min_successes: int | None = None
    min_success_ratio: float | None = None

    def __post_init__(self) -> None:
        if self.concurrency is not None:
            option.whole("map(concurrency)", self.concurrency, 1, "leave it out for no limit")  # a computed 0 would start all at once
        if self.min_successes is not None and self.min_success_ratio is not None:
            raise DefinitionError("map: give min_successes or min_success_ratio, not both", where=user_place())
        if self.min_successes is not None:
            option.whole("map(min_successes)", self.min_successes)
        if self.min_success_ratio is not None:
            ratio = self.min_success_ratio
            if not isinstance(ratio, (int, float)) or isinstance(ratio, bool) or not 0 < ratio <= 1:
                option.refuse("map(min_success_ratio)", ratio, "a share in (0, 1]")

    @property
    def may_fail(self) -> bool:
        """Whether single items may fail; their outputs are then None."""
        return self.min_successes is not None or (self.min_success_ratio is not None and self.min_success_ratio < 1)

    def needed(self, size: int) -> int:
        """Successes that `size` items need."""
        if self.min_successes is not None:
            return min(size, self.min_successes)
        # Through float32, as the ratio travels: 10 items at 0.7 need 7, not 8.
        return size if self.min_success_ratio is None else -int(-round(size * self.min_success_ratio, 4) // 1)


@dataclass(frozen=True, slots=True)
class Array:
    """Target of a node that runs `entity` once per element of the inputs in `over`."""

    entity: Entity
    over: tuple[str, ...]
    criteria: Criteria

    def calls(self) -> list[Any]:
        return [self.entity]

    def interface(self) -> Interface:
        """The entity's, with lists for what is sliced and for every output."""
        of = self.entity.interface
        inputs = {
            name: Port(name, list[port.annotation], port.place, description=port.description) if name in self.over else port  # type: ignore[name-defined]
            for name, port in of.inputs.items()
        }
        outputs = {name: Port(name, self._output(port.annotation), port.place) for name, port in of.outputs.items()}
        return Interface(inputs, outputs, of.shape, of.returns, of.where)

    def _output(self, annotation: Any) -> Any:
        return list[typing.Optional[annotation]] if self.criteria.may_fail else list[annotation]  # noqa: UP045

    def serialize(self, node: Node, made: core.Node, serializer: Any) -> None:
        """Fills in the IDL's array node."""
        from alula.sdk.serialize import bindings, node_metadata

        array = made.array_node
        # The entity is what one item runs, not a task of its own that takes lists.
        array.is_original_sub_node_interface.value = True
        array.data_mode = array.INDIVIDUAL_INPUT_FILES
        array.bound_inputs.extend(name for name in node.values if name not in self.over)
        if self.criteria.concurrency is not None:
            array.parallelism = self.criteria.concurrency
        if self.criteria.min_successes is not None:
            array.min_successes = self.criteria.min_successes
        if self.criteria.min_success_ratio is not None:
            array.min_success_ratio = self.criteria.min_success_ratio
        array.node.id = node.id
        array.node.metadata.CopyFrom(node_metadata(node))
        array.node.inputs.extend(bindings(node.values, node.interface))
        serializer.entity_target(self.entity, node.overrides, array.node)
        made.metadata.Clear()
        made.metadata.name = node.name

    def run_here(self, node: Node, local: Local) -> Any:
        return run_items(self, {name: local.value(value) for name, value in node.values.items()})


def item_count(array: Array, values: dict[str, Any]) -> int:
    """How many items there are; lists of different lengths are a DefinitionError."""
    lengths = {name: len(values[name]) for name in array.over}
    if len(set(lengths.values())) > 1:
        raise DefinitionError(f"map: its lists differ in length ({', '.join(f'{k}: {v}' for k, v in lengths.items())}); make them equal")
    return next(iter(lengths.values()), 1)


def item_of(array: Array, values: dict[str, Any], index: int) -> dict[str, Any]:
    """What one item receives."""
    return {name: value[index] if name in array.over else value for name, value in values.items()}


def run_items(array: Array, values: dict[str, Any]) -> Any:
    """Every item in turn, in this process."""
    from alula.sdk.local import settle

    size, interface = item_count(array, values), array.entity.interface
    rows: list[list[Any]] = []
    errors: list[Exception] = []
    for index in range(size):
        try:
            rows.append(interface.unpack(settle(array.entity.run_here(item_of(array, values, index))), array.entity.label))
        except Exception as error:
            if not array.criteria.may_fail:
                raise
            errors.append(error)
            rows.append([None] * len(interface.outputs))
    if size - len(errors) < array.criteria.needed(size):
        raise errors[0]
    return interface.pack([list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in interface.outputs])


async def call_items(array: Array, values: dict[str, Any]) -> Any:
    """Every item as a call of the async task that is running."""
    import asyncio

    size, interface = item_count(array, values), array.entity.interface
    limit = asyncio.Semaphore(array.criteria.concurrency or max(size, 1))
    calls = [array.entity.meant((), item_of(array, values, index)) for index in range(size)]

    async def one(call: Any) -> Any:
        async with limit:
            return await call

    results = await asyncio.gather(*[one(call) for call in calls], return_exceptions=array.criteria.may_fail)
    errors = [result for result in results if isinstance(result, BaseException)]
    if size - len(errors) < array.criteria.needed(size):
        raise errors[0]
    none = [None] * len(interface.outputs)
    rows = [none if isinstance(r, BaseException) else interface.unpack(r, array.entity.label) for r in results]
    return interface.pack([list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in interface.outputs])


class Mapped(Generic[R]):
    """A task to be called with lists."""

    def __init__(self, entity: Entity, over: tuple[str, ...] | None, criteria: Criteria) -> None:
        self.entity, self.over, self.criteria = entity, over, criteria

    def __call__(self, *args: Any, **kwargs: Any) -> list[R]:
        """While a workflow is traced: an array node. While an async task runs: a call per item, to be awaited. Else: in turn, here."""
        entity = self.entity
        what = f"map of {entity.kind} {entity.label}"
        values = entity.interface.collect(args, kwargs, what)
        given = {*list(entity.interface.inputs)[: len(args)], *kwargs}
        over = (
            self.over if self.over is not None else tuple(name for name in values if name in given and self._is_sliced(name, values[name]))
        )
        if not over:
            raise DefinitionError(f'{what}: none of the inputs is a list to go over; write al.map(…, over="name")', where=user_place())
        for name in over:
            if self._is_stream(values.get(name)):
                message = f"{what}: {name!r} is a stream, whose length nobody knows; let the task that makes it return list[T]"
                raise DefinitionError(message, where=user_place())
        array = Array(entity.origin, over, self.criteria)
        graph = current_graph()
        if graph is None:
            if current_caller() is not None:
                return cast(list[R], call_items(array, values))
            return cast(list[R], run_items(array, values))
        return cast(list[R], graph.call(array, f"map-{entity.label}", array.interface(), values, entity._overrides))

    def aio(self, *args: Any, **kwargs: Any) -> Coroutine[Any, Any, list[R]]:
        """As a call within an async task, typed as what `await` gives."""
        return written(lambda: self(*args, **kwargs), f"al.map({self.entity.label})")

    @staticmethod
    def _is_stream(value: Any) -> bool:
        from alula.sdk.promise import _bare

        if not isinstance(value, Promise):
            return isinstance(value, Iterator)
        return typing.get_origin(_bare(value._annotation)) in (Iterator, Generator)

    def _is_sliced(self, name: str, value: Any) -> bool:
        from alula.sdk.promise import _bare

        port = self.entity.interface.inputs[name]
        is_list_input = typing.get_origin(_bare(port.annotation)) is list
        if isinstance(value, Promise):
            annotation = _bare(value._annotation)
            is_list = typing.get_origin(annotation) is list
            return is_list and (not is_list_input or typing.get_origin(_bare(typing.get_args(annotation)[0])) is list)
        if not isinstance(value, list):
            return False
        return not is_list_input or (bool(value) and all(isinstance(item, list) for item in value))


def map(
    target: Callable[..., R],
    /,
    *misplaced: Never,
    over: str | Sequence[str] | None = None,
    concurrency: int | None = None,
    min_successes: int | None = None,
    min_success_ratio: float | None = None,
) -> Mapped[R]:
    """Run a task once per element: `al.map(train, over="depth")(data=data, depth=[2, 4, 6])`.

    Inputs that are not in `over` go to every item whole. The result holds one element per item, in order.

    Args:
        target: a task, launch plan or workflow (which then runs as a child execution per item).
        misplaced: nothing; Python's own `map` takes the lists here, this one in a second call.
        over: inputs of which each item gets its own element; default: those that are given a list where one element is wanted.
        concurrency: items running at a time, ≥ 1; None: no limit.
        min_successes: so many successes are enough; failed items give None.
        min_success_ratio: such a share of successes is enough, in (0, 1]; failed items give None.
    Raises:
        DefinitionError: an unknown input, or contradicting figures.
    """
    if not isinstance(target, Entity):
        raise DefinitionError(
            f"al.map goes over a task, got {type(target).__name__}; decorate the function with @al.task", where=user_place()
        )
    entity: Entity = target
    if isinstance(target, Workflow):
        entity = default_plan(target)
        if target._overrides is not None:
            entity = copy.copy(entity)
            entity._overrides, entity._origin = target._overrides, default_plan(target)
    if misplaced:
        inputs = list(entity.interface.inputs)[: len(misplaced)] or ["name"]
        lists = ", ".join(f"{name}={name}s" for name in inputs)
        message = f"al.map({entity.label}, …) takes the lists in a second call, by name; write al.map({entity.label})({lists})"
        raise DefinitionError(message, where=user_place())
    names = None if over is None else (over,) if isinstance(over, str) else option.texts("map(over)", over)
    for name in names or ():
        if name not in entity.interface.inputs:
            known = ", ".join(entity.interface.inputs)
            raise DefinitionError(f"map(over={name!r}): {entity.kind} {entity.label} has the inputs {known}", where=user_place())
    criteria = Criteria(concurrency=concurrency, min_successes=min_successes, min_success_ratio=min_success_ratio)
    return Mapped(entity, names, criteria)
