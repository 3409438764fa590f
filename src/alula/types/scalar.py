"""Types that are one primitive: numbers, text, booleans, enums, Literal and None."""

from __future__ import annotations

import enum
import typing
from collections.abc import Callable
from typing import Any

from alula.errors import DefinitionError
from alula.idl import core
from alula.types.base import Converter, Forms, mismatch, overlap, type_name
from alula.types.offload import Offload

INT_MIN, INT_MAX = -(2**63), 2**63 - 1


def _unwrap_numpy(value: Any) -> Any:
    """A NumPy scalar as the Python one: `-> int` returning `array.sum()` is what people write."""
    if type(value).__module__ == "numpy" and getattr(value, "ndim", None) == 0:
        return value.item()
    return value


class Scalar(Converter):
    """Base of the primitives; `read` is on the hot path of every call."""

    simple: int = core.SimpleType.NONE
    json_type: str = ""
    field: str = ""

    def build_literal_type(self) -> core.LiteralType:
        return core.LiteralType(simple=self.simple)

    def schema(self) -> dict[str, Any]:
        return {"type": self.json_type}

    def check(self, value: Any) -> Any:
        """The value as exactly this type; raises InvalidInput."""
        raise NotImplementedError

    def read(self, literal: core.Literal, offload: Offload) -> Any:
        primitive = literal.scalar.primitive
        if primitive.WhichOneof("value") != self.field:
            raise mismatch(type_name(self.annotation), describe(literal))
        return getattr(primitive, self.field)

    def to_literal(self, value: Any, offload: Offload) -> core.Literal:
        return core.Literal(scalar=core.Scalar(primitive=core.Primitive(**{self.field: self.check(value)})))

    def to_plain(self, value: Any, offload: Offload) -> Any:
        return self.check(value)

    def from_plain(self, plain: Any, offload: Offload) -> Any:
        return self.check(plain)


