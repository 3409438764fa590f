"""Every kind of node runs, and `sync` reads every node with its inputs and outputs."""

from __future__ import annotations

from typing import Any

import pytest
from flytekit.models.core.execution import NodeExecutionPhase


def nodes(execution: Any) -> dict[str, Any]:
    return {key: node for key, node in execution.node_executions.items() if key not in ("start-node", "end-node")}


def assert_all_read(execution: Any) -> None:
    """Every node that succeeded has its values, as deep as the execution goes."""

    def check(node: Any) -> None:
        if node.metadata.spec_node_id in ("start-node", "end-node"):  # which flytekit does not read
            return
        assert node.closure.phase in (NodeExecutionPhase.SUCCEEDED, NodeExecutionPhase.SKIPPED), node.id
        if node.closure.phase == NodeExecutionPhase.SUCCEEDED:
            assert node.outputs is not None, node.id
        for inner in (node._node_executions or {}).values() if hasattr(node, "_node_executions") else ():
            check(inner)
        for inner in node.subworkflow_node_executions.values() if node.subworkflow_node_executions else ():
            check(inner)
        for inner in node.workflow_executions:
            for deep in inner.node_executions.values():
                check(deep)

    for node in nodes(execution).values():
        check(node)


def test_two_tasks_with_every_value_readable(run: Any) -> None:
    execution = run.succeed("programs.basics.two_tasks", {"x": 4})
    assert execution.outputs["o0"] == 9
    assert execution.inputs["x"] == 4
    found = nodes(execution)
    assert set(found) == {"n0", "n1"}
    assert found["n0"].inputs == {"x": 4}
    assert found["n0"].outputs["o0"] == 8
    assert found["n1"].outputs["o0"] == 9
    assert len(found["n0"].task_executions) == 1
    assert "double" in found["n0"].task_executions[0].id.task_id.name


def test_defaults_come_from_the_launch_plan(run: Any) -> None:
    assert run.succeed("programs.basics.two_tasks").outputs["o0"] == 7


def test_named_outputs(run: Any) -> None:
    execution = run.succeed("programs.basics.named_outputs", {"values": [1, 2, 6]})
    assert execution.outputs["total"] == 9
    assert execution.outputs["mean"] == 3.0


def test_order_without_data(run: Any, tmp_path: Any) -> None:
    path = tmp_path / "order.txt"
    run.succeed("programs.basics.ordered", {"path": str(path)})
    assert path.read_text().split() == ["second", "first"]


def test_workflow_without_inputs(run: Any) -> None:
    assert run.succeed("programs.basics.no_inputs").outputs["o0"] == 1


def test_sub_workflow_nodes_lie_below_their_parent(run: Any) -> None:
    execution = run.succeed("programs.graphs.with_subworkflow", {"x": 2})
    assert execution.outputs["o0"] == 105
    parent = nodes(execution)["n0"]
    assert parent.metadata.is_parent_node
    inner = {node.metadata.spec_node_id: node for node in parent.subworkflow_node_executions.values()}
    assert inner["n0"].outputs["o0"] == 4
    assert parent.outputs["o0"] == 5


def test_launch_plan_node_is_an_execution_of_its_own(run: Any) -> None:
    execution = run.succeed("programs.graphs.with_launch_plan", {"x": 2})
    assert execution.outputs["o0"] == 1005
    node = nodes(execution)["n0"]
    child = node.closure.workflow_node_metadata.execution_id
    assert child.name != execution.id.name
    (read,) = node.workflow_executions
    assert read.outputs["o0"] == 5
    found = run.child(child.name)
    assert found.spec.metadata.mode == 4  # CHILD_WORKFLOW
    assert found.spec.metadata.nesting == 1


@pytest.mark.parametrize(("x", "said"), [(5, "said small"), (50, "said large")])
def test_conditional_takes_one_branch(run: Any, x: int, said: str) -> None:
    execution = run.succeed("programs.graphs.choose", {"x": x})
    assert execution.outputs["o0"] == said
    branch = nodes(execution)["n0"]
    phases = {node.metadata.spec_node_id: node.closure.phase for node in branch.subworkflow_node_executions.values()}
    assert list(phases.values()).count(NodeExecutionPhase.SUCCEEDED) == 1


def test_conditional_without_a_true_case_fails_with_its_message(run: Any) -> None:
    execution = run.fail("programs.graphs.choose", {"x": -1})
    assert "not a positive number" in execution.error.message
    assert execution.error.code == "UserProvidedError"


@pytest.mark.parametrize(
    ("x", "flag", "said"), [(1, True, "said flag and one"), (2, True, "said flag and other"), (1, False, "said no flag")]
)
def test_nested_conditional(run: Any, x: int, flag: bool, said: str) -> None:
    assert run.succeed("programs.graphs.choose_nested", {"x": x, "flag": flag}).outputs["o0"] == said


