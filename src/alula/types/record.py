"""Records: dataclass, TypedDict and NamedTuple as msgpack with their JSON schema in the type, so ints stay ints and fields can
be picked by name."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import typing
from abc import abstractmethod
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import msgpack

from alula.errors import AlulaError, DefinitionError, InvalidInput
from alula.idl import core
from alula.types.base import Converter, Reference, converter, mismatch, overlap, type_name
from alula.types.container import inside
from alula.types.offload import Offload
from alula.types.scalar import describe

_in_progress: list[Any] = []
UNSET: Any = object()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a record.

    Args:
        is_required: whether a record without it cannot be read.
        default: what the schema says; UNSET if there is none, or one made by a factory.
    """

    annotation: Any
    is_required: bool = True
    default: Any = UNSET


class Record(Converter):
    """A class with named fields of any supported type, also files and data frames: those are uploaded, the record keeps the URI."""

    def __init__(self, annotation: Any) -> None:
        super().__init__(annotation)
        if annotation in _in_progress:
            raise DefinitionError(f"{annotation.__qualname__} contains itself; refer to the other record by a key", code="UNSUPPORTED_TYPE")
        _in_progress.append(annotation)
        try:
            self.fields = self.find_fields()
            self.converters = {name: self._field(name, field.annotation) for name, field in self.fields.items()}
        finally:
            _in_progress.pop()

    @abstractmethod
    def find_fields(self) -> dict[str, Field]: ...

    @abstractmethod
    def build(self, values: dict[str, Any]) -> Any:
        """The record of converted values; those of fields with a default may be missing."""

    def get(self, value: Any) -> Mapping[str, Any]:
        """The fields of a value that is of this type."""
        return {name: getattr(value, name) for name in self.fields}

    def _field(self, name: str, annotation: Any) -> Converter:
        try:
            made = converter(annotation)
            made.plain_forms()
        except DefinitionError as error:
            raise DefinitionError(f"field {self.annotation.__qualname__}.{name}: {error.message}", code=error.code) from error
        return made

    @cached_property
    def _schema(self) -> dict[str, Any]:
        return self.build_schema()

    def build_schema(self) -> dict[str, Any]:
        """The JSON schema; an object with a property per field unless said otherwise."""
        properties = {}
        for name, field in self.fields.items():
            properties[name] = dict(self.converters[name].schema())
            if field.default is not UNSET:
                # A default that has no plain form here (a file, say) is left out of the description, not of the class.
                try:
                    default = self.converters[name].to_plain(field.default, Offload())
                except AlulaError:
                    continue
                if _is_exact(default):
                    properties[name]["default"] = default
        made: dict[str, Any] = {
            "type": "object",
            "title": self.annotation.__name__,
            "properties": properties,
            "additionalProperties": False,
        }
        required = [name for name, field in self.fields.items() if field.is_required]
        if required:
            made["required"] = required
        return made

    def schema(self) -> dict[str, Any]:
        return self._schema

    def build_literal_type(self) -> core.LiteralType:
        made = core.LiteralType(simple=core.SimpleType.STRUCT)
        made.metadata.update(self._schema)
        made.annotation.annotations.update({"cache-key-metadata": {"serialization-format": "msgpack"}})
        for name, field in self.converters.items():
            made.structure.dataclass_type[name].CopyFrom(field.literal_type)
        return made

    def to_plain(self, value: Any, offload: Offload) -> Any:
        if not self.accepts_loosely(value):
            raise mismatch(type_name(self.annotation), value)
        plain = {}
        for name, item in self.get(value).items():
            try:
                plain[name] = self.converters[name].to_plain(item, offload)
            except InvalidInput as error:
                raise self._inside(name, error) from error
        return plain

    def from_plain(self, plain: Any, offload: Offload) -> Any:
        if not isinstance(plain, dict):
            raise mismatch(type_name(self.annotation), plain)
        # Fields we do not know are left out: the compiler lets a record with more fields flow into one with fewer.
        values = {}
        for name, field in self.fields.items():
            if name in plain:
                try:
                    values[name] = self.converters[name].from_plain(plain[name], offload)
                except InvalidInput as error:
                    raise self._inside(name, error) from error
            elif field.is_required:
                message = f"{self.annotation.__qualname__}.{name} is missing and has no default{self._meant(name, plain)}"
                raise InvalidInput(message, code="TYPE_MISMATCH")
        return self.build(values)

    def _meant(self, missing: str, plain: Mapping[str, Any]) -> str:
        """Which field of a plain value may have been meant to be the one that is missing."""
        import difflib  # of use to errors only

        unknown = [key for key in map(str, plain) if key not in self.fields]
        near = difflib.get_close_matches(missing, unknown, n=1)
        if near:
            return f"; it has no field {near[0]!r}, did you mean {missing}?"
        return f"; it has no field {unknown[0]!r}, only {', '.join(self.fields)}" if unknown else ""

    def _inside(self, name: str, error: InvalidInput) -> InvalidInput:
        return inside(f"{self.annotation.__qualname__}.{name}", error)

    def to_literal(self, value: Any, offload: Offload) -> core.Literal:
        plain = self.to_plain(value, offload)
        literal = core.Literal(scalar=core.Scalar(binary=core.Binary(value=msgpack.packb(plain), tag="msgpack")))
        if self._refers:
            literal.hash = hashlib.sha256(json.dumps(_content(plain), sort_keys=True).encode(errors="surrogatepass")).hexdigest()
        return literal

    @cached_property
    def _refers(self) -> bool:
        """Whether something in it may lie elsewhere: then the record is known by content, not by where that lies."""
        return any(_may_refer(field.literal_type) for field in self.converters.values())

    def read(self, literal: core.Literal, offload: Offload) -> Any:
        raise mismatch(type_name(self.annotation), describe(literal))

    def accepts(self, value: Any) -> bool:
        return type(value) is self.annotation

    def accepts_loosely(self, value: Any) -> bool:
        return isinstance(value, self.annotation)


