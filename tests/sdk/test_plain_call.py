"""Outside a run everything is a plain Python call."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.sdk import programs as p

import alula as al
from alula.errors import DefinitionError


def test_task_is_its_function() -> None:
    assert p.add(1) == 2
    assert p.add(1, by=3) == 4
    assert p.pair(2) == (2, "2")
    assert asyncio.run(p.shout("a")) == "A"  # type: ignore[arg-type]
    assert p.add.__name__ == "add"
    assert p.add.__doc__.startswith("Add two numbers")  # type: ignore[union-attr]


def test_workflow_runs_its_graph() -> None:
    @al.workflow
    def wf(x: int, text: str = "a") -> tuple[int, str, list[int]]:
        low, high = p.split([1, 2, x], at=2)
        made = p.report(high)
        first, _ = p.pair(made.count)
        p.note(first) >> p.note(x)
        return p.inner(first), p.shout(text), low

    assert wf(5) == (4, "A", [1])
    assert wf(x=5, text="b") == (4, "B", [1])


async def test_workflow_with_async_task_runs_inside_a_loop() -> None:
    @al.workflow
    def wf(text: str) -> str:
        return p.shout(text)

    assert wf("a") == "A"


def test_order_by_shift_is_kept() -> None:
    @al.workflow
    def wf() -> None:
        late, early = p.note(1), p.note(2)
        early >> late

    p.NOTED.clear()
    wf()
    assert p.NOTED == [2, 1]


def test_shift_in_a_circle_is_refused() -> None:
    @al.workflow
    def wf() -> None:
        one, two = p.note(1), p.note(2)
        one >> two
        two >> one

    with pytest.raises(DefinitionError, match="waits for itself"):
        wf()


def test_map_runs_every_item() -> None:
    assert al.map(p.add, over="x")(x=[1, 2], by=10) == [11, 12]
    assert al.map(p.add)([1, 2]) == [2, 3]
    assert al.map(p.shout, over="text")(text=["a"]) == ["A"]
    assert al.map(p.pair, over="x")(x=[1, 2]) == ([1, 2], ["1", "2"])
    assert al.map(p.inner, over="x")(x=[1]) == [3]
    assert al.map(p.add, over="x")(x=[]) == []


def test_map_tolerates_as_many_failures_as_allowed() -> None:
    assert al.map(p.brittle, over="x", min_success_ratio=0.5)(x=[1, 2]) == [1, None]
    assert al.map(p.brittle, over="x", min_successes=1)(x=[1, 2]) == [1, None]
    with pytest.raises(ValueError, match="two"):
        al.map(p.brittle, over="x", min_success_ratio=0.9)(x=[1, 2])
    with pytest.raises(ValueError, match="two"):
        al.map(p.brittle, over="x")(x=[1, 2])


@pytest.mark.parametrize(("x", "expected"), [(20, "told 21"), (3, "told three"), (4, "told even")])
def test_branch_runs_only_the_chosen_case(x: int, expected: str) -> None:
    @al.task
    def mark(x: int) -> str:
        p.NOTED.append(x)
        return str(x)

    @al.workflow
    def wf(x: int) -> str:
        three = p.tell("three")
        return al.when(p.score(x) > 1).then(p.tell(mark(p.add(x)))).when(x == 3).then(three).otherwise(p.tell("even"))

    p.NOTED.clear()
    assert wf(x) == expected
    assert [21] * (x == 20) == p.NOTED


@pytest.mark.parametrize(("x", "flag", "expected"), [(1, True, "a"), (1, False, "b"), (5, True, "b"), (9, False, "a")])
def test_conditions_join_and_negate(x: int, flag: bool, expected: str) -> None:
    @al.workflow
    def wf(x: int, flag: bool) -> str:
        return al.when(((x < 3) & flag) | ~((x != 9) | flag)).then(p.tell("a")).otherwise(p.tell("b"))

    assert wf(x, flag) == f"told {expected}"


def test_branches_nest() -> None:
    @al.workflow
    def wf(x: int) -> str:
        small = al.when(x > 1).then(p.tell("2")).otherwise(p.tell("1"))
        return al.when(x > 2).then(al.when(p.is_even(x)).then(p.tell("even")).otherwise(p.tell("odd"))).otherwise(p.tell(small))

    assert [wf(x) for x in (1, 2, 3, 4)] == ["told told 1", "told told 2", "told odd", "told even"]


def test_fail_raises_its_message() -> None:
    @al.workflow
    def wf(x: int) -> int:
        return al.when(x > 1).then(p.add(x)).otherwise(al.fail("too small"))

    assert wf(2) == 3
    with pytest.raises(al.NonRecoverable, match="too small"):
        wf(1)


def test_gates_need_an_answer() -> None:
    @al.workflow
    def wf(x: int) -> int:
        ok = al.approve(p.add(x), "go-live")
        al.sleep("1h") >> ok
        return p.add(ok, al.wait_for_input("by", int))

    assert wf.run_local(x=1, signals={"go-live": True, "by": 5}) == 7
    with pytest.raises(DefinitionError, match=r'gate "go-live" has no answer .*run_local\(signals='):
        wf(1)
    with pytest.raises(al.NonRecoverable, match="rejected"):
        wf.run_local(x=1, signals={"go-live": False})


def test_failure_handler_runs_and_the_error_stays() -> None:
    @al.workflow(on_failure=p.note)
    def wf(x: int) -> int:
        return p.brittle(x)

    p.NOTED.clear()
    with pytest.raises(ValueError, match="two"):
        wf(2)
    assert p.NOTED == [2]


def test_launch_plan_runs_its_workflow() -> None:
    plan = al.LaunchPlan(p.inner, "plan", inputs={"x": 10})
    assert plan() == 12
    assert al.LaunchPlan(p.inner, "fixed", fixed={"x": 1})() == 3


def test_override_changes_nothing_here() -> None:
    assert p.add.override(retries=3)(1) == 2


def test_reference_cannot_run_here() -> None:
    @al.reference_task(project="p", domain="d", name="n", version="v")
    def there(x: int) -> int: ...  # type: ignore[empty-body]

    call: Any = there
    with pytest.raises(DefinitionError, match="registered on a server"):
        call(1)
