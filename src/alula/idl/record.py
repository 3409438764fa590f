"""What readers and writers of records agree on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf.struct_pb2 import Struct

TYPE_KEY = "$type"
"""In a record that is one variant of a union, the key that names its class."""


def with_defaults(value: Mapping[str, Any], schema: Any) -> dict[str, Any]:
    """A record as somebody typed it, with the defaults that its JSON schema (a protobuf Struct) names for what was left out.

    The graph may pick any field of it, also one that only the class would have filled in.
    """
    properties = schema.fields["properties"].struct_value.fields if "properties" in schema.fields else {}
    made = dict(value)
    for name, one in properties.items():
        if name not in made and "default" in one.struct_value.fields:
            made[name] = _plain(one.struct_value.fields["default"], one.struct_value)
        elif isinstance(made.get(name), dict) and "properties" in one.struct_value.fields:
            made[name] = with_defaults(made[name], one.struct_value)
    return made


def _plain(value: Any, schema: Any) -> Any:
    """A Struct's value as JSON; its numbers are all floats, so the schema says which are integers."""
    kind = value.WhichOneof("kind")
    if kind == "number_value":
        return int(value.number_value) if _allows(schema, "integer") and value.number_value.is_integer() else value.number_value
    if kind == "list_value":
        positional = schema.fields["prefixItems"].list_value.values if "prefixItems" in schema.fields else ()
        item = schema.fields["items"].struct_value if "items" in schema.fields else Struct()
        schemas = [*(one.struct_value for one in positional), *(item for _ in value.list_value.values[len(positional) :])]
        return [_plain(one, its) for one, its in zip(value.list_value.values, schemas, strict=False)]
    if kind == "struct_value":
        named = schema.fields["properties"].struct_value.fields if "properties" in schema.fields else {}
        other = schema.fields["additionalProperties"].struct_value if "additionalProperties" in schema.fields else Struct()
        return {name: _plain(one, named[name].struct_value if name in named else other) for name, one in value.struct_value.fields.items()}
    return None if kind in (None, "null_value") else getattr(value, kind)


def _allows(schema: Any, kind: str) -> bool:
    if "anyOf" in schema.fields:
        kinds = [one.struct_value.fields["type"].string_value for one in schema.fields["anyOf"].list_value.values]
        return kind in kinds and "number" not in kinds
    return "type" in schema.fields and schema.fields["type"].string_value == kind
