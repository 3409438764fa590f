"""A running task's calls, step by step."""

from __future__ import annotations

from typing import Any

from alula.engine.state import Recovered
from alula.idl import core
from alula.testing.engine_kit.graphs import Book, literals
from alula.testing.engine_kit.stage import NOTHING, Stage, Trace

DRIVER = {"o0": 1}


def driving(**options: Any) -> tuple[Stage, core.Node, core.TaskTemplate]:
    """A run whose one task is running, and what it may call."""
    settings = {name: options.pop(name) for name in ("max_parallelism", "budget") if name in options}
    book = Book()
    book.task("drive", inputs=("a",), **options)
    book.task("leaf", inputs=("x",))
    book.flow("main", [book.call("n0", "drive", a=".a"), book.call("n1", "leaf", x="n0.o0")], inputs=("a",), o0="n1.o0")
    stage = Stage(book, "main", inputs={"a": 5}, **settings)
    leaf = next(n for n in stage.run.graph.primary.nodes.values() if n.id == "n1")
    stage.launch()
    assert leaf.call is not None
    return stage, core.Node(task_node=leaf.node.task_node), leaf.call.template


def started(node_id: str, x: int) -> tuple[Any, ...]:
    return ("StartAttempt", node_id, -1, {"x": x}, 0)


def answer(key: str, told: Any, attempt: int = 0, order: int = 0) -> tuple[Any, ...]:
    return ("AnswerCall", "n0", -1, attempt, key, told, order)


def test_a_call_becomes_a_node_beneath_its_caller_and_is_answered_when_it_ends() -> None:
    stage, target, leaf = driving()
    first = stage.called("n0", "c0", target, leaf, inputs={"x": 1})
    assert first == Trace({"n0": "RUNNING", "n0-0-c0": "QUEUED"}, {("n0-0-c0", -1, 0): "QUEUED"}, [started("n0-0-c0", 1)])
    done = stage.succeeded("n0-0-c0", o0=7)
    assert done.effects == [answer("c0", {"o0": 7}, order=2)]
    assert stage.succeeded("n0", o0=9).nodes == {"n0": "SUCCEEDED", "n1": "QUEUED"}


def test_a_later_attempt_finds_what_was_called_and_what_still_runs_is_waited_for() -> None:
    stage, target, leaf = driving()
    stage.called("n0", "c0", target, leaf, inputs={"x": 1})
    stage.called("n0", "c1", target, leaf, inputs={"x": 2})
    stage.succeeded("n0-0-c0", o0=7)
    assert stage.lost("n0").effects == [("StartAttempt", "n0", -1, {"a": 5}, 1)]
    assert stage.called("n0", "c0", target, leaf, inputs={"x": 1}, attempt=1).effects == [answer("c0", {"o0": 7}, 1, 2)]
    assert stage.called("n0", "c1", target, leaf, inputs={"x": 2}, attempt=1) == NOTHING
    assert stage.succeeded("n0-0-c1", o0=8).effects == [answer("c1", {"o0": 8}, 1, 4)]


def test_what_an_attempt_that_is_over_calls_changes_nothing() -> None:
    stage, target, leaf = driving()
    stage.lost("n0")
    assert stage.called("n0", "c0", target, leaf, inputs={"x": 1}) == NOTHING


def test_another_call_at_the_same_place_is_refused() -> None:
    stage, target, leaf = driving()
    stage.called("n0", "c0", target, leaf, inputs={"x": 1})
    stage.lost("n0")
    (effect,) = stage.called("n0", "c0", target, leaf, inputs={"x": 2}, attempt=1).effects
    assert effect == answer("c0", "CallOrderChanged", 1)


