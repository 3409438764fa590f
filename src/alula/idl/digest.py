"""What content is: one SHA-256 per message, literal or interface, equal in every process, platform and protobuf release.

The bytes that are hashed are our own, not protobuf's: serialised protobuf promises no order between releases. A message is
walked by field *name*; maps are sorted; defaults are dropped; every value carries its kind and its length, so two different
messages never meet in the same bytes.

Edge cases, decided here and nowhere else:

* A field at its default is absent. So is an empty flyteidl message outside a oneof (`metadata {}` says what no metadata says);
  inside a oneof, and for the wrappers of `google.protobuf`, presence is the information and stays.
* Floats are their eight IEEE bytes; every NaN is the same NaN; -0.0 differs from 0.0 where presence is tracked (a literal),
  and is the default elsewhere.
* A union's variants count without their order: nothing reads by it, and `typing` itself remembers the order in which a process
  first wrote a union (`List[Union[int, str]]` and `List[Union[str, int]]` are one object afterwards).
* Unknown fields count, by number and wire type: content written by a newer client is not "identical" to content without it.
* An `Any` counts by its type name and, for the well-known types, by its content; otherwise by its bytes, so that the digest
  never depends on which modules happen to be imported.
"""

from __future__ import annotations

import hashlib
import json
import math
import struct
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgpack
from google.protobuf import any_pb2, duration_pb2, empty_pb2, struct_pb2, timestamp_pb2, unknown_fields, wrappers_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import DecodeError, Message

from alula.idl import admin, core

_VERSION = b"alula-digest-1\0"

MSGPACK_TAG = "msgpack"
_LONGEST = 1 << 20  # characters of a record that are compared

# Types an Any may hold whose content is walked; all of them are imported above, so the answer is the same everywhere.
_WELL_KNOWN: dict[str, type[Message]] = {
    kind.DESCRIPTOR.full_name: kind
    for kind in (
        duration_pb2.Duration,
        empty_pb2.Empty,
        struct_pb2.Struct,
        struct_pb2.Value,
        struct_pb2.ListValue,
        timestamp_pb2.Timestamp,
        wrappers_pb2.BoolValue,
        wrappers_pb2.StringValue,
        wrappers_pb2.Int64Value,
        wrappers_pb2.DoubleValue,
    )
}

# What two registrations may differ in and still be the same content: prose, and the release of the SDK that wrote the template.
_PROSE = frozenset({"flyteidl.core.Variable.description", "flyteidl.core.RuntimeMetadata.version"})

# What a cache may ignore about an interface besides: JSON schemas move with the SDK's release, artifact queries are no types.
_UNTYPED = _PROSE | {
    "flyteidl.core.LiteralType.metadata",
    "flyteidl.core.Variable.artifact_partial_id",
    "flyteidl.core.Variable.artifact_tag",
}

_UNION_VARIANTS = "flyteidl.core.UnionType.variants"


def _chunk(data: bytes) -> bytes:
    return b"%d:%b" % (len(data), data)


def _float_bytes(value: float) -> bytes:
    return b"nan" if math.isnan(value) else struct.pack(">d", value)


@dataclass(frozen=True, slots=True)
class _Field:
    """One field of one message type, prepared: how its value becomes bytes."""

    name: bytes
    encode: Callable[[Any], bytes]
    is_dropped_empty: bool
    is_implicit_float: bool
    is_skipped: bool


