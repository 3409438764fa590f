"""Cases that hold the web interface's form and the SDK's types together: `ui/src/literal/cases.json`, made from the real types.

The form's tests read them and keep what the form makes of them in `written.json`; `tests/ui/test_cases.py` reads that back into Python.
"""

from __future__ import annotations

import datetime as dt
import enum
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypedDict

from google.protobuf import json_format

import alula as al
from alula.errors import InvalidInput
from alula.idl import core
from alula.idl.literal import parse_text
from alula.types.base import converter
from alula.types.offload import Offload

ROOT = Path(__file__).resolve().parent.parent
CASES = ROOT / "ui" / "src" / "literal" / "cases.json"


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Point(NamedTuple):
    x: int
    y: float = 0.5


class Options(TypedDict, total=False):
    depth: int
    name: str


@dataclass
class Inner:
    rate: float
    steps: int = 10


@dataclass
class Other:
    rate: float
    label: str


@dataclass
class Config:
    whole: int
    part: float
    name: str = "run"
    is_fast: bool = True
    inner: Inner = field(default_factory=lambda: Inner(0.1))
    numbers: list[int] = field(default_factory=list)
    rates: dict[str, float] = field(default_factory=dict)
    maybe: int | None = None
    colour: Colour = Colour.RED
    at: dt.datetime = dt.datetime(2026, 1, 31, 8, tzinfo=dt.UTC)
    day: dt.date = dt.date(2026, 1, 31)
    span: dt.timedelta = dt.timedelta(minutes=90)
    either: Inner | Other = field(default_factory=lambda: Other(1.0, "o"))
    mode: Literal[1, 2] = 1
    point: Point = Point(1)  # noqa: RUF009
    source: al.File = al.File("s3://bucket/a.txt")  # noqa: RUF009


NOON = dt.datetime(2026, 1, 31, 12, 30, 15, 250_000, tzinfo=dt.UTC)

#: name → annotation, value, texts that may be typed for it, texts that are refused
VALUES: dict[str, tuple[Any, Any, list[str], list[str]]] = {
    "int": (int, 42, ["7", " -3 ", "1_000", "+5"], ["", "1.5", "1e3", "x", str(2**63)]),
    "int beyond 2^53": (int, 2**53 + 1, [str(2**63 - 1), str(-(2**63))], []),
    "float": (float, 0.1, ["1", ".5", "5.", "1e-3", "-2.50", "1_0.5"], ["", "1,5", "0x1", "one"]),
    "float that is whole": (float, 3.0, [], []),
    "float that is huge": (float, 1e300, ["1e999"], []),
    "negative zero": (float, -0.0, ["-0"], []),
    "nan": (float, math.nan, ["nan", "NaN"], []),
    "infinity": (float, -math.inf, ["inf", "-Infinity"], []),
    "bool": (bool, True, ["true", "false"], ["", "maybe"]),
    "bool false": (bool, False, [], []),
    "str": (str, "Grüße\n\t\"quoted\" 'single' \\ 🎉", ["", " x ", "null", "1"], []),
    "str empty": (str, "", [], []),
    "datetime": (
        dt.datetime,
        NOON,
        ["2026-01-31", "2026-01-31T08:00Z", "2026-01-31 08:00:01", "2026-01-31T08:00:00.5+02:00", "0001-01-01T00:00:00Z"],
        ["", "31.1.2026", "2026-02-30", "2026-01-31T25:00Z"],
    ),
    "date": (dt.date, dt.date(2026, 2, 28), ["2026-01-31"], []),
    "duration": (
        dt.timedelta,
        dt.timedelta(days=2, hours=3, microseconds=1),
        ["90", "1h30m", "PT5M", "1:30:00", "2 days, 0:00:05", "-3s", "1.5 h", "250ms", "P1DT2H"],
        ["", "soon", "1h and more", "1 fortnight"],
    ),
    "duration below zero": (dt.timedelta, dt.timedelta(seconds=-1.5), [], []),
    "enum": (Colour, Colour.BLUE, ["red"], ["green", ""]),
    "literal": (Literal["a", "b"], "b", [], ["c"]),
    "literal numbers": (Literal[1, 2], 2, ["1"], ["x"]),
    "optional none": (int | None, None, [], []),
    "optional int": (int | None, 5, [], []),
    "union text": (int | str, "5", [], []),
    "union float": (int | float, 5.0, [], []),
    "list": (list[int], [1, 2**60], [], []),
    "list empty": (list[str], [], [], []),
    "list of optional": (list[str | None], ["a", None, ""], [], []),
    "optional list": (list[float] | None, [1.0, math.nan], [], []),
    "map": (dict[str, float], {"a": 1.0, "__proto__": -0.5, "": 2.5}, [], []),
    "map of lists": (dict[str, list[bool]], {"x": [True, False], "y": []}, [], []),
    "record": (Config, Config(2**53 + 1, 2.0, numbers=[1, 2], rates={"a": 1.0}, maybe=3, either=Inner(2.0)), [], []),
    "record of defaults": (Inner, Inner(1.0), [], []),
    "record with odd floats": (Inner, Inner(math.inf, -1), [], []),
    "list of records": (list[Inner], [Inner(0.5, 1), Inner(1.0, 2**40)], [], []),
    "union of records": (Inner | Other, Other(1.0, "x"), [], []),
    "optional record": (Inner | None, Inner(1.0), [], []),
    "named tuple": (Point, Point(3, 2.0), [], []),
    "typed dict": (Options, {"depth": 3}, [], []),
    "file": (al.File, al.File("s3://bucket/key.csv"), ["s3://b/k"], [""]),
    "folder": (al.Directory, al.Directory("s3://bucket/folder"), [], []),
    "optional file": (al.File | None, al.File("s3://bucket/key.csv"), [], []),
    "files": (list[al.File], [al.File("s3://bucket/1"), al.File("s3://bucket/2")], [], []),
}