@pytest.mark.parametrize(("x", "result"), [(6, 13), (2, 4)])
def test_conditional_between_a_sub_workflow_and_a_task(run: Any, x: int, result: int) -> None:
    assert run.succeed("programs.graphs.choose_workflow", {"x": x}).outputs["o0"] == result


def test_map_over_a_list(run: Any) -> None:
    execution = run.succeed("programs.graphs.map_all", {"xs": [1, 2, 3, 4, 5]})
    assert execution.outputs["o0"] == [2, 4, 6, 8, 10]
    node = nodes(execution)["n0"]
    assert node.metadata.is_array
    (attempt,) = node.task_executions
    resources = sorted(attempt.closure.metadata.external_resources, key=lambda r: r.index)
    assert [r.index for r in resources] == [0, 1, 2, 3, 4]
    assert {r.phase for r in resources} == {3}  # SUCCEEDED


def test_map_over_nothing(run: Any) -> None:
    assert run.succeed("programs.graphs.map_all", {"xs": []}).outputs["o0"] == []


def test_map_with_a_bound_input(run: Any) -> None:
    assert run.succeed("programs.graphs.map_partial", {"xs": [2, 4]}).outputs["o0"] == [1.0, 2.0]


def test_map_over_two_lists(run: Any) -> None:
    assert run.succeed("programs.graphs.map_two", {"xs": [1, 2], "ys": [10, 20]}).outputs["o0"] == [11, 22]


def test_map_refuses_lists_of_different_lengths(run: Any) -> None:
    execution = run.fail("programs.graphs.map_two", {"xs": [1, 2], "ys": [10]})
    assert "InvalidArrayLength" in execution.error.code


def test_map_fails_with_its_item(run: Any) -> None:
    execution = run.fail("programs.graphs.map_partial", {"xs": [2, 13, 4]})
    assert "thirteen is not divided" in execution.error.message


def test_map_with_a_success_ratio_leaves_none_for_what_failed(run: Any) -> None:
    assert run.succeed("programs.graphs.map_some", {"xs": [2, 13, 4]}).outputs["o0"] == [1.0, None, 2.0]


def test_map_below_its_success_ratio_fails(run: Any) -> None:
    execution = run.fail("programs.graphs.map_some", {"xs": [13, 13, 4]})
    assert "thirteen" in execution.error.message


def test_map_over_a_launch_plan(run: Any) -> None:
    assert run.succeed("programs.graphs.map_plan", {"xs": [1, 2]}).outputs["o0"] == [3, 5]


def test_dynamic_tasks_are_nodes_below_it(run: Any) -> None:
    execution = run.succeed("programs.graphs.dynamic_tasks", {"n": 3})
    assert execution.outputs["o0"] == [0, 2, 4]
    node = nodes(execution)["n0"]
    assert node.metadata.is_dynamic
    inner = node.subworkflow_node_executions
    assert sorted(n.outputs["o0"] for n in inner.values() if "dn" in n.id.node_id) == [0, 2, 4]


def test_dynamic_without_nodes(run: Any) -> None:
    assert run.succeed("programs.graphs.dynamic_tasks", {"n": 0}).outputs["o0"] == []


def test_dynamic_with_a_map_a_conditional_a_sub_workflow_and_a_launch_plan(run: Any) -> None:
    execution = run.succeed("programs.graphs.dynamic_everything", {"n": 4})
    assert execution.outputs["o0"] == 100 + 9 + 9 + 12
    assert_all_read(execution)


def test_dynamic_in_dynamic(run: Any) -> None:
    assert run.succeed("programs.graphs.dynamic_nested", {"n": 2}).outputs["o0"] == 14


def test_imperative_workflow(run: Any) -> None:
    assert run.succeed("graphs.imperative", {"x": 4}).outputs["result"] == 13


def test_node_name_and_id_can_be_overridden(run: Any) -> None:
    execution = run.succeed("programs.graphs.overridden", {"x": 4})
    assert set(nodes(execution)) == {"renamed"}


def test_part_of_an_output(run: Any) -> None:
    assert run.succeed("programs.graphs.attributes").outputs["o0"] == 6


def test_optional_input_may_be_unbound_or_none(run: Any) -> None:
    assert run.succeed("programs.graphs.optional_unbound").outputs["o0"] == "nothing"
    assert run.succeed("programs.graphs.optional_passed").outputs["o0"] == "nothing"
    assert run.succeed("programs.graphs.optional_passed", {"x": 3}).outputs["o0"] == "3"
