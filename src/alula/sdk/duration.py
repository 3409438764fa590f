"""Spans of time as people write them."""

from __future__ import annotations

import datetime as dt
import re

from alula.errors import DefinitionError
from alula.sdk.where import user_place

Span = str | int | float | dt.timedelta

_UNITS_S = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|[smhdw])")


def parse_span(value: Span, what: str = "timeout") -> dt.timedelta:
    """A span from `"20m"`, `"1h30m"`, seconds or a timedelta.

    Args:
        value: text with units ms, s, m, h, d, w; or seconds; or a timedelta.
        what: name of the setting, for the message.
    Raises:
        DefinitionError: not a span, or a negative one.
    """
    if isinstance(value, dt.timedelta):
        span = value
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        span = _of_seconds(value, what)
    else:
        text = value.strip() if isinstance(value, str) else ""
        parts = _PART.findall(text)
        if not parts or _PART.sub("", text).strip():
            raise DefinitionError(
                f'{what}: expected a span, got {value!r}; write "20m", "1h30m", seconds or a timedelta', where=user_place()
            )
        span = _of_seconds(sum(float(number) * _UNITS_S[unit] for number, unit in parts), what)
    if span < dt.timedelta(0):
        raise DefinitionError(f"{what}: expected a span ≥ 0, got {value!r}", where=user_place())
    return span


def _of_seconds(seconds: float, what: str) -> dt.timedelta:
    try:
        return dt.timedelta(seconds=seconds)
    except (OverflowError, ValueError) as error:  # infinity and nan among them
        raise DefinitionError(f"{what}: expected a span of less than 10⁹ days, got {seconds} s", where=user_place()) from error