#: name → literal type and literal of what our own types do not write
FOREIGN: dict[str, tuple[core.LiteralType, core.Literal]] = {}


def _struct(schema: dict[str, Any]) -> core.LiteralType:
    made = core.LiteralType(simple=core.SimpleType.STRUCT)
    made.metadata.update(schema)
    return made


def _generic(value: dict[str, Any]) -> core.Literal:
    literal = core.Literal()
    literal.scalar.generic.update(value)
    return literal


_REFERRING = {
    "$ref": "#/definitions/Train",
    "definitions": {
        "Train": {
            "type": "object",
            "title": "Train",
            "properties": {
                "steps": {"type": "integer"},
                "best": {"allOf": [{"$ref": "#/definitions/Best"}]},
                "next": {"$ref": "#/definitions/Train"},
            },
            "required": ["steps"],
        },
        "Best": {"type": "object", "properties": {"at": {"anyOf": [{"type": "number"}, {"type": "null"}], "default": None}}},
    },
}
FOREIGN["struct by references that lead back"] = (_struct(_REFERRING), _generic({"steps": 3, "best": {"at": 0.5}, "next": {"steps": 1}}))
FOREIGN["struct without a schema"] = (core.LiteralType(simple=core.SimpleType.STRUCT), _generic({"a": [1, "x", None], "b": {"c": True}}))
FOREIGN["bytes"] = (
    core.LiteralType(simple=core.SimpleType.BINARY),
    core.Literal(scalar=core.Scalar(binary=core.Binary(value=b"\x00\xffabc"))),
)
_FRAME = core.StructuredDatasetType(format="parquet")
_FRAME.columns.add(name="a", literal_type=core.LiteralType(simple=core.SimpleType.INTEGER))
FOREIGN["data frame"] = (
    core.LiteralType(structured_dataset_type=_FRAME),
    core.Literal(
        scalar=core.Scalar(
            structured_dataset=core.StructuredDataset(
                uri="s3://bucket/frame", metadata=core.StructuredDatasetMetadata(structured_dataset_type=_FRAME)
            )
        ),
        hash="abc",
    ),
)
FOREIGN["schema"] = (
    core.LiteralType(schema=core.SchemaType()),
    core.Literal(scalar=core.Scalar(schema=core.Schema(uri="s3://bucket/frame", type=core.SchemaType()))),
)
FOREIGN["pickle"] = (
    core.LiteralType(blob=core.BlobType(format="PythonPickle")),
    core.Literal(
        scalar=core.Scalar(blob=core.Blob(uri="s3://bucket/x.pkl", metadata=core.BlobMetadata(type=core.BlobType(format="PythonPickle"))))
    ),
)
FOREIGN["error"] = (
    core.LiteralType(simple=core.SimpleType.ERROR),
    core.Literal(scalar=core.Scalar(error=core.Error(failed_node_id="n0", message="it broke"))),
)


def wire(message: Any) -> Any:
    """A message as the server's JSON has it."""
    return json_format.MessageToDict(message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)


def _refuses(text: str, type_: core.LiteralType) -> bool:
    try:
        parse_text(text, type_)
    except InvalidInput:
        return True
    return False


def cases() -> Iterator[dict[str, Any]]:
    """Each case as JSON.

    Raises:
        AssertionError: a text that is to be refused is taken.
    """
    for name, (annotation, value, typed, refused) in VALUES.items():
        of = converter(annotation)
        literal = of.to_literal(value, Offload())
        taken = [text for text in refused if not _refuses(text, of.literal_type) and text]
        assert not taken, f"{name}: {taken} are taken"
        yield {
            "name": name,
            "type": wire(of.literal_type),
            "literal": wire(literal),
            "value": shown(of.to_python(literal, Offload())),
            "typed": [{"text": text, "value": shown(of.to_python(parse_text(text, of.literal_type), Offload()))} for text in typed],
            "refused": refused,
        }
    for name, (type_, literal) in FOREIGN.items():
        yield {"name": name, "type": wire(type_), "literal": wire(literal), "value": None, "typed": [], "refused": []}


def shown(value: Any) -> str:
    """What a value is known by."""
    return value.uri if isinstance(value, (al.File, al.Directory)) else repr(value)


def text() -> str:
    """The file's content."""
    return json.dumps(list(cases()), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    CASES.write_text(text(), encoding="utf-8")