def test_after_a_failure_of_its_own_failed_calls_are_made_again_and_others_kept() -> None:
    stage, target, leaf = driving(retries=1)
    stage.called("n0", "c0", target, leaf, inputs={"x": 1})
    stage.succeeded("n0-0-c0", o0=7)
    stage.called("n0", "c1", target, leaf, inputs={"x": 2})
    assert stage.failed("n0-0-c1").effects == [answer("c1", "USER:Bad", order=4)]
    stage.failed("n0", is_recoverable=True)
    assert stage.called("n0", "c0", target, leaf, inputs={"x": 1}, attempt=1).effects == [answer("c0", {"o0": 7}, 1, 2)]
    again = stage.called("n0", "c1", target, leaf, inputs={"x": 2}, attempt=1)
    assert again.effects == [started("n0-0-c1-r1", 2)]
    assert stage.succeeded("n0-0-c1-r1", o0=8).effects == [answer("c1", {"o0": 8}, 1, 6)]
    # The way may differ from here on: what stood at c2 in the first life, had there been anything, is no longer asked.
    assert stage.called("n0", "c2", target, leaf, inputs={"x": 3}, attempt=1).effects == [started("n0-0-c2-r1", 3)]


def test_without_a_failed_call_another_way_is_refused_in_the_next_life_too() -> None:
    stage, target, leaf = driving(retries=1)
    stage.called("n0", "c0", target, leaf, inputs={"x": 1})
    stage.succeeded("n0-0-c0", o0=7)
    stage.failed("n0", is_recoverable=True)
    (effect,) = stage.called("n0", "c0", target, leaf, inputs={"x": 2}, attempt=1).effects
    assert effect == answer("c0", "CallOrderChanged", 1)


def test_losses_with_progress_between_them_do_not_use_up_the_budget() -> None:
    stage, target, leaf = driving()
    for attempt in range(12):
        stage.called("n0", f"c{attempt}", target, leaf, inputs={"x": attempt}, attempt=attempt)
        stage.succeeded(f"n0-0-c{attempt}", o0=1)
        assert stage.lost("n0", attempt).effects == [("StartAttempt", "n0", -1, {"a": 5}, attempt + 1)]
    for attempt in range(12, 15):
        stage.lost("n0", attempt)
    assert stage.run.failure is not None and stage.run.failure.code == "RetriesExhausted|WorkerLost"


def test_a_traced_result_is_a_node_and_is_asked_for_before_it_is_made() -> None:
    stage, _, _ = driving()
    assert stage.called("n0", "c0", core.Node(), digest=b"t").effects == [answer("c0", None)]
    assert stage.traced("n0", "c0", o0=4) == Trace({"n0-0-c0": "SUCCEEDED"}, effects=[answer("c0", {"o0": 4}, order=2)])
    stage.lost("n0")
    assert stage.called("n0", "c0", core.Node(), digest=b"t", attempt=1).effects == [answer("c0", {"o0": 4}, 1, 2)]


def test_a_call_given_up_is_aborted_and_a_later_attempt_hears_when() -> None:
    stage, target, leaf = driving()
    stage.called("n0", "c0", target, leaf, inputs={"x": 1})
    gone = stage.cancelled("n0", "c0")
    assert gone.nodes == {"n0-0-c0": "ABORTED"}
    assert gone.effects == [("StopAttempt", "n0-0-c0", -1, 0)]
    assert stage.failure("n0-0-c0") == ("NodeAborted", "given up by the task that called it", "")
    stage.lost("n0")
    assert stage.called("n0", "c0", target, leaf, inputs={"x": 1}, attempt=1).effects == [answer("c0", "given up", 1, 1)]


def test_a_call_given_up_while_its_child_succeeded_stays_given_up() -> None:
    stage, target, leaf = driving()
    for number in range(3):
        stage.called("n0", f"c{number}", target, leaf, inputs={"x": number})
    stage.succeeded("n0-0-c0", o0=0)
    assert stage.succeeded("n0-0-c1", o0=1).effects == [answer("c1", {"o0": 1}, order=4)]
    assert stage.cancelled("n0", "c1", after=2).nodes == {"n0-0-c1": "SUCCEEDED"}, "written: it is on record"
    assert stage.cancelled("n0", "c1", after=4) == NOTHING, "once"
    stage.succeeded("n0-0-c2", o0=2)
    stage.lost("n0")
    heard = [stage.called("n0", f"c{number}", target, leaf, inputs={"x": number}, attempt=1).effects[0] for number in (2, 1, 0)]
    assert heard == [answer("c2", {"o0": 2}, 1, 6), answer("c1", "given up", 1, 3), answer("c0", {"o0": 0}, 1, 2)]