class _Walker:
    """Canonical bytes of messages; `skip` holds full field names that do not count."""

    def __init__(self, skip: Collection[str] = ()) -> None:
        self._skip = frozenset(skip)
        # Keyed by descriptor object and keeping it alive: upb hands out the same wrapper as long as somebody holds it.
        self._fields: dict[FieldDescriptor, _Field] = {}

    def digest(self, message: Message) -> bytes:
        name = message.DESCRIPTOR.full_name.encode()
        return hashlib.sha256(b"".join((_VERSION, _chunk(name), self.encode(message)))).digest()

    def encode(self, message: Message) -> bytes:
        walk = self._encode_with_unknown if _has_unknown_fields(message) else self._encode
        return walk(message)

    def _encode(self, message: Message) -> bytes:
        fields = self._fields
        parts = []
        for descriptor, value in message.ListFields():
            field = fields.get(descriptor)
            if field is None:
                field = self._prepare(descriptor)
            if field.is_skipped or (field.is_implicit_float and value == 0):
                continue
            data = field.encode(value)
            if field.is_dropped_empty and data == b"{}":
                continue
            parts.append(field.name + data)
        if len(parts) > 1:
            # Names are unique within a message and length-prefixed, so sorting whole parts sorts by name.
            parts.sort()
        return b"{%b}" % b"".join(parts)

    def _encode_with_unknown(self, message: Message) -> bytes:
        """As `_encode`, for a tree that holds unknown fields somewhere; slower, and only then needed."""
        extra: Any = unknown_fields.UnknownFieldSet(message)
        tail = [_unknown(field) for field in sorted(extra, key=lambda field: field.field_number)]
        # The prepared encoders call `_encode`; a second walker whose `_encode` is this method sees unknown fields at any depth.
        walker = self if isinstance(self, _UnknownWalker) else _UnknownWalker(self._skip)
        return b"{%b%b}" % (_Walker._encode(walker, message)[1:-1], b"".join(tail))

    def _prepare(self, descriptor: FieldDescriptor) -> _Field:
        kind: Any = descriptor.message_type
        encode = self._encoder(descriptor)
        if _is_map(descriptor):
            encode = self._map_encoder(kind)
        elif _is_repeated(descriptor):
            encode = _set_encoder(encode) if descriptor.full_name == _UNION_VARIANTS else _repeated_encoder(encode)
        is_single = not _is_repeated(descriptor)
        field = _Field(
            name=_chunk(descriptor.name.encode()),
            encode=encode,
            is_dropped_empty=is_single
            and kind is not None
            and descriptor.containing_oneof is None
            and not kind.full_name.startswith("google.protobuf."),
            is_implicit_float=is_single and not descriptor.has_presence and descriptor.cpp_type in _FLOATS,
            is_skipped=descriptor.full_name in self._skip,
        )
        self._fields[descriptor] = field
        return field

    def _encoder(self, descriptor: FieldDescriptor) -> Callable[[Any], bytes]:
        kind = descriptor.message_type
        if kind is None:
            return _SCALARS[descriptor.cpp_type, descriptor.type == FieldDescriptor.TYPE_BYTES]
        if kind.full_name == any_pb2.Any.DESCRIPTOR.full_name:
            return self._encode_any
        return self._encode

    def _map_encoder(self, entry: Descriptor) -> Callable[[Any], bytes]:
        encode_key = self._encoder(entry.fields_by_name["key"])
        encode_value = self._encoder(entry.fields_by_name["value"])

        def encode(value: Mapping[Any, Any]) -> bytes:
            return b"<%b>" % b"".join(sorted(encode_key(key) + encode_value(item) for key, item in value.items()))

        return encode

    def _encode_any(self, message: Any) -> bytes:
        name = message.type_url.rpartition("/")[2]
        content = message.value
        known = _WELL_KNOWN.get(name)
        if known is not None:
            try:
                return b"{%b%b}" % (_chunk(name.encode()), self.encode(known.FromString(content)))
            except DecodeError:
                pass  # not what its name claims: its bytes are all there is to compare
        return b"{%b%b}" % (_chunk(name.encode()), b"x" + _chunk(content))


class _UnknownWalker(_Walker):
    """The walker for trees with unknown fields."""

    def _encode(self, message: Message) -> bytes:
        return self._encode_with_unknown(message)


def _has_unknown_fields(message: Message) -> bool:
    stripped = type(message)()
    stripped.CopyFrom(message)
    stripped.DiscardUnknownFields()
    return stripped.ByteSize() != message.ByteSize()