class DataclassRecord(Record):
    tag = "Object-Dataclass-Transformer"

    def find_fields(self) -> dict[str, Field]:
        hints = typing.get_type_hints(self.annotation, include_extras=True)
        made = {}
        for field in dataclasses.fields(self.annotation):
            if field.init:
                required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
                default = UNSET if field.default is dataclasses.MISSING else field.default
                made[field.name] = Field(annotation=hints[field.name], is_required=required, default=default)
        return made

    def build(self, values: dict[str, Any]) -> Any:
        return self.annotation(**values)


class NamedTupleRecord(Record):
    """A NamedTuple as one value: a JSON array, as dataclasses of Flyte's SDK hold it."""

    tag = "NamedTuple"

    def find_fields(self) -> dict[str, Field]:
        hints = typing.get_type_hints(self.annotation, include_extras=True)
        defaults = self.annotation._field_defaults
        untyped = next((name for name in self.annotation._fields if name not in hints), None)
        if untyped is not None:
            raise DefinitionError(
                f"{self.annotation.__qualname__}.{untyped} has no type; write it as a class that derives from NamedTuple",
                code="UNSUPPORTED_TYPE",
            )
        return {
            name: Field(annotation=hints[name], is_required=name not in defaults, default=defaults.get(name, UNSET))
            for name in self.annotation._fields
        }

    def build(self, values: dict[str, Any]) -> Any:
        return self.annotation(**values)

    def build_schema(self) -> dict[str, Any]:
        items = [{**self.converters[name].schema(), "title": name} for name in self.fields]
        return {"type": "array", "title": self.annotation.__name__, "prefixItems": items, "minItems": len(items), "maxItems": len(items)}

    def to_plain(self, value: Any, offload: Offload) -> list[Any]:
        return list(super().to_plain(value, offload).values())

    def from_plain(self, plain: Any, offload: Offload) -> Any:
        if isinstance(plain, list) and len(plain) <= len(self.fields):
            plain = dict(zip(self.fields, plain, strict=False))
        return super().from_plain(plain, offload)


