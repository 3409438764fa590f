from __future__ import annotations

from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alula.compiler.interface import castable, literal_problem, type_of, with_attr_path
from alula.compiler.problem import Problem
from alula.idl import core
from alula.idl.literal import describe_type

S = core.SimpleType


def simple(kind: int, tag: str = "") -> Any:
    return core.LiteralType(simple=kind, structure=core.TypeStructure(tag=tag) if tag else None)


def listed(type_: Any) -> Any:
    return core.LiteralType(collection_type=type_)


def mapped(type_: Any) -> Any:
    return core.LiteralType(map_value_type=type_)


def union(*types: Any) -> Any:
    return core.LiteralType(union_type=core.UnionType(variants=types))


def enum(*values: str) -> Any:
    return core.LiteralType(enum_type=core.EnumType(values=values))


def blob(format: str = "", dimensionality: int = 0) -> Any:
    return core.LiteralType(blob=core.BlobType(format=format, dimensionality=dimensionality))


def frame(format: str = "", **columns: Any) -> Any:
    entries = [core.StructuredDatasetType.DatasetColumn(name=name, literal_type=type_) for name, type_ in columns.items()]
    return core.LiteralType(structured_dataset_type=core.StructuredDatasetType(format=format, columns=entries))


def table(**columns: int) -> Any:
    entries = [core.SchemaType.SchemaColumn(name=name, type=type_) for name, type_ in columns.items()]
    return core.LiteralType(schema=core.SchemaType(columns=entries))


def struct(tag: str = "", **properties: str) -> Any:
    type_ = simple(S.STRUCT, tag)
    if properties:
        type_.metadata.update({"type": "object", "properties": {name: {"type": kind} for name, kind in properties.items()}})
    return type_


INT, FLOAT, STR, BOOL, NONE = (simple(kind) for kind in (S.INTEGER, S.FLOAT, S.STRING, S.BOOLEAN, S.NONE))
INTEGER = core.SchemaType.SchemaColumn.INTEGER
MANY = core.BlobType.MULTIPART

YES = [
    (INT, INT),
    (NONE, NONE),
    (NONE, union(INT, NONE)),
    (INT, union(INT, NONE)),
    (enum("a"), STR),
    (STR, enum("a")),
    (enum("a"), enum("a", "b")),
    (listed(INT), listed(INT)),
    (type_of(core.Literal(collection=core.LiteralCollection())), listed(INT)),
    (type_of(core.Literal(map=core.LiteralMap())), mapped(STR)),
    (listed(INT), listed(union(INT, NONE))),
    (mapped(listed(INT)), mapped(listed(INT))),
    (blob("csv"), blob("csv")),
    (blob("csv"), blob()),
    (blob(), blob("csv")),
    (frame("parquet", a=INT, b=STR), frame("PARQUET", a=INT)),
    (frame("parquet"), frame("parquet", a=INT)),
    (frame("csv", a=INT), frame()),
    (table(a=INTEGER), frame("parquet", a=INT)),
    (frame("", a=INT), table(a=INTEGER)),
    (table(a=INTEGER), table()),
    (struct(x="integer"), struct(x="integer")),
    (struct(x="integer", y="string"), struct(x="integer")),
    (struct(x="integer"), struct()),
    (struct("Point"), struct()),
    (simple(S.BINARY), struct()),
    (union(INT, STR), union(STR, INT, NONE)),
    (union(INT, INT), INT),
    (simple(S.STRUCT, "B"), union(struct("A"), struct("B"))),
]
NO = [
    (INT, FLOAT),
    (FLOAT, INT),
    (BOOL, INT),
    (NONE, INT),
    (NONE, struct()),
    (enum("a", "b"), enum("a")),
    (enum("a"), INT),
    (listed(INT), listed(FLOAT)),
    (listed(INT), INT),
    (mapped(INT), listed(INT)),
    (blob("csv"), blob("json")),
    (blob("", MANY), blob("")),
    (frame("csv"), frame("parquet")),
    (frame("", a=INT), frame("", b=INT)),
    (frame("", a=STR), frame("", a=INT)),
    (table(a=INTEGER), frame("csv", a=INT)),
    (struct(x="integer"), struct(x="integer", y="string")),
    (struct(x="integer"), struct(x="string")),
    (struct("A"), struct("B")),
    (union(INT, STR), INT),
    (union(INT, NONE), INT),
    (STR, union(STR, enum("a"))),
    (FLOAT, union(INT, NONE)),
    (core.LiteralType(), INT),
]


@pytest.mark.parametrize(("upstream", "downstream"), YES, ids=[f"{describe_type(a)} to {describe_type(b)}" for a, b in YES])
def test_may_flow(upstream: Any, downstream: Any) -> None:
    assert castable(upstream, downstream)


@pytest.mark.parametrize(("upstream", "downstream"), NO, ids=[f"{describe_type(a)} to {describe_type(b)}" for a, b in NO])
def test_may_not_flow(upstream: Any, downstream: Any) -> None:
    assert not castable(upstream, downstream)


types = st.recursive(
    st.sampled_from([INT, FLOAT, STR, BOOL, blob("csv"), enum("a", "b"), frame("parquet", a=INT), struct(x="integer")]),
    lambda inner: st.one_of(inner.map(listed), inner.map(mapped)),
    max_leaves=4,
)


@given(types)
def test_every_type_takes_itself_and_so_does_its_optional(type_: Any) -> None:
    assert castable(type_, type_)
    assert castable(type_, union(type_, NONE))
    assert castable(union(type_, NONE), union(type_, NONE))
    assert not castable(union(type_, NONE), type_)


