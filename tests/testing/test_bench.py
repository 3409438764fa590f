"""Running on a bench: inputs and outputs, time, gates, the cache, and what an attempt finds around itself."""

from __future__ import annotations

import asyncio
import datetime as dt
import gc
import os
import time
import warnings
from pathlib import Path

import pytest
from tests.programs import driving, kinds, shapes, telling
from tests.programs import testable as t

import alula as al
from alula.errors import CompileFailed, DefinitionError, FailedPrecondition, InvalidInput
from alula.testing import Gate, Workbench, after, hang, lose, run
from alula.testing.clock import START


@al.reference_task(project="default", domain="development", name="tests.programs.shapes.inc", version="test")
def wrong(x: str) -> str: ...


@al.workflow
def misfit(x: int = 1) -> str:
    return wrong(shapes.inc(x))  # type: ignore[arg-type]


def test_a_workflow_a_task_and_a_launch_plan_give_what_their_function_returns() -> None:
    assert run(t.training, rows=4).outputs == "score 12.0"
    assert run(t.makes, name="m").outputs == t.Model("m", 0.5)
    assert run(t.child, depth=3).outputs == "score 3.0"
    assert run(t.left, x=3).outputs == 3


def test_inputs_are_checked_before_anything_runs() -> None:
    with pytest.raises(InvalidInput, match="input 'rows': expected int, got str"):
        run(t.training, rows="many")
    with pytest.raises(InvalidInput, match="no such input"):
        run(t.training, lines=3)
    with pytest.raises(InvalidInput, match="missing"):
        run(t.left)
    with pytest.raises(InvalidInput, match="a test runs a task"):
        run(len)


def test_a_launch_plan_brings_what_it_fixes_and_its_environment() -> None:
    assert run(t.fixed).outputs == "score 2.0"
    with pytest.raises(InvalidInput, match="no such input"):
        run(t.fixed, rows=3)
    assert run(t.green).outputs == run(t.asks_for_green).outputs == "green"
    assert run(t.colouring).outputs == ""


def test_inputs_called_like_an_argument_are_given_in_a_dictionary(alula_bench: Workbench) -> None:
    @al.workflow
    def answered(answers: int) -> int:
        return shapes.inc(answers)

    assert alula_bench.with_inputs(answered, {"answers": 3}).outputs == 4


def test_a_task_that_no_worker_could_load_is_refused_as_by_registering() -> None:
    @al.task
    def local(x: int) -> int:
        return x

    with pytest.raises(DefinitionError, match="move it to module level"):
        run(local, x=1)


def test_what_does_not_compile_is_refused_with_the_line() -> None:
    with pytest.raises(InvalidInput, match=r'(?s)does not compile.*output "o0": expected str, got int .*test_bench.py:\d+\)') as caught:
        run(misfit)
    assert caught.value.code == CompileFailed.code


def test_outputs_of_a_failed_run_raise_from_what_the_task_raised() -> None:
    result = run(t.never)
    with pytest.raises(FailedPrecondition, match="it is FAILED") as caught:
        _ = result.outputs
    assert isinstance(caught.value.__cause__, t.Broken)
    assert result.error is not None and result.error.exception is caught.value.__cause__


# Time


def test_time_stands_still_while_tasks_run_and_jumps_over_a_sleep(alula_bench: Workbench) -> None:
    assert alula_bench.run(t.training).outputs == "score 6.0"
    assert alula_bench.clock.now == START
    begun = time.perf_counter()
    assert alula_bench.run(t.sleeper).outputs == 1
    assert time.perf_counter() - begun < 1
    assert alula_bench.clock.now == START + dt.timedelta(hours=12)


def test_a_coroutine_sleeps_on_the_bench_s_clock(alula_bench: Workbench) -> None:
    assert alula_bench.run(t.dozes, span=100_000.0).outputs == pytest.approx(100_000, abs=0.01)
    assert alula_bench.clock.now >= START + dt.timedelta(seconds=100_000)


def test_a_thread_that_a_coroutine_waits_for_is_really_waited_for(alula_bench: Workbench, tmp_path: Path) -> None:
    assert alula_bench.run(t.hands_over, path=str(tmp_path / "notes")).outputs == 1
    assert (tmp_path / "notes").read_text() == "from a thread\n"
    assert alula_bench.clock.now == START


def test_the_clock_begins_where_it_is_told() -> None:
    begin = dt.datetime(2030, 5, 1, tzinfo=dt.UTC)
    with Workbench(now=begin) as bench:
        result = bench.run(t.left, x=1)
        assert result.nodes[0].attempts[0].started_at == begin
    with pytest.raises(InvalidInput, match="time zone"):
        Workbench(now=dt.datetime(2030, 5, 1))


def test_a_mock_that_takes_time_reaches_the_timeout_of_its_task(alula_bench: Workbench) -> None:
    spans = iter(["61m", "59m"])

    def slow(data: list[float], depth: int) -> float:
        alula_bench.clock.advance(next(spans))
        return 1.0

    result = alula_bench.run(t.training, mocks={t.train: slow}).assert_succeeded()
    first, second = result.node("train").attempts
    assert (first.phase, second.phase) == ("FAILED", "SUCCEEDED")
    assert first.error is not None and first.error.code == "TimeoutExpired"
    assert second.ended_at == START + dt.timedelta(hours=2)


