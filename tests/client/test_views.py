from __future__ import annotations

from alula.client.views import execution_view
from alula.idl import admin, core
from alula.idl.phase import ExecutionPhase


def test_an_execution_launched_by_a_hidden_launch_plan_has_the_name_of_its_task() -> None:
    hidden = core.Identifier(name=".flytegen.m.train", version="v1")
    closure = admin.ExecutionClosure(workflow_id=hidden, phase=ExecutionPhase.RUNNING)
    for plan in (hidden, core.Identifier()):
        view = execution_view(admin.Execution(spec=admin.ExecutionSpec(launch_plan=plan), closure=closure))
        assert (view.workflow, view.version) == ("m.train", "v1")
