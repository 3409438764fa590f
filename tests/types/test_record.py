"""Dataclasses travel as msgpack; ints stay ints, fields keep their types."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Required, TypedDict

import msgpack
import polars as pl
import pytest
from google.protobuf import struct_pb2
from hypothesis import given
from hypothesis import strategies as st

import alula as al
from alula.compiler.interface import castable, fitting_variants
from alula.errors import DefinitionError, InvalidInput
from alula.idl import core
from alula.idl.digest import digest_interface, digest_literal
from alula.idl.record import with_defaults
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


class Size(NamedTuple):
    width: int
    unit: str = "cm"


class Options(TypedDict, total=False):
    depth: Required[int]
    name: str


class Wider(TypedDict):
    depth: int


class Other(TypedDict):
    depth: str


@dataclasses.dataclass
class Twin:
    """The same fields as Inner: only the name tells them apart."""

    a: int
    b: list[str]


@dataclasses.dataclass
class Holder:
    either: Inner | Twin | Options | Size | Literal["none", 0] | None
    sizes: list[Size] = dataclasses.field(default_factory=list)
    options: dict[str, Options | Inner] = dataclasses.field(default_factory=dict)


ANY_OF_THEM: list[Any] = [Inner(1, []), Twin(1, []), {"depth": 1}, {"depth": 1, "name": "x"}, Size(1), Size(2, "m"), "none", 0, None]
ALL_OF_THEM = Inner | Twin | Options | Size | Literal["none", 0] | None


@pytest.mark.parametrize("value", ANY_OF_THEM)
def test_union_of_records_keeps_the_variant(value: Any) -> None:
    for annotation, held in ((ALL_OF_THEM, value), (Holder, Holder(value)), (list[ALL_OF_THEM], [value])):  # type: ignore[misc,valid-type]
        assert there_and_back(held, annotation) == held
    assert type(there_and_back(value, ALL_OF_THEM)) is type(value)


def test_records_nest_at_will() -> None:
    held = Holder(None, [Size(1), Size(2, "m")], {"a": {"depth": 1}, "b": Inner(1, ["x"])})
    assert there_and_back(held, Holder) == held


def test_named_tuple_is_an_array_on_the_wire() -> None:
    assert msgpack.unpackb(to_literal(Size(1), Size, NOWHERE).scalar.binary.value) == [1, "cm"]
    assert converter(Size).from_plain([3], NOWHERE) == Size(3)
    with pytest.raises(InvalidInput, match=r"Size\.width is missing"):
        converter(Size).from_plain([], NOWHERE)
    with pytest.raises(InvalidInput, match="expected Size"):
        converter(Size).from_plain([1, "a", 3], NOWHERE)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"depth": "x"}, r"Options\.depth: expected int, got str 'x'"),
        ({}, "expected key 'depth' of Options"),
        ({"depth": 1, "nme": "x"}, "expected only the keys depth, name of Options, got str 'nme'"),
        (Size(1), "expected Options, got Size"),
    ],
)
def test_misfit_of_a_typed_dict_is_named(value: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        to_literal(value, Options, NOWHERE)


@pytest.mark.parametrize(
    ("annotation", "message"),
    [
        (Options | Wider, "Options and Wider take some values alike; keep one of them, or wrap each in a dataclass"),
        (Literal["a"] | str, r"Literal\['a'\] and str take some values alike"),
        (Literal[1] | int, r"Literal\[1\] and int take some values alike"),
    ],
)
def test_ambiguous_union_is_refused_at_definition(annotation: Any, message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        literal_type(annotation)


def test_typed_dicts_that_differ_by_a_value_are_told_apart() -> None:
    assert there_and_back({"depth": 1}, Wider | Other) == {"depth": 1}
    assert there_and_back({"depth": "x"}, Wider | Other) == {"depth": "x"}


@pytest.mark.parametrize("union", [dt.datetime | str, dt.date | dt.datetime, float | dt.timedelta, Color | str, list[int] | Size])
def test_union_that_looks_alike_inside_a_record_is_refused_at_definition(union: Any) -> None:
    made = dataclasses.make_dataclass("Made", [("x", union)])
    with pytest.raises(DefinitionError, match=r"field Made\.x: .* look alike inside a record; wrap one of them in a dataclass"):
        literal_type(made)


def test_type_key_in_a_dict_beside_a_record_is_refused() -> None:
    made = dataclasses.make_dataclass("Made", [("x", dict[str, int] | Inner)])
    assert there_and_back(made({"a": 1}), made) == made({"a": 1})
    with pytest.raises(InvalidInput, match="no key '\\$type'"):
        to_literal(made({"$type": 1}), made, NOWHERE)


def test_record_of_another_writer_is_read_by_its_fields() -> None:
    read = converter(Holder).converters["either"]  # type: ignore[attr-defined]
    assert read.from_plain({"depth": 1, "name": "x"}, NOWHERE) == {"depth": 1, "name": "x"}
    with pytest.raises(InvalidInput, match="exactly one variant"):
        read.from_plain({"a": 1, "b": []}, NOWHERE)  # Inner or Twin: nothing says which
    with pytest.raises(InvalidInput, match=r"in \$type, got str 'Gone'"):
        read.from_plain({"$type": "Gone"}, NOWHERE)


@dataclasses.dataclass
class WithFrame:
    file: File
    frames: dict[str, pl.DataFrame]
    either: File | pl.DataFrame
    counted: Annotated[pl.DataFrame, al.HashMethod(lambda frame: str(frame.height))]


def test_record_is_known_by_the_content_of_what_it_refers_to(tmp_path: Path) -> None:
    def made(text: str, n: int, counted: int) -> core.Literal:
        offload = Offload(str(tmp_path / f"run-{len(list(tmp_path.iterdir()))}"))
        frame = pl.DataFrame({"n": [n]})
        value = WithFrame(File.new("x").write_text(text), {"a": frame}, frame, pl.DataFrame({"n": [counted]}))
        literal = to_literal(value, WithFrame, offload)
        back = to_python(core.Literal.FromString(literal.SerializeToString()), WithFrame, offload)
        assert (back.file.read_text(), back.frames["a"].item(), back.either.item()) == (text, n, n)
        return literal

    first = made("x", 1, 1)
    assert digest_literal(made("x", 1, 2)) == digest_literal(first)
    assert digest_literal(made("y", 1, 1)) != digest_literal(first)
    assert digest_literal(made("x", 2, 1)) != digest_literal(first)
    assert to_literal(Inner(1, []), Inner, NOWHERE).hash == ""


@dataclasses.dataclass
class Wide:
    a: int
    b: list[str]
    c: int


def test_record_given_to_a_union_is_the_variant_with_its_very_fields() -> None:
    union, tagged = literal_type(Inner | Wide), literal_type(Inner | Twin)
    assert [variant.metadata["title"] for variant in fitting_variants(literal_type(Wide), union)] == ["Wide"]
    assert castable(literal_type(Inner | Wide), union)
    assert castable(tagged, tagged)
    assert to_python(to_literal(Wide(1, [], 2), Wide, NOWHERE), Inner | Wide, NOWHERE) == Wide(1, [], 2)
    assert not castable(literal_type(Twin), tagged)  # nothing would say which of the two it is


def test_the_order_a_union_was_written_in_makes_no_other_type() -> None:
    # `typing` gives both of these the order that the process wrote first; so must a digest.
    one, other = int | str | None, str | None | int
    assert converter(one).schema() == converter(other).schema() == {"anyOf": [{"type": "integer"}, {"type": "string"}, {"type": "null"}]}
    ways = [core.TypedInterface(outputs=core.VariableMap(variables={"o": core.Variable(type=literal_type(kind))})) for kind in (one, other)]
    assert digest_interface(ways[0]) == digest_interface(ways[1])
    first, second = (to_literal([1, "a", None], list[kind], NOWHERE) for kind in (one, other))  # type: ignore[valid-type]
    assert digest_literal(first) == digest_literal(second)


@dataclasses.dataclass
class Large:
    exact: int = 2**53
    beyond: int = 2**53 + 1
    within: list[int] = dataclasses.field(default_factory=lambda: [1, -(2**60) - 1])


def test_a_default_that_a_schema_cannot_hold_exactly_is_left_to_the_class() -> None:
    of = converter(Large)
    properties = of.schema()["properties"]
    assert {name for name, one in properties.items() if "default" in one} == {"exact"}
    assert "required" not in of.schema()
    typed = with_defaults({}, of.literal_type.metadata)
    assert typed == {"exact": 2**53}
    assert of.from_plain(typed, NOWHERE) == Large()
