"""The time of a bench: it stands still until somebody waits."""

from __future__ import annotations

import datetime as dt

from alula.sdk.duration import Span, parse_span

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


def instant(at: int) -> dt.datetime | None:
    """Microseconds since the epoch as people write them; None for 0, which is "not yet"."""
    return _EPOCH + dt.timedelta(microseconds=at) if at else None


class Clock:
    """A clock that is moved by hand, and by a run that has nothing to do but to wait.

    Args:
        start: the first instant, aware.
    """

    def __init__(self, start: dt.datetime = START) -> None:
        self._start = self._now = (start - _EPOCH) // _MICROSECOND

    def __call__(self) -> int:
        """Microseconds since the epoch."""
        return self._now

    @property
    def now(self) -> dt.datetime:
        return _EPOCH + dt.timedelta(microseconds=self._now)

    def advance(self, span: Span) -> None:
        """Lets time pass: `"3h"`, seconds or a timedelta. What is due by then happens as soon as the run goes on."""
        self._now += parse_span(span, "advance") // _MICROSECOND

    def jump(self, at: int) -> None:
        """Goes to an instant; never back."""
        self._now = max(self._now, at)

    @property
    def elapsed_s(self) -> float:
        """Seconds since the start: small numbers, which a float holds exactly enough."""
        return (self._now - self._start) / 1e6
