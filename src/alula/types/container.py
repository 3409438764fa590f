"""Types made of other types: list, dict with text keys, Optional and Union."""

from __future__ import annotations

import collections.abc
import json
import types
import typing
from collections.abc import Callable
from functools import cached_property
from typing import Any

import msgpack

from alula.errors import DefinitionError, InvalidInput
from alula.idl import core
from alula.idl.record import TYPE_KEY
from alula.types.base import Converter, Forms, Wrapper, converter, mismatch, overlap, type_name
from alula.types.offload import Offload
from alula.types.scalar import describe

Convert = Callable[[Any, Offload], Any]


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
                raise inside(f"[{index}]", error) from error
        return core.Literal(collection=core.LiteralCollection(literals=literals))

    def read(self, literal: core.Literal, offload: Offload) -> Any:
        if literal.WhichOneof("value") != "collection":
            raise mismatch(type_name(self.annotation), describe(literal))
        convert = self.item.to_python
        return [convert(item, offload) for item in literal.collection.literals]

    def to_plain(self, value: Any, offload: Offload) -> Any:
        return [self._part(self.item.to_plain, index, item, offload) for index, item in enumerate(self._checked(value))]

    def from_plain(self, plain: Any, offload: Offload) -> Any:
        return [self._part(self.item.from_plain, index, item, offload) for index, item in enumerate(self._checked(plain))]

    @staticmethod
    def _part(convert: Convert, index: int, item: Any, offload: Offload) -> Any:
        try:
            return convert(item, offload)
        except InvalidInput as error:
            raise inside(f"[{index}]", error) from error

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": self.item.schema()}

    def plain_forms(self) -> Forms:
        self.item.plain_forms()
        return frozenset({("array", None)})

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
            try:
                key.encode()
            except UnicodeEncodeError:
                raise mismatch("str that UTF-8 can encode as key", key) from None
        return value

    def to_literal(self, value: Any, offload: Offload) -> core.Literal:
        literals = {}
        for key, item in self._checked(value).items():
            try:
                literals[key] = self.item.to_literal(item, offload)
            except InvalidInput as error:
                raise inside(f"[{key!r}]", error) from error
        return core.Literal(map=core.LiteralMap(literals=literals))

    def read(self, literal: core.Literal, offload: Offload) -> Any:
        if literal.WhichOneof("value") != "map":
            raise mismatch(type_name(self.annotation), describe(literal))
        # A protobuf map has no order of its own; sorted, two processes see the same dict.
        return {key: self.item.to_python(item, offload) for key, item in sorted(literal.map.literals.items())}

    def to_plain(self, value: Any, offload: Offload) -> Any:
        return {key: self._part(self.item.to_plain, key, item, offload) for key, item in self._checked(value).items()}

    def from_plain(self, plain: Any, offload: Offload) -> Any:
        return {key: self._part(self.item.from_plain, key, item, offload) for key, item in self._checked(plain).items()}

    @staticmethod
    def _part(convert: Convert, key: str, item: Any, offload: Offload) -> Any:
        try:
            return convert(item, offload)
        except InvalidInput as error:
            raise inside(f"[{key!r}]", error) from error

    def schema(self) -> dict[str, Any]:
        return {"type": "object", "propertyNames": {"type": "string"}, "additionalProperties": self.item.schema()}

    def plain_forms(self) -> Forms:
        self.item.plain_forms()
        return frozenset({("object", None)})

    def accepts(self, value: Any) -> bool:
        return isinstance(value, dict) and all(isinstance(k, str) and self.item.accepts(v) for k, v in value.items())

    def accepts_loosely(self, value: Any) -> bool:
        return isinstance(value, dict) and all(isinstance(k, str) and self.item.accepts_loosely(v) for k, v in value.items())