def _unknown(field: Any) -> bytes:
    data = field.data
    if isinstance(data, int):
        value = b"i%d;" % data
    elif isinstance(data, bytes):
        value = b"x" + _chunk(data)
    else:
        value = b"(%b)" % b"".join(_unknown(inner) for inner in data)
    return b"?%d,%d%b" % (field.field_number, field.wire_type, value)


def _is_repeated(descriptor: Any) -> bool:
    # `label` is deprecated in newer protobuf releases, `is_repeated` missing in older ones.
    return bool(descriptor.is_repeated if hasattr(descriptor, "is_repeated") else descriptor.label == FieldDescriptor.LABEL_REPEATED)


def _is_map(descriptor: FieldDescriptor) -> bool:
    return descriptor.message_type is not None and descriptor.message_type.GetOptions().map_entry


def _repeated_encoder(encode: Callable[[Any], bytes]) -> Callable[[Any], bytes]:
    return lambda values: b"[%b]" % b"".join([encode(value) for value in values])


def _set_encoder(encode: Callable[[Any], bytes]) -> Callable[[Any], bytes]:
    return lambda values: b"[%b]" % b"".join(sorted([encode(value) for value in values]))


def _encode_int(value: int) -> bytes:
    return b"i%d;" % value


def _encode_float(value: float) -> bytes:
    return b"f" + _chunk(_float_bytes(value))


def _encode_bool(value: bool) -> bytes:
    return b"T" if value else b"F"


def _encode_text(value: str) -> bytes:
    return b"s" + _chunk(value.encode("utf-8", "surrogatepass"))


def _encode_bytes(value: bytes) -> bytes:
    return b"x" + _chunk(value)


_FLOATS = (FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT)
_SCALARS: dict[tuple[int, bool], Callable[[Any], bytes]] = {
    (FieldDescriptor.CPPTYPE_INT32, False): _encode_int,
    (FieldDescriptor.CPPTYPE_INT64, False): _encode_int,
    (FieldDescriptor.CPPTYPE_UINT32, False): _encode_int,
    (FieldDescriptor.CPPTYPE_UINT64, False): _encode_int,
    (FieldDescriptor.CPPTYPE_ENUM, False): _encode_int,
    (FieldDescriptor.CPPTYPE_DOUBLE, False): _encode_float,
    (FieldDescriptor.CPPTYPE_FLOAT, False): _encode_float,
    (FieldDescriptor.CPPTYPE_BOOL, False): _encode_bool,
    (FieldDescriptor.CPPTYPE_STRING, False): _encode_text,
    (FieldDescriptor.CPPTYPE_STRING, True): _encode_bytes,
}

_EXACT = _Walker()
_STRUCTURE = _Walker(_PROSE)
_TYPES = _Walker(_UNTYPED)


def digest_message(message: Message) -> bytes:
    """SHA-256 of a message's canonical form, 32 bytes; every known and unknown field counts."""
    return _EXACT.digest(message)


def digest_task(task: Message) -> bytes:
    """Content of a task, 32 bytes: a `core.TaskTemplate`, or the `core.CompiledTask` around one (the digest is the same).

    Descriptions of variables and the release of the SDK that wrote the template do not count.
    """
    template = task.template if isinstance(task, core.CompiledTask) else task
    return _STRUCTURE.digest(template)


def digest_workflow(closure: core.CompiledWorkflowClosure) -> bytes:
    """Content of a compiled workflow with everything it pulls in (sub-workflows, tasks, launch plans), 32 bytes."""
    return _STRUCTURE.digest(closure)


def digest_launch_plan(
    spec: admin.LaunchPlanSpec,
    id: core.Identifier,
    expected_inputs: core.ParameterMap | None = None,
    expected_outputs: core.VariableMap | None = None,
) -> bytes:
    """Content of a launch plan, 32 bytes: its id, what was sent, and the interface the compiler derived for it."""
    plan = admin.LaunchPlan(
        id=id,
        spec=spec,
        closure=admin.LaunchPlanClosure(expected_inputs=expected_inputs, expected_outputs=expected_outputs),
    )
    return _STRUCTURE.digest(plan)


