from __future__ import annotations

from alula.engine.graph import NodeKind
from alula.idl import core

FIXED_ENDS = {"start", "end"}
OURS = {"trace"}
WORKFLOW_REFERENCES = {"sub_workflow_ref", "launchplan_ref"}


def test_kinds_are_the_targets_of_the_idl() -> None:
    targets = {field.name for field in core.Node.DESCRIPTOR.oneofs_by_name["target"].fields}
    references = {field.name for field in core.WorkflowNode.DESCRIPTOR.oneofs_by_name["reference"].fields}
    assert references == WORKFLOW_REFERENCES
    assert {kind.value for kind in NodeKind} == (targets - {"workflow_node"}) | references | FIXED_ENDS | OURS
