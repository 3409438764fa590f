"""Gates: answered by FlyteRemote, by time, or not at all."""

from __future__ import annotations

from typing import Any

import pytest
from flytekit.models.core.execution import WorkflowExecutionPhase


def wait_for_signal(run: Any, execution: Any, name: str) -> None:
    """Until the gate is reached: its signal is made by its node."""
    while True:
        signals = run.remote.list_signals(execution.id.name)
        if any(name == signal.id.signal_id for signal in signals):
            return
        run.remote.sync(execution)
        assert not execution.is_done


def test_approved(run: Any) -> None:
    execution = run.start("programs.gates.approving", {"x": 3})
    wait_for_signal(run, execution, "review")
    run.remote.approve("review", execution.id.name)
    execution = run.finish(execution)
    assert execution.outputs["o0"] == 12


def test_rejected(run: Any) -> None:
    execution = run.start("programs.gates.approving", {"x": 3})
    wait_for_signal(run, execution, "review")
    run.remote.reject("review", execution.id.name)
    execution = run.finish(execution)
    assert execution.closure.phase == WorkflowExecutionPhase.FAILED
    assert "ReceivedRejectSignal" in execution.error.code


def test_input_from_outside(run: Any) -> None:
    execution = run.start("programs.gates.asking")
    wait_for_signal(run, execution, "number")
    run.remote.set_input("number", execution.id.name, 21)
    assert run.finish(execution).outputs["o0"] == 42


def test_input_of_another_type_is_refused(run: Any) -> None:
    from flytekit.exceptions.base import FlyteException

    execution = run.start("programs.gates.asking")
    wait_for_signal(run, execution, "number")
    with pytest.raises(FlyteException, match="number"):
        run.remote.set_input("number", execution.id.name, "text")
    run.remote.set_input("number", execution.id.name, 1)
    assert run.finish(execution).outputs["o0"] == 2


def test_signal_before_its_gate_is_refused(run: Any, raw: Any) -> None:
    from flytekit.exceptions.base import FlyteException

    execution = run.start("programs.gates.asking")
    with pytest.raises(FlyteException, match="no such"):
        run.remote.set_input("no such", execution.id.name, 1)
    run.remote.terminate(execution, "done")


@pytest.mark.parametrize("answer", [True, False])
def test_condition_on_an_input_from_outside(run: Any, answer: bool) -> None:
    execution = run.start("programs.gates.deciding", {"x": 4})
    wait_for_signal(run, execution, "answer")
    run.remote.set_input("answer", execution.id.name, answer)
    execution = run.finish(execution)
    if answer:
        assert execution.outputs["o0"] == 8
    else:
        assert "not wanted" in execution.error.message


def test_sleeping(run: Any) -> None:
    execution = run.succeed("programs.gates.sleeping", {"x": 2})
    span = execution.node_executions["n1"].closure.duration
    assert 1.0 <= span.total_seconds() < 3.0
    assert execution.outputs["o0"] == 8


def test_gate_times_out(run: Any) -> None:
    execution = run.fail("programs.gates.timing_out")
    assert "TimeoutExpired" in execution.error.code
