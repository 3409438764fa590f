from __future__ import annotations

from typing import Any

import pytest

from alula.engine.nodes.array import successes_needed
from alula.idl import core
from alula.idl.phase import ExecutionPhase
from alula.testing.engine_kit.graphs import INTS, MAYBE_INTS, Book
from alula.testing.engine_kit.stage import NOTHING, Stage, Trace

DONE, BROKEN = ExecutionPhase.SUCCEEDED, ExecutionPhase.FAILED


def mapped(values: list[int], *, concurrency: int | None = None, ratio: float | None = None, plan: bool = False, **options: Any) -> Stage:
    settings = {name: options.pop(name) for name in ("budget", "max_parallelism") if name in options}
    book = Book()
    book.task("square", inputs=("a",) if plan else ("a", "b"), **options)
    if plan:
        book.flow("child", [book.call("n0", "square", a=".a")], inputs=("a",), o0="n0.o0")
        node = book.array("n0", book.plan("", "child", a=".a"), concurrency=concurrency, ratio=ratio, a=values)
    else:
        inner = book.call("", "square", a=".a", b=".b")
        node = book.array("n0", inner, concurrency=concurrency, ratio=ratio, bound=("b",), a=values, b=7)
    book.flow("main", [node], types={"o0": INTS if ratio is None else MAYBE_INTS}, o0="n0.o0")
    return Stage(book, "main", **settings)


def start(item: int, a: int, attempt: int = 0) -> tuple[Any, ...]:
    return ("StartAttempt", "n0", item, {"a": a, "b": 7}, attempt)


def test_each_item_gets_its_own_element_and_what_is_bound_whole() -> None:
    stage = mapped([4, 5])
    queued = {("n0", 0, 0): "QUEUED", ("n0", 1, 0): "QUEUED"}
    assert stage.launch() == Trace({"n0": "RUNNING"}, queued, [start(0, 4), start(1, 5)], "RUNNING")
    assert stage.succeeded("n0", item=1, o0=25) == Trace({}, {("n0", 1, 0): "SUCCEEDED"})
    last = stage.succeeded("n0", item=0, o0=16)
    assert (last.nodes, stage.outputs()) == ({"n0": "SUCCEEDED", "end-node": "SUCCEEDED"}, {"o0": [16, 25]})


@pytest.mark.parametrize("plan", [False, True])
def test_an_empty_list_gives_an_empty_list(plan: bool) -> None:
    stage = mapped([], plan=plan)
    assert stage.launch() == Trace({"n0": "SUCCEEDED", "end-node": "SUCCEEDED"}, {}, [("EndExecution",)], "SUCCEEDED")
    assert stage.outputs() == {"o0": []}


def test_what_an_item_runs_in_may_have_to_be_made() -> None:
    stage = mapped([4, 5])
    stage.launch()
    assert stage.initializing("n0", item=1) == Trace({}, {("n0", 1, 0): "INITIALIZING"})
    assert stage.initializing("n0", item=1, attempt=3) == NOTHING
    assert stage.started("n0", item=1) == Trace({}, {("n0", 1, 0): "RUNNING"})


def test_no_more_items_run_than_its_concurrency() -> None:
    stage = mapped([1, 2, 3], concurrency=1)
    assert stage.launch().effects == [start(0, 1)]
    assert stage.succeeded("n0", item=0, o0=1).effects == [start(1, 2)]


def test_a_turn_with_a_small_budget_goes_on_later() -> None:
    stage = mapped([1, 2, 3], budget=2)
    first = stage.launch()
    assert (first.effects, first.more) == ([start(0, 1)], True)
    again = stage.proceed()
    assert (again.effects, again.more) == ([start(1, 2), start(2, 3)], False)


def test_one_failed_item_fails_the_node_and_stops_the_others() -> None:
    stage = mapped([1, 2])
    stage.launch()
    stopped = {("n0", 0, 0): "FAILED", ("n0", 1, 0): "ABORTED"}
    expected = Trace({"n0": "FAILED"}, stopped, [("StopAttempt", "n0", 1, 0), ("EndExecution",)], "FAILED")
    assert stage.failed("n0", item=0) == expected
    message = 'map "n0": 1 of 2 items failed, 2 must succeed\n[0]: USER:Bad: bad'
    assert stage.failure() == ("USER:Bad", message, "n0")


def test_items_that_may_fail_become_none_and_all_are_waited_for() -> None:
    stage = mapped([1, 2, 3], ratio=0.5)
    stage.launch()
    stage.failed("n0", item=1)
    assert stage.succeeded("n0", item=0, o0=1) == Trace({}, {("n0", 0, 0): "SUCCEEDED"})
    stage.succeeded("n0", item=2, o0=9)
    assert stage.outputs() == {"o0": [1, None, 9]}


def test_it_fails_as_soon_as_too_few_can_succeed() -> None:
    stage = mapped([1, 2, 3, 4], ratio=0.75)
    stage.launch()
    assert stage.failed("n0", item=0).nodes == {}
    assert stage.failed("n0", item=3).nodes == {"n0": "FAILED"}


def test_an_item_is_retried_on_its_own() -> None:
    stage = mapped([1, 2], retries=1, concurrency=1)
    stage.launch()
    assert stage.failed("n0", item=0, is_recoverable=True).effects == [start(0, 1, 1)]
    assert stage.lost("n0", 1, item=0).effects == [start(0, 1, 2)]
    assert stage.succeeded("n0", 1, item=0, o0=1) == NOTHING
    assert stage.failed("n0", 2, item=0, is_recoverable=True).run == "FAILED"
    failure = stage.failure()
    assert failure is not None
    assert "[2/2] currentAttempt done. Last Error: USER::bad" in failure[1]


