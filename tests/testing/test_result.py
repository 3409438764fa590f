"""The result: nodes, events, and assertions that show the run when they fail."""

from __future__ import annotations

import pytest
from tests.programs import building, shapes
from tests.programs import testable as t

from alula.errors import InvalidInput, NotFound
from alula.testing import Workbench, hang, run
from alula.testing.clock import START

TREE = """\
run1  FAILED
  n0  load  SUCCEEDED
  n1  train  FAILED  cache MISS  3 attempts
    attempt 0  USER:Broken: tests.programs.testable.Broken: no data
    attempt 1  USER:Broken: tests.programs.testable.Broken: no data
    attempt 2  USER:Broken: tests.programs.testable.Broken: no data
    RetriesExhausted|USER:Broken: [3/3] currentAttempt done. Last Error: USER::tests.programs.testable.Broken: no data
error  RetriesExhausted|USER:Broken: [3/3] currentAttempt done. Last Error: USER::tests.programs.testable.Broken: no data"""


PARTLY = """\
run1  SUCCEEDED
  n0  map-odd  SUCCEEDED  4 items
    [1]  USER:NonRecoverable: NonRecoverable: 2 is even
    [3]  USER:NonRecoverable: NonRecoverable: 4 is even"""

TRIED = """\
run1  FAILED
  n0  map-at_most_one  FAILED  2 items, 3 attempts
    [1] attempt 0  USER:Broken: tests.programs.testable.Broken: 2
    [1] attempt 1  USER:Broken: tests.programs.testable.Broken: 2
"""


def broken(data: list[float], depth: int) -> float:
    raise t.Broken("no data")


def test_a_failing_assertion_shows_the_run_and_what_was_raised() -> None:
    result = run(t.training, mocks={t.train: broken})
    with pytest.raises(AssertionError) as caught:
        result.assert_succeeded()
    assert str(caught.value) == f"expected that the run succeeds, it is FAILED\n\n{TREE}"
    assert isinstance(caught.value.__cause__, t.Broken)


def test_a_map_counts_items_and_attempts_only_where_one_was_tried_again() -> None:
    with pytest.raises(AssertionError) as caught:
        run(shapes.most, xs=[1, 2, 3, 4]).assert_failed()
    assert str(caught.value).endswith(PARTLY)
    assert run(shapes.each, xs=[7]).tree().endswith("map-double  SUCCEEDED  1 item")
    assert run(t.each_twice, ns=[1, 2]).tree().startswith(TRIED)


def test_an_item_that_hangs_is_named() -> None:
    waiting = run(shapes.each, xs=[1, 2], faults=[hang(shapes.double, item=1)])
    assert waiting.error is not None and "attempt 0 of double (node n0[1]) hangs" in waiting.error.message


def test_what_was_raised_begins_in_the_users_code_and_has_no_cause_of_ours() -> None:
    error = run(t.never).error
    assert error is not None and error.exception is not None
    assert error.exception.__context__ is None
    assert error.exception.__traceback__ is not None
    assert error.exception.__traceback__.tb_frame.f_code.co_name == "never"
    assert "Caused by" not in error.message


def test_a_node_is_found_by_name_and_by_id_with_python_values() -> None:
    result = run(t.released, answers={"go-live": True})
    node = result.node("shows")
    assert node is not result.node("n2") and node.id == result.node("n2").id == "n2"
    assert node.inputs == {"model": t.Model("m", 0.5)}
    assert node.outputs == "m: 0.5"
    assert (node.phase, node.cache, node.task) == ("SUCCEEDED", "", "tests.programs.testable.shows")
    assert result.node("makes").outputs == t.Model("m", 0.5)
    assert [n.name for n in result.nodes] == ["makes", "go-live", "shows"]
    assert node.started_at == node.ended_at == START


def test_a_node_that_is_not_there_or_not_alone_is_told() -> None:
    result = run(shapes.nested)
    with pytest.raises(NotFound, match="no node is called 'train'"):
        result.node("train")
    with pytest.raises(NotFound, match=r"\d nodes are called 'inc': n0-0-n0, "):
        result.node("inc")
    assert result.node("n1-0-n2").name == "add"


