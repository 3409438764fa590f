"""A workflow being traced: its nodes in call order, and what flows between them."""

from __future__ import annotations

import contextvars
from collections.abc import Coroutine, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from alula.errors import DefinitionError
from alula.sdk.overrides import Overrides
from alula.sdk.promise import Condition, Promise, PromiseTuple
from alula.sdk.where import user_place

if TYPE_CHECKING:
    from alula.idl import core
    from alula.sdk.interface import Interface, Port
    from alula.types.base import Converter


@dataclass(eq=False, slots=True)
class Node:
    """One call. `target` is what is called: an entity, or an Array, Gate or Branch."""

    target: Any
    name: str
    interface: Interface
    values: dict[str, Any]
    where: str
    overrides: Overrides = field(default_factory=Overrides)
    upstream: list[Node] = field(default_factory=list)
    id: str = ""

    def promises(self) -> Iterator[Promise]:
        """Every promise among the inputs; a branch also speaks for what its cases take from outside."""
        for value in self.values.values():
            yield from promises_in(value)
        inner = getattr(self.target, "inner_nodes", None)
        if inner is not None:
            for condition, _ in self.target.cases:
                yield from condition.promises()
            for node in inner():
                yield from node.promises()

    def depends_on(self) -> list[Node]:
        """Nodes that must have succeeded before this one starts, each once."""
        data = [promise._node for promise in self.promises() if promise._node is not None]
        inner = getattr(self.target, "inner_nodes", None)
        ordered = [*self.upstream, *(late for node in inner() for late in node.upstream)] if inner else self.upstream
        return list(dict.fromkeys([*data, *ordered]))


class Graph:
    """The nodes of one workflow body, in call order."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.nodes: list[Node] = []
        self.inputs: dict[str, Promise] = {}
        self.outputs: dict[str, Any] = {}
        self.failure: Node | None = None
        self.open: list[Any] = []  # branches that lack their last case
        self.branches = 0
        self.signals: set[str] = set()

    def call(self, target: Any, name: str, interface: Interface, values: dict[str, Any], overrides: Overrides | None = None) -> Any:
        """Adds a node and returns its outputs as promises.

        Raises:
            DefinitionError: a value does not fit its input, with the user's line.
        """
        where = user_place()
        for key, value in values.items():
            check_value(self, value, interface.inputs[key], where)
        node = Node(target, (overrides.name if overrides else None) or name, interface, values, where, overrides or Overrides())
        self.nodes.append(node)
        return self.result(node)

    def result(self, node: Node) -> Any:
        """The promises of a node's outputs, shaped as its function returns them."""
        made = [Promise(self, node, name, port.annotation) for name, port in node.interface.outputs.items()]
        if node.interface.shape == "none":
            return Promise(self, node, "", None)
        return made[0] if node.interface.shape == "single" else PromiseTuple(made, tuple(node.interface.outputs))

    def number(self) -> None:
        """Gives every node its id, n0, n1, … in call order, those inside branches included, so no two are alike."""
        for index, node in enumerate(self.every_node()):
            node.id = f"n{index}"

    def every_node(self) -> Iterator[Node]:
        """The nodes in call order, at any depth of branches: those inside a branch come before it."""
        yield from _every_node(self.nodes)


def _every_node(nodes: Iterable[Node]) -> Iterator[Node]:
    for node in nodes:
        inner = getattr(node.target, "inner_nodes", None)
        if inner is not None:
            yield from _every_node(inner())
        yield node


_current: contextvars.ContextVar[Graph | None] = contextvars.ContextVar("alula_graph", default=None)


def current_graph() -> Graph | None:
    """The workflow being traced just now, if any."""
    return _current.get()


def required_graph(what: str, instead: str) -> Graph:
    """The workflow being traced; outside one a DefinitionError that says what to write."""
    graph = _current.get()
    if graph is None:
        raise DefinitionError(f"{what} belongs in the body of a @workflow; {instead}", where=user_place())
    return graph


class tracing:
    """Makes `graph` the current one."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph

    def __enter__(self) -> Graph:
        self.token = _current.set(self.graph)
        return self.graph

    def __exit__(self, *error: object) -> None:
        _current.reset(self.token)


def promises_in(value: Any) -> Iterator[Promise]:
    """Every promise in a value, lists and dicts looked through."""
    if isinstance(value, Promise):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from promises_in(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from promises_in(item)


def check_value(graph: Graph, value: Any, port: Port, where: str) -> None:
    """Refuses what cannot be bound to an input, at the line where it was passed."""
    if isinstance(value, Coroutine):
        value.close()
        raise DefinitionError(f"{port.place}: a coroutine is no value here; what waits belongs in an async @al.task", where=where)
    for promise in promises_in(value):
        if promise._graph is not graph:
            raise DefinitionError(f"{port.place}: the value belongs to workflow {promise._graph.name}; pass it in as an input", where=where)
        if promise._annotation is None and promise._var == "":
            name = promise._node.name if promise._node else "the call"
            raise DefinitionError(f"{port.place}: {name} returns nothing; order it with `>>`, or annotate what it returns", where=where)
    if not isinstance(value, Promise):
        from alula.errors import InvalidInput

        try:
            binding(value, port.converter, lambda promise: {})
        except InvalidInput as error:
            place = "" if error.message.startswith(port.place) else f"{port.place}: "
            raise DefinitionError(f"{place}{error.message}", where=where, code=error.code) from error


def binding(value: Any, converter: Converter, reference: Any) -> core.BindingData:
    """A value as binding: a promise, a constant, or a list or dict of both.

    Args:
        reference: called with a promise, returns the fields of its OutputReference as a dict.
    Raises:
        InvalidInput: a constant that is not of the input's type.
    """
    from alula.idl import core
    from alula.types.offload import Offload

    if isinstance(value, Promise):
        return core.BindingData(promise=core.OutputReference(**reference(value)))
    if isinstance(value, Condition):
        raise DefinitionError("a comparison is no value; decide with al.when(…), or compare in a @task")
    if next(promises_in(value), None) is None:
        return constant(converter.to_literal(value, Offload()))
    item = _item(converter, value)
    if item is None:
        raise DefinitionError(f"a {type(value).__name__} with results inside does not fit {converter.annotation}; build it in a @task")
    if isinstance(value, dict):
        return core.BindingData(map=core.BindingDataMap(bindings={k: binding(v, item, reference) for k, v in value.items()}))
    return core.BindingData(collection=core.BindingDataCollection(bindings=[binding(v, item, reference) for v in value]))


def _item(converter: Converter, value: Any) -> Converter | None:
    """The converter of a list's or dict's items, looked for through Optional and Annotated."""
    from alula.types.base import Wrapper
    from alula.types.container import DictOf, ListOf, UnionOf

    if isinstance(converter, Wrapper):
        return _item(converter.inner, value)
    if isinstance(converter, UnionOf):
        found = [item for variant in converter.variants if (item := _item(variant, value)) is not None]
        return found[0] if len(found) == 1 else None
    wanted = DictOf if isinstance(value, dict) else ListOf
    return converter.item if isinstance(converter, wanted) else None


def constant(literal: core.Literal) -> core.BindingData:
    """A literal as binding."""
    from alula.idl import core

    form = literal.WhichOneof("value")
    if form == "collection":
        items = [constant(item) for item in literal.collection.literals]
        return core.BindingData(collection=core.BindingDataCollection(bindings=items))
    if form == "map":
        return core.BindingData(map=core.BindingDataMap(bindings={k: constant(v) for k, v in literal.map.literals.items()}))
    return core.BindingData(scalar=literal.scalar)