def test_a_hanging_attempt_ends_at_its_timeout_and_the_next_one_begins_then(alula_bench: Workbench) -> None:
    result = alula_bench.run(t.training, faults=[hang(t.train)]).assert_succeeded()
    first, second = result.node("train").attempts
    assert first.ended_at == second.created_at == START + dt.timedelta(hours=1)


def test_a_hanging_attempt_without_a_timeout_leaves_the_run_waiting() -> None:
    result = run(t.ordered, faults=[hang(t.left)]).assert_waiting()
    assert result.error is not None and "attempt 0 of left (node n0) hangs, and the task has no timeout=" in result.error.message


def test_a_coroutine_that_polls_for_ever_leaves_the_run_waiting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("alula.testing.plane.MAX_NAPS", 100)
    result = run(driving.leaves_one_running, path=str(tmp_path / "never"), faults=[hang("endless")]).assert_waiting()
    assert result.error is not None and "endless" in result.error.message


# Gates


def test_a_gate_without_an_answer_ends_the_run_as_waiting_and_says_what_to_pass() -> None:
    result = run(t.released).assert_waiting("go-live")
    assert result.error is not None
    assert 'gate "go-live" (node n1) waits for bool: pass answers={"go-live": True}, or unanswered="time-out"' in result.error.message
    with pytest.raises(FailedPrecondition, match="it is WAITING"):
        _ = result.outputs


def test_a_run_that_waits_goes_on_with_an_answer(alula_bench: Workbench) -> None:
    result = alula_bench.run(t.released)
    alula_bench.clock.advance("11h")
    assert result.answer({"go-live": True}).outputs == "m: 0.5"


def test_a_run_that_waits_goes_on_past_its_timeout_when_time_has_passed(alula_bench: Workbench) -> None:
    result = alula_bench.run(t.released)
    alula_bench.clock.advance("13h")
    result.answer({}).assert_failed("TimeoutExpired")


def test_an_async_task_goes_on_with_an_answer(alula_bench: Workbench) -> None:
    result = alula_bench.run(driving.asks, answers={"number": 3}).assert_waiting("number-2")
    assert result.answer({"number-2": 4, "go": True}).outputs == [3, 4]


def test_a_gate_of_twelve_hours_times_out_in_a_moment_when_asked(alula_bench: Workbench) -> None:
    begun = time.perf_counter()
    alula_bench.run(t.released, unanswered="time-out").assert_failed(r"not answered within its timeout of 43200 s")
    assert time.perf_counter() - begun < 1
    assert alula_bench.clock.now == START + dt.timedelta(hours=12)


@pytest.mark.parametrize(("span", "phase"), [("11h", "SUCCEEDED"), ("13h", "FAILED")])
def test_an_answer_that_comes_later_is_in_time_or_not(span: str, phase: str) -> None:
    assert run(t.released, answers={"go-live": after(span, True)}).phase == phase


def test_a_function_answers_and_sees_what_it_decides_on() -> None:
    seen: list[Gate] = []

    def decide(gate: Gate) -> bool | None:
        seen.append(gate)
        return gate.value["score"] > 0.4

    assert run(t.released, answers=decide).outputs == "m: 0.5"
    assert [(gate.name, gate.kind, gate.timeout_s) for gate in seen] == [("go-live", "approve", 43200)]
    run(t.released, answers={"go-live": lambda gate: gate.value["score"] > 0.6}).assert_failed("rejected")


def test_an_answer_of_another_type_is_refused() -> None:
    with pytest.raises(InvalidInput, match='answer to gate "go-live": expected bool'):
        run(t.released, answers={"go-live": "certainly"})
    with pytest.raises(InvalidInput, match='answer to gate "how-many": expected int'):
        run(shapes.asked, answers={"how-many": "four"})
    with pytest.raises(InvalidInput, match="unanswered"):
        run(t.released, unanswered="timeout")  # type: ignore[arg-type]


# The cache


def test_the_cache_outlives_a_run_and_ends_with_the_bench(alula_bench: Workbench) -> None:
    alula_bench.run(t.training).assert_ran(t.train, 1)
    second = alula_bench.run(t.training).assert_cached(t.train).assert_not_ran(t.train)
    assert second.outputs == "score 6.0"
    assert second.node("train").cache == "HIT"
    assert alula_bench.cached == 1
    with Workbench() as another:
        another.run(t.training).assert_ran(t.train, 1)


def test_a_miss_says_why(alula_bench: Workbench) -> None:
    alula_bench.run(t.training)
    node = alula_bench.run(t.training, depth=3).node("train")
    assert (node.cache, node.cache_reason) == ("POPULATED", "input depth differs from the newest entry")