def test_a_schema_is_followed_through_references() -> None:
    def nested(kind: str) -> Any:
        type_ = simple(S.STRUCT)
        inner = {"type": "object", "properties": {"x": {"type": kind}}}
        outer = {"type": "object", "properties": {"inner": {"$ref": "#/definitions/Inner"}}}
        type_.metadata.update({"$ref": "#/definitions/Outer", "definitions": {"Inner": inner, "Outer": outer}})
        return type_

    assert castable(nested("integer"), nested("integer"))
    assert not castable(nested("integer"), nested("string"))


def test_a_recursive_schema_ends() -> None:
    type_ = simple(S.STRUCT)
    node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}, "x": {"type": "integer"}}}
    type_.metadata.update({"$ref": "#/$defs/Node", "$defs": {"Node": node}})
    assert castable(type_, type_)


# ------------------------------------------------------------------------------------------------------------------ values


def value(**primitive: Any) -> Any:
    return core.Literal(scalar=core.Scalar(primitive=core.Primitive(**primitive)))


def items(*literals: Any) -> Any:
    return core.Literal(collection=core.LiteralCollection(literals=literals))


def variant(literal: Any, type_: Any) -> Any:
    return core.Literal(scalar=core.Scalar(union=core.Union(value=literal, type=type_)))


NOTHING = core.Literal(scalar=core.Scalar(none_type=core.Void()))
PACKED = core.Literal(scalar=core.Scalar(binary=core.Binary(value=msgpack.packb({"x": 1}), tag="msgpack")))


@pytest.mark.parametrize(
    ("literal", "type_"),
    [
        (value(integer=1), INT),
        (value(string_value="a"), enum("a")),
        (value(string_value="a"), enum()),
        (items(), listed(INT)),
        (items(value(integer=1), value(integer=2)), listed(INT)),
        (items(value(integer=1), NOTHING), listed(union(INT, NONE))),
        (NOTHING, union(INT, NONE)),
        (value(integer=1), union(INT, NONE)),
        (variant(value(integer=1), INT), union(INT, STR)),
        (variant(value(integer=1), INT), INT),
        (PACKED, struct(x="integer")),
        (PACKED, simple(S.BINARY)),
        (items(), union(listed(INT), listed(STR))),
        (core.Literal(offloaded_metadata=core.LiteralOffloadedMetadata(uri="s3://x", inferred_type=listed(INT))), listed(INT)),
    ],
)
def test_a_value_fits(literal: Any, type_: Any) -> None:
    assert literal_problem(literal, type_, 'input "a"') is None


@pytest.mark.parametrize(
    ("literal", "type_", "text"),
    [
        (value(integer=1), FLOAT, 'BINDING_TYPE input "a": expected float, got int 1; pass a number or annotate a: int'),
        (NOTHING, INT, 'BINDING_TYPE input "a": expected int, got None; pass a whole number or annotate a: None'),
        (value(string_value="x"), enum("a"), "ENUM_VALUE input \"a\": 'x' is none of 'a'; pass one of these values"),
        (items(value(integer=1), value(boolean=True)), listed(INT), 'BINDING_TYPE input "a"[1]: expected int, got bool true'),
        (variant(value(string_value="x"), STR), union(INT, NONE), 'BINDING_TYPE input "a": expected int | None, got str "x"'),
        (value(string_value="a"), union(STR, enum("a")), "UNION_AMBIGUOUS input \"a\": the value fits str and 'a' of str | 'a'"),
        (core.Literal(offloaded_metadata=core.LiteralOffloadedMetadata(inferred_type=STR)), INT, "expected int, got str"),
    ],
)
def test_a_value_that_does_not_fit_says_why(literal: Any, type_: Any, text: str) -> None:
    assert text in str(literal_problem(literal, type_, 'input "a"'))


def test_an_entry_of_a_map_is_named() -> None:
    entries = core.Literal(map=core.LiteralMap(literals={"k": value(boolean=True)}))
    assert str(literal_problem(entries, mapped(INT), "x")).startswith('BINDING_TYPE x["k"]: expected int, got bool true')


# --------------------------------------------------------------------------------------------------------- attribute access


def path(*steps: str | int) -> list[Any]:
    return [core.PromiseAttribute(int_value=step) if isinstance(step, int) else core.PromiseAttribute(string_value=step) for step in steps]


POINT = simple(S.STRUCT)
POINT.structure.dataclass_type["x"].CopyFrom(INT)
POINT.structure.dataclass_type["tags"].CopyFrom(listed(STR))


@pytest.mark.parametrize(
    ("type_", "steps", "wanted"),
    [
        (listed(INT), (0,), INT),
        (mapped(listed(INT)), ("k", 1), INT),
        (POINT, ("x",), INT),
        (POINT, ("tags", 0), STR),
        (listed(POINT), (0, "x"), INT),
        (union(POINT, NONE), ("x",), INT),
        (struct(), ("x", "y"), None),
        (union(POINT, listed(INT)), (0,), None),
    ],
)
def test_an_attribute_path_has_a_type(type_: Any, steps: Any, wanted: Any) -> None:
    assert with_attr_path(type_, path(*steps), "p") == wanted


@pytest.mark.parametrize(
    ("type_", "steps", "text"),
    [
        (POINT, ("z",), "ATTRIBUTE p: dict has no field 'z'; its fields are tags, x"),
        (INT, ("x",), "ATTRIBUTE p: int has no .x; access items of a list, map or dataclass, or pass the whole value"),
        (listed(INT), ("x",), "ATTRIBUTE p: list[int] has no .x"),
        (mapped(INT), (0,), "ATTRIBUTE p: dict[str, int] has no [0]"),
    ],
)
def test_an_attribute_that_is_not_there_is_refused(type_: Any, steps: Any, text: str) -> None:
    problem = with_attr_path(type_, path(*steps), "p")
    assert isinstance(problem, Problem)
    assert text in str(problem)
