"""Mocks: by object and by name, values and functions, checked like what they stand for."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.programs import building, driving, shapes
from tests.programs import testable as t

import alula as al
from alula.errors import InvalidInput
from alula.testing import HANGS, Workbench, run


def test_a_mock_is_a_value_or_a_function_of_the_inputs() -> None:
    assert run(t.training, mocks={t.train: 0.9}).outputs == "score 0.9"
    assert run(t.training, mocks={t.train: lambda data, depth: len(data) + depth}).outputs == "score 5.0"


@pytest.mark.parametrize("name", ["train", "tests.programs.testable.train"])
def test_a_mock_is_found_by_name(name: str) -> None:
    assert run(t.training, mocks={name: 0.9}).outputs == "score 0.9"


def test_a_mock_is_not_taken_for_an_earlier_one() -> None:
    """Tasks that stand for others come and go, and so do the numbers by which Python knows objects."""
    assert [run(t.left, x=i, mocks={t.left: 2 * i}).outputs for i in range(200)] == [2 * i for i in range(200)]


def test_a_coroutine_can_be_a_mock() -> None:
    async def slowly(data: list[float], depth: int) -> float:
        await asyncio.sleep(0)
        return 2.0

    assert run(t.training, mocks={t.train: slowly}).outputs == "score 2.0"


def test_async_and_dynamic_tasks_are_mocked_whole() -> None:
    result = run(building.flow, n=3, mocks={building.each: 5})
    assert result.outputs == 10
    assert [node.name for node in result.nodes] == ["each", "double"]
    assert run(driving.calls_a_driver, n=3, mocks={driving.fan: lambda n: n}).outputs == 6


def test_what_a_task_calls_is_mocked_too() -> None:
    assert run(driving.fan, n=3, mocks={driving.double: lambda x: x}).outputs == 3
    assert run(building.flow, n=3, mocks={building.double: lambda x: x}).outputs == 3
    assert run(shapes.each, xs=[1, 2], mocks={shapes.double: lambda x: x + 0}).outputs == [1, 2]


def test_a_mock_sees_the_context_of_its_attempt() -> None:
    result = run(t.training, mocks={t.train: lambda data, depth: float(al.context().attempt)})
    assert result.outputs == "score 0.0"


@pytest.mark.parametrize("value", ["fast", None, lambda data, depth: [1.0]])
def test_a_mock_of_another_type_is_a_mistake_of_the_test(value: object) -> None:
    with pytest.raises(InvalidInput, match="mock of task train, output 'o0': expected float, got"):
        run(t.training, mocks={t.train: value})


def test_a_mock_with_too_few_outputs_is_a_mistake_of_the_test() -> None:
    with pytest.raises(InvalidInput, match="mock of task parts declares 2 outputs but returned int"):
        run(building.flow_of_parts, n=1, mocks={building.parts: 1})


def test_a_mock_of_other_inputs_is_a_mistake_of_the_test() -> None:
    with pytest.raises(InvalidInput, match=r"mock of task train takes .*inputs data, depth"):
        run(t.training, mocks={t.train: lambda data: 1.0})


def test_a_name_that_nothing_has_is_a_mistake_of_the_test() -> None:
    with pytest.raises(InvalidInput, match=r"nothing is called 'trian'; write one of .*testable.train"):
        run(t.training, mocks={"trian": 1.0})
    with pytest.raises(InvalidInput, match="expected a task or its name"):
        run(t.training, mocks={3: 1.0})
    with pytest.raises(InvalidInput, match="workflow line runs within what calls it"):
        run(shapes.nested, mocks={shapes.line: 1})


def test_what_a_mock_raises_is_what_the_task_would_have_raised(alula_bench: Workbench) -> None:
    def broken(data: list[float], depth: int) -> float:
        raise t.Broken("no data")

    result = alula_bench.run(t.training, mocks={t.train: broken}).assert_failed("Broken: no data")
    assert len(result.node("train").attempts) == 3
    assert result.error is not None and isinstance(result.error.exception, t.Broken)


def test_a_verdict_of_pytest_and_an_interrupt_are_no_matter_of_the_attempt() -> None:
    def refuses(data: list[float], depth: int) -> float:
        pytest.fail("must not be called")

    def interrupted(data: list[float], depth: int) -> float:
        raise KeyboardInterrupt

    with pytest.raises(pytest.fail.Exception, match="must not be called"):
        run(t.training, mocks={t.train: refuses})
    with pytest.raises(KeyboardInterrupt):
        run(t.training, mocks={t.train: interrupted})


def test_a_mock_can_say_that_its_attempt_hangs(alula_bench: Workbench) -> None:
    alula_bench.run(t.training, mocks={t.train: HANGS}).assert_failed("TimeoutExpired").assert_ran(t.train, 3)
    run(t.ordered, mocks={t.left: lambda x: HANGS}).assert_waiting()


def test_calls_are_kept_with_their_inputs(alula_bench: Workbench, tmp_path: Path) -> None:
    alula_bench.run(t.training, mocks={t.train: 0.9})
    alula_bench.run(t.training, rows=1, depth=5)
    assert alula_bench.calls(t.train) == [{"data": [0.0, 1.0, 2.0], "depth": 2}, {"data": [0.0], "depth": 5}]
    assert alula_bench.calls("load") == [{"rows": 3}, {"rows": 1}]
    alula_bench.run(shapes.each, xs=[4, 5])
    with pytest.raises(InvalidInput, match="nothing is called"):
        alula_bench.calls("nobody")


def test_what_is_registered_elsewhere_needs_a_mock() -> None:
    with pytest.raises(InvalidInput, match=r'elsewhere.plan is registered elsewhere.*give mocks=\{"elsewhere.plan"'):
        run(t.priced, mocks={t.price: 3.0})
    with pytest.raises(InvalidInput, match=r"elsewhere.price is registered elsewhere"):
        run(t.priced, mocks={t.plan: 3.0})
    assert run(t.priced, mocks={t.price: 3.0, "elsewhere.plan": lambda x: x + 0.5}).outputs == (3.0, 1.5)
    with pytest.raises(InvalidInput, match=r"tests.programs.nowhere is registered elsewhere"):
        run(driving.calls_unknown)
    assert run(driving.calls_unknown, mocks={driving.unknown: 7}).outputs == 7


def test_a_launch_plan_is_mocked_as_one_execution() -> None:
    result = run(t.parent, mocks={t.child: "score of the mock"})
    assert result.outputs == "score of the mock"
    assert [node.name for node in result.nodes] == ["small"]
    with pytest.raises(InvalidInput, match=r"mock of launch plan .*small, output 'o0': expected str"):
        run(t.parent, mocks={t.child: 3})

    def broken(rows: int, depth: int) -> str:
        raise t.Broken("no child")

    run(t.parent, mocks={t.child: broken}).assert_failed("Broken: no child")
