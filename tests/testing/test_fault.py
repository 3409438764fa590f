"""Faults: what fails, is lost, hangs or dies, which budget pays for it, and that nothing happens twice."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.programs import building, driving, shapes
from tests.programs import testable as t

from alula.errors import InvalidInput
from alula.testing import Workbench, crash_after_commit, fail, hang, lose, oom, run


def phases(result: Any, name: str) -> list[str]:
    return [a.error.code if a.error else a.phase for a in result.node(name).attempts]


def test_a_lost_worker_is_not_charged_to_the_user(alula_bench: Workbench) -> None:
    result = alula_bench.run(t.ordered, faults=[lose(t.left)]).assert_succeeded().assert_ran(t.left, 2)
    assert phases(result, "left") == ["WorkerLost", "SUCCEEDED"]
    assert alula_bench.calls(t.left) == [{"x": 1}], "the function ran once: its first attempt was lost before"


def test_a_worker_lost_late_has_done_what_the_function_does(tmp_path: Path) -> None:
    result = run(t.twice, path=str(tmp_path / "notes"), faults=[lose(t.effect, node="n0", late=True)]).assert_succeeded()
    assert Counter((tmp_path / "notes").read_text().splitlines()) == {"effect 1": 2, "effect 2": 1}
    with pytest.raises(AssertionError, match=r"runs once for each node: run1/n0 2 times"):
        result.assert_once(t.effect)


def test_the_system_s_own_budget_is_three_losses() -> None:
    run(t.ordered, faults=[lose(t.left, attempt=i) for i in range(3)]).assert_succeeded()
    run(t.ordered, faults=[lose(t.left, attempt=None)]).assert_failed(r"\[4/4\].*SYSTEM::the worker was lost").assert_ran(t.left, 4)


def test_a_user_s_budget_pays_for_failures_and_for_memory() -> None:
    faults = [fail(t.train, error=ValueError("x")), oom(t.train, attempt=1)]
    assert phases(run(t.training, faults=faults).assert_succeeded(), "train") == ["USER:ValueError", "OOM", "SUCCEEDED"]
    result = run(t.training, faults=[*faults, fail(t.train, attempt=2, error=ValueError("last"))])
    result.assert_failed(r"RetriesExhausted\|USER:ValueError: \[3/3\].*ValueError: last")
    assert result.error is not None and isinstance(result.error.exception, ValueError)


def test_losses_and_failures_are_paid_from_their_own_budgets() -> None:
    faults = [lose(t.train), fail(t.train, attempt=1, error=ValueError("x")), lose(t.train, attempt=2), oom(t.train, attempt=3)]
    result = run(t.training, faults=faults).assert_succeeded()
    assert phases(result, "train") == ["WorkerLost", "USER:ValueError", "WorkerLost", "OOM", "SUCCEEDED"]


def test_real_failures_use_the_budget_they_have(tmp_path: Path) -> None:
    assert run(t.flaky, path=str(tmp_path / "notes")).assert_ran(t.flaky, 3).outputs == 2
    run(t.never).assert_failed(r"\[2/2\]").assert_ran(t.never, 2)


def test_a_failure_that_is_of_no_use_to_retry_ends_the_node() -> None:
    import alula as al

    run(t.training, faults=[fail(t.train, error=al.NonRecoverable("wrong"))]).assert_failed("wrong").assert_ran(t.train, 1)


def test_one_item_of_a_map_goes_wrong() -> None:
    result = run(shapes.each, xs=[1, 2, 3], faults=[lose(shapes.double, item=1)]).assert_succeeded()
    assert [(a.item, a.number, a.phase) for a in result.node("double").attempts] == [
        (0, 0, "SUCCEEDED"),
        (1, 0, "FAILED"),
        (1, 1, "SUCCEEDED"),
        (2, 0, "SUCCEEDED"),
    ]


def test_a_lost_driver_finds_what_its_calls_gave(tmp_path: Path) -> None:
    path = tmp_path / "notes"
    run(driving.many, path=str(path), n=10, faults=[lose(driving.many, late=True)]).assert_succeeded().assert_ran(driving.noted, 10)
    assert Counter(line.split()[0] for line in path.read_text().splitlines()) == {"driver": 2, "child": 10}


def test_a_call_that_is_given_up_ends_its_child(tmp_path: Path) -> None:
    result = run(driving.gives_up, path=str(tmp_path / "notes"), faults=[hang(driving.endless)])
    assert result.outputs == "gave up"
    assert result.node("endless").phase == "ABORTED"


def test_a_fault_that_did_not_happen_is_a_mistake_of_the_test() -> None:
    with pytest.raises(InvalidInput, match=r"these faults did not happen: lose\(train, attempt=1\)"):
        run(t.training, faults=[lose(t.train, attempt=1)])
    with pytest.raises(InvalidInput, match=r"crash_after_commit\(99\); the run made \d+ commits"):
        run(t.training, faults=[crash_after_commit(99)])
    with pytest.raises(InvalidInput, match="commits are counted from 1"):
        crash_after_commit(0)
    with pytest.raises(InvalidInput, match="nothing is called"):
        run(t.training, faults=[lose("nobody")])
    with pytest.raises(InvalidInput, match="faults: expected fail"):
        run(t.training, faults=["lose"])  # type: ignore[list-item]


# The server dies after every commit that a run makes, one after the other.

CRASHING = [
    (t.parent, {}, {}, "score 2.0"),
    (shapes.nested, {"x": 1}, {}, 14),
    (shapes.choose, {"x": 9}, {}, 20),
    (shapes.most, {"xs": [1, 2, 3]}, {}, [1, None, 3]),
    (building.flow_of_nested, {"n": 2}, {}, 6),
    (driving.calls_a_driver, {"n": 3}, {}, 12),
    (driving.mapped_fan, {"ns": [1, 2, 3]}, {}, [0, 2, 6]),
    (driving.asks, {}, {"number": 3, "number-2": 4, "go": True}, [3, 4]),
    (t.released, {}, {"go-live": True}, "m: 0.5"),
    (t.sleeper, {}, {}, 1),
]


@pytest.mark.parametrize(("entity", "inputs", "answers", "expected"), CRASHING, ids=[case[0].label for case in CRASHING])
def test_wherever_the_server_dies_the_run_gives_the_same(
    entity: Any, inputs: dict[str, Any], answers: dict[str, Any], expected: Any
) -> None:
    commits = run(entity, answers=answers, **inputs).assert_succeeded().commits
    assert commits > 3
    for number in range(1, commits):
        result = run(entity, answers=answers, faults=[crash_after_commit(number)], **inputs).assert_succeeded().assert_once()
        assert result.outputs == expected, number
        assert result.crashes == 1


def test_an_effect_is_done_once_wherever_the_server_dies(tmp_path: Path) -> None:
    commits = run(t.twice, path=str(tmp_path / "none")).commits
    for number in range(1, commits):
        path = tmp_path / str(number)
        run(t.twice, path=str(path), faults=[crash_after_commit(number)]).assert_succeeded().assert_once(t.effect)
        assert sorted(path.read_text().splitlines()) == ["effect 1", "effect 2"]


def test_many_deaths_in_one_run(tmp_path: Path) -> None:
    faults = [crash_after_commit(number) for number in (1, 3, 4, 6, 7)]
    result = run(t.twice, path=str(tmp_path / "notes"), faults=faults).assert_succeeded().assert_once()
    assert result.crashes == 5


def test_a_failing_workflow_cleans_up_wherever_the_server_dies() -> None:
    for number in range(1, run(shapes.failing_clean).commits):
        result = run(shapes.failing_clean, faults=[crash_after_commit(number)]).assert_failed("no 1 please").assert_once()
        assert result.node("clean_up").phase == "SUCCEEDED"


def test_what_happens_twice_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that sends every attempt again after a crash, those that had begun too."""
    from alula.control import reconcile as control
    from alula.engine import event as ev
    from alula.testing import plane

    def careless(run_: Any, at: int, *, is_restart: bool) -> Any:
        effects, events = control.reconcile(run_, at, is_restart=False)
        again = [e for e in control.reconcile(run_, at, is_restart=True)[1] if isinstance(e, ev.AttemptFailed)]
        for lost in again:
            attempt = run_.nodes[lost.node_id].attempt
            attempt.phase = type(attempt.phase).QUEUED
        return control.reconcile(run_, at, is_restart=False) if again else (effects, events)

    monkeypatch.setattr(plane, "reconcile", careless)
    with pytest.raises(AssertionError, match="attempt 0 of n0 was begun twice"):
        run(t.ordered, faults=[crash_after_commit(2)]).assert_succeeded()
