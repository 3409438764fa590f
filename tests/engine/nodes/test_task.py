from __future__ import annotations

from typing import Any

import pytest

from alula.engine import event as ev
from alula.engine.state import Recovered
from alula.testing.engine_kit.graphs import Book, literals
from alula.testing.engine_kit.stage import NOTHING, Stage, Trace


def one(**options: Any) -> Stage:
    settings = {name: options.pop(name) for name in ("overwrite_cache", "recovered") if name in options}
    book = Book()
    book.task("train", inputs=("lr",), **options)
    book.flow("main", [book.call("n0", "train", lr=".a")], inputs=("a",), o0="n0.o0")
    return Stage(book, "main", inputs={"a": 5}, **settings)


def start(attempt: int = 0) -> tuple[Any, ...]:
    return ("StartAttempt", "n0", -1, {"lr": 5}, attempt)


def test_a_task_starts_with_the_run() -> None:
    assert one().launch() == Trace({"n0": "QUEUED"}, {("n0", -1, 0): "QUEUED"}, [start()], "RUNNING")


def test_a_start_that_is_told_twice_counts_once() -> None:
    stage = one(timeout_s=1)
    stage.launch()
    timer = ("SetTimer", "attempt", "n0", -1, 0, 1_000_002)
    assert stage.started("n0") == Trace({"n0": "RUNNING"}, {("n0", -1, 0): "RUNNING"}, [timer])
    assert stage.started("n0") == NOTHING


def test_what_an_attempt_runs_in_may_have_to_be_made_and_its_timeout_runs_from_its_start() -> None:
    stage = one(timeout_s=1)
    stage.launch()
    assert stage.initializing("n0") == Trace({}, {("n0", -1, 0): "INITIALIZING"})
    assert stage.initializing("n0") == NOTHING
    assert stage.initializing("n0", attempt=1) == NOTHING
    timer = ("SetTimer", "attempt", "n0", -1, 0, 1_000_005)
    assert stage.started("n0") == Trace({"n0": "RUNNING"}, {("n0", -1, 0): "RUNNING"}, [timer])
    assert stage.initializing("n0") == NOTHING


def test_a_success_ends_the_run_in_the_same_step() -> None:
    stage = one()
    stage.launch()
    done = {("n0", -1, 0): "SUCCEEDED"}
    assert stage.succeeded("n0", o0=7) == Trace({"n0": "SUCCEEDED", "end-node": "SUCCEEDED"}, done, [("EndExecution",)], "SUCCEEDED")
    assert stage.outputs() == {"o0": 7}


def test_nothing_happens_after_the_end() -> None:
    stage = one()
    stage.launch()
    stage.succeeded("n0", o0=7)
    assert [stage.succeeded("n0", o0=8), stage.lost("n0"), stage.abort(), stage.proceed()] == [NOTHING] * 4
    assert stage.outputs() == {"o0": 7}


def test_a_plain_exception_is_not_retried() -> None:
    stage = one(retries=3)
    stage.launch()
    assert stage.failed("n0") == Trace({"n0": "FAILED"}, {("n0", -1, 0): "FAILED"}, [("EndExecution",)], "FAILED")
    assert stage.failure() == ("USER:Bad", "bad", "n0")


def test_a_recoverable_failure_uses_the_users_budget() -> None:
    stage = one(retries=1)
    stage.launch()
    retried = Trace({"n0": "RUNNING"}, {("n0", -1, 0): "FAILED", ("n0", -1, 1): "QUEUED"}, [start(1)])
    assert stage.failed("n0", is_recoverable=True) == retried
    assert stage.failed("n0", 1, is_recoverable=True).run == "FAILED"
    assert stage.failure() == ("RetriesExhausted|USER:Bad", "[2/2] currentAttempt done. Last Error: USER::bad", "n0")


def test_lost_workers_have_a_budget_of_their_own() -> None:
    stage = one(retries=1)
    stage.launch()
    for attempt in range(3):
        assert stage.lost("n0", attempt).effects == [start(attempt + 1)]
    assert stage.failed("n0", 3, is_recoverable=True).effects == [start(4)]
    assert stage.lost("n0", 4).run == "FAILED"
    assert stage.failure() == ("RetriesExhausted|WorkerLost", "[4/4] currentAttempt done. Last Error: SYSTEM::bad", "n0")


