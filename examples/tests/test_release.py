"""Tests of the examples, in memory: `pytest examples/tests`. No server, no worker; 12 hours are a moment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from approval import keep_in_staging, publish, release, score
from batch_map import Summary, batch, parse
from notify_on_failure import clean_up, load, nightly, tell

from alula.testing import Result, Workbench, after, crash_after_commit, fail, lose

Run = Callable[..., Result]


def test_a_good_candidate_goes_live_when_somebody_approves(alula_run: Run) -> None:
    result = alula_run(release, depth=9, answers={"go-live": True})
    assert result.outputs == "live: candidate of depth 9, accuracy 0.90"
    result.assert_order(score, publish).assert_not_ran(keep_in_staging)


def test_nobody_answers_for_twelve_hours(alula_bench: Workbench) -> None:
    alula_bench.run(release).assert_waiting("go-live")
    alula_bench.run(release, unanswered="time-out").assert_failed("not answered within its timeout")
    alula_bench.run(release, answers={"go-live": after("11h", True)}).assert_succeeded()


def test_who_decides_sees_the_summary(alula_run: Run) -> None:
    result = alula_run(release, depth=1, answers=lambda gate: "accuracy 0.9" in gate.value)
    result.assert_failed("rejected").assert_not_ran(publish)


def test_a_mock_stands_for_an_expensive_task(alula_bench: Workbench) -> None:
    result = alula_bench.run(release, answers={"go-live": True}, mocks={score: lambda depth: 0.5})
    assert result.outputs == "staging: candidate of depth 9, accuracy 0.50"
    assert alula_bench.calls(score) == [{"depth": 9}]


def test_the_same_candidate_is_scored_once(alula_bench: Workbench) -> None:
    alula_bench.run(release, answers={"go-live": True}).assert_ran(score, times=1)
    alula_bench.run(release, answers={"go-live": True}).assert_cached(score)


def test_flaky_lines_are_tried_again_and_hopeless_ones_are_counted(alula_run: Run) -> None:
    result = alula_run(batch)
    assert result.outputs == Summary(total=20.0, parsed=4, lost=1)
    result.assert_ran(parse, times=6)  # five lines, one of them twice


def test_a_lost_worker_costs_no_retry(alula_run: Run) -> None:
    result = alula_run(batch, lines=["1.5", "2"], faults=[lose(parse, item=1)])
    assert result.outputs == Summary(total=3.5, parsed=2, lost=0)


def test_somebody_is_told_when_a_night_fails(alula_run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    result = alula_run(nightly, rows=-1, secrets={"alerts/webhook": "https://chat.example.com/x"})
    result.assert_failed("the source says -1 rows").assert_ran(tell, times=1)
    assert result.node("clean_up").phase == "SUCCEEDED"
    assert "posting to a webhook of 26 characters" in capsys.readouterr().out


def test_telling_is_tried_four_times(alula_run: Run) -> None:
    faults = [fail(load, error=RuntimeError("down")), fail(tell, attempt=None, error=ConnectionError("no chat"))]
    alula_run(nightly, faults=faults).assert_failed("no chat").assert_ran(tell, times=4)


def test_wherever_the_server_dies_the_night_ends_the_same(alula_bench: Workbench) -> None:
    commits = alula_bench.run(nightly).commits
    for number in range(1, commits):
        result = alula_bench.run(nightly, faults=[crash_after_commit(number)])
        assert result.assert_once(load, clean_up).outputs == ("5 rows, sum 10", "scratch space of 2026-01-31 is empty")


def test_on_a_real_server(alula_server: Any) -> None:
    execution = alula_server.launch(batch, lines=["1.5", "2"]).wait("1m")
    assert execution.outputs == Summary(total=3.5, parsed=2, lost=0)