def test_nodes_of_child_executions_are_there_too() -> None:
    result = run(t.parent)
    assert result.node("small").child == result.node("train").execution
    assert result.node("train").inputs["data"] == [0.0, 1.0]
    assert "\n    n1  train  SUCCEEDED" in result.tree()


def test_the_cause_of_a_failure_in_a_child_or_a_graph_is_at_hand() -> None:
    assert isinstance(run(building.flow_of_failure, n=3).error.exception, ValueError)  # type: ignore[union-attr]
    assert isinstance(run(t.parent, mocks={t.train: broken}).error.exception, t.Broken)  # type: ignore[union-attr]


def test_runs_are_counted_by_attempts(alula_bench: Workbench) -> None:
    result = alula_bench.run(shapes.each, xs=[1, 2, 3])
    result.assert_ran(shapes.double).assert_ran("double", times=3)
    with pytest.raises(AssertionError, match=r"expected that tests.programs.shapes.double runs 2 times, it ran 3 times"):
        result.assert_ran(shapes.double, times=2)
    with pytest.raises(AssertionError, match="0 times, it ran 3 times"):
        result.assert_not_ran(shapes.double)
    with pytest.raises(AssertionError, match="at least once, it ran 0 times"):
        result.assert_ran(shapes.inc)
    with pytest.raises(InvalidInput, match="nothing is called"):
        result.assert_ran("nobody")


def test_order() -> None:
    result = run(t.ordered).assert_order(t.left, t.right).assert_order("left", "right")
    with pytest.raises(AssertionError, match=r"expected that .*right ends before .*left may begin"):
        result.assert_order(t.right, t.left)
    with pytest.raises(AssertionError, match=r"testable.one has no node"):
        result.assert_order(t.left, t.one)


def test_order_is_that_of_the_graph_and_not_of_chance() -> None:
    result = run(shapes.diamond).assert_order(shapes.inc, shapes.add)
    with pytest.raises(AssertionError, match=r"inc ends before .*double may begin"):
        result.assert_order(shapes.inc, shapes.double)


def test_order_of_a_sub_workflow_and_another() -> None:
    run(shapes.nested).assert_order(shapes.line, shapes.diamond)


def test_a_failure_is_matched_and_a_success_is_none() -> None:
    result = run(t.never)
    assert result.assert_failed("Broken") is result
    with pytest.raises(AssertionError, match=r"the error matches 'other', it is\n  RetriesExhausted"):
        result.assert_failed("other")
    with pytest.raises(AssertionError, match="expected that the run fails, it is SUCCEEDED"):
        run(t.left, x=1).assert_failed()
    with pytest.raises(AssertionError, match="expected that the run waits, it is SUCCEEDED"):
        run(t.left, x=1).assert_waiting()
    with pytest.raises(AssertionError, match="waits for the gate 'stop': gate \"go-live\""):
        run(t.released).assert_waiting("stop")


def test_cached_is_asserted_of_every_node(alula_bench: Workbench) -> None:
    result = alula_bench.run(t.training)
    with pytest.raises(AssertionError, match=r"n1: POPULATED \(the task has no entry yet\)"):
        result.assert_cached(t.train)
    with pytest.raises(AssertionError, match="n0: not asked"):
        result.assert_cached(t.load)
    with pytest.raises(AssertionError, match="it has no node"):
        result.assert_cached(t.left)


def test_events_say_what_happened_in_words(alula_bench: Workbench) -> None:
    assert [str(event) for event in alula_bench.run(t.released, answers={"go-live": True}).events] == [
        "run1: the execution was launched",
        "n0: attempt 0 began to run",
        "n0: attempt 0 succeeded",
        'run1: the signal "go-live" was given',
        "n2: attempt 0 began to run",
        "n2: attempt 0 succeeded",
    ]
    assert {event.at for event in alula_bench.run(t.ordered).events} == {alula_bench.clock()}
