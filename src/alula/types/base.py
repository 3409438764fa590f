"""What a type is here: a converter between one Python annotation and one `core.LiteralType`, and how one is found.

Three forms of a value: the Python one, the literal on the wire, and the *plain* one (what msgpack and JSON can say), used
inside records. A new family is a function `make(annotation, metadata) -> Converter | None`, found by the entry point group
`alula.types`.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import typing
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar

import msgpack

from alula.errors import DefinitionError, InvalidInput
from alula.idl import core
from alula.types.offload import Offload
from alula.types.value import HashMethod

Maker = Callable[[Any, tuple[Any, ...]], "Converter | None"]

# Asked in this order; the cheap and frequent come first.
FAMILIES = ("scalar", "container", "record", "file", "dataframe", "tensor", "estimator")
REMEDY = (
    "use int, float, str, bool, datetime, date, timedelta, a string Enum, Literal, list[T], dict[str, T], Optional/Union, a dataclass, "
    "al.File, al.Directory, al.DataFrame, numpy.ndarray or a scikit-learn estimator"
)


def type_name(annotation: Any) -> str:
    """The annotation as people write it."""
    if isinstance(annotation, type) and not typing.get_args(annotation):
        return annotation.__qualname__
    return str(annotation).replace("typing.", "")


def mismatch(expected: str, value: Any, remedy: str = "") -> InvalidInput:
    """The error for a value that does not fit; never prints more than 60 characters of the value."""
    shown = repr(value)
    shown = shown if len(shown) <= 60 else shown[:57] + "…"
    return InvalidInput(
        f"expected {expected}, got {type(value).__name__} {shown}" + (f"; {remedy}" if remedy else ""), code="TYPE_MISMATCH"
    )


class Converter(ABC):
    """Both directions of one annotation. Instances are shared and hold no state of a run."""

    #: How a union's literal says which variant it holds; the names flytekit uses, so that either side reads the other's.
    tag: ClassVar[str] = ""

    def __init__(self, annotation: Any) -> None:
        self.annotation = annotation

    @cached_property
    def literal_type(self) -> core.LiteralType:
        """The wire type. Shared: copy it before changing it."""
        return self.build_literal_type()

    @abstractmethod
    def build_literal_type(self) -> core.LiteralType: ...

    @abstractmethod
    def to_literal(self, value: Any, offload: Offload) -> core.Literal:
        """Raises InvalidInput if the value is not of this type."""

    @abstractmethod
    def read(self, literal: core.Literal, offload: Offload) -> Any:
        """The value of a literal of this type's own form; raises InvalidInput for any other form."""

    @abstractmethod
    def to_plain(self, value: Any, offload: Offload) -> Any: ...

    @abstractmethod
    def from_plain(self, plain: Any, offload: Offload) -> Any: ...

    @abstractmethod
    def schema(self) -> dict[str, Any]:
        """JSON schema of the plain form."""

    @abstractmethod
    def accepts(self, value: Any) -> bool:
        """Whether the value is exactly of this type: what a union decides by."""

    def accepts_loosely(self, value: Any) -> bool:
        """Whether `to_literal` would take it though it is not exactly of this type (an int for a float)."""
        return self.accepts(value)

    def to_python(self, literal: core.Literal, offload: Offload) -> Any:
        """The Python value of a literal: of this type's own form, wrapped in a union, or a plain value picked out of a record.

        Raises:
            InvalidInput: the literal holds something else.
        """
        scalar = literal.scalar
        form = scalar.WhichOneof("value")
        if form == "union":
            return self.to_python(scalar.union.value, offload)
        if form == "binary" and scalar.binary.tag == "msgpack":
            return self.from_plain(msgpack.unpackb(scalar.binary.value, strict_map_key=False), offload)
        if form == "generic":
            from google.protobuf import json_format

            return self.from_plain(json.loads(json_format.MessageToJson(scalar.generic)), offload)
        return self.read(literal, offload)


class Hashed(Converter):
    """Any type under `Annotated[…, al.HashMethod(f)]`: the same literal with `hash` set."""

    def __init__(self, inner: Converter, method: HashMethod) -> None:
        super().__init__(inner.annotation)
        self.inner, self.method = inner, method

    @property
    def tag(self) -> str:  # type: ignore[override]
        return self.inner.tag

    def build_literal_type(self) -> core.LiteralType:
        return self.inner.literal_type

    def to_literal(self, value: Any, offload: Offload) -> core.Literal:
        literal = self.inner.to_literal(value, offload)
        literal.hash = str(self.method.function(value))
        return literal

    def to_python(self, literal: core.Literal, offload: Offload) -> Any:
        return self.inner.to_python(literal, offload)

    def read(self, literal: core.Literal, offload: Offload) -> Any:
        return self.inner.read(literal, offload)

    def to_plain(self, value: Any, offload: Offload) -> Any:
        return self.inner.to_plain(value, offload)

    def from_plain(self, plain: Any, offload: Offload) -> Any:
        return self.inner.from_plain(plain, offload)

    def schema(self) -> dict[str, Any]:
        return self.inner.schema()

    def accepts(self, value: Any) -> bool:
        return self.inner.accepts(value)

    def accepts_loosely(self, value: Any) -> bool:
        return self.inner.accepts_loosely(value)


_makers: list[Maker] = []
_memo: dict[Any, Converter] = {}


def _find_makers() -> list[Maker]:
    if not _makers:
        for family in FAMILIES:
            _makers.append(importlib.import_module(f"alula.types.{family}").make)
    return _makers


def _plugins() -> list[Maker]:
    return [point.load() for point in sorted(importlib.metadata.entry_points(group="alula.types"), key=lambda point: point.name)]


def _build(annotation: Any) -> Converter:
    metadata: tuple[Any, ...] = ()
    inner = annotation
    while typing.get_origin(inner) is typing.Annotated:
        metadata = (*inner.__metadata__, *metadata)
        inner = inner.__origin__
    if isinstance(inner, typing.NewType):
        inner = inner.__supertype__
    made = next((made for make in _find_makers() if (made := make(inner, metadata)) is not None), None)
    if made is None:
        made = next((made for make in _plugins() if (made := make(inner, metadata)) is not None), None)
    if made is None:
        raise DefinitionError(f"type {type_name(annotation)} is not supported; {REMEDY}", code="UNSUPPORTED_TYPE")
    method = next((item for item in metadata if isinstance(item, HashMethod)), None)
    return Hashed(made, method) if method is not None else made


def converter(annotation: Any) -> Converter:
    """The converter of an annotation, made once per process.

    Raises:
        DefinitionError: the type is not supported; says what to write instead.
    """
    # True == 1 and Literal[True] == Literal[1] as dictionary keys; only strings are legal in Literal, so no clash matters.
    try:
        found = _memo.get(annotation)
    except TypeError:  # Annotated with a dict of columns has no hash
        return _build(annotation)
    if found is None:
        found = _memo[annotation] = _build(annotation)
    return found


def literal_type(annotation: Any) -> core.LiteralType:
    """The wire type of an annotation. Shared: copy it before changing it."""
    return converter(annotation).literal_type


def to_literal(value: Any, annotation: Any, offload: Offload) -> core.Literal:
    """The literal of a value; uploads below `offload.prefix` what is too large for one."""
    return converter(annotation).to_literal(value, offload)


def to_python(literal: core.Literal, annotation: Any, offload: Offload) -> Any:
    """The value of a literal; files stay where they are until they are opened."""
    return converter(annotation).to_python(literal, offload)
