from __future__ import annotations

import re

import pytest

from alula.engine.nodes.launch_plan import child_name
from alula.engine.state import Recovered
from alula.idl.phase import ExecutionPhase
from alula.testing.engine_kit.graphs import Book, literals
from alula.testing.engine_kit.stage import NOTHING, Stage, Trace


def launching() -> Stage:
    book = Book()
    book.task("add")
    book.flow("child", [book.call("n0", "add", a=".a")], inputs=("a",), o0="n0.o0")
    book.flow("main", [book.plan("n0", "child", a=3)], o0="n0.o0")
    return Stage(book, "main")


LAUNCH = ("LaunchChild", "n0", -1, "run-n0-0", {"a": 3}, "")


def test_its_outputs_are_those_of_the_child() -> None:
    stage = launching()
    assert stage.launch() == Trace({"n0": "RUNNING"}, {}, [LAUNCH], "RUNNING")
    assert stage.child("n0", "another", ExecutionPhase.SUCCEEDED, o0=1) == NOTHING
    stage.child("n0", "run-n0-0", ExecutionPhase.SUCCEEDED, o0=9)
    assert stage.outputs() == {"o0": 9}


def test_a_failed_child_fails_it() -> None:
    stage = launching()
    stage.launch()
    assert stage.child("n0", "run-n0-0", ExecutionPhase.FAILED).run == "FAILED"
    assert stage.failure() == ("USER:Bad", "child execution run-n0-0 ended FAILED: bad", "n0")


def test_an_abort_reaches_the_child() -> None:
    stage = launching()
    stage.launch()
    assert stage.abort() == Trace({"n0": "ABORTED"}, {}, [("AbortChild", "n0", -1, "run-n0-0"), ("EndExecution",)], "ABORTED")


def test_a_recovery_recovers_the_child() -> None:
    stage = launching()
    stage.run.recovered = {"n0": Recovered(literals(), child="old-n0-0")}
    assert stage.launch().effects == [("LaunchChild", "n0", -1, "run-n0-0", {"a": 3}, "old-n0-0")]


@pytest.mark.parametrize("node_id", ["n0", "Train.Model_2", "n" * 70])
def test_its_name_is_always_a_name_of_an_execution(node_id: str) -> None:
    names = {child_name("run", node_id, 0), child_name("run", node_id, 1), child_name("run", node_id, 0, 3), child_name("run2", node_id, 0)}
    assert len(names) == 4
    assert all(re.fullmatch(r"[a-z][a-z0-9-]{0,62}", name) for name in names)
    assert child_name("run", node_id, 0) == child_name("run", node_id, 0)


def test_short_names_are_readable() -> None:
    assert (child_name("p", "n1", 0), child_name("p", "n1", 0, 2)) == ("p-n1-0", "p-n1-0-2")
