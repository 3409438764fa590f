from __future__ import annotations

from dataclasses import dataclass

import pytest

from alula.engine import event as ev
from alula.engine.story import words


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
