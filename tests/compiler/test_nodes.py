from __future__ import annotations

from typing import Any

from alula.compiler.binding import Scope
from alula.compiler.nodes import CHECKS, Library, NodeInterface, Surroundings, check_node
from alula.idl import core
from alula.idl.identifier import TASK, EntityId
from alula.idl.literal import describe_type

INT = core.LiteralType(simple=core.SimpleType.INTEGER)
STR = core.LiteralType(simple=core.SimpleType.STRING)
LIST = core.LiteralType(collection_type=INT)
ID = core.Identifier(resource_type=TASK, project="p", domain="d", name="t", version="v")


def outputs(node: Any, interface: NodeInterface, inputs: dict[str, Any] | None = None) -> dict[str, str] | None:
    around = Surroundings(Library({EntityId.from_proto(ID): interface}), Scope(inputs=inputs or {}, known=()))
    types, problems = check_node(node, around, "node")
    assert problems == []
    return None if types is None else {name: describe_type(type_) for name, type_ in types.items()}


def array(**fields: Any) -> Any:
    inner = core.Node(task_node=core.TaskNode(reference_id=ID))
    node = core.Node(id="m", array_node=core.ArrayNode(node=inner, **fields))
    for name in ("a", "b"):
        node.inputs.append(core.Binding(var=name, binding=core.BindingData(promise=core.OutputReference(node_id="start-node", var=name))))
    return node


def test_the_checks_are_the_kinds_of_the_idl() -> None:
    assert set(CHECKS) == {field.name for field in core.Node.DESCRIPTOR.oneofs_by_name["target"].fields}


def test_an_array_over_an_item_interface_takes_and_yields_lists() -> None:
    interface = NodeInterface({"a": INT, "b": STR}, ("a", "b"), {"o": INT})
    original = {"is_original_sub_node_interface": {"value": True}, "bound_inputs": ["b"]}
    inputs = {"a": LIST, "b": STR}
    assert outputs(array(**original), interface, inputs) == {"o": "list[int]"}
    assert outputs(array(**original, min_success_ratio=1.0), interface, inputs) == {"o": "list[int]"}
    assert outputs(array(**original, min_success_ratio=0.5), interface, inputs) == {"o": "list[int | None]"}
    assert outputs(array(**original, min_successes=2), interface, inputs) == {"o": "list[int | None]"}


def test_an_array_over_a_list_interface_yields_what_it_says() -> None:
    interface = NodeInterface({"a": LIST, "b": STR}, ("a", "b"), {"o": LIST})
    inputs = {"a": LIST, "b": STR}
    assert outputs(array(bound_inputs=["b"]), interface, inputs) == {"o": "list[int]"}
    assert outputs(array(bound_inputs=["b"], min_success_ratio=0.5), interface, inputs) == {"o": "list[int | None]"}


def test_a_signal_yields_what_a_person_gives() -> None:
    gate = core.GateNode(signal=core.SignalCondition(signal_id="s", type=INT, output_variable_name="answer"))
    assert outputs(core.Node(id="g", gate_node=gate), NodeInterface()) == {"answer": "int"}


def test_an_approval_passes_its_inputs_on() -> None:
    node = core.Node(id="g", gate_node=core.GateNode(approve=core.ApproveCondition(signal_id="s")))
    node.inputs.append(core.Binding(var="x", binding=core.BindingData(promise=core.OutputReference(node_id="start-node", var="a"))))
    assert outputs(node, NodeInterface(), {"a": INT}) == {"x": "int"}


def test_a_branch_yields_what_all_cases_share() -> None:
    node = core.Node(id="b")
    block = node.branch_node.if_else
    comparison = block.case.condition.comparison
    comparison.left_value.primitive.integer = comparison.right_value.primitive.integer = 1
    block.case.then_node.CopyFrom(core.Node(id="n0", task_node=core.TaskNode(reference_id=ID)))
    gate = core.GateNode(signal=core.SignalCondition(signal_id="s", type=INT, output_variable_name="o"))
    block.else_node.CopyFrom(core.Node(id="n1", gate_node=gate))
    assert outputs(node, NodeInterface({}, (), {"o": INT, "p": INT})) == {"o": "int"}
    assert outputs(node, NodeInterface({}, (), {"o": STR})) == {}


def test_an_alias_is_another_name_for_an_output() -> None:
    node = core.Node(id="n", task_node=core.TaskNode(reference_id=ID), output_aliases=[core.Alias(var="o", alias="model")])
    assert outputs(node, NodeInterface({}, (), {"o": INT})) == {"o": "int", "model": "int"}
