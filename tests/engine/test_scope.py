from __future__ import annotations

from alula.engine.scope import unique_id
from alula.testing.engine_kit.graphs import ERROR, MAYBE_INT, Book
from alula.testing.engine_kit.stage import Stage, Trace


def two(*, finishes: bool = False, on_failure: str = "", max_parallelism: int = 0) -> Stage:
    """n0 and n1 side by side, n2 after n0."""
    book = Book()
    book.task("add")
    book.task("clean", inputs={"a": MAYBE_INT, "err": ERROR}, outputs=())
    nodes = [book.call("n0", "add", a=1), book.call("n1", "add", a=2), book.call("n2", "add", a="n0.o0")]
    handler = None
    if on_failure == "task":
        handler = book.call("fn", "clean", a=".a")
    elif on_failure == "branch":
        handler = book.branch("fn", [("x", 0, book.call("c", "add", a=".a"))], None, x=".a")
    elif on_failure == "sub":
        book.flow("tidy", [book.call("n0", "add", a=".a")], inputs=("a",))
        handler = book.sub("fn", "tidy", a=".a")
    book.flow("main", nodes, inputs=("a",), on_failure=handler, finishes_independent=finishes, o0="n2.o0", o1="n1.o0")
    return Stage(book, "main", inputs={"a": 5}, max_parallelism=max_parallelism)


def test_a_failure_aborts_the_rest_at_once() -> None:
    stage = two()
    stage.launch()
    ended = {("n0", -1, 0): "FAILED", ("n1", -1, 0): "ABORTED"}
    expected = Trace({"n0": "FAILED", "n1": "ABORTED"}, ended, [("StopAttempt", "n1", -1, 0), ("EndExecution",)], "FAILED")
    assert stage.failed("n0") == expected
    assert stage.failure("n1") == ("NodeAborted", "Workflow aborted.", "")


def test_independent_nodes_may_finish_and_the_rest_is_skipped() -> None:
    stage = two(finishes=True)
    stage.launch()
    assert stage.failed("n0") == Trace({"n0": "FAILED", "n2": "SKIPPED"}, {("n0", -1, 0): "FAILED"})
    assert stage.succeeded("n1", o0=1).nodes == {"n1": "SUCCEEDED", "end-node": "SKIPPED"}
    assert stage.failure() == ("USER:Bad", "bad", "n0")


def test_the_last_failure_is_reported() -> None:
    stage = two(finishes=True)
    stage.launch()
    stage.failed("n0")
    stage.failed("n1", code="USER:Worse")
    assert stage.failure() == ("USER:Worse", "bad", "n1")


def test_a_failure_node_gets_the_inputs_and_the_error_and_changes_nothing() -> None:
    stage = two(on_failure="task")
    stage.launch()
    found = stage.failed("n0")
    assert (found.nodes, found.run) == ({"n0": "FAILED", "n1": "ABORTED", "fn": "QUEUED"}, "FAILING")
    inputs = stage.run.nodes["fn"].inputs
    assert inputs is not None
    error = inputs.literals["err"].scalar.error
    assert (inputs.literals["a"].scalar.primitive.integer, error.failed_node_id, error.message) == (5, "fn", "bad")
    assert stage.succeeded("fn").run == "FAILED"
    assert stage.failure() == ("USER:Bad", "bad", "n0")


def test_a_failure_of_the_failure_node_is_reported_instead() -> None:
    stage = two(on_failure="task")
    stage.launch()
    stage.failed("n0")
    assert stage.failed("fn", code="USER:Worse").run == "FAILED"
    assert stage.failure() == ("USER:Worse", "bad", "fn")


def test_a_failure_node_may_be_a_branch() -> None:
    for finishes in (False, True):
        stage = two(on_failure="branch", finishes=finishes)
        stage.launch()
        stage.failed("n0")
        if finishes:
            stage.succeeded("n1", o0=1)
        assert stage.succeeded("fn-0-fn-c", o0=1).run == "FAILED"


def test_a_failure_node_may_be_a_workflow_and_waits_for_a_slot() -> None:
    stage = two(on_failure="sub", max_parallelism=1)
    stage.launch()
    assert stage.failed("n0").effects == [("StartAttempt", "fn-0-n0", -1, {"a": 5}, 0)]
    assert stage.succeeded("fn-0-n0", o0=1).run == "FAILED"


def test_an_abort_while_failing_ends_the_failure_node() -> None:
    stage = two(on_failure="task")
    stage.launch()
    stage.failed("n0")
    effects = [("StopAttempt", "fn", -1, 0), ("EndExecution",)]
    assert stage.abort() == Trace({"fn": "ABORTED"}, {("fn", -1, 0): "ABORTED"}, effects, "ABORTED")