def test_the_cache_can_be_overwritten_and_cleared(alula_bench: Workbench) -> None:
    alula_bench.run(t.training)
    assert alula_bench.run(t.training, overwrite_cache=True).assert_ran(t.train, 1).node("train").cache == "POPULATED"
    alula_bench.clear_cache()
    alula_bench.run(t.training).assert_ran(t.train, 1)


def test_what_a_mock_gave_is_not_taken_for_what_the_task_gives(alula_bench: Workbench) -> None:
    mocks = {t.train: 0.9}
    assert alula_bench.run(t.training, mocks=mocks).outputs == "score 0.9"
    assert alula_bench.run(t.training).assert_ran(t.train, 1).outputs == "score 6.0"
    assert alula_bench.run(t.training, mocks=mocks).assert_cached(t.train).outputs == "score 0.9"


# Around an attempt


def test_secrets_are_there_for_tasks_that_declare_them(alula_bench: Workbench) -> None:
    alula_bench.secrets["db/password"] = "of the bench"
    assert alula_bench.run(t.reads_secret).outputs == "of the bench"
    assert alula_bench.run(t.reads_secret, secrets={"db/password": "of the run"}).outputs == "of the run"
    alula_bench.run(t.reads_undeclared).assert_failed('secret "db/password" is neither in')
    assert "_FSEC_DB_PASSWORD" not in os.environ


def test_a_checkpoint_is_found_by_the_next_attempt() -> None:
    assert run(t.resumes).assert_ran(t.resumes, 2).outputs == "half"


def test_files_pass_between_tasks_and_outlive_the_run() -> None:
    assert run(t.through_a_file, text="kept").outputs == "kept"
    written = run(t.writes, text="more").outputs
    gc.collect()
    assert Path(written).read_text() == "more"


def test_tasks_that_wait_at_once_keep_their_environments_apart() -> None:
    assert run(t.colours).outputs == ["red red", "blue None"]
    assert "COLOUR" not in os.environ and "OWN" not in os.environ


def test_a_thread_of_a_task_that_waited_is_its_own_still() -> None:
    assert run(t.asks_in_a_thread).outputs == ["tests.programs.testable.asks_in_a_thread"]


def test_metrics_parameters_and_the_deck_are_kept() -> None:
    node = run(telling.training, epochs=2).node("train")
    assert node.metrics["loss"] == [(0, 1.0), (10, 0.5)]
    assert node.parameters == {"rate": 0.1, "optimiser": "adam"}
    assert "all well" in Path(node.deck).read_text()


def test_a_recovered_checkpoint_is_that_of_the_run_before_last(alula_bench: Workbench) -> None:
    assert alula_bench.run(t.resumes, faults=[lose(t.resumes, attempt=1)]).outputs == "half"


def test_tasks_that_are_no_functions_run_and_are_mocked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    words, loud, _ = run(kinds.counted, text="a b c").outputs
    assert (words, loud.strip()) == (3, "A B C")
    mocked = run(kinds.turned, text="x", mocks={kinds.reversed_words: "the mock's"})
    assert mocked.outputs == "the mock's"
    run(kinds.failing).assert_failed("went wrong")


def test_tasks_of_an_environment_run_here_with_its_variables() -> None:
    assert run(t.house).outputs == ("oak", "oak", "oak")
    assert "COLOUR" not in os.environ
    assert run(t.house, mocks={t.furniture: "mock"}).outputs == ("mock", "mock", "mock")


def test_a_task_may_run_a_loop_of_its_own() -> None:
    assert run(t.sync_with_loop).outputs == 5


async def test_a_run_within_an_async_test() -> None:
    with Workbench() as bench:
        bench.run(driving.asks).assert_waiting("number")
    assert run(t.colours).outputs == ["red red", "blue None"]
    assert run(t.sync_with_loop).outputs == 5
    assert asyncio.get_running_loop().is_running()


def test_a_coroutine_that_exits_ends_its_attempt_alone() -> None:
    result = run(t.leaves).assert_succeeded()
    assert [a.error.code if a.error else a.phase for a in result.node("leaves").attempts] == ["USER:SystemExit", "SUCCEEDED"]


def test_drivers_within_drivers_go_as_deep_as_they_like() -> None:
    result = run(t.deep, n=600).assert_succeeded()
    assert result.outputs == 600
    assert len(result.nodes) == 601


def test_traces_are_kept_when_their_task_is_run_again(tmp_path: Path) -> None:
    path = tmp_path / "notes"
    run(driving.traced_once, path=str(path)).assert_ran(driving.traced_once, 2).assert_ran(driving.noted, 1)
    assert sorted(path.read_text().split("\n")[:-1]) == ["child 1", "life", "life", "traced"]


def test_a_run_that_waits_leaves_nothing_behind() -> None:
    """Warnings are errors here: a loop that is not closed, or a coroutine nobody ended, is one."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        run(driving.asks).assert_waiting("number")
        gc.collect()
    assert [str(one.message) for one in caught] == []


def test_a_small_workflow_begins_at_once() -> None:
    run(t.training)
    spans = []
    for _ in range(5):
        begun = time.process_time()
        run(shapes.nested)
        spans.append(time.process_time() - begun)
    assert min(spans) < 0.02
