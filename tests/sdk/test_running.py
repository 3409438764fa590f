"""What a task says of itself outside a run: kept in memory, refused by name."""

from __future__ import annotations

import math
import multiprocessing
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import alula as al
from alula.errors import DefinitionError, FailedPrecondition, InvalidInput, LimitExceeded
from alula.sdk.context import Context
from alula.sdk.journal import Journal, Limits


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    al.context().forget()
    yield
    al.context().forget()


@al.task
def train(epochs: int) -> int:
    al.log_param("rate", 0.1)
    for epoch in al.track(range(epochs), message="training"):
        al.log_metric("loss", 1 / (epoch + 1))
    return epochs


def test_a_plain_call_keeps_what_it_logs_in_memory(capsys: pytest.CaptureFixture[str]) -> None:
    assert train(2) == 2
    context = al.context()
    assert context.metrics == {"loss": [(0, 1.0), (1, 0.5)]}
    assert context.parameters == {"rate": 0.1}
    assert context.progress == (2.0, 2.0, "training")
    assert capsys.readouterr() == ("", "")
    context.forget()
    assert (al.context().metrics, al.context().progress) == ({}, None)


def test_steps_are_the_callers_or_count_on() -> None:
    for step in (None, 10, None, 3):
        al.log_metric("m", 1, step=step)
    al.log_metrics({"m": 2, "n": 3}, step=np.int64(4))
    assert [step for step, _ in al.context().metrics["m"]] == [0, 10, 11, 3, 4]
    assert al.context().metrics["n"] == [(4, 3.0)]


def test_numbers_of_other_libraries_count() -> None:
    al.log_metrics({"a": np.float32(0.5), "b": np.array(2), "c": True, "d": math.nan})
    al.log_param("seed", np.int64(3))
    al.log_param("limit", math.inf)
    found = {name: points[0][1] for name, points in al.context().metrics.items()}
    assert (found["a"], found["b"], found["c"], math.isnan(found["d"])) == (0.5, 2.0, 1.0, True)
    assert al.context().parameters == {"seed": 3, "limit": "Infinity"}


@pytest.mark.parametrize(
    ("name", "value", "step", "message"),
    [
        ("loss", "0.5", None, "metric 'loss': expected a number, got str '0.5'; text goes into al.log_param"),
        ("loss", [1, 2], None, "metric 'loss': expected a number, got list"),
        ("", 1, None, "metric '': expected a name of 1 to 200 printable characters"),
        ("a\nb", 1, None, "expected a name"),
        ("x" * 201, 1, None, "expected a name"),
        ("loss", 1, 0.5, "step=0.5: expected a whole number"),
        ("loss", 1, 2**63, "expected a number of 64 bits"),
    ],
)
def test_what_is_no_metric_is_refused(name: str, value: object, step: object, message: str) -> None:
    with pytest.raises(InvalidInput, match=re.escape(message)):
        al.log_metric(name, value, step=step)  # type: ignore[arg-type]
    assert al.context().metrics == {}


def test_of_several_metrics_none_is_taken_if_one_is_refused() -> None:
    with pytest.raises(InvalidInput, match="'b'"):
        al.log_metrics({"a": 1, "b": "two"})  # type: ignore[dict-item]
    assert al.context().metrics == {}


def test_a_parameter_is_a_scalar_of_up_to_four_kilobytes() -> None:
    with pytest.raises(InvalidInput, match="parameter 'layers': expected a number, text, bool or None, got list"):
        al.log_param("layers", [1, 2])
    with pytest.raises(LimitExceeded, match="parameter 'text': 5002 characters are more than 4096 bytes"):
        al.log_param("text", "x" * 5000)
    al.log_param("n", 1)
    al.log_param("n", 2)
    assert al.context().parameters == {"n": 2}


def test_limits_are_named_with_their_setting() -> None:
    journal = Journal(Limits(max_metrics=2, max_parameters=1))
    journal.metrics({"a": 1, "b": 2}, None)
    with pytest.raises(LimitExceeded, match=r"logged 2 points of at most 2; .*ALULA_MAX_METRICS"):
        journal.metrics({"a": 1}, None)
    journal.parameter("p", 1)
    journal.parameter("p", 2)
    with pytest.raises(LimitExceeded, match="ALULA_MAX_PARAMETERS"):
        journal.parameter("q", 1)
    decks = Context(limits=Limits(max_deck_bytes=40)).decks
    decks.section("main").code("x" * 10)
    with pytest.raises(LimitExceeded, match=r"the limit is 40; show less, or raise ALULA_MAX_DECK_BYTES"):
        decks.section("main").code("x" * 10)


def test_a_batch_holds_what_is_new_and_nothing_twice() -> None:
    woken: list[Journal] = []
    journal = Journal(Limits(), woken.append)
    journal.metrics({"a": 1}, None)
    journal.metrics({"a": 2}, None)
    assert woken == [journal], "one batch wakes once"
    first = journal.take()
    journal.metrics({"a": 3}, None)
    second, third = journal.close(), journal.take()
    assert first is not None and second is not None
    assert (first.is_first, first.points[0].first, first.points[0].values) == (True, 0, [1.0, 2.0])
    assert (second.is_first, second.points[0].first, second.points[0].steps) == (False, 2, [2])
    assert third is None
    with pytest.raises(FailedPrecondition, match="the attempt has ended"):
        journal.metrics({"a": 4}, None)


def _log(answers: multiprocessing.Queue[str]) -> None:
    try:
        al.log_metric("m", 1)
    except FailedPrecondition as error:
        answers.put(str(error))


@pytest.mark.filterwarnings("ignore:.*fork.*")
def test_a_process_that_a_task_forks_is_told_to_return_its_figures() -> None:
    al.log_metric("m", 0)
    method = multiprocessing.get_context("fork")
    answers = method.Queue()
    process = method.Process(target=_log, args=(answers,))
    process.start()
    answer = answers.get(timeout=20)
    process.join()
    assert "let a process that it starts return its figures instead" in answer


def test_a_local_deck_is_written_when_the_program_ends(tmp_path: Path) -> None:
    program = "import alula as al\nal.deck().markdown('**hello**')\nprint(al.context().decks.uri)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={**os.environ, "TMPDIR": str(tmp_path)}
    )
    page = Path(done.stdout.strip())
    assert page.parent.parent == tmp_path
    assert "<strong>hello</strong>" in page.read_text()


def test_a_deck_takes_what_it_shows() -> None:
    section = al.deck("result", pd.DataFrame({"score": [1]}), "**best**")
    assert ["<th>score</th>" in section.pieces[0], section.pieces[1].strip()] == [True, "<p><strong>best</strong></p>"]
    assert al.deck("result") is section


def test_a_log_line_has_its_time_its_level_and_its_fields(capsys: pytest.CaptureFixture[str]) -> None:
    al.context().logger.warning("epoch %d", 3, extra={"loss": 0.25, "where": "a b"})
    al.context().logger.debug("not shown")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} WARNING epoch 3 loss=0\.25 where='a b'\n", capsys.readouterr().err)


def test_a_workflow_has_nothing_to_say() -> None:
    def wiring() -> int:
        al.log_metric("m", 1)
        return train(1)

    with pytest.raises(DefinitionError, match=r"test_running\.py:\d+: metrics, progress and decks belong in a task"):
        _ = al.workflow(wiring).graph


def test_an_execution_forgets_nothing() -> None:
    with pytest.raises(FailedPrecondition, match="only a local run forgets"):
        Context(execution="a1").forget()
