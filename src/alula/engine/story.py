"""Why a node stands where it stands, in words, from what happened to it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Protocol


class Record(Protocol):
    """What is kept of an event; `at` in µs since the epoch, `item` -1 for none, `detail` depends on the kind."""

    @property
    def at(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def node_id(self) -> str: ...
    @property
    def item(self) -> int: ...
    @property
    def attempt(self) -> int: ...
    @property
    def detail(self) -> str: ...


_WORDS = {
    "Launched": "the execution was launched",
    "CacheHit": "{who}: found in the cache",
    "CacheMissed": "{who}: not in the cache: {detail}",
    "AttemptStarted": "{who}: attempt {attempt} began to run",
    "AttemptSucceeded": "{who}: attempt {attempt} succeeded",
    "AttemptExpanded": "{who}: attempt {attempt} wrote a graph, which runs now",
    "AttemptFailed": "{who}: attempt {attempt} failed with {detail}",
    "CallMade": "{who}: attempt {attempt} called {detail}",
    "CallCancelled": "{who}: attempt {attempt} gave up its call {detail}",
    "ResultTraced": "{who}: attempt {attempt} put the result of {detail} on record",
    "SignalReceived": 'the signal "{detail}" was given',
    "ChildEnded": "{who}: its execution {detail} ended",
    "AbortRequested": "an abort was asked for: {detail}",
}
_TIMERS = {
    "attempt": "{who}: attempt {attempt} reached its timeout",
    "gate": "{who}: nobody answered in time",
    "sleep": "{who}: its sleep was over",
}


def story(events: Iterable[Record], node_id: str = "") -> list[str]:
    """One line an event, oldest first.

    Args:
        events: of one execution, in order.
        node_id: only what concerns this node; empty: all.
    """
    return [line for event in events if not node_id or event.node_id in ("", node_id) if (line := _line(event))]


def _line(event: Record) -> str:
    words = _TIMERS.get(event.detail, "") if event.kind == "TimerFired" else _WORDS.get(event.kind, "")
    if not words:
        return ""  # a turn that was cut short goes on: nothing anybody waits for
    who = f"{event.node_id}[{event.item}]" if event.item >= 0 else event.node_id
    moment = datetime.fromtimestamp(event.at / 1e6, UTC).strftime("%H:%M:%S.%f")[:-3]
    return f"{moment} " + words.format(who=who, attempt=event.attempt, detail=event.detail)
