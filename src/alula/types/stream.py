"""Streams: `Iterator[T]` and `Generator[T]` are lists on the wire, made and read one item at a time; a long one is stored by itself."""

from __future__ import annotations

import collections.abc
import hashlib
import typing
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from alula.errors import DefinitionError, InvalidInput
from alula.idl import core
from alula.idl.digest import digest_literal
from alula.types.base import Converter, Forms, converter, mismatch, type_name
from alula.types.container import inside
from alula.types.offload import Offload
from alula.types.scalar import describe

INLINE_BYTES = 1 << 20
"""A longer stream is an object of its own, so that neither side ever holds all of it."""

# How protobuf writes a Literal that is a collection: field 2, its length, then each item as field 1 with its length.
_COLLECTION, _ITEM = b"\x12", b"\x0a"
_LENGTH_BYTES = 5  # padded: 32 GiB, and no reader refuses it


class StreamOf(Converter):
    """An iterator: used up by whoever takes from it, so it is a value of its own and never part of a record."""

    tag = "Typed Iterator"

    def __init__(self, annotation: Any, item: Converter) -> None:
        super().__init__(annotation)
        self.item = item

    def build_literal_type(self) -> core.LiteralType:
        return core.LiteralType(collection_type=self.item.literal_type)

    def _literals(self, value: Iterable[Any], offload: Offload) -> Iterator[core.Literal]:
        for index, item in enumerate(value):
            try:
                yield self.item.to_literal(item, offload)
            except InvalidInput as error:
                raise inside(f"[{index}]", error) from error

    def to_literal(self, value: Any, offload: Offload) -> core.Literal:
        if not self.accepts_loosely(value):
            raise mismatch(type_name(self.annotation), value, "yield the items, or return iter(…)")
        literals = self._literals(value, offload)
        made: list[core.Literal] = []
        size_bytes = 0
        for literal in literals:
            made.append(literal)
            size_bytes += literal.ByteSize()
            if size_bytes > INLINE_BYTES:
                return self._stored(made, literals, offload)
        return core.Literal(collection=core.LiteralCollection(literals=made))

    def _stored(self, first: list[core.Literal], rest: Iterator[core.Literal], offload: Offload) -> core.Literal:
        path = offload.scratch / f"stream-{id(rest):x}.pb"
        digest = hashlib.sha256(b"stream\0")
        with path.open("wb") as sink:
            sink.write(_COLLECTION + _varint(0, _LENGTH_BYTES))
            for literals in (first, rest):
                for literal in literals:
                    packed = literal.SerializeToString()
                    sink.write(_ITEM + _varint(len(packed)) + packed)
                    digest.update(digest_literal(literal))
            size_bytes = sink.tell()
            sink.seek(len(_COLLECTION))
            sink.write(_varint(size_bytes - len(_COLLECTION) - _LENGTH_BYTES, _LENGTH_BYTES))
        uri = offload.put_file(path, "stream.pb", digest.hexdigest())
        path.unlink()
        metadata = core.LiteralOffloadedMetadata(uri=uri, size_bytes=size_bytes, inferred_type=self.literal_type)
        return core.Literal(offloaded_metadata=metadata, hash=digest.hexdigest())

    def to_python(self, literal: core.Literal, offload: Offload) -> Any:
        if literal.HasField("offloaded_metadata"):
            return self._values(_read(offload.fetch(literal.offloaded_metadata.uri)), offload)
        return super().to_python(literal, offload)

    def read(self, literal: core.Literal, offload: Offload) -> Any:
        if literal.WhichOneof("value") != "collection":
            raise mismatch(type_name(self.annotation), describe(literal))
        return self._values(literal.collection.literals, offload)

    def _values(self, literals: Iterable[core.Literal], offload: Offload) -> Iterator[Any]:
        for index, literal in enumerate(literals):
            try:
                yield self.item.to_python(literal, offload)
            except InvalidInput as error:
                raise inside(f"{type_name(self.annotation)}[{index}]", error) from error

    def to_plain(self, value: Any, offload: Offload) -> Any:
        return [self.item.to_plain(item, offload) for item in value]

    def from_plain(self, plain: Any, offload: Offload) -> Any:
        if not isinstance(plain, list):
            raise mismatch(type_name(self.annotation), plain)
        return (self.item.from_plain(item, offload) for item in plain)

    def plain_forms(self) -> Forms:
        raise DefinitionError(f"{type_name(self.annotation)} can be read only once and is no part of a record; use list[T]")

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": self.item.schema()}

    def accepts(self, value: Any) -> bool:
        return isinstance(value, collections.abc.Iterator)

    def accepts_loosely(self, value: Any) -> bool:
        return isinstance(value, (collections.abc.Iterator, list, tuple))


def _varint(number: int, width: int = 1) -> bytes:
    """A protobuf length; padded to `width` bytes, which every reader takes."""
    made = bytearray()
    while number > 0x7F or len(made) + 1 < width:
        made.append(number & 0x7F | 0x80)
        number >>= 7
    made.append(number)
    return bytes(made)


def _length(file: IO[bytes]) -> int:
    found = shift = 0
    while True:
        byte = file.read(1)[0]
        found |= (byte & 0x7F) << shift
        if byte < 0x80:
            return found
        shift += 7


def _read(path: Path) -> Iterator[core.Literal]:
    """The items of a stored collection, one at a time."""
    with path.open("rb") as file:
        if file.read(1) != _COLLECTION:  # another writer's: a map, or something before the collection
            file.seek(0)
            yield from core.Literal.FromString(file.read()).collection.literals
            return
        end = _length(file) + file.tell()
        while file.tell() < end:
            if file.read(1) != _ITEM:
                raise InvalidInput(f"{path} is no list of literals; it was damaged")
            yield core.Literal.FromString(file.read(_length(file)))


def make(annotation: Any, metadata: tuple[Any, ...]) -> Converter | None:
    """The family's entry in the registry."""
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if any(arg not in (None, type(None)) for arg in args[1:]) and origin is collections.abc.Generator:
        raise DefinitionError(
            f"{type_name(annotation)}: nothing can be sent into a stream or returned from one; write Iterator[{type_name(args[0])}]"
        )
    if origin in (collections.abc.Iterator, collections.abc.Generator):
        return StreamOf(annotation, converter(args[0]))
    if annotation in (collections.abc.Iterator, collections.abc.Generator, typing.Iterator, typing.Generator):
        raise DefinitionError("Iterator without an item type; write Iterator[int] or whatever it yields", code="UNSUPPORTED_TYPE")
    return None
