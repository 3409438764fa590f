"""Types against types, values against types: what may flow where.

The rules are Flyte's (docs/flyte-contract §2.4): no number is ever coerced, enums and strings meet, nothing but an optional
takes None, and a union takes a plain value only if exactly one of its variants does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from alula.compiler.problem import Problem
from alula.idl import core
from alula.idl.literal import describe_type, to_text

MSGPACK_TAG = "msgpack"

# The type of what an empty list or map holds: a union without variants fits everything, because nothing is in it.
NEVER = core.LiteralType(union_type=core.UnionType())

_NONE = core.SimpleType.NONE
_STRUCT = core.SimpleType.STRUCT
_BINARY = core.SimpleType.BINARY

_SCHEMA_COLUMNS = {
    core.SchemaType.SchemaColumn.INTEGER: core.SimpleType.INTEGER,
    core.SchemaType.SchemaColumn.FLOAT: core.SimpleType.FLOAT,
    core.SchemaType.SchemaColumn.STRING: core.SimpleType.STRING,
    core.SchemaType.SchemaColumn.BOOLEAN: core.SimpleType.BOOLEAN,
    core.SchemaType.SchemaColumn.DATETIME: core.SimpleType.DATETIME,
    core.SchemaType.SchemaColumn.DURATION: core.SimpleType.DURATION,
}


def is_optional(type_: core.LiteralType) -> bool:
    """Whether None is a value of the type, so that an input of it may stay unbound."""
    kind = type_.WhichOneof("type")
    if kind == "union_type":
        return any(is_optional(variant) for variant in type_.union_type.variants)
    return kind == "simple" and type_.simple == _NONE


def castable(upstream: core.LiteralType, downstream: core.LiteralType) -> bool:
    """Whether every value of `upstream` may be given where `downstream` is expected."""
    kind = upstream.WhichOneof("type")
    wanted = downstream.WhichOneof("type")
    if kind == "union_type":
        return all(castable(variant, downstream) for variant in upstream.union_type.variants)
    if wanted == "union_type":
        return len(fitting_variants(upstream, downstream)) == 1
    if kind == "simple" and wanted == "simple":
        return _is_simple_castable(upstream, downstream)
    check = _CHECKS.get((kind, wanted))
    return check is not None and check(upstream, downstream)


def fitting_variants(upstream: core.LiteralType, union: core.LiteralType) -> list[core.LiteralType]:
    """The variants of `union` that take a value of `upstream`; a matching `structure.tag` decides alone.

    A record that has more fields fits one with fewer; if one variant has its very fields, it is that one, as whoever reads the
    value will find.
    """
    fits = [variant for variant in union.union_type.variants if castable(upstream, variant)]
    tag = upstream.structure.tag
    if len(fits) > 1 and not tag:
        names = _field_names(upstream)
        same = [variant for variant in fits if names and _field_names(variant) == names]
        return same if len(same) == 1 else fits
    if tag and len(fits) > 1:
        tagged = [variant for variant in fits if variant.structure.tag == tag]
        if tagged:
            return tagged[:1]
    return fits


def _field_names(type_: core.LiteralType) -> set[str]:
    """Of a record whose schema is known; empty for everything else."""
    return set(type_.metadata.fields["properties"].struct_value.fields) if "properties" in type_.metadata.fields else set()


def _is_simple_castable(upstream: Any, downstream: Any) -> bool:
    if upstream.simple != downstream.simple:
        # Dataclasses travel as msgpack in a binary scalar; their declared type is STRUCT.
        return bool(upstream.simple == _BINARY and downstream.simple == _STRUCT)
    return bool(upstream.simple != _STRUCT) or _is_struct_castable(upstream, downstream)


def _is_struct_castable(upstream: Any, downstream: Any) -> bool:
    mine, theirs = upstream.structure.tag, downstream.structure.tag
    if mine and theirs and mine != theirs:
        return False
    if not upstream.HasField("metadata") or not downstream.HasField("metadata"):
        return True
    return _covers(_plain(upstream.metadata), _plain(downstream.metadata))


def _plain(struct: Any) -> Any:
    """A protobuf Struct as dicts and lists (google.protobuf.json_format would drag in more than it is worth here)."""
    return {key: _plain_value(value) for key, value in struct.fields.items()}


def _plain_value(value: Any) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return _plain(value.struct_value)
    if kind == "list_value":
        return [_plain_value(item) for item in value.list_value.values]
    return None if kind in (None, "null_value") else getattr(value, kind)


def _covers(have: Mapping[str, Any], want: Mapping[str, Any]) -> bool:
    """Whether JSON schema `have` describes everything that `want` asks for: the same, or a superset of its properties."""
    have, want = _resolved(have), _resolved(want)
    mine, theirs = have.get("properties"), want.get("properties")
    if not isinstance(mine, dict) or not isinstance(theirs, dict):
        return _is_same_shape(have, want)
    for name, schema in theirs.items():
        if name not in mine:
            return False
        left = _inlined(mine[name], have)
        right = _inlined(schema, want)
        if not _covers(left, right):
            return False
    return True


def _is_same_shape(have: Mapping[str, Any], want: Mapping[str, Any]) -> bool:
    keys = ("type", "format", "enum")
    if any(have.get(key) != want.get(key) for key in keys):
        return False
    for key in ("items", "additionalProperties"):
        mine, theirs = have.get(key), want.get(key)
        if isinstance(mine, dict) and isinstance(theirs, dict) and not _covers(mine, theirs):
            return False
    return True


def _resolved(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema whose root is a `$ref` into its own definitions, followed once (marshmallow writes dataclasses so)."""
    return _inlined(schema, schema)


