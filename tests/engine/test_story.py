from __future__ import annotations

from dataclasses import dataclass

import pytest

from alula.engine import event as ev
from alula.engine.story import detail_of, plain_detail, words
from alula.idl import core


@dataclass(frozen=True)
class Told:
    kind: str
    attempt: int = 0
    detail: str = ""


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (Told("Launched"), "the execution was launched"),
        (Told("CacheMissed", detail="the task has no entry yet"), "not in the cache: the task has no entry yet"),
        (Told("AttemptInitializing", 0, "it is built"), "attempt 0 waits until it is built"),
        (Told("AttemptFailed", 1, "WorkerLost"), "attempt 1 failed with WorkerLost"),
        (Told("TimerFired", 1, "attempt"), "attempt 1 reached its timeout"),
        (Told("TimerFired", 0, "sleep"), "its sleep was over"),
    ],
)
def test_an_event_is_said_in_words(event: Told, said: str) -> None:
    assert words(event) == said


def test_every_event_has_words() -> None:
    assert all(words(Told(kind.__name__, detail="gate")) for kind in ev.Event.__args__)


def test_the_record_keeps_one_word_of_an_event() -> None:
    lost = ev.Failure(code="WorkerLost", message="gone")
    assert detail_of(ev.AttemptFailed(1, "n0", -1, 0, lost)) == "WorkerLost"
    assert detail_of(ev.CacheMissed(1, "n0", -1, "new")) == "new"
    assert detail_of(ev.TimerFired(1, "n0", -1, "gate", 0)) == "gate"
    assert detail_of(ev.Launched(1)) == ""


def test_only_of_a_signal_is_the_word_divided_from_who_gave_it() -> None:
    given = Told("SignalReceived", detail=detail_of(ev.SignalReceived(1, "go", core.Literal(), "ada")))
    assert (words(given), plain_detail(given)) == ('the signal "go" was given by ada', "go")
    asked = Told("AbortRequested", detail=detail_of(ev.AbortRequested(1, "wrong\x1fdata", "ada")))
    assert (words(asked), plain_detail(asked)) == ("an abort was asked for: wrong\x1fdata", "wrong\x1fdata")
