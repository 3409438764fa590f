"""Dataclasses travel as msgpack; ints stay ints, fields keep their types."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
from pathlib import Path
from typing import Any

import msgpack
import pytest
from google.protobuf import struct_pb2
from hypothesis import given
from hypothesis import strategies as st

from alula.errors import DefinitionError, InvalidInput
from alula.idl import core
from alula.types.base import converter, literal_type, to_literal, to_python
from alula.types.offload import Offload
from alula.types.value import File

NOWHERE = Offload()
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)


class Color(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Inner:
    a: int
    b: list[str]


@dataclasses.dataclass(frozen=True)
class Outer:
    x: int
    y: float
    inner: Inner
    when: dt.datetime
    day: dt.date
    span: dt.timedelta
    color: Color = Color.RED
    maybe: int | None = None
    many: list[Inner] = dataclasses.field(default_factory=list)
    named: dict[str, float] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class WithFile:
    file: File
    note: str | None = None


@dataclasses.dataclass
class Loop:
    again: list[Loop]


INNER = st.builds(Inner, a=st.integers(-(2**63), 2**63 - 1), b=st.lists(TEXT, max_size=2))
OUTER = st.builds(
    Outer,
    x=st.integers(-(2**63), 2**63 - 1),
    y=st.floats(allow_nan=False),
    inner=INNER,
    when=st.datetimes(),
    day=st.dates(),
    span=st.timedeltas(dt.timedelta(days=-1000), dt.timedelta(days=1000)),
    color=st.just(Color.RED),
    maybe=st.none() | st.integers(-9, 9),
    many=st.lists(INNER, max_size=2),
    named=st.dictionaries(TEXT, st.floats(allow_nan=False), max_size=2),
)


def there_and_back(value: Any, annotation: Any, offload: Offload = NOWHERE) -> Any:
    wire = to_literal(value, annotation, offload).SerializeToString()
    return to_python(core.Literal.FromString(wire), annotation, offload)


@given(OUTER)
def test_record_round_trips(value: Outer) -> None:
    assert there_and_back(value, Outer) == value


def test_type_carries_schema_fields_and_format() -> None:
    made = literal_type(Inner)
    assert made.simple == core.SimpleType.STRUCT
    assert made.metadata["title"] == "Inner"
    assert list(made.metadata["required"]) == ["a", "b"]
    assert made.structure.dataclass_type["a"].simple == core.SimpleType.INTEGER
    assert made.annotation.annotations["cache-key-metadata"]["serialization-format"] == "msgpack"


def test_ints_stay_ints_on_the_wire() -> None:
    literal = to_literal(Inner(1, []), Inner, NOWHERE)
    assert literal.scalar.binary.tag == "msgpack"
    assert msgpack.unpackb(literal.scalar.binary.value) == {"a": 1, "b": []}


def test_struct_form_of_older_clients_is_read() -> None:
    struct = struct_pb2.Struct()
    struct.update({"a": 1, "b": ["x"]})
    assert to_python(core.Literal(scalar=core.Scalar(generic=struct)), Inner, NOWHERE) == Inner(1, ["x"])


def test_part_of_a_record_is_read_as_msgpack() -> None:
    packed = core.Literal(scalar=core.Scalar(binary=core.Binary(value=msgpack.packb(["x", "y"]), tag="msgpack")))
    assert to_python(packed, list[str], NOWHERE) == ["x", "y"]


def test_unknown_fields_are_left_out_and_missing_ones_default() -> None:
    packed = msgpack.packb({"a": 1, "b": [], "new": 5})
    assert to_python(core.Literal(scalar=core.Scalar(binary=core.Binary(value=packed, tag="msgpack"))), Inner, NOWHERE) == Inner(1, [])
    assert converter(WithFile).from_plain({"file": {"path": "/x"}}, NOWHERE).note is None
    with pytest.raises(InvalidInput, match=r"Inner.b is missing"):
        converter(Inner).from_plain({"a": 1}, NOWHERE)


def test_file_in_a_record_is_uploaded(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("hello")
    offload = Offload(str(tmp_path / "raw"))
    back = there_and_back(WithFile(File(tmp_path / "in.txt")), WithFile, offload)
    assert back.file.read_text() == "hello"
    assert str(tmp_path / "raw") in str(back.file.path)


def test_misfit_names_the_field() -> None:
    with pytest.raises(InvalidInput, match=r"Inner\.a: expected int, got str 'x'"):
        to_literal(Inner("x", []), Inner, NOWHERE)  # type: ignore[arg-type]


def test_record_that_contains_itself_is_refused() -> None:
    with pytest.raises(DefinitionError, match="contains itself"):
        literal_type(Loop)


def test_field_of_unsupported_type_is_named() -> None:
    @dataclasses.dataclass
    class Bad:
        items: set  # type: ignore[type-arg]

    Bad.__annotations__["items"] = set
    with pytest.raises(DefinitionError, match=r"Bad\.items: type set is not supported"):
        literal_type(Bad)
