"""What attempts said, in the terminal."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from tests.cli.conftest import Result

from alula.cli.support.figures import print_figures, words
from alula.cli.support.progress import Progress
from alula.client.figures import Figures, Metric
from alula.idl import admin, core
from alula.idl.v1 import metric_pb2
from alula.idl.v1 import service_pb2 as v1

Alula = Callable[..., Result]


def said(done: float = 3, total: float = 6, message: str = "fitting", item: int = 0, **metrics: float) -> metric_pb2.AttemptMetrics:
    made = metric_pb2.AttemptMetrics(node_id="n0", item=item, progress=metric_pb2.Progress(done=done, total=total, message=message))
    for name, value in metrics.items():
        made.metrics.add(name=name, last=value)
    return made


def test_a_word_beside_a_node() -> None:
    assert words(said(loss=0.25), has_bar=False) == "3/6 fitting  loss 0.25"
    assert words(said(loss=0.25), has_bar=True) == "━━━━━━━━╌╌╌╌╌╌╌╌ 3/6 fitting  loss 0.25"
    assert words(said(done=9, total=0, message=""), has_bar=True) == "9"
    assert words(said(item=3), has_bar=False) == "[2] 3/6 fitting"
    assert words(said(done=70, total=6), has_bar=True).startswith("━" * 16 + " 70/6"), "more than all of it is a full bar"


def test_figures_are_tables(capsys: pytest.CaptureFixture[str]) -> None:
    loss = Metric(last=0.123456789, min=0.1, max=math.inf, points=7, last_step=60)
    print_figures(
        [Figures(node="n0", item=1, attempt=0, metrics={"loss": loss}, parameters={"rate": 0.1, "name": "adam"})], {"n0": "train"}
    )
    assert [line.split() for line in capsys.readouterr().out.splitlines() if line] == [
        ["NODE", "NAME", "METRIC", "LAST", "MIN", "MAX", "STEPS"],
        ["n0[1]", "train", "loss", "0.123457", "0.1", "inf", "7"],
        ["NODE", "NAME", "PARAMETER", "VALUE"],
        ["n0[1]", "train", "rate", "0.1"],
        ["n0[1]", "train", "name", "adam"],
    ]


def test_a_pipe_gets_a_line_a_second_for_each_node() -> None:
    now = [100.0]
    shown = Progress("e", clock=lambda: now[0])
    lines = shown.change(v1.ExecutionUpdate(attempts=[said(done=1), said(done=2)]))
    now[0] += 0.9
    lines += shown.change(v1.ExecutionUpdate(attempts=[said(done=3)]))
    now[0] += 0.2
    lines += shown.change(v1.ExecutionUpdate(attempts=[said(done=4)]))
    assert lines == ["n0 1/6 fitting", "n0 4/6 fitting"]


def test_the_tree_shows_what_a_running_node_said_last_and_nothing_once_it_has_ended() -> None:
    from rich.console import Console

    def drawn(phase: int) -> str:
        node = admin.NodeExecution(id=core.NodeExecutionIdentifier(node_id="n0"), closure=admin.NodeExecutionClosure(phase=phase))
        shown.change(v1.ExecutionUpdate(nodes=[node], attempts=[said(loss=0.5)]))
        console = Console(width=100)
        with console.capture() as captured:
            console.print(shown.tree())
        return captured.get()

    shown = Progress("e")
    assert "3/6 fitting  loss 0.5" in drawn(core.NodeExecution.RUNNING)
    assert "fitting" not in drawn(core.NodeExecution.SUCCEEDED)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (["get", "deck", "e"], "which node? write `alula get deck EXECUTION NODE`"),
        (["get", "execution", "e", "n0"], "'n0': a node goes with `get node`, `get deck` and `get execution --metrics`"),
        (["get", "task", "t", "--metrics"], "--metrics goes with an execution, not with a task"),
        (["get", "execution", "e", "--metrics", "-o", "x"], "--output goes with a deck, not with an execution"),
    ],
)
def test_what_means_nothing_is_refused(alula: Alula, line: list[str], expected: str) -> None:
    result = alula(*line)
    assert (result.code, expected in result.err) == (2, True), result.err
