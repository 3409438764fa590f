from __future__ import annotations

from alula.testing.engine_kit.graphs import Book
from alula.testing.engine_kit.stage import Stage, Trace


def branching(book: Book, value: int, otherwise: bool = True) -> Stage:
    inner = book.branch("deep", [("x", 20, book.call("big", "add", a=1))], book.call("small", "add", a=2), x=".a")
    last = book.call("e", "add", a=3) if otherwise else None
    book.flow("main", [book.branch("n0", [("x", 10, inner)], last, x=".a")], inputs=("a",), o0="n0.o0")
    return Stage(book, "main", inputs={"a": value})


def adding() -> Book:
    book = Book()
    book.task("add")
    return book


def test_only_the_chosen_node_exists_and_its_outputs_are_the_branchs() -> None:
    stage = branching(adding(), 5)
    found = stage.launch()
    assert (found.nodes, found.effects) == ({"n0": "RUNNING", "n0-0-n0-e": "QUEUED"}, [("StartAttempt", "n0-0-n0-e", -1, {"a": 3}, 0)])
    ended = {"n0-0-n0-e": "SUCCEEDED", "n0": "SUCCEEDED", "end-node": "SUCCEEDED"}
    assert stage.succeeded("n0-0-n0-e", o0=7).nodes == ended
    assert (stage.run.nodes["n0"].chosen, stage.outputs()) == ("n0-e", {"o0": 7})


def test_a_branch_may_choose_a_branch() -> None:
    stage = branching(adding(), 30)
    chosen = "n0-0-n0-deep-0-n0-deep-big"
    assert stage.launch().nodes == {"n0": "RUNNING", "n0-0-n0-deep": "RUNNING", chosen: "QUEUED"}
    stage.succeeded(chosen, o0=1)
    assert stage.outputs() == {"o0": 1}


def test_no_case_fails_with_what_the_author_said() -> None:
    stage = branching(adding(), 5, otherwise=False)
    assert stage.launch() == Trace({"n0": "FAILED"}, {}, [("EndExecution",)], "FAILED")
    assert stage.failure() == ("UserProvidedError", "no case holds", "n0")


def test_a_failure_inside_is_the_branchs() -> None:
    stage = branching(adding(), 5)
    stage.launch()
    assert stage.failed("n0-0-n0-e").nodes == {"n0-0-n0-e": "FAILED", "n0": "FAILED"}
    assert stage.failure() == ("USER:Bad", "bad", "n0-0-n0-e")


def test_a_branch_may_choose_a_workflow() -> None:
    book = adding()
    book.flow("sub", [book.call("n0", "add", a=".a")], inputs=("a",), o0="n0.o0")
    book.flow("main", [book.branch("n0", [("x", 0, book.sub("s", "sub", a=4))], None, x=1)], o0="n0.o0")
    stage = Stage(book, "main")
    assert stage.launch().effects == [("StartAttempt", "n0-0-n0-s-0-n0", -1, {"a": 4}, 0)]
    stage.succeeded("n0-0-n0-s-0-n0", o0=8)
    assert stage.outputs() == {"o0": 8}


def test_a_chosen_node_waits_for_a_slot_like_any_other() -> None:
    book = adding()
    nodes = [book.call("n0", "add", a=1), book.branch("n1", [("x", 0, book.call("c", "add", a=2))], None, x=1)]
    book.flow("main", nodes)
    stage = Stage(book, "main", max_parallelism=1)
    assert stage.launch().nodes == {"n0": "QUEUED", "n1": "RUNNING", "n1-0-n1-c": "QUEUED"}
    assert stage.succeeded("n0", o0=1).effects == [("StartAttempt", "n1-0-n1-c", -1, {"a": 2}, 0)]


def test_one_that_waits_for_a_slot_ends_with_its_branch() -> None:
    book = adding()
    nodes = [book.call("n0", "add", a=1), book.branch("n1", [("x", 0, book.call("c", "add", a=2))], None, x=1)]
    book.flow("main", nodes)
    stage = Stage(book, "main", max_parallelism=1)
    stage.launch()
    last = stage.failed("n0")
    assert (last.nodes, last.run) == ({"n0": "FAILED", "n1": "ABORTED", "n1-0-n1-c": "ABORTED"}, "FAILED")
