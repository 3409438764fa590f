"""The text and JSON side of literals, by LiteralType and without Python user types: forms, command lines, tables."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
import math
import re
from collections.abc import Callable, Mapping
from decimal import Context, Decimal
from typing import Any

import msgpack
from google.protobuf import json_format

from alula.errors import InvalidInput
from alula.idl import core
from alula.idl.record import TYPE_KEY, with_defaults

MSGPACK_TAG = "msgpack"

_SIMPLE_NAMES = {
    core.SimpleType.NONE: "None",
    core.SimpleType.INTEGER: "int",
    core.SimpleType.FLOAT: "float",
    core.SimpleType.STRING: "str",
    core.SimpleType.BOOLEAN: "bool",
    core.SimpleType.DATETIME: "datetime",
    core.SimpleType.DURATION: "timedelta",
    core.SimpleType.BINARY: "bytes",
    core.SimpleType.ERROR: "error",
    core.SimpleType.STRUCT: "dict",
}

# Columns of the older schema type, by their number.
_COLUMN_NAMES = ("int", "float", "str", "datetime", "timedelta", "bool")


def describe_type(type: core.LiteralType) -> str:
    """A type as people write it: `list[int]`, `int | None`, `File[csv]`, `DataFrame`, `'red' | 'blue'`."""
    kind = type.WhichOneof("type")
    if kind == "simple":
        if type.simple == core.SimpleType.STRUCT:
            return _struct_name(type)
        return _SIMPLE_NAMES.get(type.simple, "unknown")
    if kind == "collection_type":
        return f"list[{describe_type(type.collection_type)}]"
    if kind == "map_value_type":
        return f"dict[str, {describe_type(type.map_value_type)}]"
    if kind == "union_type":
        return " | ".join(dict.fromkeys(describe_type(variant) for variant in type.union_type.variants)) or "nothing"
    if kind == "enum_type":
        return " | ".join(repr(value) for value in type.enum_type.values) or "enum"
    if kind == "blob":
        name = "Directory" if type.blob.dimensionality == core.BlobType.MULTIPART else "File"
        return f"{name}[{type.blob.format}]" if type.blob.format else name
    if kind in ("schema", "structured_dataset_type"):
        columns = type.schema.columns if kind == "schema" else type.structured_dataset_type.columns
        return f"DataFrame[{', '.join(column.name for column in columns)}]" if columns else "DataFrame"
    return "unknown"


def _struct_name(type_: Any) -> str:
    title = type_.metadata.fields["title"].string_value if "title" in type_.metadata.fields else ""
    return title or "dict"


# ---------------------------------------------------------------------------------------------------------------- from text


def parse_text(text: str, type: core.LiteralType, place: str = "value") -> core.Literal:
    """The value that a person typed.

    Args:
        text: as typed. Lists, maps, structs and unions with structure are JSON; a file, directory or dataframe is its URI;
            a duration is `20m`, `1h30m`, `PT5M` or `3s`; a datetime is ISO 8601, in UTC unless it says otherwise.
        type: what is expected.
        place: where the text stands, for the message.
    Raises:
        InvalidInput: the text is no value of the type.
    """
    kind = type.WhichOneof("type")
    if kind == "simple" and type.simple in _TEXT_SIMPLE:
        return _TEXT_SIMPLE[type.simple](text, place)
    if kind in ("enum_type", "blob", "structured_dataset_type", "schema"):
        return from_json(text, type, place)
    if kind == "union_type":
        return _parse_union(text, type, place)
    return from_json(_json(text, type, place), type, place)


def _wrong(place: str, expected: str, text: object, remedy: str) -> InvalidInput:
    shown = text if isinstance(text, str) else json.dumps(text, default=str)
    return InvalidInput(f"{place}: expected {expected}, got {shown[:60]!r}; {remedy}")


def _json(text: str, type_: Any, place: str) -> Any:
    try:
        return json.loads(text, parse_constant=float)
    except ValueError as error:
        example = '{"key": "value"}' if type_.WhichOneof("type") != "collection_type" else "[1, 2]"
        raise _wrong(place, describe_type(type_), text, f"write it as JSON, for instance {example}") from error


def _parse_union(text: str, type_: Any, place: str) -> core.Literal:
    """The first variant that takes the text, the more telling types first: `3` is an int before it is a str."""
    if len(_records(type_)) > 1 and text.lstrip().startswith("{"):
        return _union_json(_json(text, type_, place), type_, place)
    for variant in sorted(type_.union_type.variants, key=_text_rank):
        if variant.WhichOneof("type") == "simple" and variant.simple == core.SimpleType.STRING and _json_string(text) is not None:
            return _union(_primitive(string_value=_json_string(text)), variant)
        try:
            return _union(parse_text(text, variant, place), variant)
        except InvalidInput:
            continue
    raise _wrong(place, describe_type(type_), text, "write a value of one of these types")


def _json_string(text: str) -> str | None:
    """What a quoted JSON string says; the way to pass the text "3" where a number would do too."""
    if not (len(text) > 1 and text[0] == text[-1] == '"'):
        return None
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, str) else None


_RANKS = [
    core.SimpleType.NONE,
    core.SimpleType.BOOLEAN,
    core.SimpleType.INTEGER,
    core.SimpleType.FLOAT,
    core.SimpleType.DURATION,
    core.SimpleType.DATETIME,
]


def _text_rank(type_: Any) -> int:
    kind = type_.WhichOneof("type")
    if kind == "simple":
        if type_.simple in _RANKS:
            return _RANKS.index(type_.simple)
        return 30 if type_.simple == core.SimpleType.STRING else 10
    return {"enum_type": 8, "collection_type": 9, "map_value_type": 9}.get(kind, 20)


def _union(value: Any, variant: Any) -> core.Literal:
    return core.Literal(scalar=core.Scalar(union=core.Union(value=value, type=variant)))


def _primitive(**value: Any) -> core.Literal:
    return core.Literal(scalar=core.Scalar(primitive=core.Primitive(**value)))


def _none_text(text: str, place: str) -> core.Literal:
    if text.strip().lower() in ("", "none", "null"):
        return core.Literal(scalar=core.Scalar(none_type=core.Void()))
    raise _wrong(place, "None", text, "write null")


def _int_text(text: str, place: str) -> core.Literal:
    try:
        return _int(int(text.strip().replace("_", "")), place)
    except ValueError as error:
        raise _wrong(place, "int", text, "write a whole number, for instance 42") from error


def _int(value: int, place: str) -> core.Literal:
    if not -(2**63) <= value < 2**63:
        raise _wrong(place, "int", str(value), "stay within 64 bits")
    return _primitive(integer=value)


def _float_text(text: str, place: str) -> core.Literal:
    try:
        return _primitive(float_value=float(text))
    except ValueError as error:
        raise _wrong(place, "float", text, "write a number, for instance 0.5 or 1e-3") from error


def _bool_text(text: str, place: str) -> core.Literal:
    word = text.strip().lower()
    if word in ("true", "1", "yes", "on", "t", "y"):
        return _primitive(boolean=True)
    if word in ("false", "0", "no", "off", "f", "n"):
        return _primitive(boolean=False)
    raise _wrong(place, "bool", text, "write true or false")


def _datetime_text(text: str, place: str) -> core.Literal:
    try:
        at = dt.datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise _wrong(place, "datetime", text, "write ISO 8601, for instance 2026-01-31T08:00:00Z") from error
    literal = _primitive()
    if at.tzinfo is None:
        at = at.replace(tzinfo=dt.UTC)
    literal.scalar.primitive.datetime.FromDatetime(at.astimezone(dt.UTC).replace(tzinfo=None))
    return literal


_GO_DURATION = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*(weeks?|w|days?|d|hours?|h|minutes?|min|ms|us|µs|m|seconds?|sec|s)\s*")
_ISO_DURATION = re.compile(
    r"P(?:(?P<w>\d+(?:\.\d+)?)W)?(?:(?P<d>\d+(?:\.\d+)?)D)?"
    r"(?:T(?:(?P<h>\d+(?:\.\d+)?)H)?(?:(?P<m>\d+(?:\.\d+)?)M)?(?:(?P<s>\d+(?:\.\d+)?)S)?)?"
)
_CLOCK_DURATION = re.compile(r"(?:(\d+) days?, )?(\d+):(\d\d):(\d\d(?:\.\d+)?)")
_UNIT_S = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
_FRACTION_S = {"ms": Decimal("1e-3"), "us": Decimal("1e-6"), "µs": Decimal("1e-6")}
# Enough digits for the longest duration there is, in microseconds.
_EXACT = Context(prec=40)


def _duration_s(text: str) -> Decimal | None:
    """Seconds in `1h30m`, `PT5M`, `1:30:00`, `2 days, 0:00:05` or a bare number, exactly; None if it is none of these."""
    word = text.strip()
    sign = -1 if word.startswith("-") else 1
    word = word.lstrip("+-").strip()
    if re.fullmatch(r"\d+(\.\d*)?|\.\d+", word):
        return sign * Decimal(word)
    iso = _ISO_DURATION.fullmatch(word.upper())
    if iso and any(iso.groups()):
        return sign * sum(
            (_EXACT.multiply(Decimal(number), _UNIT_S[unit]) for unit, number in iso.groupdict().items() if number), Decimal()
        )
    clock = _CLOCK_DURATION.fullmatch(word)
    if clock:
        days, hours, minutes, seconds = clock.groups()
        return sign * (int(days or 0) * 86400 + int(hours) * 3600 + int(minutes) * 60 + Decimal(seconds))
    total, at = Decimal(), 0
    while at < len(word):
        part = _GO_DURATION.match(word, at)
        if part is None:
            return None
        number, unit = part.groups()
        total += Decimal(number) * (_FRACTION_S.get(unit) or _UNIT_S[unit[0]])
        at = part.end()
    return sign * total if word else None


def _duration_text(text: str, place: str) -> core.Literal:
    seconds = _duration_s(text)
    literal = _primitive()
    try:
        if seconds is None:
            raise ValueError(text)
        literal.scalar.primitive.duration.FromTimedelta(dt.timedelta(microseconds=int(_EXACT.multiply(seconds, 1_000_000))))
    except (ValueError, OverflowError) as error:
        raise _wrong(place, "timedelta", text, "write for instance 20m, 1h30m, PT5M or 3s") from error
    return literal


_TEXT_SIMPLE: dict[int, Callable[[str, str], core.Literal]] = {
    core.SimpleType.NONE: _none_text,
    core.SimpleType.INTEGER: _int_text,
    core.SimpleType.FLOAT: _float_text,
    core.SimpleType.STRING: lambda text, place: _primitive(string_value=text),
    core.SimpleType.BOOLEAN: _bool_text,
    core.SimpleType.DATETIME: _datetime_text,
    core.SimpleType.DURATION: _duration_text,
}


# ---------------------------------------------------------------------------------------------------------------- from JSON


def from_json(value: Any, type: core.LiteralType, place: str = "value") -> core.Literal:
    """The literal for a JSON value.

    Args:
        value: what `json.loads` gives. Instants and durations are text, files and dataframes their URI (or
            `{"uri": …, "format": …}`), bytes are base64; a STRUCT becomes msgpack, as today's clients write dataclasses.
        type: what is expected.
        place: where the value stands, for the message.
    Raises:
        InvalidInput: the value is none of the type.
    """
    kind = type.WhichOneof("type")
    if kind == "simple":
        return _simple_json(value, type, place)
    if kind == "union_type":
        return _union_json(value, type, place)
    if kind == "collection_type":
        if not isinstance(value, list):
            raise _wrong(place, describe_type(type), value, "write a JSON list")
        items = [from_json(item, type.collection_type, f"{place}[{at}]") for at, item in enumerate(value)]
        return core.Literal(collection=core.LiteralCollection(literals=items))
    if kind == "map_value_type":
        if not isinstance(value, dict):
            raise _wrong(place, describe_type(type), value, "write a JSON object")
        entries = {str(key): from_json(item, type.map_value_type, f'{place}["{key}"]') for key, item in value.items()}
        return core.Literal(map=core.LiteralMap(literals=entries))
    if kind == "enum_type":
        if value not in list(type.enum_type.values):
            raise _wrong(place, f"one of {describe_type(type)}", value, "choose one of these values")
        return _primitive(string_value=value)
    if kind in ("blob", "structured_dataset_type", "schema"):
        return _stored_json(value, type, place)
    raise InvalidInput(f"{place}: this server does not know the type; update the server or pass the value as a literal")


def _simple_json(value: Any, type_: Any, place: str) -> core.Literal:
    simple = type_.simple
    expected = describe_type(type_)
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if simple == core.SimpleType.NONE and value is None:
        return core.Literal(scalar=core.Scalar(none_type=core.Void()))
    if simple == core.SimpleType.INTEGER and is_number and (isinstance(value, int) or value.is_integer()):
        return _int(int(value), place)
    if simple == core.SimpleType.FLOAT and is_number:
        return _primitive(float_value=float(value))
    if simple == core.SimpleType.FLOAT and value in ("NaN", "Infinity", "-Infinity"):
        return _primitive(float_value=float(value))
    if simple == core.SimpleType.STRING and isinstance(value, str):
        return _primitive(string_value=value)
    if simple == core.SimpleType.BOOLEAN and isinstance(value, bool):
        return _primitive(boolean=value)
    if simple == core.SimpleType.DATETIME and isinstance(value, str):
        return _datetime_text(value, place)
    if simple == core.SimpleType.DURATION and (isinstance(value, str) or is_number):
        return _duration_text(value if isinstance(value, str) else format(Decimal(repr(value)), "f"), place)
    if simple == core.SimpleType.STRUCT and isinstance(value, (dict, list, str, int, float, bool)):
        whole = with_defaults(value, type_.metadata) if isinstance(value, dict) else value
        return core.Literal(scalar=core.Scalar(binary=core.Binary(value=msgpack.packb(whole), tag=MSGPACK_TAG)))
    if simple == core.SimpleType.BINARY and isinstance(value, str):
        try:
            return core.Literal(scalar=core.Scalar(binary=core.Binary(value=base64.b64decode(value, validate=True))))
        except binascii.Error as error:
            raise _wrong(place, "bytes", value, "write base64") from error
    if simple == core.SimpleType.ERROR and isinstance(value, Mapping):
        said = core.Error(failed_node_id=str(value.get("failed_node_id", "")), message=str(value.get("message", "")))
        return core.Literal(scalar=core.Scalar(error=said))
    raise _wrong(place, expected, value, f"pass a JSON value that is {expected}")


def _union_json(value: Any, type_: Any, place: str) -> core.Literal:
    records = _records(type_)
    if isinstance(value, dict) and len(records) > 1:
        return _record_json(value, type_, records, place)
    # An exact int before a float that would also take it; the last resort is text.
    for variant in sorted(type_.union_type.variants, key=_text_rank):
        if isinstance(value, float) and not value.is_integer() and variant.simple == core.SimpleType.INTEGER:
            continue
        if isinstance(value, float) and variant.simple == core.SimpleType.INTEGER and _takes_float(type_):
            continue  # 2.0 was meant as a float if a float is welcome
        if isinstance(value, (int, float)) and variant.simple == core.SimpleType.DURATION:
            continue
        try:
            return _union(from_json(value, variant, place), variant)
        except InvalidInput:
            continue
    raise _wrong(place, describe_type(type_), value, "pass a value of one of these types")


def _records(type_: Any) -> list[Any]:
    """The variants of a union that are records whose fields are known."""
    return [variant for variant in type_.union_type.variants if "properties" in variant.metadata.fields]


def _record_json(value: Mapping[str, Any], type_: Any, records: list[Any], place: str) -> core.Literal:
    """A JSON object for a union of several records: the one it names, or the only one it has the fields of."""
    title = {variant.metadata.fields["title"].string_value: variant for variant in records}
    if TYPE_KEY in value:
        fitting = [title[value[TYPE_KEY]]] if value[TYPE_KEY] in title else []
    else:
        fitting = [variant for variant in records if _has_fields(value, variant.metadata)]
    if len(fitting) != 1:
        raise _wrong(place, describe_type(type_), value, f'say which by "{TYPE_KEY}": {" or ".join(sorted(title))}')
    return _union(from_json({key: item for key, item in value.items() if key != TYPE_KEY}, fitting[0], place), fitting[0])


def _has_fields(value: Mapping[str, Any], schema: Any) -> bool:
    required = {each.string_value for each in schema.fields["required"].list_value.values} if "required" in schema.fields else set()
    return required <= value.keys() <= set(schema.fields["properties"].struct_value.fields)


def _takes_float(type_: Any) -> bool:
    return any(variant.simple == core.SimpleType.FLOAT for variant in type_.union_type.variants)


def _stored_json(value: Any, type_: Any, place: str) -> core.Literal:
    uri = value.get("uri") if isinstance(value, dict) else value
    if not isinstance(uri, str) or not uri.strip():
        raise _wrong(place, describe_type(type_), value, "give its URI, for instance s3://bucket/key or a path")
    given = str(value.get("format", "")) if isinstance(value, dict) else ""
    kind = type_.WhichOneof("type")
    if kind == "blob":
        blob = core.BlobType(format=type_.blob.format or given, dimensionality=type_.blob.dimensionality)
        return core.Literal(scalar=core.Scalar(blob=core.Blob(uri=uri, metadata=core.BlobMetadata(type=blob))))
    if kind == "schema":
        return core.Literal(scalar=core.Scalar(schema=core.Schema(uri=uri, type=type_.schema)))
    dataset = core.StructuredDatasetType()
    dataset.CopyFrom(type_.structured_dataset_type)
    dataset.format = dataset.format or given
    metadata = core.StructuredDatasetMetadata(structured_dataset_type=dataset)
    return core.Literal(scalar=core.Scalar(structured_dataset=core.StructuredDataset(uri=uri, metadata=metadata)))


# ------------------------------------------------------------------------------------------------------------ to text, JSON


def to_text(literal: core.Literal) -> str:
    """A value for people and command lines; what `parse_text` reads back where the type is known."""
    case = literal.WhichOneof("value")
    if case == "scalar":
        scalar = literal.scalar.WhichOneof("value")
        if scalar == "union":
            return to_text(literal.scalar.union.value)
        if scalar == "primitive" and literal.scalar.primitive.WhichOneof("value") == "float_value":
            return repr(literal.scalar.primitive.float_value)
    value = to_json(literal)
    if isinstance(value, dict) and "uri" in value and case == "scalar":
        return str(value["uri"])
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def to_json(literal: core.Literal) -> Any:
    """A value as JSON: what `from_json` reads back where the type is known.

    Instants are ISO 8601 in UTC, durations ISO 8601 (`PT90S`), NaN and infinities the words JSON cannot spell otherwise,
    files and dataframes `{"uri", "format"}`, an offloaded value `{"uri", "size_bytes", "offloaded": true}`.
    """
    case = literal.WhichOneof("value")
    if case == "scalar":
        return _scalar_to_json(literal.scalar)
    if case == "collection":
        return [to_json(item) for item in literal.collection.literals]
    if case == "map":
        return {key: to_json(item) for key, item in sorted(literal.map.literals.items())}
    if case == "offloaded_metadata":
        return {"uri": literal.offloaded_metadata.uri, "size_bytes": literal.offloaded_metadata.size_bytes, "offloaded": True}
    return None


def _scalar_to_json(scalar: Any) -> Any:
    case = scalar.WhichOneof("value")
    if case == "primitive":
        return _primitive_to_json(scalar.primitive)
    if case == "union":
        return to_json(scalar.union.value)
    if case == "binary":
        return _binary_to_json(scalar.binary)
    if case == "generic":
        return _whole(json_format.MessageToDict(scalar.generic))
    if case == "blob":
        return {"uri": scalar.blob.uri, "format": scalar.blob.metadata.type.format}
    if case == "structured_dataset":
        return {"uri": scalar.structured_dataset.uri, "format": scalar.structured_dataset.metadata.structured_dataset_type.format}
    if case == "schema":
        return {"uri": scalar.schema.uri, "format": "parquet"}
    if case == "error":
        return {"failed_node_id": scalar.error.failed_node_id, "message": scalar.error.message}
    return None


def _primitive_to_json(primitive: Any) -> Any:
    case = primitive.WhichOneof("value")
    if case is None:
        return None
    value = getattr(primitive, case)
    if case == "float_value":
        return _finite(value)
    if case == "datetime":
        return value.ToJsonString()
    if case == "duration":
        nanos = value.seconds * 1_000_000_000 + value.nanos
        seconds = f"{abs(nanos) // 1_000_000_000}.{abs(nanos) % 1_000_000_000:09d}".rstrip("0").rstrip(".")
        return f"{'-' if nanos < 0 else ''}PT{seconds}S"
    return value


def _finite(value: float) -> float | str:
    if math.isnan(value):
        return "NaN"
    return value if math.isfinite(value) else ("Infinity" if value > 0 else "-Infinity")


def _binary_to_json(binary: Any) -> Any:
    if binary.tag == MSGPACK_TAG:
        try:
            return _jsonable(msgpack.unpackb(binary.value, strict_map_key=False, raw=False))
        except (ValueError, TypeError, msgpack.exceptions.UnpackException):
            pass  # not msgpack after all: show the bytes
    return base64.b64encode(binary.value).decode()


def _jsonable(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _jsonable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_jsonable(item) for item in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, float):
        return _finite(value)
    if isinstance(value, (str, int, bool)) or value is None:
        return value
    return str(value)


def _whole(value: Any) -> Any:
    """Struct knows only floats: what is whole was most likely an int."""
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
