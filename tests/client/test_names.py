from __future__ import annotations

from alula.client.names import Names
from alula.idl import core


def graph(*nodes: core.Node, name: str = "") -> core.CompiledWorkflow:
    return core.CompiledWorkflow(template=core.WorkflowTemplate(id=core.Identifier(name=name), nodes=nodes))


def node(id_: str, name: str, calls: str = "") -> core.Node:
    made = core.Node(id=id_, metadata=core.NodeMetadata(name=name))
    if calls:
        made.workflow_node.sub_workflow_ref.name = calls
    return made


def test_names_through_subworkflows_and_branches() -> None:
    branch = core.Node(id="n2", metadata=core.NodeMetadata(name="when0"))
    branch.branch_node.if_else.case.then_node.CopyFrom(node("n2-then", "publish"))
    branch.branch_node.if_else.else_node.CopyFrom(node("n2-else", "hold", calls="inner"))
    closure = core.CompiledWorkflowClosure(
        primary=graph(node("n0", "load"), node("n1", "sub", calls="inner"), branch),
        sub_workflows=[graph(node("n0", "clean"), name="inner")],
    )
    names = Names(closure)
    assert names.of("n0", "n0") == "load"
    assert names.of("n1-0-n0", "n0") == "clean"
    assert names.of("n2-0-n2-then", "n2-then") == "publish"
    assert names.of("n2-0-n2-else-0-n0", "n0") == "clean"


def test_what_is_not_known_keeps_its_id() -> None:
    names = Names(core.CompiledWorkflowClosure())
    assert names.of("n0", "n0") == "n0"
    assert names.of("n0-0-dn1", "dn1") == "dn1"
