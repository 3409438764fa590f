from __future__ import annotations

import pytest
from tests.compiler import programs
from tests.compiler.specs import rows, serialize

from alula.compiler.closure import compile_workflow
from alula.compiler.launch_plan import compile_launch_plan
from alula.compiler.single_task import single_task_node_id, wrap_task
from alula.idl import core


def test_a_task_is_wrapped_in_a_workflow_of_one_node() -> None:
    tasks = serialize(programs.branching).tasks
    (task,) = tasks.values()
    spec, plan = wrap_task(task)
    closure = compile_workflow(spec, tasks, {})
    assert spec.template.id.name == plan.workflow_id.name == ".flytegen.tests.compiler.programs.double"
    assert plan.workflow_id.resource_type == core.WORKFLOW
    assert [node.id for node in closure.primary.template.nodes] == ["start-node", "end-node", "testscompilerprogramsdouble"]
    assert rows(closure.primary.connections.upstream) == {
        "testscompilerprogramsdouble": ["start-node"],
        "end-node": ["testscompilerprogramsdouble"],
    }
    id_ = core.Identifier(resource_type=core.LAUNCH_PLAN, project="p", domain="d", name=spec.template.id.name, version="v")
    assert compile_launch_plan(id_, plan, spec.template.interface).expected_inputs.parameters["a"].required


@pytest.mark.parametrize(
    ("name", "node_id"),
    [("app.train_model", "apptrainmodel"), ("a-b.c", "a-bc"), ("x" * 80, "x" * 63), ("...", "task"), ("über.täsk", "bertsk")],
)
def test_the_node_is_called_by_the_tail_of_the_task(name: str, node_id: str) -> None:
    assert single_task_node_id(name) == node_id
