"""What happened to an execution or a node, in words: why it stands where it stands."""

from __future__ import annotations

from typing import Protocol

from alula.engine import event as ev


class Record(Protocol):
    """What is kept of an event; `detail` depends on the kind."""

    @property
    def kind(self) -> str: ...
    @property
    def attempt(self) -> int: ...
    @property
    def detail(self) -> str: ...


_WORDS = {
    "Launched": "the execution was launched",
    "Proceed": "more of its nodes were started",
    "CacheHit": "found in the cache",
    "CacheMissed": "not in the cache: {detail}",
    "AttemptInitializing": "attempt {attempt} waits until {detail}",
    "AttemptStarted": "attempt {attempt} began to run",
    "AttemptSucceeded": "attempt {attempt} succeeded",
    "AttemptExpanded": "attempt {attempt} wrote a graph, which runs now",
    "AttemptFailed": "attempt {attempt} failed with {detail}",
    "CallMade": "attempt {attempt} called {detail}",
    "CallCancelled": "attempt {attempt} gave up its call {detail}",
    "ResultTraced": "attempt {attempt} put the result of {detail} on record",
    "DeckPublished": "attempt {attempt} published its deck",
    "SignalReceived": 'the signal "{detail}" was given{by}',
    "ChildEnded": "its execution {detail} ended",
    "AbortRequested": "an abort was asked for: {detail}",
}
_BY = "\x1f"  # no name of a signal or of a person holds it
_TIMERS = {
    "attempt": "attempt {attempt} reached its timeout",
    "gate": "nobody answered in time",
    "sleep": "its sleep was over",
}


def words(event: Record) -> str:
    """What happened, as people say it; whom it happened to stands beside it."""
    found = _TIMERS.get(event.detail) if event.kind == "TimerFired" else _WORDS.get(event.kind)
    if found is None:
        return event.detail  # of a version that knew other events
    detail, who = _split(event)
    return found.format(attempt=event.attempt, detail=detail, by=f" by {who}" if who else "")


def plain_detail(event: Record) -> str:
    """The word of an event without who did it."""
    return _split(event)[0]


def _split(event: Record) -> tuple[str, str]:
    """An event's word and who did it; only of signals is that kept: what people write themselves may hold any character."""
    if event.kind != "SignalReceived":
        return event.detail, ""
    detail, _, who = event.detail.partition(_BY)
    return detail, who


def detail_of(event: ev.Event) -> str:
    """The one word of an event that its record keeps."""
    match event:
        case ev.AttemptFailed():
            return event.failure.code
        case ev.CacheMissed() | ev.AttemptInitializing():
            return event.reason
        case ev.TimerFired():
            return event.what
        case ev.SignalReceived():
            return event.signal_id + (_BY + event.principal if event.principal else "")
        case ev.AbortRequested():
            return event.cause
        case ev.ChildEnded():
            return event.name
        case ev.CallMade() | ev.ResultTraced():
            return event.spec.node.metadata.name
        case ev.CallCancelled():
            return event.key
        case _:
            return ""
