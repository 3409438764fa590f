"""Every misuse of a value that is not there yet fails where it was written, and says what to write instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from pydantic import BaseModel
from tests.sdk import programs as p
from typing_extensions import TypedDict  # pydantic wants it on Python 3.11

import alula as al
from alula.errors import DefinitionError


def _traced(body: Callable[[Any, Any], Any]) -> DefinitionError:
    @al.workflow
    def wf(x: int, items: list[int]) -> None:
        body(x, items)

    with pytest.raises(DefinitionError) as caught:
        _ = wf.graph
    return caught.value


MISUSES: list[tuple[Callable[[Any, Any], Any], str]] = [
    (lambda x, i: 1 if p.is_even(x) else 2, "write al.when(p == …).then(…).otherwise(…)"),
    (lambda x, i: not p.is_even(x), "write al.when(p == …)"),
    (lambda x, i: p.is_even(x) and p.is_even(x), "write al.when(p == …)"),
    (lambda x, i: 1 if x > 2 else 2, "joining comparisons by (…) & (…)"),
    (lambda x, i: 1 < x < 3, "joining comparisons by (…) & (…)"),
    (lambda x, i: x in [1, 2], "joining comparisons by"),
    (lambda x, i: len(i), "len() of a result"),
    (lambda x, i: [y for y in i], "write al.map(task, over=…)(…)"),  # noqa: C416
    (lambda x, i: 3 in i, "`in` on a result"),
    (lambda x, i: x + 1, "`+` on a result: the value is not known while the workflow is being defined; compute it in a @task"),
    (lambda x, i: 1 + x, "`+` on a result"),
    (lambda x, i: x**2, "`**` on a result"),
    (lambda x, i: -x, "neg() of a result"),
    (lambda x, i: f"{x}", "build the text in a @task"),
    (lambda x, i: str(x), "build the text in a @task"),
    (lambda x, i: int(x), "int() of a result"),
    (lambda x, i: range(x), "range() of a result, or a result as an index"),
    (lambda x, i: round(x), "round() of a result"),
    (lambda x, i: x(), "calling a result"),
    (lambda x, i: x.field, "int has no field to pick"),
    (lambda x, i: p.report(i).cuont, "Report has the fields count, words"),
    (lambda x, i: i["a"], "has no such part"),
    (lambda x, i: i[-1], "count from the start"),
    (lambda x, i: i[x], "an index that is itself a result"),
    (lambda x, i: p.add("x"), "task add, input 'x': expected int, got str 'x'"),
    (lambda x, i: p.add(), "task add needs input 'x'"),
    (lambda x, i: p.add(x, 1, 2), "task add takes 2 inputs, got 3"),
    (lambda x, i: p.add(x, z=1), "task add has no input 'z'; it takes x, by"),
    (lambda x, i: p.add(x, x=1), "input 'x' is given twice"),
    (lambda x, i: p.add(p.note(x)), "note returns nothing"),
    (lambda x, i: p.add(x > 1), "a comparison is no value"),
    (lambda x, i: p.add(x) >> 3, "`>>` orders calls, got int"),
    (lambda x, i: (lambda c: c >> c)(p.add(x)), "add cannot wait for itself"),
    (lambda x, i: x.with_overrides(retries=1), "there is no call to change"),
    (lambda x, i: p.add(x).with_overrides(retry=1), "cannot override 'retry'; there are name, resources"),
    (lambda x, i: al.when(x), "a condition needs a bool or a comparison, got int"),
    (lambda x, i: al.when(True), "a condition compares a result with something, got bool"),
    (lambda x, i: al.when(p.note(x) == 1), "returns nothing that could be compared"),
    (lambda x, i: al.when(x > 1).otherwise(1), "write al.when(…).then(…).otherwise(…)"),
    (lambda x, i: al.when(x > 1).then(p.add(x)), "without a last case; end it with .otherwise(…)"),
    (lambda x, i: p.add(al.when(x > 1).then(p.add(x)).count), "of a branch without its last case"),
    (lambda x, i: al.when(x > 1).then(3), "takes the call of a task or workflow, got int"),
    (lambda x, i: al.when(x > 1).then(x), "takes one call of its own"),
    (lambda x, i: al.when(x > 1).then(p.report(i).count), "got a part of a result"),
    (lambda x, i: al.when(x > 1).then(al.fail("no")), "can only be the last case"),
    (lambda x, i: (lambda c: al.when(x > 1).then(c).otherwise(p.add(c)))(p.add(x)), "runs only in one case of a branch"),
    (lambda x, i: (lambda c: al.when(c > 1).then(c).otherwise(p.add(x)))(p.add(x)), "runs only in one case of a branch"),
    (lambda x, i: al.approve(3, "a"), "takes the result of a call, got int"),
    (lambda x, i: al.approve(x, ""), "needs a name"),
    (lambda x, i: [al.approve(x, "a"), al.approve(x, "a")], 'has a gate "a" already'),
    (lambda x, i: al.sleep("soon"), "sleep: expected a span, got 'soon'; write \"20m\""),
    (lambda x, i: al.sleep(-1), "expected a span ≥ 0"),
    (lambda x, i: al.wait_for_input("a", dict), "write dict[str, int]"),
    (lambda x, i: al.map(p.add)(x), "none of the inputs is a list to go over"),
    (lambda x, i: al.map(p.add, over="z"), "task add has the inputs x, by"),
    (lambda x, i: al.map(p.add, over="x")(["a"]), "[0]: expected int"),
    (lambda x, i: al.map(print), "decorate the function with @al.task"),
    (lambda x, i: al.map(p.add, min_success_ratio=0), "expected a share in (0, 1]"),
    (lambda x, i: al.map(p.add, min_successes=1, min_success_ratio=0.5), "not both"),
    (lambda x, i: al.map(p.add, concurrency=-1), "expected ≥ 1; leave it out for no limit"),
]


@pytest.mark.parametrize(("body", "message"), MISUSES)
def test_misuse_is_refused_where_it_was_written(body: Callable[[Any, Any], Any], message: str) -> None:
    error = _traced(body)
    assert message in str(error)
    assert error.where.startswith(__file__) or str(error).startswith(__file__)


def test_the_line_is_the_users() -> None:
    def body(x: Any, items: Any) -> Any:
        return x + 1

    assert _traced(body).where == f"{__file__}:{body.__code__.co_firstlineno + 1}"


def test_outside_a_workflow_graph_words_say_what_to_write() -> None:
    for call, message in (
        (lambda: al.when(True), "in a plain function use if"),
        (lambda: al.approve(1, "a"), "belongs in the body of a @workflow"),
        (lambda: al.sleep(1), "use time.sleep"),
        (lambda: al.wait_for_input("a", int), "takes the value as a parameter"),
    ):
        with pytest.raises(DefinitionError, match=message):
            call()


def test_value_of_another_workflow_is_refused() -> None:
    kept: list[Any] = []

    @al.workflow
    def one(x: int) -> int:
        kept.append(p.add(x))
        return kept[0]

    @al.workflow
    def two(x: int) -> int:
        return p.add(kept[0])

    _ = one.graph
    with pytest.raises(DefinitionError, match="belongs to workflow"):
        _ = two.graph


def test_promise_can_be_shown_and_hashed() -> None:
    shown: list[str] = []

    @al.workflow
    def wf(x: int) -> int:
        value = p.report([x]).words
        shown.append(repr(value))
        assert value in {value}
        return x

    _ = wf.graph
    assert shown == ["<promise of report o0['words']: list[str]>"]


class Pair(NamedTuple):
    left: int
    right: str


class Options(TypedDict):
    depth: int


class Model(BaseModel):
    pair: Pair
    options: Options


@al.task
def model() -> Model:
    return Model(pair=Pair(1, "x"), options={"depth": 3})


@al.task
def text_of(text: str, number: int) -> str:
    return text * number


def test_parts_of_models_tuples_and_typed_dicts_are_picked() -> None:
    @al.workflow
    def wf() -> str:
        made = model()
        return text_of(made.pair.right, made.options["depth"])

    assert wf() == "xxx"
    assert {name: promise._path for name, promise in wf.graph.nodes[1].values.items()} == {
        "text": ("pair", 1),
        "number": ("options", "depth"),
    }
    assert "Model has the fields pair, options" in str(_traced(lambda x, i: model().size))
