"""Types made of other types: list, dict with text keys, Optional and Union."""

from __future__ import annotations

import collections.abc
import types
import typing
from typing import Any

from alula.errors import DefinitionError, InvalidInput
from alula.idl import core
from alula.types.base import Converter, converter, mismatch, type_name
from alula.types.offload import Offload
from alula.types.scalar import describe


class ListOf(Converter):
    tag = "Typed List"

    def __init__(self, annotation: Any, item: Converter) -> None:
        super().__init__(annotation)
        self.item = item

    def build_literal_type(self) -> core.LiteralType:
        return core.LiteralType(collection_type=self.item.literal_type)

    def _checked(self, value: Any) -> Any:
        if not isinstance(value, (list, tuple)):
            raise mismatch(type_name(self.annotation), value, "wrap it in list(…)" if isinstance(value, collections.abc.Iterable) else "")
        return value

    def to_literal(self, value: Any, offload: Offload) -> core.Literal:
        convert = self.item.to_literal
        literals = []
        for index, item in enumerate(self._checked(value)):
            try:
                literals.append(convert(item, offload))
            except InvalidInput as error:
                raise _inside(f"[{index}]", error) from error
        return core.Literal(collection=core.LiteralCollection(literals=literals))

    def read(self, literal: core.Literal, offload: Offload) -> Any:
        if literal.WhichOneof("value") != "collection":
            raise mismatch(type_name(self.annotation), describe(literal))
        convert = self.item.to_python
        return [convert(item, offload) for item in literal.collection.literals]

    def to_plain(self, value: Any, offload: Offload) -> Any:
        return [self.item.to_plain(item, offload) for item in self._checked(value)]

    def from_plain(self, plain: Any, offload: Offload) -> Any:
        return [self.item.from_plain(item, offload) for item in self._checked(plain)]

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": self.item.schema()}

    def accepts(self, value: Any) -> bool:
        return isinstance(value, list) and all(self.item.accepts(item) for item in value)

    def accepts_loosely(self, value: Any) -> bool:
        return isinstance(value, (list, tuple)) and all(self.item.accepts_loosely(item) for item in value)


class DictOf(Converter):
    tag = "Typed Dict"

    def __init__(self, annotation: Any, item: Converter) -> None:
        super().__init__(annotation)
        self.item = item

    def build_literal_type(self) -> core.LiteralType:
        return core.LiteralType(map_value_type=self.item.literal_type)

    def _checked(self, value: Any) -> Any:
        if not isinstance(value, collections.abc.Mapping):
            raise mismatch(type_name(self.annotation), value)
        for key in value:
            if not isinstance(key, str):
                raise mismatch("str as key", key)
        return value

    def to_literal(self, value: Any, offload: Offload) -> core.Literal:
        literals = {}
        for key, item in self._checked(value).items():
            try:
                literals[key] = self.item.to_literal(item, offload)
            except InvalidInput as error:
                raise _inside(f"[{key!r}]", error) from error
        return core.Literal(map=core.LiteralMap(literals=literals))

    def read(self, literal: core.Literal, offload: Offload) -> Any:
        if literal.WhichOneof("value") != "map":
            raise mismatch(type_name(self.annotation), describe(literal))
        # A protobuf map has no order of its own; sorted, two processes see the same dict.
        return {key: self.item.to_python(item, offload) for key, item in sorted(literal.map.literals.items())}

    def to_plain(self, value: Any, offload: Offload) -> Any:
        return {key: self.item.to_plain(item, offload) for key, item in self._checked(value).items()}

    def from_plain(self, plain: Any, offload: Offload) -> Any:
        return {key: self.item.from_plain(item, offload) for key, item in self._checked(plain).items()}

    def schema(self) -> dict[str, Any]:
        return {"type": "object", "propertyNames": {"type": "string"}, "additionalProperties": self.item.schema()}

    def accepts(self, value: Any) -> bool:
        return isinstance(value, dict) and all(isinstance(k, str) and self.item.accepts(v) for k, v in value.items())

    def accepts_loosely(self, value: Any) -> bool:
        return isinstance(value, dict) and all(isinstance(k, str) and self.item.accepts_loosely(v) for k, v in value.items())


