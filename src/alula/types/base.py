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
from collections.abc import Awaitable, Callable, Iterator
from functools import cached_property
from typing import Any, ClassVar

import msgpack

from alula.errors import DefinitionError, InvalidInput
from alula.idl import core
from alula.types.offload import Offload
from alula.types.value import Annotation, HashMethod, PickleMark

Maker = Callable[[Any, tuple[Any, ...]], "Converter | None"]

# Asked in this order, each loaded when those before it do not know the type; the cheap and frequent come first.
FAMILIES = (
    *("scalar", "instant", "container", "record", "model", "file", "dataframe", "tensor", "estimator", "stream"),
    *("torch", "tensorflow"),
)
REMEDY = (
    "use int, float, str, bool, datetime, date, timedelta, a string Enum, Literal, list[T], dict[str, T], Optional/Union, Iterator[T], "
    "a dataclass, NamedTuple, TypedDict or pydantic model, Path, al.File, al.Directory, a data frame of pandas, polars or pyarrow, "
    "numpy.ndarray, torch.Tensor, torch.nn.Module, tensorflow.Tensor, a Keras model or a scikit-learn estimator; put what belongs together "
    "into a dataclass, teach Alula the type by an entry point `alula.types` (docs/types.md), or write al.Pickle[T] if a pickle will do"
)
Forms = frozenset[tuple[str, Any]]
"""What a plain value may look like: JSON kind, and the one value it may have (None: any)."""


class Reference(dict[str, Any]):
    """The plain form of what lies elsewhere: where, and under `hash` what its content is known by."""


def type_name(annotation: Any) -> str:
    """The annotation as people write it."""
    if isinstance(annotation, type) and not typing.get_args(annotation):
        return annotation.__qualname__
    return str(annotation).replace("typing.", "").replace("collections.abc.", "")


def mismatch(expected: str, value: Any, remedy: str = "") -> InvalidInput:
    """The error for a value that does not fit; never prints more than 60 characters of the value."""
    if isinstance(value, Awaitable):
        name = getattr(value, "__name__", "")  # a future has none
        awaiting = f"`await {name}(…)`" if name else "`await` before it"
        return InvalidInput(f"expected {expected}, got what was not awaited; write {awaiting}", code="TYPE_MISMATCH")
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
        if form is None and literal.HasField("offloaded_metadata"):
            return self.to_python(core.Literal.FromString(offload.fetch(literal.offloaded_metadata.uri).read_bytes()), offload)
        return self.read(literal, offload)

    def shares_values(self, other: Converter) -> bool:
        """Whether some value is exactly of both types, so that no union of the two could tell which is meant."""
        return False

    def plain_forms(self) -> Forms:
        """What the plain form may look like, by which a union inside a record tells its variants apart.

        Raises:
            DefinitionError: the type cannot be part of a record.
        """
        return frozenset({(str(self.schema().get("type", "object")), None)})


class Wrapper(Converter):
    """Another converter with something added."""

    def __init__(self, inner: Converter) -> None:
        super().__init__(inner.annotation)
        self.inner = inner

    @property
    def tag(self) -> str:  # type: ignore[override]
        return self.inner.tag

    def build_literal_type(self) -> core.LiteralType:
        return self.inner.literal_type

    def to_literal(self, value: Any, offload: Offload) -> core.Literal:
        return self.inner.to_literal(value, offload)

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

    def plain_forms(self) -> Forms:
        return self.inner.plain_forms()

    def accepts(self, value: Any) -> bool:
        return self.inner.accepts(value)

    def accepts_loosely(self, value: Any) -> bool:
        return self.inner.accepts_loosely(value)


class Hashed(Wrapper):
    """Any type under `Annotated[…, al.HashMethod(f)]`: the same literal with `hash` set."""

    def __init__(self, inner: Converter, method: HashMethod) -> None:
        super().__init__(inner)
        self.method = method

    def to_literal(self, value: Any, offload: Offload) -> core.Literal:
        literal = self.inner.to_literal(value, offload)
        # An iterator was used up by writing it; what was written is read for the hash.
        again = self.inner.to_python(literal, offload) if isinstance(value, Iterator) else value
        literal.hash = str(self.method.function(again))
        return literal

    def to_plain(self, value: Any, offload: Offload) -> Any:
        plain = self.inner.to_plain(value, offload)
        return Reference(plain, hash=str(self.method.function(value))) if isinstance(plain, Reference) else plain


