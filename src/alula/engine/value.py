"""Resolving bindings to literals: what a node receives, from constants and from what ran before it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import msgpack

from alula.idl import core

Lookup = Callable[[str], core.LiteralMap | None]
"""Outputs of a node of the same workflow by its id; None if it has none."""


NONE = core.Literal(scalar=core.Scalar(none_type=core.Void()))


class BindingFailed(Exception):
    """A binding could not be resolved although the graph compiled; `message` says which and why."""


@dataclass(frozen=True, slots=True)
class Wire:
    """A binding worked out once per graph: a plain promise, a constant, or anything else as it was sent."""

    var: str
    node_id: str = ""
    output: str = ""  # not empty: a plain promise
    constant: core.Literal | None = None
    data: core.BindingData | None = None


def wire(binding: core.Binding) -> Wire:
    """What resolving a binding needs to know of it."""
    data = binding.binding
    case = data.WhichOneof("value")
    if case == "promise" and not data.promise.attr_path:
        return Wire(binding.var, data.promise.node_id, data.promise.var)
    if case == "scalar":
        return Wire(binding.var, constant=core.Literal(scalar=data.scalar))
    return Wire(binding.var, data=data)


def resolve_bindings(wires: Iterable[Wire], lookup: Lookup) -> core.LiteralMap:
    """The inputs of a node.

    Raises:
        BindingFailed: a promised output is missing, or an attribute path leads nowhere.
    """
    result = core.LiteralMap()
    literals = result.literals
    for each in wires:
        if each.output:
            value = _output(each.node_id, each.output, lookup, each.var)
        elif each.constant is not None:
            value = each.constant
        else:
            value = _resolve(each.data or core.BindingData(), lookup, each.var)
        if value is not None:
            literals[each.var].CopyFrom(value)
    return result


def _resolve(data: core.BindingData, lookup: Lookup, var: str) -> core.Literal | None:
    case = data.WhichOneof("value")
    if case == "promise":
        return _promise(data.promise, lookup, var)
    if case == "scalar":
        return core.Literal(scalar=data.scalar)
    if case == "collection":
        # An Optional that nobody gave keeps its place as None: a shorter list would shift all that follows.
        items = [_resolve(b, lookup, f"{var}[{i}]") or NONE for i, b in enumerate(data.collection.bindings)]
        return core.Literal(collection=core.LiteralCollection(literals=items))
    if case == "map":
        pairs = {k: _resolve(b, lookup, f"{var}.{k}") or NONE for k, b in data.map.bindings.items()}
        return core.Literal(map=core.LiteralMap(literals=pairs))
    if case == "offloaded_metadata":
        return core.Literal(offloaded_metadata=data.offloaded_metadata)
    raise BindingFailed(f'input "{var}" is bound to nothing')


def _output(node_id: str, name: str, lookup: Lookup, var: str) -> core.Literal | None:
    outputs = lookup(node_id)
    if outputs is not None and name in outputs.literals:
        return outputs.literals[name]
    if node_id in ("", "start-node") and outputs is not None:
        return None  # an Optional workflow input that nobody gave: simply absent
    raise BindingFailed(f'input "{var}": node "{node_id}" has produced no output "{name}"')


def _promise(promise: core.OutputReference, lookup: Lookup, var: str) -> core.Literal | None:
    value = _output(promise.node_id, promise.var, lookup, var)
    if value is None or not promise.attr_path:
        return value
    return _walk(value, promise.attr_path, f"{promise.node_id}.{promise.var}")


def _walk(value: core.Literal, path: Iterable[core.PromiseAttribute], place: str) -> core.Literal:
    steps = [a.int_value if a.WhichOneof("value") == "int_value" else a.string_value for a in path]
    for depth, step in enumerate(steps):
        while value.WhichOneof("value") == "scalar" and value.scalar.WhichOneof("value") == "union":
            value = value.scalar.union.value
        case = value.WhichOneof("value")
        if case == "collection" and isinstance(step, int):
            if not -len(value.collection.literals) <= step < len(value.collection.literals):
                raise BindingFailed(f"{place}[{step}]: the list has {len(value.collection.literals)} elements")
            value, place = value.collection.literals[step], f"{place}[{step}]"
        elif case == "map":
            if str(step) not in value.map.literals:
                raise BindingFailed(f'{place}["{step}"]: the keys are {sorted(value.map.literals)}')
            value, place = value.map.literals[str(step)], f"{place}.{step}"
        elif case == "scalar" and value.scalar.WhichOneof("value") in ("binary", "generic"):
            return _walk_struct(value.scalar, steps[depth:], place)
        else:
            raise BindingFailed(f"{place}.{step}: a {case} has no attributes")
    return value


def _walk_struct(scalar: core.Scalar, steps: list[int | str], place: str) -> core.Literal:
    value: Any
    if scalar.WhichOneof("value") == "binary":
        try:
            value = msgpack.unpackb(scalar.binary.value, strict_map_key=False)
        except (ValueError, msgpack.UnpackException) as e:
            raise BindingFailed(f"{place}: its {scalar.binary.tag or 'binary'} value is no MessagePack: {e}") from e
    else:
        from google.protobuf.json_format import MessageToDict  # only old-format dataclasses need it

        value = MessageToDict(scalar.generic)
    for step in steps:
        if isinstance(value, str | bytes):
            raise BindingFailed(f"{place}.{step}: a {type(value).__name__} has no attributes")
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError) as e:
            raise BindingFailed(f"{place}.{step}: {type(e).__name__}, the value is a {type(value).__name__}") from e
        place = f"{place}.{step}"
    try:
        return _from_plain(value)
    except (ValueError, OverflowError) as e:
        raise BindingFailed(f"{place}: {e}") from e


def _from_plain(value: Any) -> core.Literal:
    """A scalar becomes a typed primitive; dictionaries stay msgpack, lists become collections, as Flyte's clients expect."""
    primitive: dict[type, str] = {bool: "boolean", int: "integer", float: "float_value", str: "string_value"}
    if value is None:
        return NONE
    if type(value) in primitive:
        return core.Literal(scalar=core.Scalar(primitive=core.Primitive(**{primitive[type(value)]: value})))
    if isinstance(value, list):
        return core.Literal(collection=core.LiteralCollection(literals=[_from_plain(v) for v in value]))
    packed = msgpack.packb(value)
    return core.Literal(scalar=core.Scalar(binary=core.Binary(value=packed, tag="msgpack")))