def test_lost_workers_do_not_count_as_attempts_of_the_user() -> None:
    stage = one()
    stage.launch()
    stage.lost("n0")
    stage.failed("n0", 1, is_recoverable=True)
    assert stage.failure() == ("RetriesExhausted|USER:Bad", "[1/1] currentAttempt done. Last Error: USER::bad", "n0")


def test_a_report_of_an_earlier_attempt_is_ignored() -> None:
    stage = one(retries=1)
    stage.launch()
    stage.lost("n0")
    assert [stage.succeeded("n0", o0=1), stage.started("n0"), stage.fired("n0", "attempt")] == [NOTHING] * 3
    assert stage.succeeded("n0", 1, o0=2).run == "SUCCEEDED"
    assert stage.outputs() == {"o0": 2}


def test_a_timeout_stops_the_attempt_and_is_retried() -> None:
    stage = one(retries=1, timeout_s=1)
    stage.launch()
    stage.started("n0")
    expected = Trace({"n0": "RUNNING"}, {("n0", -1, 0): "FAILED", ("n0", -1, 1): "QUEUED"}, [("StopAttempt", "n0", -1, 0), start(1)])
    assert stage.fired("n0", "attempt") == expected
    stage.started("n0", 1)
    stage.fired("n0", "attempt", 1)
    message = "[2/2] currentAttempt done. Last Error: USER::task train ran longer than its timeout of 1 s; "
    assert stage.failure() == ("RetriesExhausted|TimeoutExpired", message + "raise timeout= on the task or make it faster", "n0")


def test_a_success_without_its_outputs_is_a_failure_of_the_attempt() -> None:
    stage = one(retries=2)
    stage.launch()
    assert stage.succeeded("n0", other=1).attempts == {("n0", -1, 0): "FAILED"}
    assert stage.failure() == ("OutputsNotFound", "task train wrote no output o0; its interface declares it", "n0")


def test_a_hit_needs_no_attempt() -> None:
    stage = one(cache_version="1")
    assert stage.launch() == Trace({"n0": "QUEUED"}, {}, [("LookUpCache", "n0", -1, {"lr": 5})], "RUNNING")
    assert stage.hit("n0", o0=3) == Trace({"n0": "SUCCEEDED", "end-node": "SUCCEEDED"}, {}, [("EndExecution",)], "SUCCEEDED")
    assert (stage.run.nodes["n0"].cache_status, stage.outputs()) == (2, {"o0": 3})


def test_a_miss_is_computed_and_kept() -> None:
    stage = one(cache_version="1")
    stage.launch()
    assert stage.missed("n0").effects == [start()]
    assert [stage.missed("n0"), stage.hit("n0", o0=1)] == [NOTHING] * 2
    assert stage.succeeded("n0", o0=7).effects == [("FillCache", "n0", -1, 0, {"lr": 5}, {"o0": 7}), ("EndExecution",)]


def test_overwriting_the_cache_never_asks_it() -> None:
    stage = one(cache_version="1", overwrite_cache=True)
    assert stage.launch().effects == [start()]
    assert stage.succeeded("n0", o0=7).effects == [("FillCache", "n0", -1, 0, {"lr": 5}, {"o0": 7}), ("EndExecution",)]


@pytest.mark.parametrize("how", ["failed", "abort"])
def test_a_reservation_is_released_if_nothing_comes_of_it(how: str) -> None:
    stage = one(cache_version="1", is_serialized=True)
    stage.launch()
    stage.missed("n0", is_reserved=True)
    last = stage.failed("n0") if how == "failed" else stage.abort()
    assert last.effects[-2:] == [("ReleaseReservation", "n0", -1), ("EndExecution",)]


def test_a_turn_to_compute_that_comes_too_late_is_passed_on() -> None:
    book = Book()
    book.task("train", cache_version="1", is_serialized=True)
    book.task("bad")
    nodes = [book.call("n0", "train", a=1), book.call("n1", "bad", a=1), book.call("fn", "bad", a=1)]
    book.flow("main", nodes[:2], on_failure=nodes[2])
    stage = Stage(book, "main")
    stage.launch()
    stage.failed("n1")
    assert stage.missed("n0", is_reserved=True) == Trace(effects=[("ReleaseReservation", "n0", -1)])


