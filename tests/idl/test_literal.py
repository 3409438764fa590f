from __future__ import annotations

import datetime as dt
import json
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alula.errors import InvalidInput
from alula.idl import core
from alula.idl.literal import describe_type, from_json, parse_text, to_json, to_text

S = core.SimpleType


def simple(kind: int) -> Any:
    return core.LiteralType(simple=kind)


INT, FLOAT, STR, BOOL, NONE = (simple(kind) for kind in (S.INTEGER, S.FLOAT, S.STRING, S.BOOLEAN, S.NONE))
DATETIME, DURATION, STRUCT, BINARY = (simple(kind) for kind in (S.DATETIME, S.DURATION, S.STRUCT, S.BINARY))


def listed(type_: Any) -> Any:
    return core.LiteralType(collection_type=type_)


def mapped(type_: Any) -> Any:
    return core.LiteralType(map_value_type=type_)


def union(*types: Any) -> Any:
    return core.LiteralType(union_type=core.UnionType(variants=types))


ENUM = core.LiteralType(enum_type=core.EnumType(values=["red", "blue"]))
CSV = core.LiteralType(blob=core.BlobType(format="csv"))
FOLDER = core.LiteralType(blob=core.BlobType(dimensionality=core.BlobType.MULTIPART))
FRAME = core.LiteralType(structured_dataset_type=core.StructuredDatasetType(format="parquet"))


@pytest.mark.parametrize(
    ("type_", "text"),
    [
        (INT, "int"),
        (listed(INT), "list[int]"),
        (mapped(listed(FLOAT)), "dict[str, list[float]]"),
        (union(INT, NONE), "int | None"),
        (CSV, "File[csv]"),
        (FOLDER, "Directory"),
        (FRAME, "DataFrame"),
        (ENUM, "'red' | 'blue'"),
        (STRUCT, "dict"),
        (core.LiteralType(), "unknown"),
    ],
)
def test_a_type_reads_as_people_write_it(type_: Any, text: str) -> None:
    assert describe_type(type_) == text


@pytest.mark.parametrize(
    ("text", "type_", "value"),
    [
        ("42", INT, 42),
        ("-1_000", INT, -1000),
        ("1e-3", FLOAT, 0.001),
        ("nan", FLOAT, "NaN"),
        ("yes", BOOL, True),
        ("False", BOOL, False),
        ("  spaced ", STR, "  spaced "),
        ("2026-01-31T08:00:00Z", DATETIME, "2026-01-31T08:00:00Z"),
        ("2026-01-31T08:00:00+02:00", DATETIME, "2026-01-31T06:00:00Z"),
        ("2026-01-31", DATETIME, "2026-01-31T00:00:00Z"),
        ("20m", DURATION, "PT1200S"),
        ("1h30m", DURATION, "PT5400S"),
        ("PT5M", DURATION, "PT300S"),
        ("P1DT1S", DURATION, "PT86401S"),
        ("3s", DURATION, "PT3S"),
        ("250ms", DURATION, "PT0.25S"),
        ("1:30:00", DURATION, "PT5400S"),
        ("2 days, 0:00:05", DURATION, "PT172805S"),
        ("-20m", DURATION, "-PT1200S"),
        ("90", DURATION, "PT90S"),
        ("red", ENUM, "red"),
        ("[1, 2]", listed(INT), [1, 2]),
        ('{"a": [1.5]}', mapped(listed(FLOAT)), {"a": [1.5]}),
        ('{"x": 1, "y": {"z": null}}', STRUCT, {"x": 1, "y": {"z": None}}),
        ("null", union(INT, NONE), None),
        ("3", union(STR, INT), 3),
        ('"3"', union(STR, INT), "3"),
        ("three", union(STR, INT), "three"),
        ("s3://b/k.csv", CSV, {"uri": "s3://b/k.csv", "format": "csv"}),
        ("s3://b/frame", FRAME, {"uri": "s3://b/frame", "format": "parquet"}),
    ],
)
def test_text_becomes_a_value_and_comes_back(text: str, type_: Any, value: Any) -> None:
    literal = parse_text(text, type_)
    assert to_json(literal) == value
    again = parse_text(to_text(literal), type_) if to_json(literal) != "3" else literal
    assert to_json(again) == value


