from __future__ import annotations

from alula.testing.engine_kit.graphs import Book
from alula.testing.engine_kit.stage import NOTHING, Stage, Trace


def fan(width: int, **settings: int) -> Stage:
    book = Book()
    book.task("add")
    book.flow("main", [book.call(f"n{i}", "add", a=i) for i in range(width)])
    return Stage(book, "main", **settings)


def start(i: int) -> tuple[object, ...]:
    return ("StartAttempt", f"n{i}", -1, {"a": i}, 0)


def test_a_bounded_turn_leaves_the_rest_for_the_next() -> None:
    stage = fan(3, budget=2)
    assert stage.launch() == Trace(
        {"n0": "QUEUED", "n1": "QUEUED"}, {("n0", -1, 0): "QUEUED", ("n1", -1, 0): "QUEUED"}, [start(0), start(1)], "RUNNING", True
    )
    assert stage.proceed() == Trace({"n2": "QUEUED"}, {("n2", -1, 0): "QUEUED"}, [start(2)])
    assert stage.proceed() == NOTHING


def test_no_more_nodes_run_than_the_limit_and_the_oldest_goes_first() -> None:
    stage = fan(3, max_parallelism=1)
    first = stage.launch()
    assert (first.effects, first.nodes, first.more) == ([start(0)], {"n0": "QUEUED", "n1": "QUEUED", "n2": "QUEUED"}, False)
    assert stage.succeeded("n0", o0=1).effects == [start(1)]
    assert stage.succeeded("n1", o0=1).effects == [start(2)]


def test_a_slot_is_kept_over_a_retry() -> None:
    stage = fan(2, max_parallelism=1)
    stage.launch()
    assert stage.lost("n0").effects == [("StartAttempt", "n0", -1, {"a": 0}, 1)]
    assert stage.run.slots_used == 1


def test_what_waits_for_a_slot_when_the_budget_is_spent_is_not_forgotten() -> None:
    stage = fan(3, max_parallelism=1, budget=1)
    assert stage.launch().more
    assert stage.proceed().more
    assert stage.proceed() == Trace({"n2": "QUEUED"})
    assert stage.succeeded("n0", o0=1).effects == [start(1)]


def test_events_of_nodes_that_do_not_exist_change_nothing() -> None:
    stage = fan(1)
    stage.launch()
    assert [stage.succeeded("ghost"), stage.fired("ghost", "gate"), stage.hit("ghost")] == [NOTHING] * 3


def test_every_event_is_counted() -> None:
    stage = fan(1)
    stage.launch()
    stage.proceed()
    assert stage.run.sequence == 2