class UnionOf(Converter):
    """Optional and Union: the literal carries the variant's type with its tag, so reading never guesses.

    Inside a record there is no literal: there the variants' plain forms must differ, and where several are JSON objects each
    of them names its variant under `$type`, which other readers of the record pass over.
    """

    tag = "Typed Union"

    def __init__(self, annotation: Any, variants: list[Converter]) -> None:
        super().__init__(annotation)
        self.variants = variants
        for index, one in enumerate(variants):
            for other in variants[:index]:
                if bare(one).shares_values(bare(other)):
                    raise self._ambiguous(other, one, "take some values alike", _REMEDY_TYPE)

    def _ambiguous(self, one: Converter, other: Converter, what: str, remedy: str) -> DefinitionError:
        names = f"{type_name(one.annotation)} and {type_name(other.annotation)}"
        return DefinitionError(f"{type_name(self.annotation)}: {names} {what}; {remedy}", code="UNION_AMBIGUOUS")

    def build_literal_type(self) -> core.LiteralType:
        tagged = [_tagged(variant) for variant in self.variants]
        for index, one in enumerate(tagged):
            if one in tagged[:index]:
                other = self.variants[tagged.index(one)]
                raise self._ambiguous(other, self.variants[index], "are two variants of one form on the wire", _REMEDY_TYPE)
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
        if literal.HasField("offloaded_metadata"):
            return super().to_python(literal, offload)
        return self.read(literal, offload)

    def _variant(self, wanted: core.LiteralType) -> Converter:
        """The variant a union's literal names, from the exact type to what other writers leave of it."""
        declared = list(self.literal_type.union_type.variants)
        same_tag = [i for i, one in enumerate(declared) if one.structure.tag == wanted.structure.tag]
        for match in (
            [i for i, one in enumerate(declared) if one == wanted],
            [i for i in same_tag if _same_kind(declared[i], wanted) and _title(declared[i]) == _title(wanted)],
            [i for i in same_tag if _same_kind(declared[i], wanted)],
            [i for i, one in enumerate(declared) if _same_kind(one, wanted)],
            [i for i in same_tag if wanted.structure.tag],
        ):
            if len(match) == 1:
                return self.variants[match[0]]
        raise InvalidInput(f"the union's value is a {wanted.structure.tag or 'value'} that {type_name(self.annotation)} does not name")

    def read(self, literal: core.Literal, offload: Offload) -> Any:
        """A literal without the union around it: the one variant that can read it."""
        scalar = literal.scalar
        if scalar.WhichOneof("value") == "binary" and scalar.binary.tag == "msgpack":
            return self.from_plain(msgpack.unpackb(scalar.binary.value, strict_map_key=False), offload)
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

    @cached_property
    def _objects(self) -> dict[str, Converter]:
        """Variants whose plain form is a JSON object, by the name that `$type` says; empty if no name is needed."""
        objects = [variant for variant in self.variants if any(kind == "object" for kind, _ in variant.plain_forms())]
        return {_short(variant): variant for variant in objects} if len(objects) > 1 else {}

    def to_plain(self, value: Any, offload: Offload) -> Any:
        variant = self.variants[self.pick(value)]
        plain = variant.to_plain(value, offload)
        if variant not in self._objects.values():
            return plain
        if TYPE_KEY in plain:
            raise mismatch(f"no key {TYPE_KEY!r} in a variant of {type_name(self.annotation)}", value, "the key names the variant")
        return type(plain)({TYPE_KEY: _short(variant), **plain})

    def from_plain(self, plain: Any, offload: Offload) -> Any:
        if isinstance(plain, dict) and self._objects and TYPE_KEY in plain:
            variant = self._objects.get(plain[TYPE_KEY])
            if variant is None:
                raise mismatch(f"{' or '.join(self._objects)} in {TYPE_KEY}", plain[TYPE_KEY])
            return variant.from_plain({key: item for key, item in plain.items() if key != TYPE_KEY}, offload)
        fitting = self._fitting(plain)
        if len(fitting) == 1:
            return fitting[0].from_plain(plain, offload)
        return self._only(lambda variant: variant.from_plain(plain, offload), plain)

    @cached_property
    def _forms(self) -> list[Forms]:
        made = []
        for variant in self.variants:
            try:
                made.append(variant.plain_forms())
            except DefinitionError:  # it has none: then no record holds this union
                made.append(frozenset())
        return made

    def _fitting(self, plain: Any) -> list[Converter]:
        """The variants whose plain form looks like this; of several records that with these very fields."""
        form = frozenset({(_JSON_KINDS.get(type(plain), ""), plain if isinstance(plain, (str, int)) else None)})
        fitting = [variant for variant, forms in zip(self.variants, self._forms, strict=True) if overlap(form, forms)]
        if isinstance(plain, dict) and len(fitting) > 1:
            same = [variant for variant in fitting if getattr(bare(variant), "fields", {}).keys() == plain.keys()]
            return same if len(same) == 1 else fitting
        return fitting

    def plain_forms(self) -> Forms:
        forms: list[tuple[Converter, Forms]] = []
        for variant in self.variants:
            made = variant.plain_forms()
            for other, others in forms:
                if overlap(made - _OBJECT, others - _OBJECT):
                    raise self._ambiguous(other, variant, "look alike inside a record", _REMEDY_RECORD)
            forms.append((variant, made))
        if self._objects and len(self._objects) < sum(bool(made & _OBJECT) for _, made in forms):
            raise DefinitionError(f"{type_name(self.annotation)}: two variants have one name; rename a class", code="UNION_AMBIGUOUS")
        return frozenset().union(*(made for _, made in forms))

    def schema(self) -> dict[str, Any]:
        # Sorted, null last: `typing` may hand out a union in the order in which the process first wrote one.
        schemas = sorted((one.schema() for one in self.variants), key=lambda made: json.dumps(made, sort_keys=True))
        return {"anyOf": sorted(schemas, key=lambda made: made == _NULL_SCHEMA)}

    def accepts(self, value: Any) -> bool:
        return any(variant.accepts(value) for variant in self.variants)

    def accepts_loosely(self, value: Any) -> bool:
        return any(variant.accepts_loosely(value) for variant in self.variants)