class Noted(Wrapper):
    """Any type under `Annotated[…, al.Annotation(unit="m")]`: what is said about it stands in the literal type."""

    def __init__(self, inner: Converter, notes: dict[str, Any]) -> None:
        super().__init__(inner)
        self.notes = notes

    def build_literal_type(self) -> core.LiteralType:
        made = core.LiteralType()
        made.CopyFrom(self.inner.literal_type)
        made.annotation.annotations.update(self.notes)
        return made


def overlap(one: Forms, other: Forms) -> bool:
    """Whether a plain value could be of either."""
    return any(kind == like and (value is None or same is None or value == same) for kind, value in one for like, same in other)


_makers: list[Maker] = []
_plugins: list[tuple[str, Maker]] = []
_has_plugins: list[bool] = []
_memo: dict[Any, Converter] = {}


def _family(name: str) -> Maker:
    made: Maker = importlib.import_module(f"alula.types.{name}").make
    return made


def _builtin(annotation: Any, metadata: tuple[Any, ...]) -> Converter | None:
    for index, family in enumerate(FAMILIES):
        if index == len(_makers):
            _makers.append(_family(family))
        made = _makers[index](annotation, metadata)
        if made is not None:
            return made
    return None


def find_plugins() -> list[tuple[str, Maker]]:
    """Name and maker of every entry point `alula.types`, loaded once.

    Raises:
        DefinitionError: one cannot be imported.
    """
    if not _has_plugins:
        found = []
        for point in sorted(importlib.metadata.entry_points(group="alula.types"), key=lambda point: (point.name, point.value)):
            shown = f"{point.name} = {point.value}" + (f" of {point.dist.name}" if point.dist is not None else "")
            try:
                found.append((shown, point.load()))
            except Exception as error:  # whatever a foreign module raises when it is imported
                raise DefinitionError(
                    f"entry point alula.types {shown} cannot be loaded: {type(error).__name__}: {error}; mend or uninstall that package",
                    code="TYPE_PLUGIN",
                ) from error
        _plugins[:] = found
        _has_plugins.append(True)
    return _plugins


def _plugged(annotation: Any, metadata: tuple[Any, ...]) -> Converter | None:
    found = [(name, made) for name, make in find_plugins() if (made := make(annotation, metadata)) is not None]
    if len(found) > 1:
        raise DefinitionError(
            f"type {type_name(annotation)} is claimed by the entry points {' and '.join(name for name, _ in found)}; uninstall all but one",
            code="TYPE_PLUGIN",
        )
    return found[0][1] if found else None


def _build(annotation: Any) -> Converter:
    metadata: tuple[Any, ...] = ()
    inner = annotation
    while typing.get_origin(inner) is typing.Annotated:
        metadata = (*inner.__metadata__, *metadata)
        inner = inner.__origin__
    while isinstance(inner, typing.NewType):
        inner = inner.__supertype__
    made = _family("pickle")(inner, metadata) if any(isinstance(item, PickleMark) for item in metadata) else None
    made = made or _builtin(inner, metadata) or _plugged(inner, metadata)
    if made is None:
        raise DefinitionError(f"type {type_name(annotation)} is not supported; {REMEDY}", code="UNSUPPORTED_TYPE")
    notes = {name: value for item in metadata if isinstance(item, Annotation) for name, value in item.notes.items()}
    made = Noted(made, notes) if notes else made
    method = next((item for item in metadata if isinstance(item, HashMethod)), None)
    return Hashed(made, method) if method is not None else made


def converter(annotation: Any) -> Converter:
    """The converter of an annotation, made once per process.

    Raises:
        DefinitionError: the type is not supported; says what to write instead.
    """
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
