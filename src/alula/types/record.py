"""Records: dataclasses as msgpack with their JSON schema in the type, so ints stay ints and fields can be picked by name."""

from __future__ import annotations

import dataclasses
import typing
from functools import cached_property
from typing import Any

import msgpack

from alula.errors import AlulaError, DefinitionError, InvalidInput
from alula.idl import core
from alula.types.base import Converter, converter, mismatch, type_name
from alula.types.offload import Offload
from alula.types.scalar import describe

_in_progress: list[Any] = []


class Record(Converter):
    """A dataclass. Fields may be of every supported type, also files and data frames: those are uploaded, the record keeps the URI."""

    tag = "Object-Dataclass-Transformer"

    def __init__(self, annotation: Any) -> None:
        super().__init__(annotation)
        if annotation in _in_progress:
            raise DefinitionError(
                f"dataclass {annotation.__qualname__} contains itself; refer to the other record by a key", code="UNSUPPORTED_TYPE"
            )
        _in_progress.append(annotation)
        try:
            hints = typing.get_type_hints(annotation, include_extras=True)
            self.fields = {field.name: field for field in dataclasses.fields(annotation) if field.init}
            self.converters = {name: self._field(name, hints[name]) for name in self.fields}
        finally:
            _in_progress.pop()

    def _field(self, name: str, annotation: Any) -> Converter:
        try:
            return converter(annotation)
        except DefinitionError as error:
            raise DefinitionError(f"field {self.annotation.__qualname__}.{name}: {error.message}", code=error.code) from error

    @cached_property
    def _schema(self) -> dict[str, Any]:
        properties = {}
        required = []
        for name, field in self.fields.items():
            properties[name] = self.converters[name].schema()
            if field.default is not dataclasses.MISSING:
                # A default that has no plain form here (a file, say) is left out of the description, not of the class.
                try:
                    properties[name]["default"] = self.converters[name].to_plain(field.default, Offload())
                except AlulaError:
                    continue
            elif field.default_factory is dataclasses.MISSING:
                required.append(name)
        made: dict[str, Any] = {
            "type": "object",
            "title": self.annotation.__name__,
            "properties": properties,
            "additionalProperties": False,
        }
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

    def to_plain(self, value: Any, offload: Offload) -> dict[str, Any]:
        if not isinstance(value, self.annotation):
            raise mismatch(type_name(self.annotation), value)
        plain = {}
        for name, field in self.converters.items():
            try:
                plain[name] = field.to_plain(getattr(value, name), offload)
            except InvalidInput as error:
                raise InvalidInput(f"{self.annotation.__qualname__}.{name}: {error.message}", code=error.code) from error
        return plain

    def from_plain(self, plain: Any, offload: Offload) -> Any:
        if not isinstance(plain, dict):
            raise mismatch(type_name(self.annotation), plain)
        # Fields we do not know are left out: the compiler lets a record with more fields flow into one with fewer.
        values = {}
        for name, field in self.fields.items():
            if name in plain:
                values[name] = self.converters[name].from_plain(plain[name], offload)
            elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
                raise InvalidInput(f"{self.annotation.__qualname__}.{name} is missing and has no default", code="TYPE_MISMATCH")
        return self.annotation(**values)

    def to_literal(self, value: Any, offload: Offload) -> core.Literal:
        packed = msgpack.packb(self.to_plain(value, offload))
        return core.Literal(scalar=core.Scalar(binary=core.Binary(value=packed, tag="msgpack")))

    def read(self, literal: core.Literal, offload: Offload) -> Any:
        raise mismatch(type_name(self.annotation), describe(literal))

    def accepts(self, value: Any) -> bool:
        return type(value) is self.annotation

    def accepts_loosely(self, value: Any) -> bool:
        return isinstance(value, self.annotation)


def make(annotation: Any, metadata: tuple[Any, ...]) -> Converter | None:
    """The family's entry in the registry."""
    if isinstance(annotation, type) and dataclasses.is_dataclass(annotation):
        return Record(annotation)
    return None
