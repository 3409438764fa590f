from __future__ import annotations

from alula.engine.machine import pending_timers
from alula.testing.engine_kit.graphs import Book
from alula.testing.engine_kit.stage import NOTHING, Stage, Trace

HOUR = 3_600_000_000


def gated(kind: str, **options: int) -> Stage:
    book = Book()
    book.task("add")
    gate = book.gate("g", kind, **({"o0": 5} if kind == "approve" else {}), **options)  # type: ignore[arg-type]
    if kind == "sleep":
        book.flow("main", [gate])
    else:
        book.flow("main", [gate], o0="g.o0")
    return Stage(book, "main")


def test_an_approval_hands_its_inputs_on() -> None:
    stage = gated("approve", timeout_s=3600)
    timer = ("SetTimer", "gate", "g", -1, 0, 1 + HOUR)
    assert stage.launch() == Trace({"g": "RUNNING"}, {}, [("OpenSignal", "g", "g"), timer], "RUNNING")
    assert stage.signal("g", True).run == "SUCCEEDED"
    assert stage.outputs() == {"o0": 5}


def test_a_rejection_fails_the_gate() -> None:
    stage = gated("approve")
    stage.launch()
    assert stage.signal("g", False).run == "FAILED"
    assert stage.failure() == ("ReceivedRejectSignal", 'the approval "g" was rejected', "g")


def test_a_value_of_another_gate_of_that_name_is_no_answer() -> None:
    stage = gated("approve")
    stage.launch()
    assert stage.signal("g", 5) == NOTHING


def test_a_signal_gives_its_value() -> None:
    stage = gated("signal")
    stage.launch()
    assert stage.signal("other", 5) == NOTHING
    stage.signal("g", 6)
    assert stage.outputs() == {"o0": 6}


def test_a_gate_that_nobody_answers_times_out() -> None:
    stage = gated("signal", timeout_s=60)
    stage.launch()
    assert stage.fired("g", "gate").run == "FAILED"
    message = 'gate "g" was not answered within its timeout of 60 s; raise timeout= or answer earlier'
    assert stage.failure() == ("TimeoutExpired", message, "g")


def test_a_sleep_is_only_a_timer_and_its_timeout_counts_too() -> None:
    stage = gated("sleep", sleep_s=7200, timeout_s=3600)
    timers = [("SetTimer", "sleep", "g", -1, 0, 1 + 2 * HOUR), ("SetTimer", "gate", "g", -1, 0, 1 + HOUR)]
    assert stage.launch().effects == timers
    assert [("SetTimer", t.what, t.node_id, t.item, t.attempt, t.at) for t in pending_timers(stage.run)] == timers
    assert stage.fired("g", "sleep").run == "SUCCEEDED"


def test_a_signal_that_was_given_before_is_taken_at_once() -> None:
    book = Book()
    book.task("add")
    book.flow("sub", [book.gate("g", "signal")], o0="g.o0")
    book.flow("main", [book.sub("n0", "sub"), book.sub("n1", "sub", after=["n0"])], o0="n1.o0")
    stage = Stage(book, "main")
    stage.launch()
    assert stage.signal("g", 4).run == "SUCCEEDED"
    assert stage.outputs() == {"o0": 4}


def test_one_rejection_may_end_two_gates() -> None:
    book = Book()
    book.flow("sub", [book.gate("g", "approve", o0=1)], o0="g.o0")
    book.flow("main", [book.sub("n0", "sub"), book.sub("n1", "sub")])
    stage = Stage(book, "main")
    stage.launch()
    assert stage.signal("g", False).nodes == {"n0-0-g": "FAILED", "n0": "FAILED", "n1-0-g": "ABORTED", "n1": "ABORTED"}