def test_what_was_given_up_is_made_again_in_the_callers_next_life_though_its_child_succeeded() -> None:
    stage, target, leaf = driving(retries=1)
    stage.called("n0", "c0", target, leaf, inputs={"x": 1})
    stage.succeeded("n0-0-c0", o0=7)
    stage.cancelled("n0", "c0")
    stage.failed("n0", is_recoverable=True)
    assert stage.called("n0", "c0", target, leaf, inputs={"x": 1}, attempt=1).effects == [started("n0-0-c0-r1", 1)]


def test_an_attempt_on_record_hears_at_once_of_what_has_not_ended() -> None:
    stage, target, leaf = driving()
    stage.called("n0", "c0", target, leaf, inputs={"x": 1})
    stage.lost("n0")
    again = stage.called("n0", "c0", target, leaf, inputs={"x": 1}, attempt=1, is_replay=True)
    assert again.effects == [answer("c0", "pending", 1)]
    new = stage.called("n0", "c1", target, leaf, inputs={"x": 2}, attempt=1, is_replay=True)
    assert new.effects == [answer("c1", "pending", 1), started("n0-0-c1", 2)]


def test_the_order_of_answers_goes_on_after_a_loss() -> None:
    stage, target, leaf = driving()
    for number in range(2):
        stage.called("n0", f"c{number}", target, leaf, inputs={"x": number})
    stage.succeeded("n0-0-c1", o0=1)
    stage.lost("n0")
    assert stage.succeeded("n0-0-c0", o0=0).effects == [answer("c0", {"o0": 0}, 1, 4)]


def test_a_call_has_its_row_with_the_turn_that_takes_it_however_much_else_is_ready() -> None:
    """A call that only waits in memory would be forgotten with it, and its caller would wait for ever."""
    stage, target, leaf = driving(budget=1)
    spec = stage.run.graph.primary.nodes["n1"]
    stage.run.ready.extend([("", spec, "")] * 3)
    assert "n0-0-c0" in stage.called("n0", "c0", target, leaf, inputs={"x": 1}).nodes


def test_the_end_of_the_caller_ends_what_it_left_running() -> None:
    stage, target, leaf = driving()
    stage.called("n0", "c0", target, leaf, inputs={"x": 1})
    end = stage.succeeded("n0", o0=1)
    assert end.nodes == {"n0-0-c0": "ABORTED", "n0": "SUCCEEDED", "n1": "QUEUED"}
    assert ("StopAttempt", "n0-0-c0", -1, 0) in end.effects


def test_an_abort_reaches_calls() -> None:
    stage, target, leaf = driving()
    stage.called("n0", "c0", target, leaf, inputs={"x": 1})
    assert stage.abort().nodes == {"n0-0-c0": "ABORTED", "n0": "ABORTED"}


def test_a_caller_lends_its_slot_to_what_it_calls() -> None:
    stage, target, leaf = driving(max_parallelism=1)
    assert stage.called("n0", "c0", target, leaf, inputs={"x": 1}).effects == [started("n0-0-c0", 1)]
    assert stage.called("n0", "c1", target, leaf, inputs={"x": 2}).effects == []
    assert stage.succeeded("n0-0-c0", o0=1).effects == [answer("c0", {"o0": 1}, order=2), started("n0-0-c1", 2)]


def test_a_graph_that_another_call_had_expanded_to_is_not_taken_over() -> None:
    stage, target, leaf = driving()
    other = Book()
    other.task("leaf", inputs=("x",))
    other.flow("inner", [other.call("m0", "leaf", x=".x")], inputs=("x",), o0="m0.o0")
    closure = other.compile("inner")
    stage.run.recovered["n0-0-c0"] = Recovered(literals(), digest=b"another call", closure=closure)
    assert stage.called("n0", "c0", target, leaf, inputs={"x": 1}, digest=b"this call").effects == [started("n0-0-c0", 1)]
    stage.run.recovered["n0-0-c1"] = Recovered(literals(), digest=b"this call", closure=closure)
    assert stage.called("n0", "c1", target, leaf, inputs={"x": 1}, digest=b"this call").nodes["n0-0-c1"] == "DYNAMIC_RUNNING"
