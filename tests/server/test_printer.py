"""Our printer says of every message that any method answers what protobuf's own says."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.struct_pb2 import Struct
from google.protobuf.timestamp_pb2 import Timestamp

from alula.idl import admin, core
from alula.server import printer
from alula.server.binding import services
from alula.server.printer import to_dict

ANSWERS = {method.output_type.full_name: method.output_type for service in services() for method in service.methods}
INSTANTS = [(0, 0), (1_790_000_000, 123_456_000), (1_790_000_000, 5_000_000), (1, 7), (-62_135_596_800, 0), (253_402_300_799, 999_999_999)]
SPANS = [(0, 0), (3, 250_000_000), (0, 1_000), (7, 9), (-1, -500_000_000)]
FLOATS = [0.0, 0.1, 0.75, 1.0, 1e30, 1 / 3, 16_777_217.0, math.nan, math.inf, -math.inf]


def _single(field: FieldDescriptor, some: random.Random) -> Any:
    if field.cpp_type == FieldDescriptor.CPPTYPE_ENUM:
        return some.choice([*field.enum_type.values_by_number, 0])
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return some.random() < 0.7
    if field.cpp_type in (FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT):
        return some.choice(FLOATS)
    if field.type == FieldDescriptor.TYPE_BYTES:
        return some.randbytes(some.randrange(5))
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        return some.choice(["", "a", 'ü"\n', "\u2028"])
    return some.randrange(1 << 31)


def _fill(message: Message, some: random.Random, depth: int) -> None:
    if isinstance(message, Timestamp | Duration):
        message.seconds, message.nanos = some.choice(INSTANTS if isinstance(message, Timestamp) else SPANS)
        return
    if isinstance(message, Struct):
        message.update({"a": [1, None, "x"], "b": {"c": True}})
        return
    if message.DESCRIPTOR.file.package == "google.protobuf":
        return
    for field in message.DESCRIPTOR.fields:
        if some.random() < 0.3 or (field.message_type is not None and depth > 4):
            continue
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            _fill_map(getattr(message, field.name), field.message_type, some, depth)
        elif field.is_repeated:
            values = getattr(message, field.name)
            for _ in range(some.randrange(3)):
                if field.message_type is not None:
                    _fill(values.add(), some, depth + 1)
                else:
                    values.append(_single(field, some))
        elif field.message_type is not None:
            getattr(message, field.name).SetInParent()
            _fill(getattr(message, field.name), some, depth + 1)
        else:
            setattr(message, field.name, _single(field, some))


def _fill_map(values: Any, entry: Descriptor, some: random.Random, depth: int) -> None:
    key, value = entry.fields_by_name["key"], entry.fields_by_name["value"]
    for number in range(some.randrange(3)):
        name = f"k{number}" if key.cpp_type == FieldDescriptor.CPPTYPE_STRING else number
        if value.message_type is not None:
            _fill(values[name], some, depth + 1)
        else:
            values[name] = _single(value, some)


def _theirs(message: Message, *, with_defaults: bool) -> Any:
    return MessageToDict(message, preserving_proto_field_name=True, always_print_fields_with_no_presence=with_defaults)


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_every_answer_is_printed_as_protobuf_prints_it(name: str) -> None:
    some = random.Random(name)
    for _ in range(12):
        message = GetMessageClass(ANSWERS[name])()
        _fill(message, some, 0)
        for with_defaults in (False, True):
            assert to_dict(message, with_defaults=with_defaults) == _theirs(message, with_defaults=with_defaults)


def test_what_is_odd_is_printed_as_protobuf_prints_it() -> None:
    schema = core.Scalar(generic=Struct())
    schema.generic.update({"n": None, "deep": {"list": [1.5, {}]}})
    newer = admin.NodeExecution()
    newer.closure.phase = 99  # of a server that knows more phases
    for message in (schema, newer, core.Literal(), core.Scalar(none_type=core.Void()), core.LiteralMap(literals={"": core.Literal()})):
        assert to_dict(message, with_defaults=True) == _theirs(message, with_defaults=True)


@pytest.mark.parametrize(("seconds", "nanos"), INSTANTS)
def test_instants_have_as_many_digits_as_they_need(seconds: int, nanos: int) -> None:
    execution = admin.Execution()
    execution.closure.created_at.CopyFrom(Timestamp(seconds=seconds, nanos=nanos))
    assert to_dict(execution)["closure"]["created_at"] == Timestamp(seconds=seconds, nanos=nanos).ToJsonString()


def test_a_message_that_is_printed_while_its_printer_is_made_is_printed_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    message, meanwhile = core.Identifier(), list[Any]()
    defaults = printer._defaults

    def interrupted(descriptor: Descriptor) -> dict[str, Any]:
        if descriptor is message.DESCRIPTOR and not meanwhile:
            meanwhile.append(None)
            meanwhile.append(to_dict(message, with_defaults=True))  # as another thread would
        return defaults(descriptor)

    printer._printer.cache_clear()
    monkeypatch.setattr(printer, "_defaults", interrupted)
    expected = _theirs(message, with_defaults=True)
    assert to_dict(message, with_defaults=True) == expected
    assert meanwhile[1] == expected