def _inlined(schema: Any, root: Mapping[str, Any]) -> Mapping[str, Any]:
    if not isinstance(schema, dict):
        return {}
    definitions = {**_dict(root.get("definitions")), **_dict(root.get("$defs"))}
    reference = schema.get("$ref")
    if not isinstance(reference, str):
        return {**schema, "$defs": definitions} if definitions else schema
    target = dict(_dict(definitions.get(reference.rpartition("/")[2])))
    # A recursive class would be followed for ever: its own definition is left out one level down.
    rest = {name: value for name, value in definitions.items() if name != reference.rpartition("/")[2]}
    return {**target, "$defs": rest}


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _is_collection_castable(upstream: Any, downstream: Any) -> bool:
    return castable(upstream.collection_type, downstream.collection_type)


def _is_map_castable(upstream: Any, downstream: Any) -> bool:
    return castable(upstream.map_value_type, downstream.map_value_type)


def _is_blob_castable(upstream: Any, downstream: Any) -> bool:
    mine, theirs = upstream.blob, downstream.blob
    is_same_format = not mine.format or not theirs.format or mine.format == theirs.format
    return bool(is_same_format and mine.dimensionality == theirs.dimensionality)


def _is_enum_castable(upstream: Any, downstream: Any) -> bool:
    return set(upstream.enum_type.values) <= set(downstream.enum_type.values)


def _is_string(type_: Any) -> bool:
    return bool(type_.simple == core.SimpleType.STRING)


def _columns(type_: Any) -> dict[str, core.LiteralType]:
    if type_.WhichOneof("type") == "schema":
        return {column.name: core.LiteralType(simple=_SCHEMA_COLUMNS[column.type]) for column in type_.schema.columns}
    return {column.name: column.literal_type for column in type_.structured_dataset_type.columns}


def _format(type_: Any) -> str:
    # A schema is always parquet; an empty format takes any.
    return "parquet" if type_.WhichOneof("type") == "schema" else str(type_.structured_dataset_type.format).lower()


def _is_table_castable(upstream: Any, downstream: Any) -> bool:
    mine, theirs = _format(upstream), _format(downstream)
    if mine and theirs and mine != theirs:
        return False
    have, want = _columns(upstream), _columns(downstream)
    if not have or not want:
        return True
    return all(name in have and castable(have[name], type_) for name, type_ in want.items())


_CHECKS = {
    ("collection_type", "collection_type"): _is_collection_castable,
    ("map_value_type", "map_value_type"): _is_map_castable,
    ("blob", "blob"): _is_blob_castable,
    ("enum_type", "enum_type"): _is_enum_castable,
    ("enum_type", "simple"): lambda upstream, downstream: _is_string(downstream),
    ("simple", "enum_type"): lambda upstream, downstream: _is_string(upstream),
    ("schema", "schema"): _is_table_castable,
    ("schema", "structured_dataset_type"): _is_table_castable,
    ("structured_dataset_type", "schema"): _is_table_castable,
    ("structured_dataset_type", "structured_dataset_type"): _is_table_castable,
}


# ------------------------------------------------------------------------------------------------------------------ values

