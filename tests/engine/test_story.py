from __future__ import annotations

from dataclasses import dataclass

from alula.engine import event as ev
from alula.engine.story import story


@dataclass(frozen=True)
class Told:
    at: int
    kind: str
    node_id: str = ""
    item: int = -1
    attempt: int = 0
    detail: str = ""


EVENTS = [
    Told(1_000_000, "Launched"),
    Told(1_500_000, "Proceed"),
    Told(2_000_000, "CacheMissed", "n0", detail="the task has no entry yet"),
    Told(3_000_000, "AttemptFailed", "n0", detail="WorkerLost"),
    Told(4_000_000, "AttemptStarted", "n1", item=3, attempt=1),
    Told(5_000_000, "TimerFired", "n0", attempt=1, detail="attempt"),
]


def test_a_story_is_one_line_an_event() -> None:
    assert story(EVENTS) == [
        "00:00:01.000 the execution was launched",
        "00:00:02.000 n0: not in the cache: the task has no entry yet",
        "00:00:03.000 n0: attempt 0 failed with WorkerLost",
        "00:00:04.000 n1[3]: attempt 1 began to run",
        "00:00:05.000 n0: attempt 1 reached its timeout",
    ]


def test_a_story_of_one_node_leaves_the_others_out() -> None:
    assert story(EVENTS, "n1") == ["00:00:01.000 the execution was launched", "00:00:04.000 n1[3]: attempt 1 began to run"]


def test_every_event_has_words_or_means_nothing_to_people() -> None:
    silent = [kind.__name__ for kind in ev.Event.__args__ if not story([Told(0, kind.__name__, "n0", detail="gate")])]
    assert silent == ["Proceed"]
