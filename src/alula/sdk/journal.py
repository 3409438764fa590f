"""What an attempt says of itself: metrics, parameters, progress. Kept here, and taken a batch at a time by whoever sends it on."""

from __future__ import annotations

import json
import math
import operator
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, SupportsFloat, SupportsIndex

from alula.errors import FailedPrecondition, InvalidInput, LimitExceeded

MAX_NAME_CHARACTERS = 200
MAX_VALUE_BYTES = 4096  # of a parameter
MAX_MESSAGE_CHARACTERS = 500
_MAX_STEP = 2**63


class Limits(NamedTuple):
    """How much one attempt may say."""

    max_metrics: int = 100_000
    max_parameters: int = 1_000
    max_deck_bytes: int = 20 << 20


class Progress(NamedTuple):
    """How far it is; `total` 0 where that is not known."""

    done: float
    total: float = 0.0
    message: str = ""


@dataclass(slots=True)
class Series:
    """Every point of one metric; `sent` of them were taken."""

    steps: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    at_us: list[int] = field(default_factory=list)
    sent: int = 0


class Points(NamedTuple):
    """Points of one metric that were not taken before; `first` is the number of the first of them."""

    name: str
    first: int
    steps: list[int]
    values: list[float]
    at_us: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A batch: what is new since the last one."""

    is_first: bool
    points: list[Points]
    parameters: dict[str, str]
    progress: Progress | None
    deck_uri: str


class Journal:
    """One attempt's; may be written to by several threads.

    Args:
        limits: what exceeds them is refused, by name.
        wake: called with the journal when there is something to take again.
    """

    def __init__(self, limits: Limits, wake: Callable[[Journal], None] | None = None) -> None:
        self.series: dict[str, Series] = {}
        self.parameters: dict[str, str] = {}
        self.progress: Progress | None = None
        self._limits, self._wake = limits, wake
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._points = 0
        self._new_parameters: dict[str, str] = {}
        self._new_progress: Progress | None = None
        self._new_deck = ""
        self._is_waiting = self._is_closed = self._has_spoken = False

    def metrics(self, values: Mapping[str, SupportsFloat], step: SupportsIndex | None) -> None:
        """Adds a point to each metric; none of them if one is refused."""
        checked = [(_name("metric", name), _number(name, value)) for name, value in values.items()]
        number = None if step is None else _step(step)
        at = time.time_ns() // 1000
        self._check_process()
        with self._lock:
            self._check_open()
            if self._points + len(checked) > self._limits.max_metrics:
                raise LimitExceeded(
                    f"metric {checked[0][0]!r}: the attempt has logged {self._points} points of at most {self._limits.max_metrics}; "
                    "log less often, or raise ALULA_MAX_METRICS where the server is started",
                    code="MAX_METRICS",
                )
            self._points += len(checked)
            for name, value in checked:
                series = self.series.get(name)
                if series is None:
                    series = self.series[name] = Series()
                series.steps.append(number if number is not None else series.steps[-1] + 1 if series.steps else 0)
                series.values.append(value)
                series.at_us.append(at)
            self._notify()

    def parameter(self, name: str, value: Any) -> None:
        """Sets a parameter; the last value counts."""
        text = _parameter(_name("parameter", name), value)
        self._check_process()
        with self._lock:
            self._check_open()
            if name not in self.parameters and len(self.parameters) >= self._limits.max_parameters:
                raise LimitExceeded(
                    f"parameter {name!r}: the attempt has logged {self._limits.max_parameters}, which is the limit; "
                    "raise ALULA_MAX_PARAMETERS where the server is started",
                    code="MAX_PARAMETERS",
                )
            self.parameters[name] = self._new_parameters[name] = text
            self._notify()

    def advance(self, progress: Progress) -> None:
        """Sets the progress; what was set before and not taken yet is forgotten."""
        self._check_process()
        with self._lock:
            self._check_open()
            self.progress = self._new_progress = progress
            self._notify()

    def published(self, uri: str) -> None:
        """Says that the deck can be read at `uri`."""
        self._check_process()
        with self._lock:
            self._check_open()
            self._new_deck = uri
            self._notify()

    def take(self) -> Said | None:
        """What is new, None if nothing is."""
        with self._lock:
            self._is_waiting = False
            points = []
            for name, series in self.series.items():
                if (sent := series.sent) < len(series.values):
                    points.append(Points(name, sent, series.steps[sent:], series.values[sent:], series.at_us[sent:]))
                    series.sent = len(series.values)
            if not (points or self._new_parameters or self._new_progress or self._new_deck):
                return None
            said = Said(
                is_first=not self._has_spoken,
                points=points,
                parameters=self._new_parameters,
                progress=self._new_progress,
                deck_uri=self._new_deck,
            )
            self._has_spoken, self._new_parameters, self._new_progress, self._new_deck = True, {}, None, ""
            return said

    def close(self) -> Said | None:
        """The last batch; whatever is said later is refused."""
        with self._lock:
            self._is_closed = True
        return self.take()

    @property
    def is_own_process(self) -> bool:
        """False in a child that the task forked."""
        return os.getpid() == self._pid

    def _check_open(self) -> None:
        if self._is_closed:
            raise FailedPrecondition("the attempt has ended; metrics, progress and decks belong before the task returns", code="ENDED")

    def _check_process(self) -> None:
        """Before the lock is taken: in a forked child whoever held it is gone."""
        if not self.is_own_process:
            raise FailedPrecondition(
                "metrics, progress and decks belong to the task's own process; let a process that it starts return its figures instead",
                code="OTHER_PROCESS",
            )

    def _notify(self) -> None:
        if not self._is_waiting and self._wake is not None:
            self._is_waiting = True
            self._wake(self)


def _name(what: str, name: str) -> str:
    if isinstance(name, str) and 0 < len(name) <= MAX_NAME_CHARACTERS and name.isprintable():
        return name
    found = repr(name)[:80] if isinstance(name, str) else type(name).__name__
    raise InvalidInput(f"{what} {found}: expected a name of 1 to {MAX_NAME_CHARACTERS} printable characters")


def _number(name: str, value: SupportsFloat) -> float:
    if type(value) is float:
        return value
    if not isinstance(value, (str, bytes)):
        try:
            return float(value)
        except (TypeError, ValueError, OverflowError):
            pass
    raise InvalidInput(f"metric {name!r}: expected a number, got {type(value).__name__} {repr(value)[:60]}; text goes into al.log_param")


def _step(step: SupportsIndex) -> int:
    try:
        number = operator.index(step)
    except TypeError as error:
        raise InvalidInput(f"step={step!r}: expected a whole number") from error
    if not -_MAX_STEP <= number < _MAX_STEP - 1_000_000_000:  # room for what counts on from here
        raise InvalidInput(f"step={number}: expected a number of 64 bits")
    return number


def _parameter(name: str, value: Any) -> str:
    plain = value.item() if hasattr(value, "item") and getattr(value, "ndim", None) == 0 else value  # numpy's and torch's scalars
    if isinstance(plain, float) and not math.isfinite(plain):
        plain = "NaN" if math.isnan(plain) else "Infinity" if plain > 0 else "-Infinity"
    if not (plain is None or isinstance(plain, (str, int, float))):
        raise InvalidInput(f"parameter {name!r}: expected a number, text, bool or None, got {type(value).__name__}; give str(value)")
    text = json.dumps(plain, ensure_ascii=False).encode("utf-8", "replace").decode()
    if len(text.encode()) > MAX_VALUE_BYTES:
        raise LimitExceeded(
            f"parameter {name!r}: {len(text)} characters are more than {MAX_VALUE_BYTES} bytes; return it from the task, or write a deck",
            code="PARAMETER_TOO_LARGE",
        )
    return text