# What to pass, in words, where the type's name alone reads badly.
_NOUNS = {"float": "a number", "int": "a whole number", "bool": "true or false", "str": "text", "None": "None", "error": "an error"}

_PRIMITIVES = {
    "integer": core.SimpleType.INTEGER,
    "float_value": core.SimpleType.FLOAT,
    "string_value": core.SimpleType.STRING,
    "boolean": core.SimpleType.BOOLEAN,
    "datetime": core.SimpleType.DATETIME,
    "duration": core.SimpleType.DURATION,
}


def type_of(literal: core.Literal) -> core.LiteralType:
    """The type a value shows by itself; lists of mixed values are lists of a union, empty ones of `NEVER`."""
    case = literal.WhichOneof("value")
    if case == "scalar":
        return type_of_scalar(literal.scalar)
    if case == "collection":
        return core.LiteralType(collection_type=merged([type_of(item) for item in literal.collection.literals]))
    if case == "map":
        return core.LiteralType(map_value_type=merged([type_of(item) for item in literal.map.literals.values()]))
    if case == "offloaded_metadata":
        return literal.offloaded_metadata.inferred_type
    return core.LiteralType(simple=_NONE)


def type_of_scalar(scalar: core.Scalar) -> core.LiteralType:
    """The type a scalar shows by itself."""
    case = scalar.WhichOneof("value")
    if case == "primitive":
        return core.LiteralType(simple=_PRIMITIVES.get(scalar.primitive.WhichOneof("value"), _NONE))
    if case == "blob":
        return core.LiteralType(blob=scalar.blob.metadata.type)
    if case == "schema":
        return core.LiteralType(schema=scalar.schema.type)
    if case == "structured_dataset":
        return core.LiteralType(structured_dataset_type=scalar.structured_dataset.metadata.structured_dataset_type)
    if case == "union":
        return scalar.union.type
    if case == "binary":
        return core.LiteralType(simple=_STRUCT if scalar.binary.tag == MSGPACK_TAG else _BINARY)
    if case == "generic":
        return core.LiteralType(simple=_STRUCT)
    if case == "error":
        return core.LiteralType(simple=core.SimpleType.ERROR)
    return core.LiteralType(simple=_NONE)


def merged(types: Sequence[core.LiteralType]) -> core.LiteralType:
    """One type for values of all these types: the type itself, or a union."""
    distinct: list[core.LiteralType] = []
    for type_ in types:
        if type_ not in distinct:
            distinct.append(type_)
    if len(distinct) == 1:
        return distinct[0]
    return core.LiteralType(union_type=core.UnionType(variants=distinct))


def literal_problem(literal: core.Literal, type_: core.LiteralType, place: str) -> Problem | None:
    """What keeps a value from being one of the type; None if nothing does.

    Args:
        literal: the value.
        type_: what is expected.
        place: where the value stands, for the message; positions within it are added (`input "xs"[3]`).
    """
    wanted = type_.WhichOneof("type")
    case = literal.WhichOneof("value")
    if wanted == "union_type":
        return _union_problem(literal, type_, place)
    if case == "scalar" and literal.scalar.WhichOneof("value") == "union":
        return literal_problem(literal.scalar.union.value, type_, place)
    if wanted == "collection_type" and case == "collection":
        return first_problem(
            literal_problem(item, type_.collection_type, f"{place}[{at}]") for at, item in enumerate(literal.collection.literals)
        )
    if wanted == "map_value_type" and case == "map":
        items = sorted(literal.map.literals.items())
        return first_problem(literal_problem(item, type_.map_value_type, f'{place}["{key}"]') for key, item in items)
    if wanted == "enum_type":
        return _enum_problem(literal, type_, place)
    if _is_of_type(literal, type_):
        return None
    return _wrong_value(literal, type_, place)


def _is_of_type(literal: Any, type_: Any) -> bool:
    if type_.WhichOneof("type") == "simple" and type_.simple == _BINARY and literal.scalar.WhichOneof("value") == "binary":
        return True
    if literal.WhichOneof("value") == "offloaded_metadata" and not literal.offloaded_metadata.HasField("inferred_type"):
        return True  # nothing is known about what lies there
    return castable(type_of(literal), type_)


def first_problem(problems: Iterable[Problem | None]) -> Problem | None:
    """The first that is one."""
    return next((problem for problem in problems if problem is not None), None)


