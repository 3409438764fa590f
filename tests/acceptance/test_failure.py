"""What fails, and what is retried, timed out, cleaned up, recovered and ended by hand."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import grpc
import pytest
from flytekit.models.core.execution import NodeExecutionPhase, TaskExecutionPhase, WorkflowExecutionPhase


def attempts(execution: Any, node: str) -> list[Any]:
    return sorted(execution.node_executions[node].task_executions, key=lambda t: t.id.retry_attempt)


def test_user_error_names_its_node_and_keeps_the_traceback(run: Any) -> None:
    execution = run.fail("programs.failing.plain_failure", {"x": 3})
    assert "no luck with 3" in execution.error.message
    assert execution.error.code == "USER:RuntimeError"  # what flytekit calls every plain exception
    assert execution.error.kind == 1  # USER
    node = execution.node_executions["n0"]
    assert node.closure.phase == NodeExecutionPhase.FAILED
    assert "no luck with 3" in node.error.message
    assert "n1" not in execution.node_executions or execution.node_executions["n1"].closure.phase != NodeExecutionPhase.SUCCEEDED


def test_recoverable_exception_is_retried_until_it_works(run: Any, tmp_path: Path) -> None:
    execution = run.succeed("programs.failing.retried", {"path": str(tmp_path / "n"), "succeeds_at": 3})
    assert execution.outputs["o0"] == 3
    found = attempts(execution, "n0")
    assert [t.id.retry_attempt for t in found] == [0, 1, 2]
    assert [t.closure.phase for t in found] == [TaskExecutionPhase.FAILED, TaskExecutionPhase.FAILED, TaskExecutionPhase.SUCCEEDED]


def test_exhausted_retries_say_so(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "n"
    execution = run.fail("programs.failing.retried", {"path": str(path), "succeeds_at": 9})
    assert path.read_text() == "xxxx"  # retries=3: four attempts
    assert execution.error.code.startswith("RetriesExhausted")
    assert "[4/4]" in execution.error.message
    assert "attempt 4 did not work" in execution.error.message


def test_plain_exception_is_not_retried(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "n"
    execution = run.fail("programs.failing.not_retried", {"path": str(path)})
    assert path.read_text() == "x"
    assert "never again" in execution.error.message


def test_crash_is_retried(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "n"
    execution = run.succeed("programs.failing.crashing", {"path": str(path)})
    assert path.read_text() == "xx"
    assert len(attempts(execution, "n0")) == 2


def test_killed_worker_is_the_systems_and_costs_no_retry(run: Any, tmp_path: Path) -> None:
    execution = run.succeed("programs.failing.losing_worker", {"path": str(tmp_path / "n")})
    first, _ = attempts(execution, "n0")
    assert first.closure.error.kind == 2  # SYSTEM


@pytest.mark.slow
def test_timeout_is_per_attempt_and_retried(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "n"
    execution = run.fail("programs.failing.timing_out", {"path": str(path)})
    assert path.read_text()
    assert [t.closure.phase for t in attempts(execution, "n0")] == [TaskExecutionPhase.FAILED] * 2
    assert "TimeoutExpired" in execution.error.code


def test_failure_node_gets_the_inputs_and_the_error(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "err"
    execution = run.fail("programs.failing.with_failure_node", {"path": str(path), "x": 5})
    x, failed_node, message = path.read_text().split("|", 2)
    assert x == "5"
    assert failed_node
    assert "no luck with 5" in message
    assert "no luck with 5" in execution.error.message


def test_fail_immediately_starts_nothing_more(run: Any, tmp_path: Path) -> None:
    execution = run.fail("programs.failing.fail_immediately", {"path": str(tmp_path / "n")})
    assert execution.node_executions["n1"].closure.phase in (NodeExecutionPhase.ABORTED, NodeExecutionPhase.FAILED)
    assert "n2" not in execution.node_executions
    assert "end-node" not in execution.node_executions


def test_fail_after_executable_nodes_complete_finishes_the_others(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "n"
    execution = run.fail("programs.failing.fail_after", {"path": str(path)})
    phases = {key: node.closure.phase for key, node in execution.node_executions.items()}
    assert path.read_text() == "x"
    assert phases["n1"] == NodeExecutionPhase.SUCCEEDED
    assert phases["n2"] == NodeExecutionPhase.SUCCEEDED
    assert phases["n3"] == NodeExecutionPhase.SKIPPED
    assert "no luck with 1" in execution.error.message


def test_wrong_type_from_a_task_is_an_error_of_its_node(run: Any) -> None:
    execution = run.fail("programs.failing.returns_wrong_type")
    assert execution.error.kind == 1
    assert execution.node_executions["n0"].closure.phase == NodeExecutionPhase.FAILED


def test_recover_takes_over_what_succeeded(run: Any, raw: Any, tmp_path: Path, name: str) -> None:
    path, counter = tmp_path / "there", tmp_path / "n"
    first = run.fail("programs.failing.recovered", {"path": str(path), "counter": str(counter)})
    path.write_text("now")
    again = raw.recover_execution(first.id, name)
    execution = run.finish(run.remote.fetch_execution(name=again.name))
    assert execution.closure.phase == WorkflowExecutionPhase.SUCCEEDED
    assert execution.outputs["o0"] == 2
    assert counter.read_text() == "x"
    assert execution.node_executions["n0"].closure.phase == NodeExecutionPhase.RECOVERED
    data = raw.get_node_execution_data(execution.node_executions["n0"].id)  # flytekit's own object does not count RECOVERED as done
    assert data.full_outputs.literals["o0"].scalar.primitive.integer == 1
    assert execution.spec.metadata.reference_execution.name == first.id.name


def test_relaunch_runs_everything_again(run: Any, raw: Any, tmp_path: Path, name: str) -> None:
    first = run.succeed("programs.basics.two_tasks", {"x": 8})
    again = raw.relaunch_execution(first.id, name)
    execution = run.child(again.name)
    assert execution.outputs["o0"] == 17
    assert execution.spec.metadata.mode == 3  # RELAUNCH
    assert execution.node_executions["n0"].closure.phase == NodeExecutionPhase.SUCCEEDED


def wait_for_file(execution: Any, run: Any, path: Path) -> None:
    """Until the task has written; the client polls meanwhile, as a user would."""
    while not path.exists() or not path.read_text():
        run.remote.sync(execution)
        assert not execution.is_done


def test_terminate_ends_the_process_and_keeps_the_cause(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "pid"
    execution = run.start("programs.failing.hanging", {"path": str(path)})
    wait_for_file(execution, run, path)
    run.remote.terminate(execution, "no longer wanted")
    execution = run.finish(execution)
    assert execution.closure.phase == WorkflowExecutionPhase.ABORTED
    assert execution.closure.abort_metadata.cause == "no longer wanted"
    node = execution.node_executions["n0"]
    assert node.closure.phase == NodeExecutionPhase.ABORTED
    pid = int(path.read_text())
    for _ in range(1000):  # the group gets a polite signal first
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            break
        run.remote.sync(execution)
    else:
        pytest.fail("the task still runs")


def test_terminating_what_has_ended_is_refused(run: Any) -> None:
    from flytekit.exceptions.base import FlyteException

    execution = run.succeed("programs.basics.no_inputs")
    with pytest.raises((FlyteException, grpc.RpcError)) as caught:
        run.remote.terminate(execution, "too late")
    cause = caught.value if isinstance(caught.value, grpc.RpcError) else caught.value.__cause__
    assert cause.code() == grpc.StatusCode.FAILED_PRECONDITION
