"""Tokens of pages: where the page before ended, opaque to clients, and refused unless it is one of ours."""

from __future__ import annotations

import base64
import json

from alula.errors import InvalidInput

_MAX_TOKEN = 4_096
_MAX_NUMBER = (1 << 63) - 1
DEFAULT_LIMIT, MAX_LIMIT = 50, 1_000

Place = tuple[int | str, ...]


def limit_of(limit: int) -> int:
    """Rows of a page, as asked for.

    Raises:
        InvalidInput: too many.
    """
    if limit > MAX_LIMIT:
        raise InvalidInput(f"limit: {limit} given, expected at most {MAX_LIMIT}; page through with the token of each answer")
    return limit or DEFAULT_LIMIT


def encode(kind: str, *place: int | str) -> str:
    """A token of a list of one kind."""
    return base64.urlsafe_b64encode(json.dumps([kind, *place], separators=(",", ":")).encode()).decode().rstrip("=")


def decode(token: str, kind: str, types: tuple[type, ...]) -> Place | None:
    """Where a page begins; None: at the beginning.

    Args:
        kind: as it was encoded with: a token of another list, or of this one in another order, is none.
        types: of the parts.
    Raises:
        InvalidInput: it is not what `encode` made.
    """
    if not token:
        return None
    wrong = InvalidInput(f"token: {token[:40]!r} is not one of this list; pass the token of the page before, unchanged and with its order")
    if len(token) > _MAX_TOKEN:
        raise wrong
    try:
        found = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (ValueError, RecursionError) as error:
        raise wrong from error
    if not isinstance(found, list) or len(found) != len(types) + 1 or found[0] != kind:
        raise wrong
    if not all(_is_part(value, expected) for value, expected in zip(found[1:], types, strict=True)):
        raise wrong
    return tuple(found[1:])


def _is_part(value: object, expected: type) -> bool:
    """Whether it is of the type, and a database takes it: JSON can say larger numbers, NUL, and half a pair of surrogates."""
    if isinstance(value, int):
        return type(value) is expected and abs(value) <= _MAX_NUMBER
    return isinstance(value, str) and expected is str and not any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in value)