def digest_interface(interface: core.TypedInterface) -> bytes:
    """Types of an interface, 32 bytes: for cache keys, so descriptions, JSON schemas and artifact queries do not count.

    The `cache-key-metadata` part of a type's annotation counts, as every other part of the type does.
    """
    return _TYPES.digest(interface)


# ---------------------------------------------------------------------------------------------------------------- literals


def digest_literal(literal: core.Literal) -> bytes:
    """Content of one value, 32 bytes.

    A `literal.hash` stands for the value wherever it is set, at any depth. A dataframe or file without one is its URI and
    type. Map keys and msgpack maps count without their order. `literal.metadata` never counts.
    """
    return hashlib.sha256(_VERSION + b"literal\0" + _literal(literal)).digest()


def digest_inputs(inputs: core.LiteralMap, ignored: Collection[str] = ()) -> bytes:
    """Content of a task's inputs, 32 bytes; `ignored` names inputs that do not count (`cache_ignore_input_vars`)."""
    left_out = frozenset(ignored)
    data = _literals((name, value) for name, value in inputs.literals.items() if name not in left_out)
    return hashlib.sha256(_VERSION + b"inputs\0" + data).digest()


def _literals(items: Iterable[tuple[str, Any]]) -> bytes:
    return b"<%b>" % b"".join(sorted(_encode_text(name) + _literal(value) for name, value in items))


def _literal(literal: Any) -> bytes:
    if literal.hash:
        return b"h" + _chunk(literal.hash.encode())
    case = literal.WhichOneof("value")
    if case == "scalar":
        return _scalar(literal.scalar)
    if case == "collection":
        return b"[%b]" % b"".join([_literal(item) for item in literal.collection.literals])
    if case == "map":
        return _literals(literal.map.literals.items())
    if case == "offloaded_metadata":
        offloaded = literal.offloaded_metadata
        return b"o" + _encode_text(offloaded.uri) + _TYPES.encode(offloaded.inferred_type)
    return b"-"


def _scalar(scalar: Any) -> bytes:
    case = scalar.WhichOneof("value")
    if case == "union":
        return b"u" + _TYPES.encode(scalar.union.type) + _literal(scalar.union.value)
    if case == "binary":
        return _binary(scalar.binary)
    if case in ("blob", "structured_dataset", "schema"):
        value = getattr(scalar, case)
        kind = value.type if case == "schema" else value.metadata
        return _chunk(case.encode()) + _encode_text(value.uri) + _TYPES.encode(kind)
    if case is None:
        return b"-"
    return _chunk(case.encode()) + _EXACT.encode(getattr(scalar, case))


def _binary(binary: Any) -> bytes:
    if binary.tag == MSGPACK_TAG:
        try:
            # Pairs instead of a dict: keys need not be hashable, and their order is ours to fix.
            value = msgpack.unpackb(binary.value, object_pairs_hook=_Pairs, strict_map_key=False, raw=False)
            return b"m" + _plain(value)
        except (ValueError, msgpack.exceptions.UnpackException, RecursionError):
            pass  # not msgpack after all: compare the bytes
    return b"x" + _encode_text(binary.tag) + _chunk(binary.value)


class _Pairs(list[tuple[Any, Any]]):
    """A msgpack map as read: pairs in the order they came."""


def _plain(value: Any) -> bytes:
    if value is None:
        return b"-"
    if isinstance(value, bool):
        return _encode_bool(value)
    if isinstance(value, int):
        return _encode_int(value)
    if isinstance(value, float):
        return _encode_float(value)
    if isinstance(value, str):
        return _encode_text(value)
    if isinstance(value, bytes):
        return _encode_bytes(value)
    if isinstance(value, _Pairs):
        return b"<%b>" % b"".join(sorted(_plain(key) + _plain(item) for key, item in value))
    if isinstance(value, list):
        return b"[%b]" % b"".join([_plain(item) for item in value])
    if isinstance(value, msgpack.Timestamp):
        return b"t%d,%d;" % (value.seconds, value.nanoseconds)
    return b"e%d;%b" % (value.code, _chunk(value.data))  # msgpack.ExtType, the only kind left