def _union_problem(literal: Any, type_: Any, place: str) -> Problem | None:
    variants = type_.union_type.variants
    if literal.scalar.WhichOneof("value") == "union":
        chosen = literal.scalar.union
        if not chosen.HasField("type") or castable(chosen.type, type_) or any(castable(chosen.type, variant) for variant in variants):
            value = chosen.value
            if any(literal_problem(value, variant, place) is None for variant in variants):
                return None
        return _wrong_value(literal, type_, place)
    fits = [variant for variant in variants if literal_problem(literal, variant, place) is None]
    if len(fits) == 1 or (fits and _is_empty(literal)):
        return None
    if fits:
        return ambiguous(type_, fits, place)
    return _wrong_value(literal, type_, place)


def _is_empty(literal: Any) -> bool:
    case = literal.WhichOneof("value")
    return (case == "collection" and not literal.collection.literals) or (case == "map" and not literal.map.literals)


def _enum_problem(literal: Any, type_: Any, place: str) -> Problem | None:
    values = list(type_.enum_type.values)
    primitive = literal.scalar.primitive
    if primitive.WhichOneof("value") != "string_value":
        return _wrong_value(literal, type_, place)
    if values and primitive.string_value not in values:
        choices = ", ".join(repr(value) for value in values)
        return Problem("ENUM_VALUE", place, f"{primitive.string_value!r} is none of {choices}", "pass one of these values")
    return None


def _wrong_value(literal: Any, type_: Any, place: str) -> Problem:
    kind = describe_type(type_of(literal))
    text = to_text(literal)
    text = text[:57] + "…" if len(text) > 58 else text
    shown = kind if kind == "None" else f'{kind} "{text}"' if kind == "str" else f"{kind} {text}"
    return mismatch(type_, kind, shown, place)


def mismatch(type_: core.LiteralType, kind: str, got: str, place: str) -> Problem:
    """The problem of a value or promise of another type.

    Args:
        type_: what was expected.
        kind: type of what came, in words (`str`).
        got: what came, in words (`str "fast"`).
        place: where.
    """
    wanted = describe_type(type_)
    variable = re.search(r'input "([^"]+)"', place)
    annotation = f"annotate {variable[1]}: {kind}" if variable else f"make its type {kind}"
    return Problem("BINDING_TYPE", place, f"expected {wanted}, got {got}", f"pass {_NOUNS.get(wanted, f'a {wanted}')} or {annotation}")


def ambiguous(type_: core.LiteralType, fits: Sequence[core.LiteralType], place: str) -> Problem:
    """The problem of a value that two variants of a union would take."""
    names = " and ".join(describe_type(fit) for fit in fits)
    return Problem(
        "UNION_AMBIGUOUS",
        place,
        f"the value fits {names} of {describe_type(type_)}",
        "pass a value that says its variant, or make the variants differ",
    )


# --------------------------------------------------------------------------------------------------------- attribute access


def with_attr_path(type_: core.LiteralType, path: Iterable[Any], place: str) -> core.LiteralType | Problem | None:
    """The type at the end of an attribute path (`out.config["lr"]`, `out[0]`).

    Args:
        type_: of the output that the path starts from.
        path: `core.PromiseAttribute` steps.
        place: where the promise stands, for the message.
    Returns:
        The type; None where only the run can know (inside a dataclass whose fields are not described); or what is wrong.
    """
    current = type_
    for step in path:
        kind = current.WhichOneof("type")
        is_index = step.WhichOneof("value") == "int_value"
        if kind == "union_type":
            given = [variant for variant in current.union_type.variants if not is_optional(variant)]
            if len(given) != 1:
                return None
            current = given[0]
            kind = current.WhichOneof("type")
        if kind == "collection_type" and is_index:
            current = current.collection_type
        elif kind == "map_value_type" and not is_index:
            current = current.map_value_type
        elif kind == "simple" and current.simple in (_STRUCT, _BINARY):
            fields = current.structure.dataclass_type
            if is_index or not fields:
                return None
            if step.string_value not in fields:
                names = ", ".join(sorted(fields))
                message = f"{describe_type(current)} has no field {step.string_value!r}"
                return Problem("ATTRIBUTE", place, message, f"its fields are {names}")
            current = fields[step.string_value]
        else:
            shown = f"[{step.int_value}]" if is_index else f".{step.string_value}"
            remedy = "access items of a list, map or dataclass, or pass the whole value"
            return Problem("ATTRIBUTE", place, f"{describe_type(current)} has no {shown}", remedy)
    return current