def nested() -> Book:
    book = Book()
    book.task("add")
    nodes = [book.call("n0", "add", a=".a"), book.call("n1", "add", a=".a")]
    book.flow("inner", nodes, inputs=("a",), o0="n0.o0")
    book.flow("outer", [book.sub("n0", "inner", a=".a")], inputs=("a",), o0="n0.o0")
    return book


def test_a_failure_deep_down_ends_everything_above() -> None:
    book = nested()
    book.flow("main", [book.sub("n0", "outer", a=1), book.call("n1", "add", a=1)])
    stage = Stage(book, "main")
    stage.launch()
    found = stage.failed("n0-0-n0-0-n0")
    assert found.nodes == {"n0-0-n0-0-n0": "FAILED", "n0-0-n0-0-n1": "ABORTED", "n0-0-n0": "FAILED", "n0": "FAILED", "n1": "ABORTED"}
    assert stage.failure() == ("USER:Bad", "bad", "n0-0-n0-0-n0")


def test_an_abort_reaches_everything_below() -> None:
    book = nested()
    book.flow("main", [book.sub("n0", "outer", a=1)])
    stage = Stage(book, "main")
    stage.launch()
    found = stage.abort()
    assert set(found.nodes) == {"n0", "n0-0-n0", "n0-0-n0-0-n0", "n0-0-n0-0-n1"}
    assert [e[0] for e in found.effects] == ["StopAttempt", "StopAttempt", "EndExecution"]
    assert (stage.run.abort_cause, stage.run.abort_principal) == ("enough", "me")


def test_slots_that_an_abort_frees_go_to_others() -> None:
    book = Book()
    book.task("add")
    inner = [book.call(f"n{i}", "add", a=1) for i in range(3)]
    book.flow("inner", inner)
    nodes = [book.sub("n0", "inner"), book.call("n1", "add", a=1), book.call("n2", "add", a=1)]
    book.flow("main", nodes, finishes_independent=True)
    stage = Stage(book, "main", max_parallelism=2)
    stage.launch()
    running = [i for i, n in stage.run.nodes.items() if n.holds_slot]
    assert running == ["n1", "n2"]
    stage.succeeded("n1", o0=1)
    stage.succeeded("n2", o0=1)
    assert [i for i, n in stage.run.nodes.items() if n.holds_slot] == ["n0-0-n0", "n0-0-n1"]
    assert stage.failed("n0-0-n0").run == "FAILED"
    assert stage.run.slots_used == 0


def test_an_end_that_cannot_be_bound_fails_even_if_others_may_finish() -> None:
    book = Book()
    book.task("add", outputs=("o0", "o1"))
    book.flow("main", [book.call("n0", "add", a=1)], finishes_independent=True, o0="n0.o0")
    stage = Stage(book, "main")
    stage.launch()
    spec = stage.run.graph.primary.nodes["end-node"]
    spec.bindings = tuple(type(w)(w.var, w.node_id, "ghost") for w in spec.bindings)
    assert stage.succeeded("n0", o0=1, o1=1).run == "FAILED"
    message = 'input "o0": node "n0" has produced no output "ghost"'
    assert stage.failure() == ("BindingResolutionFailure", message, "end-node")


def test_an_optional_input_that_nobody_gave_is_handed_on_as_none() -> None:
    book = Book()
    book.task("add", inputs={"a": MAYBE_INT})
    book.flow("main", [book.call("n0", "add", a=".a")], inputs={"a": MAYBE_INT}, types={"o1": MAYBE_INT}, o0="n0.o0", o1=".a")
    stage = Stage(book, "main")
    assert stage.launch().effects == [("StartAttempt", "n0", -1, {}, 0)]
    stage.succeeded("n0", o0=1)
    assert stage.outputs() == {"o0": 1, "o1": None}


def test_an_output_may_be_read_by_its_alias() -> None:
    book = Book()
    book.task("add")
    first = book.call("n0", "add", a=1)
    first.output_aliases.add(var="o0", alias="total")
    book.flow("main", [first, book.call("n1", "add", a="n0.total")], o0="n1.o0")
    stage = Stage(book, "main")
    stage.launch()
    assert stage.succeeded("n0", o0=6).effects == [("StartAttempt", "n1", -1, {"a": 6}, 0)]


def test_ids_are_unique_and_short() -> None:
    assert unique_id("n0-0-", "n1") == "n0-0-n1"
    assert len(unique_id("n" * 100, "n1")) == 32
    assert unique_id("n" * 100, "n1") != unique_id("n" * 100, "n2")