def dynamic(max_parallelism: int = 0, **options: Any) -> tuple[Stage, Any]:
    book = Book()
    book.task("spread", inputs=("n",), **options)
    book.task("add")
    book.flow("main", [book.call("n0", "spread", n=".a")], inputs=("a",), o0="n0.o0")
    closure = book.expand("spread", [book.call("dn0", "add", a=".n"), book.call("dn1", "add", a="dn0.o0")], o0="dn1.o0")
    return Stage(book, "main", inputs={"a": 5}, max_parallelism=max_parallelism), closure


def test_a_dynamic_task_runs_its_graph_in_its_only_slot() -> None:
    stage, closure = dynamic(max_parallelism=1)
    stage.launch()
    first = ("StartAttempt", "n0-0-dn0", -1, {"a": 5}, 0)
    opened = Trace({"n0": "DYNAMIC_RUNNING", "n0-0-dn0": "QUEUED"}, {("n0", -1, 0): "SUCCEEDED", ("n0-0-dn0", -1, 0): "QUEUED"}, [first])
    found = stage.expanded("n0", closure)
    found.nodes.pop("n0-0-start-node", None)
    assert found == opened
    assert stage.run.slots_used == 1
    stage.succeeded("n0-0-dn0", o0=6)
    ended = {"n0-0-dn1": "SUCCEEDED", "n0-0-end-node": "SUCCEEDED", "n0": "SUCCEEDED", "end-node": "SUCCEEDED"}
    assert stage.succeeded("n0-0-dn1", o0=7).nodes == ended
    assert (stage.outputs(), set(stage.run.scopes)) == ({"o0": 7}, {""})


def test_a_retried_dynamic_task_names_its_nodes_by_its_attempt() -> None:
    stage, closure = dynamic()
    stage.launch()
    stage.lost("n0")
    assert "n0-1-dn0" in stage.expanded("n0", closure, 1).nodes
    assert stage.expanded("n0", closure, 1) == NOTHING


def test_a_failed_node_of_a_dynamic_task_fails_it_and_its_reservation_goes() -> None:
    stage, closure = dynamic(cache_version="1", is_serialized=True)
    stage.launch()
    stage.missed("n0", is_reserved=True)
    stage.expanded("n0", closure)
    last = stage.failed("n0-0-dn0")
    assert last.nodes == {"n0-0-dn0": "FAILED", "n0": "FAILED"}
    assert last.effects == [("ReleaseReservation", "n0", -1), ("EndExecution",)]
    assert stage.failure() == ("USER:Bad", "bad", "n0-0-dn0")


def test_a_recovered_dynamic_task_takes_its_graph_under_the_old_names() -> None:
    stage, closure = dynamic()
    done = Recovered(literals(o0=6))
    stage.run.recovered = {"n0": Recovered(literals(), closure=closure, attempt=1), "n0-1-dn0": done}
    found = stage.launch()
    assert (found.nodes["n0-1-dn0"], found.effects) == ("RECOVERED", [("StartAttempt", "n0-1-dn1", -1, {"a": 6}, 0)])


def test_a_recovered_task_does_not_run() -> None:
    stage = one(recovered={"n0": Recovered(literals(o0=9))})
    assert stage.launch() == Trace({"n0": "RECOVERED", "end-node": "SUCCEEDED"}, {}, [("EndExecution",)], "SUCCEEDED")


@pytest.mark.parametrize(("reported", "begun"), [(0, 20), (15, 15), (5, 10)])
def test_an_attempt_began_when_its_worker_says(reported: int, begun: int) -> None:
    """It is recorded as running a while later, and not at all if it is short; no clock puts it before it was queued."""
    stage = one()
    stage.at = 9
    stage.launch()
    stage.at = 19
    stage.take(ev.AttemptStarted(20, "n0", -1, 0))
    report = ev.AttemptReport(started_at=reported)
    stage.take(ev.AttemptSucceeded(30, "n0", -1, 0, literals(o0=1), report))
    node = stage.run.nodes["n0"]
    assert node.attempt is not None
    assert (node.attempt.started_at, node.started_at) == (begun, begun)
