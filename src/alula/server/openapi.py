"""The OpenAPI 3.1 document, from the same descriptors as the routes."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.rpc import status_pb2

from alula.server.binding import Binding, FieldPath, bindings
from alula.server.query import is_leaf, name_of

Schema = dict[str, Any]

_MAX_QUERY_DEPTH = 4
_INT32: Schema = {"type": "integer", "format": "int32", "minimum": -(2**31), "maximum": 2**31 - 1}
_UINT32: Schema = {"type": "integer", "minimum": 0, "maximum": 2**32 - 1}
_INT64: Schema = {"type": ["string", "integer"], "format": "int64", "pattern": r"^-?\d+$"}
_UINT64: Schema = {**_INT64, "pattern": r"^\d+$", "minimum": 0}
_NUMBER: Schema = {"anyOf": [{"type": "number"}, {"enum": ["NaN", "Infinity", "-Infinity"]}]}
_SCALARS: dict[int, Schema] = {
    FieldDescriptor.TYPE_DOUBLE: _NUMBER,
    FieldDescriptor.TYPE_FLOAT: _NUMBER,
    FieldDescriptor.TYPE_BOOL: {"type": "boolean"},
    FieldDescriptor.TYPE_STRING: {"type": "string"},
    FieldDescriptor.TYPE_BYTES: {"type": "string", "contentEncoding": "base64"},
    FieldDescriptor.TYPE_INT32: _INT32,
    FieldDescriptor.TYPE_SINT32: _INT32,
    FieldDescriptor.TYPE_SFIXED32: _INT32,
    FieldDescriptor.TYPE_UINT32: _UINT32,
    FieldDescriptor.TYPE_FIXED32: _UINT32,
    FieldDescriptor.TYPE_INT64: _INT64,
    FieldDescriptor.TYPE_SINT64: _INT64,
    FieldDescriptor.TYPE_SFIXED64: _INT64,
    FieldDescriptor.TYPE_UINT64: _UINT64,
    FieldDescriptor.TYPE_FIXED64: _UINT64,
}
# Messages with a JSON form of their own.
_WELL_KNOWN: dict[str, Schema] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Duration": {"type": "string", "pattern": r"^-?\d+(\.\d{1,9})?s$", "examples": ["1.5s"]},
    "google.protobuf.Struct": {"type": "object", "additionalProperties": True},
    "google.protobuf.Value": {},
    "google.protobuf.ListValue": {"type": "array", "items": {}},
    "google.protobuf.Any": {"type": "object", "properties": {"@type": {"type": "string"}}, "additionalProperties": True},
    "google.protobuf.BoolValue": {"type": ["boolean", "null"]},
    "google.protobuf.StringValue": {"type": ["string", "null"]},
    "google.protobuf.Int32Value": {"type": ["integer", "null"]},
    "google.protobuf.UInt32Value": {"type": ["integer", "null"]},
    "google.protobuf.Int64Value": {"type": ["string", "integer", "null"]},
    "google.protobuf.DoubleValue": {"anyOf": [*_NUMBER["anyOf"], {"type": "null"}]},
    "google.protobuf.FloatValue": {"anyOf": [*_NUMBER["anyOf"], {"type": "null"}]},
}


class _Schemas:
    """Collects a component for every message and enum that is reached."""

    def __init__(self) -> None:
        self.found: dict[str, Schema] = {}

    def message(self, descriptor: Descriptor) -> Schema:
        name = descriptor.full_name
        if name in _WELL_KNOWN:
            return _WELL_KNOWN[name]
        if name not in self.found:
            schema: Schema = {"type": "object", "properties": {}, "additionalProperties": False}
            self.found[name] = schema  # before its fields: messages are recursive
            schema["properties"] = {field.name: self.field(field) for field in descriptor.fields}
            choices = {one.name: [field.name for field in one.fields] for one in descriptor.oneofs if len(one.fields) > 1}
            if choices:
                schema["description"] = "; ".join(f"{one}: at most one of {', '.join(names)}" for one, names in choices.items())
        return {"$ref": f"#/components/schemas/{name}"}

    def enum(self, descriptor: EnumDescriptor) -> Schema:
        self.found.setdefault(descriptor.full_name, {"type": "string", "enum": list(descriptor.values_by_name)})
        return {"$ref": f"#/components/schemas/{descriptor.full_name}"}

    def field(self, field: FieldDescriptor) -> Schema:
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            return {"type": "object", "additionalProperties": self.single(field.message_type.fields_by_name["value"])}
        return {"type": "array", "items": self.single(field)} if field.is_repeated else self.single(field)

    def single(self, field: FieldDescriptor) -> Schema:
        if field.message_type is not None:
            return self.message(field.message_type)
        return self.enum(field.enum_type) if field.enum_type is not None else _SCALARS[field.type]


def document() -> Schema:
    """The document as plain data; `version` is that of the wire contract, not of this program."""
    schemas = _Schemas()
    error = schemas.message(status_pb2.Status.DESCRIPTOR)
    paths: dict[str, dict[str, Schema]] = {}
    for binding in bindings():
        paths.setdefault(binding.path, {})[binding.http_method.lower()] = _operation(binding, schemas, error)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Alula", "version": "v1", "description": "Flyte's services and Alula's own over HTTP: JSON or protobuf."},
        "paths": paths,
        "components": {"schemas": dict(sorted(schemas.found.items()))},
    }


@lru_cache(maxsize=1)
def document_json() -> bytes:
    """The document as it is served; made on the first request (some 10 ms), not at start-up."""
    return json.dumps(document(), separators=(",", ":")).encode()


def _operation(binding: Binding, schemas: _Schemas, error: Schema) -> Schema:
    method = binding.descriptor
    in_path = [segment for segment in binding.segments if not isinstance(segment, str)]
    operation: Schema = {
        "operationId": binding.operation_id,
        "tags": [method.containing_service.name],
        "summary": binding.rpc,
        "parameters": [_parameter(path, "path", schemas) for path in in_path],
        "responses": {
            "200": {"description": method.output_type.name, "content": _content(schemas.message(method.output_type))},
            "default": {"description": "What went wrong, where, and what to do", "content": _content(error)},
        },
    }
    if binding.has_body:
        operation["requestBody"] = {"required": True, "content": _content(schemas.message(method.input_type))}
    else:
        leaves = _leaves(method.input_type, ())
        operation["parameters"] += [_parameter(path, "query", schemas) for path in leaves if path not in in_path]
    return operation


def _content(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}, "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}


def _parameter(path: FieldPath, place: str, schemas: _Schemas) -> Schema:
    parameter: Schema = {"name": name_of(path), "in": place, "schema": schemas.field(path[-1])}
    if place == "path":
        parameter["required"] = True
    return parameter


def _leaves(message: Descriptor, above: FieldPath) -> list[FieldPath]:
    found = []
    for field in message.fields:
        path = (*above, field)
        if is_leaf(field):
            found.append(path)
        elif field.message_type is not None and not field.is_repeated and len(path) < _MAX_QUERY_DEPTH:
            found += _leaves(field.message_type, path)
    return found
