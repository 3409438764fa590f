"""Bindings: where the values of a node's inputs come from, and whether they fit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from alula.compiler.interface import (
    ambiguous,
    castable,
    first_problem,
    fitting_variants,
    literal_problem,
    merged,
    mismatch,
    type_of_scalar,
    with_attr_path,
)
from alula.compiler.problem import Problem
from alula.idl import core
from alula.idl.literal import describe_type

START_NODE = "start-node"
END_NODE = "end-node"

Types = Mapping[str, core.LiteralType]


@dataclass(slots=True)
class Scope:
    """What a promise may refer to within one workflow.

    Args:
        inputs: types of the workflow's inputs, by name.
        outputs: types of each checked node's outputs; None for a node that is broken itself, so that one mistake is told once.
        known: ids of all nodes that exist.
    """

    inputs: Types
    known: Collection[str]
    outputs: dict[str, Types | None] = field(default_factory=dict)

    def promised(self, promise: Any, place: str) -> core.LiteralType | Problem | None:
        """The type behind a promise; None if it cannot be known before the run; or what is wrong with it."""
        node_id, variable = promise.node_id, promise.var
        if node_id == START_NODE or not node_id:
            types: Types | None = self.inputs
            origin, noun = "the workflow", "input"
        elif node_id in self.outputs:
            types = self.outputs[node_id]
            origin, noun = f'node "{node_id}"', "output"
        elif node_id in self.known:
            return None  # part of a cycle, which is reported as such
        else:
            return Problem("UNKNOWN_NODE", place, f'there is no node "{node_id}"', "bind to an output of a node of this workflow")
        if types is None:
            return None
        type_ = types.get(variable)
        if type_ is None:
            names = ", ".join(sorted(types)) or "none"
            return Problem("UNKNOWN_OUTPUT", place, f'{origin} has no {noun} "{variable}"', f"its {noun}s are: {names}")
        return with_attr_path(type_, promise.attr_path, place) if promise.attr_path else type_


def promises(data: Any) -> Iterator[Any]:
    """Every promise in a binding, at any depth."""
    kind = data.WhichOneof("value")
    if kind == "promise":
        yield data.promise
    elif kind == "collection":
        for item in data.collection.bindings:
            yield from promises(item)
    elif kind == "map":
        for item in data.map.bindings.values():
            yield from promises(item)


def rewrite_start(bindings: Iterable[Any]) -> set[str]:
    """Make promises to the workflow's inputs explicit (`""` becomes `start-node`), in place.

    Returns:
        Ids of all nodes the bindings wait for.
    """
    sources = set()
    for binding in bindings:
        for promise in promises(binding.binding):
            node_id = promise.node_id
            if not node_id:
                promise.node_id = node_id = START_NODE
            sources.add(node_id)
    return sources


def binding_type(data: Any, scope: Scope, place: str) -> core.LiteralType | Problem | None:
    """The type a binding yields by itself; None if unknown before the run; or what is wrong with it."""
    kind = data.WhichOneof("value")
    if kind == "promise":
        return scope.promised(data.promise, place)
    if kind == "scalar":
        return type_of_scalar(data.scalar)
    if kind == "offloaded_metadata":
        return data.offloaded_metadata.inferred_type
    if kind not in ("collection", "map"):
        return _empty(place)
    items = data.collection.bindings if kind == "collection" else data.map.bindings.values()
    types = []
    for item in items:
        type_ = binding_type(item, scope, place)
        if type_ is None or isinstance(type_, Problem):
            return type_
        types.append(type_)
    element = merged(types)
    return core.LiteralType(collection_type=element) if kind == "collection" else core.LiteralType(map_value_type=element)


def binding_problem(data: Any, type_: core.LiteralType, scope: Scope, place: str) -> Problem | None:
    """What keeps a binding from yielding a value of the type; None if nothing does."""
    kind = data.WhichOneof("value")
    if kind == "promise":
        return _promise_problem(data.promise, type_, scope, place)
    if kind == "scalar":
        return literal_problem(core.Literal(scalar=data.scalar), type_, place)
    if kind == "offloaded_metadata":
        return literal_problem(core.Literal(offloaded_metadata=data.offloaded_metadata), type_, place)
    if kind not in ("collection", "map"):
        return _empty(place)
    wanted = type_.WhichOneof("type")
    if wanted == "union_type":
        return _composite_union_problem(data, type_, scope, place)
    if kind == "collection" and wanted == "collection_type":
        return first_problem(
            binding_problem(item, type_.collection_type, scope, f"{place}[{at}]") for at, item in enumerate(data.collection.bindings)
        )
    if kind == "map" and wanted == "map_value_type":
        items = sorted(data.map.bindings.items())
        return first_problem(binding_problem(item, type_.map_value_type, scope, f'{place}["{key}"]') for key, item in items)
    # A list or map where neither is wanted: say so, unless what it holds is wrong already.
    found = binding_type(data, scope, place)
    if found is None or isinstance(found, Problem):
        return found
    shown = describe_type(found)
    return mismatch(type_, shown, shown, place)


def _empty(place: str) -> Problem:
    return Problem("BINDING_EMPTY", place, "the binding holds neither a value nor a promise", "bind a value or an output of another node")


def _promise_problem(promise: Any, type_: Any, scope: Scope, place: str) -> Problem | None:
    found = scope.promised(promise, place)
    if found is None or isinstance(found, Problem):
        return found
    if castable(found, type_):
        return None
    if type_.WhichOneof("type") == "union_type" and found.WhichOneof("type") != "union_type":
        fits = fitting_variants(found, type_)
        if len(fits) > 1:
            return ambiguous(type_, fits, place)
    is_input = promise.node_id == START_NODE
    origin = f'the workflow\'s input "{promise.var}"' if is_input else f'node "{promise.node_id}" output "{promise.var}"'
    kind = describe_type(found)
    if kind == describe_type(type_):
        # Two types with one name, such as two versions of a dataclass: their names alone would explain nothing.
        message = f"expected {kind}, got another {kind} from {origin}"
        return Problem("BINDING_TYPE", place, message, "their fields or columns differ; use one type")
    return mismatch(type_, kind, f"{kind} from {origin}", place)


def _composite_union_problem(data: Any, type_: Any, scope: Scope, place: str) -> Problem | None:
    found = [binding_problem(data, variant, scope, place) for variant in type_.union_type.variants]
    fits = [variant for variant, problem in zip(type_.union_type.variants, found, strict=True) if problem is None]
    is_empty = not (data.collection.bindings or data.map.bindings)
    if len(fits) == 1 or (fits and is_empty):
        return None
    if fits:
        return ambiguous(type_, fits, place)
    # The most telling complaint comes from a variant of the same shape.
    inner = first_problem(problem for problem in found if problem is not None and problem.place != place)
    if inner is not None:
        return inner
    yields = binding_type(data, scope, place)
    if yields is None or isinstance(yields, Problem):
        return yields
    shown = describe_type(yields)
    return mismatch(type_, shown, shown, place)


def check_bindings(
    bindings: Iterable[Any], wanted: Types, required: Collection[str], scope: Scope, place: str, noun: str = "input"
) -> list[Problem]:
    """Everything wrong between the bindings of a node and what it takes.

    Args:
        bindings: `core.Binding`s, start-node made explicit.
        wanted: types by variable name.
        required: names that must be bound.
        scope: what promises may refer to.
        place: the node, in words.
        noun: what a variable is called (`input`, or `output` for a workflow's outputs).
    """
    found = []
    seen = set()
    for binding in bindings:
        name = binding.var
        here = f'{place} {noun} "{name}"'.strip()
        if name in seen:
            found.append(Problem("DUPLICATE_BINDING", here, f"the {noun} is bound twice", "bind it once"))
            continue
        seen.add(name)
        type_ = wanted.get(name)
        if type_ is None:
            names = ", ".join(sorted(wanted)) or "none"
            found.append(Problem(f"UNKNOWN_{noun.upper()}_NAME", here, f"there is no such {noun}", f"the {noun}s are: {names}"))
            continue
        problem = binding_problem(binding.binding, type_, scope, here)
        if problem is not None:
            found.append(problem)
    for name in sorted(set(required) - seen) if len(seen) < len(wanted) else ():
        here = f'{place} {noun} "{name}"'.strip()
        found.append(Problem(f"MISSING_{noun.upper()}", here, f"{describe_type(wanted[name])} is required and not bound", f"pass {name}=…"))
    return found