@pytest.mark.parametrize(
    ("text", "type_", "message"),
    [
        ("4.5", INT, "input a: expected int, got '4.5'; write a whole number, for instance 42"),
        ("9223372036854775808", INT, "input a: expected int, got '9223372036854775808'; stay within 64 bits"),
        ("fast", FLOAT, "input a: expected float, got 'fast'; write a number, for instance 0.5 or 1e-3"),
        ("maybe", BOOL, "input a: expected bool, got 'maybe'; write true or false"),
        ("soon", DATETIME, "input a: expected datetime, got 'soon'; write ISO 8601, for instance 2026-01-31T08:00:00Z"),
        ("5 parsecs", DURATION, "input a: expected timedelta, got '5 parsecs'; write for instance 20m, 1h30m, PT5M or 3s"),
        ("", DURATION, "input a: expected timedelta, got ''; write for instance 20m, 1h30m, PT5M or 3s"),
        ("green", ENUM, "input a: expected one of 'red' | 'blue', got 'green'; choose one of these values"),
        ("1, 2", listed(INT), "input a: expected list[int], got '1, 2'; write it as JSON, for instance [1, 2]"),
        ('[1, "x"]', listed(INT), "input a[1]: expected int, got 'x'; pass a JSON value that is int"),
        ("x", union(INT, NONE), "input a: expected int | None, got 'x'; write a value of one of these types"),
        ("", CSV, "input a: expected File[csv], got ''; give its URI, for instance s3://bucket/key or a path"),
    ],
)
def test_what_cannot_be_read_says_where_what_and_how(text: str, type_: Any, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_text(text, type_, "input a")
    assert str(caught.value) == message


def test_struct_travels_as_msgpack_and_shows_as_json() -> None:
    literal = from_json({"x": 1, "y": [1.5, "a"]}, STRUCT)
    assert literal.scalar.binary.tag == "msgpack"
    assert msgpack.unpackb(literal.scalar.binary.value) == {"x": 1, "y": [1.5, "a"]}
    assert to_json(literal) == {"x": 1, "y": [1.5, "a"]}


def test_an_old_struct_shows_whole_numbers_as_ints() -> None:
    literal = core.Literal()
    literal.scalar.generic.update({"epochs": 3, "lr": 0.5})
    assert to_json(literal) == {"epochs": 3, "lr": 0.5}


def test_a_number_in_json_keeps_its_kind_in_a_union() -> None:
    kinds = union(FLOAT, INT)
    assert from_json(2, kinds).scalar.union.type.simple == S.INTEGER
    assert from_json(2.0, kinds).scalar.union.type.simple == S.FLOAT
    assert from_json(True, union(INT, BOOL)).scalar.union.type.simple == S.BOOLEAN


def test_bool_is_no_int() -> None:
    with pytest.raises(InvalidInput):
        from_json(True, INT)


def test_broken_msgpack_shows_its_bytes() -> None:
    literal = core.Literal(scalar=core.Scalar(binary=core.Binary(value=b"\xc1", tag="msgpack")))
    assert to_json(literal) == "wQ=="


plain = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False), st.text()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), plain))
def test_any_json_survives_a_struct(value: dict[str, Any]) -> None:
    assert to_json(from_json(value, STRUCT)) == value
    assert to_json(parse_text(json.dumps(value), STRUCT)) == value


# A protobuf duration ends at 315,576,000,000 s.
@given(st.timedeltas(dt.timedelta(days=-3_650_000), dt.timedelta(days=3_650_000)))
def test_any_duration_survives_text(span: Any) -> None:
    literal = core.Literal()
    literal.scalar.primitive.duration.FromTimedelta(span)
    assert parse_text(to_text(literal), DURATION) == literal


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_duration_is_finite(value: float) -> None:
    with pytest.raises(InvalidInput):
        from_json(value, DURATION)


@given(st.datetimes())
def test_any_instant_survives_text(at: Any) -> None:
    literal = core.Literal()
    literal.scalar.primitive.datetime.FromDatetime(at)
    assert parse_text(to_text(literal), DATETIME) == literal


def _record(title: str, required: list[str], optional: list[str]) -> core.LiteralType:
    made = core.LiteralType(simple=core.SimpleType.STRUCT)
    properties = {name: {"type": "integer"} for name in (*required, *optional)}
    made.metadata.update({"title": title, "properties": properties, "required": required})
    return made


RECORDS = core.LiteralType(
    union_type=core.UnionType(variants=[_record("Cat", ["a"], ["b"]), _record("Dog", ["a"], ["c"]), _record("Fish", ["d"], [])])
)


@pytest.mark.parametrize(
    ("value", "title"),
    [({"a": 1, "b": 2}, "Cat"), ({"a": 1, "c": 2}, "Dog"), ({"d": 1}, "Fish"), ({"$type": "Dog", "a": 1}, "Dog")],
)
def test_json_object_of_a_union_of_records_is_the_one_it_has_the_fields_of(value: dict[str, Any], title: str) -> None:
    union = from_json(value, RECORDS).scalar.union
    assert union.type.metadata["title"] == title
    assert to_json(union.value) == {key: item for key, item in value.items() if key != "$type"}


def test_typed_text_of_a_union_of_records_is_read_alike() -> None:
    assert parse_text('{"$type": "Dog", "a": 1}', RECORDS).scalar.union.type.metadata["title"] == "Dog"
    with pytest.raises(InvalidInput, match="write it as JSON"):
        parse_text("{broken", RECORDS)


def test_defaults_of_a_record_are_filled_in_as_the_schema_types_them() -> None:
    made = core.LiteralType(simple=core.SimpleType.STRUCT)
    properties = {
        "n": {"type": "integer", "default": 3},
        "x": {"type": "number", "default": 2.0},
        "at": {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "number"}], "default": [1, 2]},
        "many": {"type": "object", "additionalProperties": {"type": "integer"}, "default": {"a": 1}},
        "maybe": {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None},
        "inner": {"type": "object", "properties": {"k": {"type": "integer", "default": 5}}},
        "given": {"type": "integer", "default": 1},
        "required": {"type": "integer"},
    }
    made.metadata.update({"title": "T", "properties": properties})
    literal = from_json({"given": 9, "inner": {}}, made)
    plain = msgpack.unpackb(literal.scalar.binary.value)
    assert plain == {"n": 3, "x": 2.0, "at": [1, 2.0], "many": {"a": 1}, "maybe": None, "inner": {"k": 5}, "given": 9}
    assert [type(plain["n"]), type(plain["x"]), *map(type, plain["at"])] == [int, float, int, float]


@pytest.mark.parametrize("value", [{"a": 1}, {"a": 1, "z": 1}, {"$type": "Bird", "a": 1}])
def test_json_object_that_fits_no_record_or_several_is_refused(value: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match=r'say which by "\$type": Cat or Dog or Fish'):
        from_json(value, RECORDS)