class TypedDictRecord(Record):
    """A TypedDict: its required keys, and those that may be missing."""

    tag = "Typed Dict"

    def find_fields(self) -> dict[str, Field]:
        hints = typing.get_type_hints(self.annotation, include_extras=True)
        made = {}
        for name, hint in hints.items():
            # A class with postponed annotations did not see the qualifiers when it was made.
            qualifiers, annotation = _qualifiers(hint)
            required = "Required" in qualifiers or (name in self.annotation.__required_keys__ and "NotRequired" not in qualifiers)
            made[name] = Field(annotation=annotation, is_required=required)
        return made

    def build(self, values: dict[str, Any]) -> Any:
        return values

    def get(self, value: Any) -> Mapping[str, Any]:
        unknown = next((key for key in value if key not in self.fields), None)
        if unknown is not None:
            raise mismatch(f"only the keys {', '.join(self.fields)} of {type_name(self.annotation)}", unknown)
        missing = next((name for name, field in self.fields.items() if field.is_required and name not in value), None)
        if missing is not None:
            raise mismatch(f"key {missing!r} of {type_name(self.annotation)}", value)
        return {name: value[name] for name in self.fields if name in value}

    def accepts(self, value: Any) -> bool:
        return self._fits(value, "accepts")

    def accepts_loosely(self, value: Any) -> bool:
        # What is wrong inside is said by the field it is wrong in.
        return isinstance(value, dict)

    def _fits(self, value: Any, test: str) -> bool:
        if not isinstance(value, dict) or not value.keys() <= self.fields.keys():
            return False
        if any(field.is_required and name not in value for name, field in self.fields.items()):
            return False
        return all(getattr(self.converters[name], test)(item) for name, item in value.items())

    def shares_values(self, other: Converter) -> bool:
        if not isinstance(other, TypedDictRecord):
            return False
        mine, theirs = (_required(of.fields) for of in (self, other))
        if not mine <= other.fields.keys() or not theirs <= self.fields.keys():
            return False
        return all(overlap(self.converters[name].plain_forms(), other.converters[name].plain_forms()) for name in mine | theirs)


def _content(plain: Any) -> Any:
    """A plain value without the places of what is known by its content."""
    if isinstance(plain, Reference) and "hash" in plain:
        return ["hash", plain["hash"]]
    if isinstance(plain, dict):
        return {key: _content(item) for key, item in plain.items()}
    return [_content(item) for item in plain] if isinstance(plain, list) else plain


def _may_refer(of: core.LiteralType) -> bool:
    kind = of.WhichOneof("type")
    if kind == "union_type":
        return any(_may_refer(variant) for variant in of.union_type.variants)
    if kind in ("collection_type", "map_value_type"):
        return _may_refer(getattr(of, kind))
    return kind in ("blob", "structured_dataset_type") or any(_may_refer(field) for field in of.structure.dataclass_type.values())


def _required(fields: Mapping[str, Field]) -> set[str]:
    return {name for name, field in fields.items() if field.is_required}


def _qualifiers(hint: Any) -> tuple[set[str], Any]:
    """Which of Required, NotRequired and ReadOnly stand around an annotation, and the annotation without them."""
    found: set[str] = set()
    while (name := getattr(typing.get_origin(hint), "_name", "")) in ("Required", "NotRequired", "ReadOnly"):
        found.add(name)
        hint = typing.get_args(hint)[0]
    return found, hint


def make(annotation: Any, metadata: tuple[Any, ...]) -> Converter | None:
    """The family's entry in the registry."""
    if not isinstance(annotation, type):
        return None
    if issubclass(annotation, dict) and hasattr(annotation, "__required_keys__"):  # typing.is_typeddict knows only its own
        return TypedDictRecord(annotation)
    if issubclass(annotation, tuple) and hasattr(annotation, "_fields"):
        return NamedTupleRecord(annotation)
    return DataclassRecord(annotation) if dataclasses.is_dataclass(annotation) else None


def _is_exact(plain: Any) -> bool:
    """Whether a value is the same in a protobuf Struct, as which schemas are stored: all its numbers are floats of 64 bits."""
    if isinstance(plain, dict):
        return all(map(_is_exact, plain.values()))
    if isinstance(plain, list | tuple):
        return all(map(_is_exact, plain))
    return not isinstance(plain, int) or int(float(plain)) == plain
