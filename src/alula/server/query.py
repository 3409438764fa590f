"""Text from a path or a query string into fields of a request message."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import Message

from alula.errors import InvalidInput
from alula.server.binding import FieldPath

_TEXT_MESSAGES = {"google.protobuf.Timestamp", "google.protobuf.Duration"}
_BOOLEANS = {"true": True, "1": True, "t": True, "false": False, "0": False, "f": False}
_RANGES = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
}


def is_leaf(field: FieldDescriptor) -> bool:
    """Whether a field can be given as text: a scalar, an enum, an instant, a duration, or a list of them."""
    return field.message_type is None or field.message_type.full_name in _TEXT_MESSAGES


@lru_cache(maxsize=1024)
def find(message: Descriptor, name: str) -> FieldPath:
    """Fields of a query parameter, by proto names or camelCase: `sort_by.key`, `uniqueParentId`.

    Raises:
        InvalidInput: no such field, or one that text cannot express.
    """
    found: list[FieldDescriptor] = []
    current: Descriptor | None = message
    for part in name.split("."):
        fields = () if current is None else current.fields
        field = next((item for item in fields if part in (item.name, item.json_name)), None)
        if field is None:
            known = ", ".join(item.name for item in message.fields) or "none at all"
            raise InvalidInput(f"query parameter {name[:80]!r}: {message.name} has no such field; its fields are {known}")
        found.append(field)
        current = None if is_leaf(field) or field.is_repeated else field.message_type
    if not is_leaf(found[-1]):
        raise InvalidInput(
            f"query parameter {name[:80]!r}: is a message; give its fields, for instance {name[:80]}.{_first_name(found[-1])}=…"
        )
    return tuple(found)


def _first_name(field: FieldDescriptor) -> str:
    return field.message_type.fields[0].name if field.message_type is not None and field.message_type.fields else "…"


def name_of(path: FieldPath) -> str:
    """The dotted proto name."""
    return ".".join(field.name for field in path)


def set_field(message: Message, path: FieldPath, text: str) -> None:
    """Sets a leaf from text; a repeated field is appended to.

    Raises:
        InvalidInput: the text does not suit the field's type.
    """
    target: Any = message
    for field in path[:-1]:
        target = getattr(target, field.name)
    leaf = path[-1]
    if leaf.message_type is not None:
        _set_message(target, leaf, text, path)
        return
    value = (
        text if leaf.cpp_type == FieldDescriptor.CPPTYPE_STRING and leaf.type == FieldDescriptor.TYPE_STRING else _value(leaf, text, path)
    )
    if leaf.is_repeated:
        getattr(target, leaf.name).append(value)
    else:
        setattr(target, leaf.name, value)


def _set_message(target: Message, leaf: FieldDescriptor, text: str, path: FieldPath) -> None:
    try:
        ParseDict({leaf.name: [text] if leaf.is_repeated else text}, target)
    except (ParseError, ValueError) as error:
        raise _wrong(path, text, "a timestamp like 2026-11-23T12:00:00Z or a duration like 1.5s, as the field has it") from error


def _wrong(path: FieldPath, text: str, expected: str) -> InvalidInput:
    return InvalidInput(f"parameter {name_of(path)}: {text[:80]!r} given, expected {expected}")


def _value(leaf: FieldDescriptor, text: str, path: FieldPath) -> Any:
    if leaf.enum_type is not None:
        return _enum(leaf.enum_type, text, path)
    if leaf.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        if text.lower() not in _BOOLEANS:
            raise _wrong(path, text, "true or false")
        return _BOOLEANS[text.lower()]
    if leaf.cpp_type in _RANGES:
        low, high = _RANGES[leaf.cpp_type]
        digits = text.removeprefix("-")
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 20 and low <= int(text) <= high):
            raise _wrong(path, text, f"a whole number from {low} to {high}")
        return int(text)
    try:
        return text.encode() if leaf.type == FieldDescriptor.TYPE_BYTES else float(text)
    except ValueError as error:
        raise _wrong(path, text, "a number") from error


def _enum(names: EnumDescriptor, text: str, path: FieldPath) -> int:
    found = names.values_by_name.get(text) or names.values_by_name.get(text.upper())
    if found is None and text.isascii() and text.isdigit() and len(text) < 10:
        found = names.values_by_number.get(int(text))
    if found is None:
        raise _wrong(path, text, "one of " + ", ".join(names.values_by_name))
    return int(found.number)