_NULL_SCHEMA = {"type": "null"}
_JSON_KINDS = {type(None): "null", bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
_OBJECT: Forms = frozenset({("object", None)})
_REMEDY_TYPE = "keep one of them, or wrap each in a dataclass of its own"
_REMEDY_RECORD = "wrap one of them in a dataclass of its own, or keep one"


def bare(variant: Converter) -> Converter:
    """The converter without what Annotated adds."""
    while isinstance(variant, Wrapper):
        variant = variant.inner
    return variant


def _short(variant: Converter) -> str:
    return type_name(bare(variant).annotation).rpartition(".")[2] if isinstance(variant.annotation, type) else type_name(variant.annotation)


def _title(of: core.LiteralType) -> str:
    return of.metadata.fields["title"].string_value if "title" in of.metadata.fields else ""


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


def inside(place: str, error: InvalidInput) -> InvalidInput:
    message = error.message
    return InvalidInput(f"{place}{'' if message.startswith('[') else ': '}{message}", code=error.code)


def _flat(args: tuple[Any, ...]) -> list[Converter]:
    """The variants of a union, those of a union among them in its place, each once."""
    made: list[Converter] = []
    for arg in args:
        variant = converter(arg)
        for one in variant.variants if isinstance(variant, UnionOf) else [variant]:
            if one not in made:
                made.append(one)
    return made


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
        return UnionOf(annotation, _flat(args))
    if origin is typing.Literal:  # of several kinds: one Literal of each
        kinds = {type(arg): tuple(one for one in args if type(one) is type(arg)) for arg in args}
        return UnionOf(annotation, [converter(kind if kind is type(None) else typing.Literal[of]) for kind, of in kinds.items()])
    if annotation in (list, typing.List):  # noqa: UP006
        raise DefinitionError("list without an element type; write list[int] or whatever it holds", code="UNSUPPORTED_TYPE")
    if annotation in (dict, typing.Dict):  # noqa: UP006
        raise DefinitionError("dict without types; write dict[str, int] or whatever it holds, or a dataclass", code="UNSUPPORTED_TYPE")
    if annotation is tuple or origin is tuple:
        raise DefinitionError(
            f"{type_name(annotation)} as one value is not supported; only a return type may be one, else use list[T], a dataclass "
            "or a NamedTuple",
            code="UNSUPPORTED_TYPE",
        )
    if annotation is typing.Any:
        raise DefinitionError("Any says nothing about the value; name the type", code="UNSUPPORTED_TYPE")
    return None