# -------------------------------------------------------------------------------------------------------------- differences


def differences(old: Message, new: Message, limit: int = 20) -> list[str]:
    """What changed between two registrations, as `template.container.image: a → b`, sorted by path.

    Fields that do not count for a digest are not mentioned, so the list is empty exactly for equal digests (unknown fields
    and equal-looking floats aside).

    Args:
        old: what is registered.
        new: what was sent; the same message type.
        limit: longest list, ≥ 1; a last line says how many more there are.
    """
    found = list(_changes(old, new, ""))
    if len(found) <= limit:
        return found
    return [*found[:limit], f"… and {len(found) - limit} more"]


def _changes(old: Any, new: Any, path: str) -> Iterator[str]:
    mine = {field.name: (field, value) for field, value in old.ListFields() if field.full_name not in _PROSE}
    theirs = {field.name: (field, value) for field, value in new.ListFields() if field.full_name not in _PROSE}
    for name in sorted(mine.keys() | theirs.keys()):
        field, left = mine.get(name, (None, None))
        other, right = theirs.get(name, (None, None))
        yield from _field_changes(field or other, left, right, f"{path}.{name}" if path else name)


def _field_changes(field: Any, left: Any, right: Any, path: str) -> Iterator[str]:
    if _is_map(field):
        left, right = left or {}, right or {}
        pairs = [(f"{path}[{key!r}]", left.get(key), right.get(key)) for key in sorted({*left, *right})]
    elif _is_repeated(field):
        left, right = list(left or ()), list(right or ())
        if field.full_name == _UNION_VARIANTS:
            left, right = sorted(left, key=_STRUCTURE.encode), sorted(right, key=_STRUCTURE.encode)
        pairs = []
        for at, (mine, theirs) in enumerate(_zip_padded(left, right)):
            name = getattr(mine if mine is not None else theirs, "id", None) or getattr(mine if mine is not None else theirs, "var", None)
            label = name if isinstance(name, str) else at
            pairs.append((f"{path}[{label}]", mine, theirs))
    else:
        pairs = [(path, left, right)]
    for place, mine, theirs in pairs:
        if isinstance(mine, core.Binary) and isinstance(theirs, core.Binary):
            if (before := _shown(mine, _LONGEST)) != (after := _shown(theirs, _LONGEST)):
                yield f"{place}: {_cut(before)} → {_cut(after)}"
        elif isinstance(mine, Message) and isinstance(theirs, Message):
            yield from _changes(mine, theirs, place)
        elif not _is_same(mine, theirs):
            yield f"{place}: {_shown(mine)} → {_shown(theirs)}"


def _zip_padded(left: list[Any], right: list[Any]) -> Iterator[tuple[Any, Any]]:
    for at in range(max(len(left), len(right))):
        yield (left[at] if at < len(left) else None, right[at] if at < len(right) else None)


def _is_same(left: Any, right: Any) -> bool:
    present = left if right is None else right if left is None else None
    if isinstance(present, Message):
        # One side lacks it: equal if the other side says nothing by having it.
        return not present.DESCRIPTOR.full_name.startswith("google.protobuf.") and _STRUCTURE.encode(present) == b"{}"
    return bool(left == right)


def _shown(value: Any, width: int = 80) -> str:
    if value is None:
        return "nothing"
    record = value.scalar.binary if isinstance(value, core.Literal) else value
    text = _record(record) if isinstance(record, core.Binary) else ""
    text = text or (" ".join(str(value).split()) if isinstance(value, Message) else repr(value)) or "empty"
    return _cut(text, width)


def _cut(text: str, width: int = 80) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _record(binary: core.Binary) -> str:
    """A dataclass or the like as people write it, "" if the bytes are no such thing."""
    if binary.tag != MSGPACK_TAG:
        return ""
    try:
        content = msgpack.unpackb(binary.value, strict_map_key=False, raw=False)
        return json.dumps(content, ensure_ascii=False, sort_keys=True, default=repr)
    except (ValueError, TypeError, msgpack.exceptions.UnpackException, RecursionError):
        return ""