def test_an_item_without_its_outputs_has_failed() -> None:
    stage = mapped([1], ratio=0.0)
    stage.launch()
    assert stage.succeeded("n0", item=0, x=1).attempts == {("n0", 0, 0): "FAILED"}
    assert stage.outputs() == {"o0": [None]}


def test_a_dynamic_task_cannot_be_an_item() -> None:
    stage = mapped([1])
    stage.launch()
    stage.expanded("n0", core.CompiledWorkflowClosure(), item=0)
    failure = stage.failure()
    assert failure is not None
    assert (failure[0], "wrap it in a launch plan" in failure[1]) == ("DynamicInArray", True)


def test_items_ask_the_cache_and_wait_for_each_other() -> None:
    stage = mapped([1, 1], cache_version="1", is_serialized=True)
    assert stage.launch().effects == [("LookUpCache", "n0", i, {"a": 1, "b": 7}) for i in (0, 1)]
    assert stage.missed("n0", item=0, is_reserved=True).effects == [start(0, 1)]
    filled = stage.succeeded("n0", item=0, o0=3)
    assert filled.effects == [("FillCache", "n0", 0, 0, {"a": 1, "b": 7}, {"o0": 3})]
    stage.hit("n0", item=1, o0=3)
    assert (stage.outputs(), stage.run.nodes["n0"].array is not None) == ({"o0": [3, 3]}, True)


@pytest.mark.parametrize(("hits", "status"), [(2, "CACHE_HIT"), (1, "CACHE_POPULATED"), (0, "CACHE_POPULATED")])
def test_a_map_is_a_cache_hit_if_all_its_items_are(hits: int, status: str) -> None:
    stage = mapped([1, 2], cache_version="1")
    stage.launch()
    for item in range(2):
        if item < hits:
            stage.hit("n0", item=item, o0=5)
        else:
            stage.missed("n0", item=item)
            stage.succeeded("n0", item=item, o0=5)
    node = stage.run.nodes["n0"]
    assert (core.CatalogCacheStatus.Name(node.cache_status), node.cache_reason) == (status, f"{hits} of 2 items came from the cache")


def test_an_answer_that_nobody_asked_for_changes_nothing() -> None:
    stage = mapped([1, 2], cache_version="1", concurrency=1)
    stage.launch()
    stage.missed("n0", item=0)
    assert [stage.hit("n0", item=0, o0=5), stage.hit("n0", item=1, o0=5), stage.missed("n0", item=1)] == [NOTHING] * 3


def test_what_its_items_reserved_is_released_when_it_fails() -> None:
    stage = mapped([1, 2], cache_version="1", is_serialized=True)
    stage.launch()
    stage.missed("n0", item=0, is_reserved=True)
    stage.missed("n0", item=1, is_reserved=True)
    effects = stage.failed("n0", item=0).effects
    released = [("ReleaseReservation", "n0", 0), ("ReleaseReservation", "n0", 1)]
    assert effects == [*released, ("StopAttempt", "n0", 1, 0), ("EndExecution",)]


def test_items_may_be_executions() -> None:
    stage = mapped([4, 5], plan=True, ratio=0.5)
    launches = [("LaunchChild", "n0", i, f"run-n0-0-{i}", {"a": a}, "") for i, a in ((0, 4), (1, 5))]
    assert stage.launch().effects == launches
    assert stage.child("n0", "run-n0-0-9", DONE, 0, o0=1) == NOTHING
    stage.child("n0", "run-n0-0-0", BROKEN, 0)
    stage.child("n0", "run-n0-0-1", DONE, 1, o0=25)
    assert stage.outputs() == {"o0": [None, 25]}


def test_an_abort_reaches_every_item() -> None:
    stage = mapped([4, 5], plan=True)
    stage.launch()
    expected = [("AbortChild", "n0", 0, "run-n0-0-0"), ("AbortChild", "n0", 1, "run-n0-0-1"), ("EndExecution",)]
    assert stage.abort().effects == expected


def test_lists_of_different_length_are_refused() -> None:
    book = Book()
    book.task("add", inputs=("a", "b"))
    book.flow("main", [book.array("n0", book.call("", "add", a=".a", b=".b"), a=[1], b=[1, 2])])
    stage = Stage(book, "main")
    stage.launch()
    message = 'map "n0": its lists differ in length (a: 1, b: 2); make them equal'
    assert stage.failure() == ("InvalidArrayLength", message, "n0")


@pytest.mark.parametrize(
    ("size", "ratio", "needed"),
    [(10, 0.75, 8), (10, 0.1, 1), (1_000_000, 0.1, 100_000), (10, 0.7, 7), (3, 2 / 3, 2), (0, 0.5, 0), (5, 0.0, 0), (10**5, 1.0, 10**5)],
)
def test_successes_needed(size: int, ratio: float, needed: int) -> None:
    assert successes_needed(size, core.ArrayNode(min_success_ratio=ratio)) == needed


def test_a_list_that_is_an_object_in_the_store_is_refused() -> None:
    kind = core.LiteralType(collection_type=core.LiteralType(simple=core.SimpleType.INTEGER))
    stored = core.Literal(offloaded_metadata=core.LiteralOffloadedMetadata(uri="s3://b/stream.pb", inferred_type=kind))
    book = Book()
    book.task("make", inputs=(), outputs={"o0": INTS})
    book.task("square", inputs=("a",))
    book.flow("main", [book.call("n0", "make"), book.array("n1", book.call("", "square", a=".a"), a="n0.o0")])
    stage = Stage(book, "main")
    stage.launch()
    stage.succeeded("n0", o0=stored)
    message = 'map "n1": a is a stream that is stored by itself and cannot be gone over; return list[T] where it is made'
    assert stage.failure() == ("OffloadedList", message, "n1")
