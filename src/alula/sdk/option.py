"""What a user may give for an option: each check returns the value, or refuses it at the user's line and says what to write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NoReturn, TypeVar

from alula.errors import DefinitionError
from alula.sdk.where import user_place

T = TypeVar("T")
MOST = 2**31 - 1  # what the IDL has room for


def refuse(name: str, value: Any, expected: str, remedy: str = "") -> NoReturn:
    """Refuses a value.

    Args:
        name: as it is written, `retries` or `Cache(version)`.
        expected: what would be taken, in words.
        remedy: what to write instead.
    """
    shown = repr(value)
    shown = shown if len(shown) <= 60 else shown[:57] + "…"
    message = f"{_assigned(name, shown)}: expected {expected}, got {type(value).__name__}"
    raise DefinitionError(f"{message}; write {_assigned(name, remedy)}" if remedy else message, where=user_place())


def _assigned(name: str, value: str) -> str:
    return f"{name[:-1]}={value})" if name.endswith(")") else f"{name}={value}"


def text(name: str, value: Any) -> str:
    """Text; empty says nothing."""
    if not isinstance(value, str):
        remedy = f'"{value}"' if isinstance(value, (int, float)) else ""
        refuse(name, value, "text", remedy)
    return value


def flag(name: str, value: Any) -> bool:
    """True or False."""
    if not isinstance(value, bool):
        refuse(name, value, "True or False")
    return value


def whole(name: str, value: Any, least: int = 0, instead: str = "") -> int:
    """A whole number ≥ `least`; `instead` says what to do about a smaller one."""
    if not isinstance(value, int) or isinstance(value, bool):
        remedy = value if isinstance(value, str) and value.isdecimal() else ""
        refuse(name, value, f"a whole number ≥ {least}", remedy)
    if not least <= value <= MOST:
        expected = f"≤ {MOST}" if value > MOST else f"≥ {least}; {instead}" if instead else f"≥ {least}"
        raise DefinitionError(f"{_assigned(name, str(value))}: expected {expected}", where=user_place())
    return value


def instance(name: str, value: Any, kind: type[T], expected: str, remedy: str = "") -> T:
    """An object of a class of ours."""
    if not isinstance(value, kind):
        refuse(name, value, expected, remedy)
    return value


def texts(name: str, value: Any) -> tuple[str, ...]:
    """A list of text; text alone, whose letters would be taken one by one, is refused."""
    if isinstance(value, str):
        refuse(name, value, "a list of text", f'["{value}"]')
    if not isinstance(value, Iterable):
        refuse(name, value, "a list of text")
    found = tuple(value)
    for item in found:
        if not isinstance(item, str):
            refuse(name, value, f"a list of text, found {item!r} in it")
    return found


def text_by_name(name: str, value: Any) -> dict[str, str]:
    """Text by text, such as environment variables."""
    if not isinstance(value, Mapping):
        refuse(name, value, "a dict of text", '{"name": "text"}')
    for key, item in value.items():
        if not isinstance(key, str) or not isinstance(item, str):
            found = f"{key!r}: {item!r}"
            raise DefinitionError(
                f'{_assigned(name, "{" + found + "}")}: expected text for names and values; write {{"{key}": "{item}"}}', where=user_place()
            )
    return dict(value)


def by_name(name: str, value: Any) -> dict[str, Any]:
    """Any values by name, such as inputs."""
    if not isinstance(value, Mapping):
        refuse(name, value, "a dict", '{"name": value}')
    for key in value:
        if not isinstance(key, str):
            refuse(name, value, f"names that are text, found {key!r}")
    return dict(value)
