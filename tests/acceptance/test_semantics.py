"""The traps: what a program can observe, where a re-implementation is likely to differ."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from flyteidl.admin import execution_pb2, node_execution_pb2
from flyteidl.core import identifier_pb2
from flytekit import Options
from flytekit.models.core.execution import NodeExecutionPhase, TaskExecutionPhase, WorkflowExecutionPhase


def overlaps(spans: list[list[float]]) -> bool:
    ordered = sorted(spans)
    return any(later[0] < earlier[1] for earlier, later in itertools.pairwise(ordered))


def test_map_concurrency_bounds_what_runs_at_once(run: Any) -> None:
    execution = run.succeed("programs.semantics.limited_map", {"xs": [1, 2, 3]})
    assert not overlaps(execution.outputs["o0"])


def test_max_parallelism_bounds_the_nodes(run: Any) -> None:
    execution = run.succeed("programs.semantics.three_spans", options=Options(max_parallelism=1))
    assert not overlaps([execution.outputs[f"o{i}"] for i in range(3)])


def test_items_of_a_map_are_retried_one_by_one(run: Any, tmp_path: Path) -> None:
    execution = run.succeed("programs.semantics.map_retries", {"folder": str(tmp_path), "xs": [0, 1, 2, 3]})
    assert execution.outputs["o0"] == [1, 2, 1, 2]


def test_items_of_a_map_are_cached_one_by_one(run: Any, tmp_path: Path) -> None:
    run.succeed("programs.semantics.map_cached", {"folder": str(tmp_path), "xs": [1, 2]})
    second = run.succeed("programs.semantics.map_cached", {"folder": str(tmp_path), "xs": [1, 2, 3]})
    assert second.outputs["o0"] == [10, 20, 30]
    assert len(list(tmp_path.iterdir())) == 3
    (attempt,) = second.node_executions["n0"].task_executions
    statuses = [r.cache_status for r in sorted(attempt.closure.metadata.external_resources, key=lambda r: r.index)]
    assert statuses == [2, 2, 3]  # HIT, HIT, POPULATED


def wait_for_file(execution: Any, run: Any, path: Path) -> None:
    while not path.exists() or not path.read_text():
        run.remote.sync(execution)
        assert not execution.is_done


def test_terminating_a_parent_terminates_its_child(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "pid"
    execution = run.start("programs.semantics.hanging_parent", {"path": str(path)})
    wait_for_file(execution, run, path)
    run.remote.terminate(execution, "all of it")
    execution = run.finish(execution)
    assert execution.closure.phase == WorkflowExecutionPhase.ABORTED
    child = run.child(execution.node_executions["n0"].closure.workflow_node_metadata.execution_id.name)
    assert child.closure.phase == WorkflowExecutionPhase.ABORTED


def test_child_is_named_after_its_node(run: Any) -> None:
    execution = run.succeed("programs.graphs.with_launch_plan", {"x": 1})
    child = execution.node_executions["n0"].closure.workflow_node_metadata.execution_id.name
    assert child == f"{execution.id.name}-n0-0"


def test_failing_failure_node_is_the_error(run: Any) -> None:
    execution = run.fail("programs.semantics.failure_node_fails", {"x": 1})
    assert "the clean-up broke" in execution.error.message


def test_failure_node_may_be_a_workflow(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "note"
    execution = run.fail("programs.semantics.failure_workflow", {"path": str(path), "x": 3})
    assert "no luck with 3" in path.read_text()
    assert "no luck with 3" in execution.error.message


def test_retries_of_the_node_replace_those_of_the_task(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "n"
    run.fail("programs.semantics.overridden_retries", {"path": str(path)})
    assert path.read_text() == "xx"


def test_timeout_of_the_node(run: Any, tmp_path: Path) -> None:
    execution = run.fail("programs.semantics.overridden_timeout", {"path": str(tmp_path / "pid")})
    assert "TimeoutExpired" in execution.error.code


def test_cache_of_the_node(run: Any) -> None:
    first = run.succeed("programs.semantics.overridden_cache", {"x": 77})
    second = run.succeed("programs.semantics.overridden_cache", {"x": 77})
    assert first.outputs["o0"] == second.outputs["o0"]


@pytest.mark.parametrize(("x", "result"), [(6, 113), (1, 104)])
def test_ids_inside_a_branch_may_be_those_outside(run: Any, x: int, result: int) -> None:
    assert run.succeed("programs.semantics.renamed_inside", {"x": x}).outputs["o0"] == result


@pytest.mark.parametrize(
    ("s", "f", "said"), [("yes", 0.0, "was yes"), ("no", 1.5, "was more"), ("also", 0.0, "was more"), ("no", 0.0, "was neither")]
)
def test_comparisons(run: Any, s: str, f: float, said: str) -> None:
    assert run.succeed("programs.semantics.compare_strings", {"s": s, "f": f}).outputs["o0"] == said


def test_error_in_the_body_of_a_dynamic(run: Any) -> None:
    assert "the body broke" in run.fail("programs.semantics.dynamic_broken", {"x": 1}).error.message
    assert run.succeed("programs.semantics.dynamic_broken", {"x": 0}).outputs["o0"] == 0


def test_error_of_a_task_inside_a_dynamic(run: Any) -> None:
    execution = run.fail("programs.semantics.dynamic_inner_fails", {"x": 4})
    assert "no luck with 4" in execution.error.message
    assert execution.node_executions["n0"].closure.phase == NodeExecutionPhase.FAILED


def test_recover_does_not_run_the_body_of_a_dynamic_again(run: Any, raw: Any, tmp_path: Path) -> None:
    path = tmp_path / "body"
    first = run.fail("programs.semantics.dynamic_recovered", {"n": 3, "path": str(path)})
    (tmp_path / "body.ok").touch()
    execution = run.child(raw.recover_execution(first.id).name)
    assert execution.closure.phase == WorkflowExecutionPhase.SUCCEEDED, execution.error
    assert execution.outputs["o0"] == 7
    assert path.read_text() == "x"


def test_recover_recovers_the_child(run: Any, raw: Any, tmp_path: Path) -> None:
    path = tmp_path / "c"
    first = run.fail("programs.semantics.parent_recovered", {"path": str(path)})
    path.touch()
    execution = run.child(raw.recover_execution(first.id).name)
    assert execution.outputs["o0"] == 2


def test_recover_of_what_succeeded_is_accepted(run: Any, raw: Any) -> None:
    first = run.succeed("programs.basics.two_tasks", {"x": 1})
    assert run.child(raw.recover_execution(first.id).name).outputs["o0"] == 3


def test_start_and_end_node(run: Any, raw: Any) -> None:
    execution = run.succeed("programs.basics.two_tasks", {"x": 1})
    request = node_execution_pb2.NodeExecutionListRequest(workflow_execution_id=execution.id.to_flyte_idl(), limit=10)
    found = {n.id.node_id: n for n in raw._stub.ListNodeExecutions(request).node_executions}
    assert set(found) == {"start-node", "n0", "n1", "end-node"}
    assert not found["start-node"].input_uri
    assert not found["start-node"].closure.HasField("started_at")
    assert found["n0"].input_uri
    assert found["n0"].closure.output_uri
    assert not found["end-node"].closure.output_uri


def test_node_of_a_single_task_is_named_after_it(run: Any) -> None:
    task = run.remote.fetch_task(name="programs.basics.double", version=run.version)
    execution = run.finish(run.remote.execute(task, inputs={"x": 2}))
    (node,) = [key for key in execution.node_executions if key not in ("start-node", "end-node")]
    assert node == "programsbasicsdouble"
    assert execution.spec.launch_plan.resource_type == 1  # TASK


def test_values_lie_where_flytes_layout_has_them(run: Any, server: Any) -> None:
    execution = run.succeed("programs.basics.two_tasks", {"x": 1})
    root = server.home / "store" / "metadata" / "propeller" / f"default-development-{execution.id.name}"
    node = execution.node_executions["n0"]
    assert node.input_uri == str(root / "n0" / "data" / "inputs.pb")
    assert node.closure.output_uri == str(root / "n0" / "data" / "0" / "outputs.pb")
    assert Path(node.input_uri).exists()
    assert Path(node.closure.output_uri).exists()


def test_request_inputs_beat_those_of_the_spec(run: Any, raw: Any, name: str) -> None:
    request = execution_pb2.ExecutionCreateRequest(project="default", domain="development", name=name)
    plan = identifier_pb2.Identifier(
        resource_type=identifier_pb2.LAUNCH_PLAN,
        project="default",
        domain="development",
        name="programs.basics.two_tasks",
        version=run.version,
    )
    request.spec.launch_plan.CopyFrom(plan)
    request.inputs.literals["x"].scalar.primitive.integer = 10
    request.spec.inputs.literals["x"].scalar.primitive.integer = 20
    raw._stub.CreateExecution(request)
    assert run.child(name).outputs["o0"] == 21


def test_aborted_node_says_why(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "pid"
    execution = run.start("programs.failing.hanging", {"path": str(path)})
    wait_for_file(execution, run, path)
    run.remote.terminate(execution, "enough")
    node = run.finish(execution).node_executions["n0"]
    assert node.closure.error.code == "NodeAborted"
    assert node.task_executions[0].closure.phase == TaskExecutionPhase.ABORTED


def test_logs_are_linked(run: Any) -> None:
    execution = run.succeed("programs.semantics.printing", {"n": 3})
    (attempt,) = execution.node_executions["n0"].task_executions
    with urlopen(attempt.closure.logs[0].uri) as page:
        text = page.read().decode()
    assert "line 0\nline 1\nline 2\n" in text


def test_connections_of_the_compiled_workflow(run: Any) -> None:
    from flyteidl.admin import common_pb2

    workflow = run.remote.fetch_workflow(name="programs.graphs.choose_workflow", version=run.version)
    full = run.remote.client._stub.GetWorkflow(common_pb2.ObjectGetRequest(id=workflow.id.to_flyte_idl()))
    connections = full.closure.compiled_workflow.primary.connections
    assert list(connections.downstream["start-node"].ids) == ["n0"]
    assert list(connections.downstream["n0"].ids) == ["end-node"]