class UnionOf(Converter):
    """Optional and Union: the literal carries the variant's type with its tag, so reading never guesses."""

    tag = "union"

    def __init__(self, annotation: Any, variants: list[Converter]) -> None:
        super().__init__(annotation)
        self.variants = variants

    def build_literal_type(self) -> core.LiteralType:
        tagged = [_tagged(variant) for variant in self.variants]
        for index, one in enumerate(tagged):
            if one in tagged[:index]:
                raise DefinitionError(
                    f"{type_name(self.annotation)} has two variants of one form on the wire; keep one of them or wrap them in dataclasses"
                )
        return core.LiteralType(union_type=core.UnionType(variants=tagged))

    def pick(self, value: Any) -> int:
        """Index of the one variant that takes the value; exactly matching ones go before those that would convert it."""
        for test in ("accepts", "accepts_loosely"):
            fitting = [index for index, variant in enumerate(self.variants) if getattr(variant, test)(value)]
            if len(fitting) == 1:
                return fitting[0]
            if fitting:
                names = " and ".join(type_name(self.variants[index].annotation) for index in fitting)
                raise mismatch(f"a value that fits one variant of {type_name(self.annotation)}", value, f"it fits {names} alike")
        raise mismatch(type_name(self.annotation), value)

    def to_literal(self, value: Any, offload: Offload) -> core.Literal:
        index = self.pick(value)
        inner = self.variants[index].to_literal(value, offload)
        union = core.Union(value=inner, type=self.literal_type.union_type.variants[index])
        literal = core.Literal(scalar=core.Scalar(union=union))
        literal.hash = inner.hash
        return literal

    def to_python(self, literal: core.Literal, offload: Offload) -> Any:
        if literal.scalar.WhichOneof("value") == "union":
            union = literal.scalar.union
            return self._variant(union.type).to_python(union.value, offload)
        return self.read(literal, offload)

    def _variant(self, wanted: core.LiteralType) -> Converter:
        declared = self.literal_type.union_type.variants
        for match in (
            [i for i, one in enumerate(declared) if one == wanted],
            [i for i, one in enumerate(declared) if one.structure.tag == wanted.structure.tag and _same_kind(one, wanted)],
            [i for i, one in enumerate(declared) if _same_kind(one, wanted)],
        ):
            if len(match) == 1:
                return self.variants[match[0]]
        raise InvalidInput(f"the union's value is a {wanted.structure.tag or 'value'} that {type_name(self.annotation)} does not name")

    def read(self, literal: core.Literal, offload: Offload) -> Any:
        """A literal without the union around it: the one variant that can read it."""
        return self._only(lambda variant: variant.to_python(literal, offload), describe(literal))

    def _only(self, attempt: Any, shown: Any) -> Any:
        found = []
        for variant in self.variants:
            try:
                found.append(attempt(variant))
            except InvalidInput:
                continue
        if not found or any(type(one) is not type(found[0]) or one != found[0] for one in found[1:]):
            exact = [one for one in found for variant in self.variants if variant.accepts(shown) and one == shown]
            if len(exact) != 1:
                raise mismatch(f"a value of exactly one variant of {type_name(self.annotation)}", shown)
            return exact[0]
        return found[0]

    def to_plain(self, value: Any, offload: Offload) -> Any:
        return self.variants[self.pick(value)].to_plain(value, offload)

    def from_plain(self, plain: Any, offload: Offload) -> Any:
        return self._only(lambda variant: variant.from_plain(plain, offload), plain)

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [variant.schema() for variant in self.variants]}

    def accepts(self, value: Any) -> bool:
        return any(variant.accepts(value) for variant in self.variants)

    def accepts_loosely(self, value: Any) -> bool:
        return any(variant.accepts_loosely(value) for variant in self.variants)


def _tagged(variant: Converter) -> core.LiteralType:
    made = core.LiteralType()
    made.CopyFrom(variant.literal_type)
    made.structure.tag = variant.tag
    return made


def _same_kind(one: core.LiteralType, other: core.LiteralType) -> bool:
    """Equal but for what describes rather than decides: annotation, structure and JSON schema."""

    def bare(of: core.LiteralType) -> core.LiteralType:
        copy = core.LiteralType()
        copy.CopyFrom(of)
        copy.ClearField("annotation")
        copy.ClearField("structure")
        copy.ClearField("metadata")
        return copy

    return bare(one) == bare(other)


def _inside(place: str, error: InvalidInput) -> InvalidInput:
    message = error.message
    return InvalidInput(f"{place}{'' if message.startswith('[') else ': '}{message}", code=error.code)


def make(annotation: Any, metadata: tuple[Any, ...]) -> Converter | None:
    """The family's entry in the registry."""
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (list, collections.abc.Sequence) and len(args) == 1:
        return ListOf(annotation, converter(args[0]))
    if origin in (dict, collections.abc.Mapping) and len(args) == 2:
        if args[0] is not str:
            raise DefinitionError(f"{type_name(annotation)}: keys must be str; write dict[str, {type_name(args[1])}]")
        return DictOf(annotation, converter(args[1]))
    if origin in (typing.Union, types.UnionType):
        return UnionOf(annotation, [converter(arg) for arg in args])
    if annotation in (list, typing.List):  # noqa: UP006
        raise DefinitionError("list without an element type; write list[int] or whatever it holds", code="UNSUPPORTED_TYPE")
    if annotation in (dict, typing.Dict):  # noqa: UP006
        raise DefinitionError("dict without types; write dict[str, int] or whatever it holds, or a dataclass", code="UNSUPPORTED_TYPE")
    if annotation is tuple or origin is tuple:
        raise DefinitionError(
            f"{type_name(annotation)} as one value is not supported; only a return type may be one, else use list[T] or a dataclass",
            code="UNSUPPORTED_TYPE",
        )
    if annotation is typing.Any:
        raise DefinitionError("Any says nothing about the value; name the type", code="UNSUPPORTED_TYPE")
    return None
