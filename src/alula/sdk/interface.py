"""What goes into a function and what comes out, read off its signature and docstring."""

from __future__ import annotations

import collections.abc
import inspect
import re
import typing
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from alula.errors import DefinitionError
from alula.sdk.where import user_place

if TYPE_CHECKING:
    from alula.idl import core
    from alula.types.base import Converter

MISSING: Any = inspect.Parameter.empty


@dataclass(eq=False)
class Port:
    """One input or output."""

    name: str
    annotation: Any
    place: str
    default: Any = MISSING
    description: str = ""

    @cached_property
    def converter(self) -> Converter:
        from alula.types.base import converter

        try:
            return converter(self.annotation)
        except DefinitionError as error:
            raise DefinitionError(f"{self.place}: {error.message}", code=error.code) from error


@dataclass
class Interface:
    """Inputs and outputs in the order they were written.

    Args:
        shape: "none", "single" (named o0), or "tuple" (o0, o1, … or a NamedTuple's fields).
        returns: the NamedTuple class, if that is what is returned.
    """

    inputs: dict[str, Port]
    outputs: dict[str, Port]
    shape: str = "none"
    returns: Any = None
    where: str = ""
    summary: str = ""
    _proto: Any = field(default=None, repr=False)

    def to_proto(self) -> core.TypedInterface:
        """The IDL's interface; raises DefinitionError for a type that has no wire form."""
        from alula.idl import core

        if self._proto is None:
            made = core.TypedInterface()
            for ports, into in ((self.inputs, made.inputs), (self.outputs, made.outputs)):
                for name, port in ports.items():
                    with located(self.where):
                        into.variables[name].type.CopyFrom(port.converter.literal_type)
                    into.variables[name].description = port.description
            self._proto = made
        return self._proto

    def collect(self, args: tuple[Any, ...], kwargs: dict[str, Any], what: str) -> dict[str, Any]:
        """Arguments by name, defaults filled in; a missing, surplus or doubled one is a DefinitionError."""
        names = list(self.inputs)
        if len(args) > len(names):
            raise DefinitionError(f"{what} takes {len(names)} inputs, got {len(args)}", where=user_place())
        values = dict(zip(names, args, strict=False))
        for name, value in kwargs.items():
            if name not in self.inputs:
                raise DefinitionError(f"{what} has no input {name!r}; it takes {', '.join(names) or 'none'}", where=user_place())
            if name in values:
                raise DefinitionError(f"{what}: input {name!r} is given twice", where=user_place())
            values[name] = value
        for name, port in self.inputs.items():
            if name not in values:
                if port.default is MISSING:
                    raise DefinitionError(f"{what} needs input {name!r}", where=user_place())
                values[name] = port.default
        return values

    def pack(self, values: list[Any]) -> Any:
        """Output values in order, as the function would have returned them."""
        if self.shape == "none":
            return None
        if self.shape == "single":
            return values[0]
        return self.returns(*values) if self.returns is not None else tuple(values)

    def unpack(self, result: Any, what: str) -> list[Any]:
        """What a function returned, as output values in order.

        Raises:
            DefinitionError: it does not have the declared number of parts.
        """
        if self.shape == "single":
            return [result]
        if self.shape == "none":
            if result is not None:
                raise DefinitionError(f"{what} declares no output but returned {type(result).__name__}; annotate its return type")
            return []
        if not isinstance(result, tuple) or len(result) != len(self.outputs):
            got = f"{len(result)} values" if isinstance(result, tuple) else type(result).__name__
            raise DefinitionError(f"{what} declares {len(self.outputs)} outputs but returned {got}; return a tuple of that length")
        return list(result)


class located:
    """Gives a DefinitionError raised inside the place it lacks."""

    def __init__(self, where: str) -> None:
        self.where = where

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, DefinitionError) and not error.where and self.where:
            raise DefinitionError(error.message, where=self.where, code=error.code) from error


_SECTION = re.compile(r"^\s*(Args|Arguments|Parameters|Returns|Raises|Yields|Examples?|Notes?|Source)\s*:\s*$")
_ENTRY = re.compile(r"^(\s*)(\*{0,2}\w+)\s*(?:\([^)]*\))?\s*:\s*(.*)$")


def argument_descriptions(docstring: str) -> dict[str, str]:
    """Input → text, from the `Args:` section of a Google docstring."""
    found: dict[str, str] = {}
    inside, indent, current = False, -1, ""
    for line in inspect.cleandoc(docstring).splitlines():
        section = _SECTION.match(line)
        if section:
            inside, indent = section.group(1) in ("Args", "Arguments", "Parameters"), -1
            continue
        if not inside or not line.strip():
            continue
        entry = _ENTRY.match(line)
        if entry and (indent < 0 or len(entry.group(1)) <= indent):
            indent, current = len(entry.group(1)), entry.group(2)
            found[current] = entry.group(3).strip()
        elif current:
            found[current] = f"{found[current]} {line.strip()}".strip()
    return found


def _outputs(returned: Any, what: str) -> tuple[dict[str, Port], str, Any]:
    def port(name: str, annotation: Any, shown: str = "") -> Port:
        return Port(name, annotation, f"{what}, output {shown or name}")

    if returned in (None, type(None), MISSING):
        return {}, "none", None
    if isinstance(returned, type) and issubclass(returned, tuple) and hasattr(returned, "_fields"):
        hints = typing.get_type_hints(returned, include_extras=True)
        return {name: port(name, hints[name]) for name in returned._fields}, "tuple", returned
    if typing.get_origin(returned) is tuple:
        args = typing.get_args(returned)
        if not args or Ellipsis in args:
            raise DefinitionError(f"{what}: a tuple of unknown length cannot be returned; use list[T]")
        return {f"o{i}": port(f"o{i}", arg) for i, arg in enumerate(args)}, "tuple", None
    return {"o0": port("o0", returned, "(its return type)")}, "single", None


def interface_of(function: Callable[..., Any], what: str, where: str) -> Interface:
    """The interface of a function.

    Raises:
        DefinitionError: an unannotated or variadic parameter, or an annotation that cannot be resolved.
    """
    with located(where):
        try:
            hints = typing.get_type_hints(function, include_extras=True)
        except NameError as error:
            raise DefinitionError(f"{what}: annotation {error.name!r} cannot be resolved; define it at module level") from error
        except Exception as error:  # an annotation as text may hold any expression
            raise DefinitionError(f"{what}: its annotations cannot be read: {type(error).__name__}: {error}; correct them") from error
        docstring = inspect.getdoc(function) or ""
        described = argument_descriptions(docstring)
        inputs: dict[str, Port] = {}
        for name, parameter in inspect.signature(function).parameters.items():
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                raise DefinitionError(f"{what}: *{name} has no fixed type; use a list or a dict parameter")
            if name in ("self", "cls") and name not in hints:
                raise DefinitionError(f"{what} is a method; a task is a function at module level, so that a worker can load it")
            if name not in hints:
                raise DefinitionError(f"{what}: input {name!r} has no type; annotate it, for instance {name}: int")
            inputs[name] = Port(name, hints[name], f"{what}, input {name!r}", parameter.default, described.get(name, ""))
        returned = hints.get("return", MISSING)
        if typing.get_origin(returned) in (collections.abc.Coroutine, collections.abc.Awaitable):
            returned = typing.get_args(returned)[-1]
        outputs, shape, returns = _outputs(returned, what)
        return Interface(inputs, outputs, shape, returns, where, docstring)