class Described:
    """Stands for a literal in an error message."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def describe(literal: core.Literal) -> Described:
    """What a literal holds, in a word or two, without its content."""
    form = literal.WhichOneof("value") or "nothing"
    if form == "scalar":
        form = literal.scalar.WhichOneof("value") or "an empty scalar"
        if form == "primitive":
            form = literal.scalar.primitive.WhichOneof("value") or "an empty primitive"
    return Described(f"<{form}>")


class Int(Scalar):
    tag = "int"
    simple, json_type, field = core.SimpleType.INTEGER, "integer", "integer"

    def shares_values(self, other: Converter) -> bool:
        return isinstance(other, Int) and overlap(self.plain_forms(), other.plain_forms())

    def check(self, value: Any) -> int:
        if type(value) is not int:
            value = _unwrap_numpy(value)
            if not isinstance(value, int) or isinstance(value, bool):
                raise mismatch("int", value)
        if not INT_MIN <= value <= INT_MAX:
            raise mismatch("int of at most 64 bits", value, "pass it as str")
        return int(value)

    def from_plain(self, plain: Any, offload: Offload) -> int:
        # A protobuf Struct knows only floats: the old form of a record says 1.0 for 1.
        return self.check(int(plain) if isinstance(plain, float) and plain.is_integer() else plain)

    def accepts(self, value: Any) -> bool:
        value = _unwrap_numpy(value)
        return isinstance(value, int) and not isinstance(value, bool)


class Float(Scalar):
    tag = "float"
    simple, json_type, field = core.SimpleType.FLOAT, "number", "float_value"

    def check(self, value: Any) -> float:
        if type(value) is float:
            return value
        value = _unwrap_numpy(value)
        if not isinstance(value, (float, int)) or isinstance(value, bool):
            raise mismatch("float", value)
        return float(value)

    def accepts(self, value: Any) -> bool:
        return isinstance(_unwrap_numpy(value), float)

    def accepts_loosely(self, value: Any) -> bool:
        value = _unwrap_numpy(value)
        return isinstance(value, (float, int)) and not isinstance(value, bool)


class Text(Scalar):
    tag = "str"
    simple, json_type, field = core.SimpleType.STRING, "string", "string_value"

    def shares_values(self, other: Converter) -> bool:
        return isinstance(other, (Text, Words))

    def check(self, value: Any) -> str:
        value = _unwrap_numpy(value)
        if not isinstance(value, str) or isinstance(value, enum.Enum):
            raise mismatch("str", value)
        try:
            value.encode()
        except UnicodeEncodeError:
            raise mismatch("str that UTF-8 can encode", value) from None
        return str(value)

    def accepts(self, value: Any) -> bool:
        return isinstance(value, str) and not isinstance(value, enum.Enum)


class Bool(Scalar):
    tag = "bool"
    simple, json_type, field = core.SimpleType.BOOLEAN, "boolean", "boolean"

    def check(self, value: Any) -> bool:
        value = _unwrap_numpy(value)
        if not isinstance(value, bool):
            raise mismatch("bool", value)
        return value

    def accepts(self, value: Any) -> bool:
        return isinstance(_unwrap_numpy(value), bool)


class Nothing(Scalar):
    tag = "none"
    simple, json_type = core.SimpleType.NONE, "null"

    def check(self, value: Any) -> None:
        if value is not None:
            raise mismatch("None", value)

    def read(self, literal: core.Literal, offload: Offload) -> None:
        if literal.scalar.WhichOneof("value") != "none_type":
            raise mismatch("None", describe(literal))

    def to_literal(self, value: Any, offload: Offload) -> core.Literal:
        self.check(value)
        return core.Literal(scalar=core.Scalar(none_type=core.Void()))

    def accepts(self, value: Any) -> bool:
        return value is None


class Choice(Scalar):
    """A string Enum, or `Literal["a", "b"]`: text out of a fixed list."""

    tag = "DefaultEnumTransformer"
    field = "string_value"

    def __init__(self, annotation: Any, values: list[str], decode: Callable[[str], Any]) -> None:
        super().__init__(annotation)
        self.values, self.decode = values, decode

    def build_literal_type(self) -> core.LiteralType:
        return core.LiteralType(enum_type=core.EnumType(values=self.values))

    def check(self, value: Any) -> str:
        text = value.value if isinstance(value, enum.Enum) and isinstance(value, self._class()) else value
        if not isinstance(text, str) or text not in self.values:
            raise mismatch(f"one of {', '.join(map(repr, self.values))}", value)
        return str(text)

    def _class(self) -> Any:
        return self.annotation if isinstance(self.annotation, type) else ()

    def read(self, literal: core.Literal, offload: Offload) -> Any:
        return self.decode(self.check(super().read(literal, offload)))

    def from_plain(self, plain: Any, offload: Offload) -> Any:
        return self.decode(self.check(plain))

    def schema(self) -> dict[str, Any]:
        return {"enum": list(self.values)}

    def plain_forms(self) -> Forms:
        return frozenset(("string", value) for value in self.values)

    def accepts(self, value: Any) -> bool:
        if isinstance(self.annotation, type):
            return isinstance(value, self.annotation)
        return isinstance(value, str) and not isinstance(value, enum.Enum) and value in self.values

    def accepts_loosely(self, value: Any) -> bool:
        return self.accepts(value) or (isinstance(value, str) and value in self.values)


class Words(Choice):
    """`Literal["a", "b"]`."""

    tag = "LiteralTypeTransformer"

    def shares_values(self, other: Converter) -> bool:
        return isinstance(other, (Text, Words)) and overlap(self.plain_forms(), other.plain_forms())


class Numbers(Int):
    """`Literal[1, 2]`: an int whose type names the ones allowed, as flytekit writes it."""

    tag = "LiteralTypeTransformer"

    def __init__(self, annotation: Any, values: list[int]) -> None:
        super().__init__(annotation)
        self.values = values

    def build_literal_type(self) -> core.LiteralType:
        made = core.LiteralType(simple=self.simple)
        made.annotation.annotations.update({"literal_values": self.values})
        return made

    def check(self, value: Any) -> int:
        number = super().check(value)
        if number not in self.values:
            raise mismatch(f"one of {', '.join(map(str, self.values))}", value)
        return number

    def read(self, literal: core.Literal, offload: Offload) -> int:
        return self.check(super().read(literal, offload))

    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "enum": list(self.values)}

    def plain_forms(self) -> Forms:
        return frozenset(("integer", value) for value in self.values)

    def accepts(self, value: Any) -> bool:
        return super().accepts(value) and _unwrap_numpy(value) in self.values


SCALARS: dict[Any, type[Scalar]] = {
    int: Int,
    float: Float,
    str: Text,
    bool: Bool,
    None: Nothing,
    type(None): Nothing,
}


def make(annotation: Any, metadata: tuple[Any, ...]) -> Converter | None:
    """The family's entry in the registry."""
    if typing.get_origin(annotation) is typing.Literal:
        return _literal(annotation, list(typing.get_args(annotation)))
    if not isinstance(annotation, type):
        return Nothing(annotation) if annotation is None else None
    if issubclass(annotation, enum.Enum):
        values = [member.value for member in annotation]
        if not values or not all(isinstance(value, str) for value in values):
            raise DefinitionError(f'enum {annotation.__qualname__} needs string values, for instance `RED = "red"`')
        return Choice(annotation, values, annotation)
    found = SCALARS.get(annotation)
    return found(annotation) if found is not None else None


def _literal(annotation: Any, values: list[Any]) -> Converter | None:
    kinds = {type(value) for value in values}
    if kinds == {str}:
        return Words(annotation, values, str)
    if kinds == {int}:
        wrong = [value for value in values if not INT_MIN <= value <= INT_MAX]
        if wrong:
            raise DefinitionError(f"{type_name(annotation)}: {wrong[0]} has more than 64 bits; use strings")
        return Numbers(annotation, values)
    if kinds <= {str, int, type(None)} and len(kinds) > 1:
        return None  # a union of one Literal per kind: the containers know those
    raise DefinitionError(
        f"{type_name(annotation)} holds something else than text, whole numbers and None; use those, or annotate the plain type"
    )
