"""One check per node kind: what the node takes, what it yields, what is wrong with it.

The keys of `CHECKS` equal the cases of the IDL's `Node.target`; a test holds them together, so a new kind fails loudly.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from alula.compiler.binding import Scope, Types, binding_type, check_bindings
from alula.compiler.condition import condition_problems
from alula.compiler.interface import castable, is_optional
from alula.compiler.problem import Problem
from alula.compiler.resource import resource_problems
from alula.compiler.task import MAX_NAME, has_control
from alula.idl import core
from alula.idl.identifier import LAUNCH_PLAN, TASK, WORKFLOW, EntityId
from alula.idl.literal import describe_type


@dataclass(frozen=True, slots=True)
class NodeInterface:
    """What a node takes and yields.

    Args:
        inputs: types by name; None if the node takes whatever is bound to it (a branch, a gate).
        required: names that must be bound.
        outputs: types by name; None if they cannot be known because the node is broken.
    """

    inputs: Types | None = None
    required: Collection[str] = ()
    outputs: Types | None = field(default_factory=dict)


BROKEN = NodeInterface(inputs=None, outputs=None)


def interface_of(interface: core.TypedInterface) -> NodeInterface:
    """The node interface of something with a typed interface; optional inputs may stay unbound."""
    inputs = {name: variable.type for name, variable in interface.inputs.variables.items()}
    outputs = {name: variable.type for name, variable in interface.outputs.variables.items()}
    return NodeInterface(inputs, frozenset(name for name, type_ in inputs.items() if not is_optional(type_)), outputs)


class Library:
    """Interfaces of everything nodes may refer to, by id.

    Args:
        interfaces: by entity id, all kinds.
    """

    def __init__(self, interfaces: Mapping[EntityId, NodeInterface]) -> None:
        self._interfaces = interfaces
        # A large graph refers to few entities many times: found again by the id's bytes, without building an EntityId.
        self._by_bytes: dict[tuple[int, bytes], NodeInterface | None] = {}

    def find(self, reference: Any, kind: int) -> NodeInterface | None:
        """The interface behind a reference to an entity of `kind`, or None."""
        key = (kind, reference.SerializeToString())
        if key not in self._by_bytes:
            self._by_bytes[key] = self._interfaces.get(EntityId.from_proto(reference)._replace(resource_type=kind))
        return self._by_bytes[key]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a node is checked against."""

    library: Library
    scope: Scope


Check = Callable[[Any, Surroundings, str], tuple[NodeInterface, list[Problem]]]


def describe_node(node: Any) -> str:
    """A node as messages name it: `node "n3" (train)`."""
    name = node.metadata.name if len(node.metadata.name) <= 100 else f"{node.metadata.name[:99]}…"
    return f'node "{node.id}" ({name})' if name and name != node.id else f'node "{node.id}"'


def check_node(node: Any, around: Surroundings, place: str) -> tuple[Types | None, list[Problem]]:
    """Check one node with its bindings.

    Returns:
        Types of its outputs (None if it is broken), and everything that is wrong.
    """
    kind = node.WhichOneof("target")
    check = CHECKS.get(kind)
    if check is None:
        remedy = "make it a task, workflow, branch, gate or array"
        return None, [Problem("NODE_KIND", place, "the node runs nothing this server knows", remedy)]
    interface, found = check(node, around, place)
    if interface.inputs is not None:
        found += check_bindings(node.inputs, interface.inputs, interface.required, around.scope, place)
    outputs = interface.outputs
    if outputs is not None and node.output_aliases:
        outputs = {**outputs, **{alias.alias: outputs[alias.var] for alias in node.output_aliases if alias.var in outputs}}
    return outputs, found


def _unresolved(reference: Any, kind: int, place: str) -> Problem:
    entity = EntityId.from_proto(reference)._replace(resource_type=kind)
    remedy = "send it in the spec's sub_workflows" if kind == WORKFLOW else "register it first, in exactly this version"
    return Problem("UNRESOLVED", place, f"{entity} is not known", remedy)


def check_task(node: Any, around: Surroundings, place: str) -> tuple[NodeInterface, list[Problem]]:
    """A task node: the task exists, overridden resources make sense."""
    target = node.task_node
    found = resource_problems(target.overrides.resources, place) if target.HasField("overrides") else []
    interface = around.library.find(target.reference_id, TASK)
    if interface is None:
        return BROKEN, [*found, _unresolved(target.reference_id, TASK, place)]
    return interface, found


def check_workflow(node: Any, around: Surroundings, place: str) -> tuple[NodeInterface, list[Problem]]:
    """A workflow node: a sub-workflow within the spec, or a launch plan that is registered."""
    target = node.workflow_node
    case = target.WhichOneof("reference")
    if case is None:
        return BROKEN, [Problem("UNRESOLVED", place, "the node refers to nothing", "name a sub-workflow or a launch plan")]
    kind = WORKFLOW if case == "sub_workflow_ref" else LAUNCH_PLAN
    reference = getattr(target, case)
    interface = around.library.find(reference, kind)
    return (BROKEN, [_unresolved(reference, kind, place)]) if interface is None else (interface, [])


# ---------------------------------------------------------------------------------------------------------------- branches


def inner_nodes(branch: Any) -> Iterator[Any]:
    """The then and else nodes of one branch node, in order; nodes of nested branches are theirs to name."""
    block = branch.branch_node.if_else
    if block.HasField("case"):
        yield block.case.then_node
    for other in block.other:
        yield other.then_node
    if block.HasField("else_node"):
        yield block.else_node


def check_branch(node: Any, around: Surroundings, place: str) -> tuple[NodeInterface, list[Problem]]:
    """A branch: conditions over its own inputs, every case checked, outputs are what all cases share."""
    block = node.branch_node.if_else
    found: list[Problem] = []
    operands: dict[str, Any] = {}
    for binding in node.inputs:
        here = f'{place} input "{binding.var}"'
        if binding.var in operands:
            found.append(Problem("DUPLICATE_BINDING", here, "the input is bound twice", "bind it once"))
            continue
        type_ = binding_type(binding.binding, around.scope, here)
        if isinstance(type_, Problem):
            found.append(type_)
        operands[binding.var] = None if isinstance(type_, Problem) else type_
    if not block.HasField("case"):
        found.append(Problem("BRANCH", place, "the branch has no case", "start it with if_(…).then(…)"))
    if block.WhichOneof("default") is None:
        found.append(Problem("BRANCH", place, "nothing is said for when no case is true", "end it with else_().then(…) or else_().fail(…)"))
    for number, case in enumerate([block.case, *block.other] if block.HasField("case") else block.other):
        found += condition_problems(case.condition, operands, f"{place} condition {number + 1}")
    outputs: list[Types | None] = []
    for inner in inner_nodes(node):
        types, problems = check_node(inner, around, describe_node(inner))
        outputs.append(types)
        found += problems
    return NodeInterface(outputs=_shared(outputs)), found


def _shared(cases: list[Types | None]) -> Types | None:
    """Outputs of the same name and type in every case; None if a case is broken."""
    if any(types is None for types in cases):
        return None
    known = [types for types in cases if types is not None]
    if not known:
        return {}
    return {
        name: type_
        for name, type_ in known[0].items()
        if all(name in types and castable(type_, types[name]) and castable(types[name], type_) for types in known[1:])
    }


# ------------------------------------------------------------------------------------------------------------------- gates


def check_gate(node: Any, around: Surroundings, place: str) -> tuple[NodeInterface, list[Problem]]:
    """A gate: `approve` passes its inputs on, `signal` yields what a person gives, `sleep` yields nothing."""
    target = node.gate_node
    case = target.WhichOneof("condition")
    if case == "sleep":
        if target.sleep.duration.seconds < 0 or target.sleep.duration.nanos < 0:
            return BROKEN, [Problem("GATE", place, "the sleep is negative", "sleep for 0 s or longer")]
        return NodeInterface(inputs={}), []
    if case is None:
        return BROKEN, [Problem("GATE", place, "the gate waits for nothing", "make it an approve, a signal or a sleep")]
    condition = getattr(target, case)
    if (problem := signal_problem(condition.signal_id, place)) is not None:
        return BROKEN, [problem]
    if case == "signal":
        if condition.type.WhichOneof("type") is None:
            return BROKEN, [Problem("GATE", place, "the signal has no type", "say expected_type=…")]
        return NodeInterface(inputs={}, outputs={condition.output_variable_name or "o0": condition.type}), []
    return _approved(node, around, place)


def signal_problem(signal_id: str, place: str) -> Problem | None:
    """What is wrong with the name that a gate waits for: it is part of a key, whose size PostgreSQL bounds."""
    if not signal_id:
        return Problem("GATE", place, "the gate has no name for people to answer to", "name it: approve(x, name, timeout)")
    shown = f"the gate's name {signal_id[:40]!r}"
    if (size := len(signal_id.encode())) > MAX_NAME:
        return Problem("GATE", place, f"{shown} takes {size} bytes", f"use at most {MAX_NAME}, in UTF-8")
    if has_control(signal_id):
        return Problem("GATE", place, f"{shown} holds control characters", "use printable text")
    return None


def _approved(node: Any, around: Surroundings, place: str) -> tuple[NodeInterface, list[Problem]]:
    outputs: dict[str, Any] = {}
    found: list[Problem] = []
    is_known = True
    for binding in node.inputs:
        here = f'{place} input "{binding.var}"'
        type_ = binding_type(binding.binding, around.scope, here)
        if type_ is None or isinstance(type_, Problem):
            found += [type_] if isinstance(type_, Problem) else []
            is_known = False
            continue
        if binding.var in outputs:
            found.append(Problem("DUPLICATE_BINDING", here, "the input is bound twice", "bind it once"))
        outputs[binding.var] = type_
    return NodeInterface(outputs=outputs if is_known else None), found


# ------------------------------------------------------------------------------------------------------------------ arrays


def check_array(node: Any, around: Surroundings, place: str) -> tuple[NodeInterface, list[Problem]]:
    """An array: a task or launch plan over lists; what is not bound once for all is a list, and so is every output."""
    target = node.array_node
    kind = target.node.WhichOneof("target")
    is_launch_plan = kind == "workflow_node" and target.node.workflow_node.WhichOneof("reference") == "launchplan_ref"
    if kind != "task_node" and not is_launch_plan:
        remedy = "map over a task or a launch plan; wrap anything else in a launch plan"
        return BROKEN, [Problem("ARRAY", place, f"an array cannot run a {(kind or 'missing node').replace('_', ' ')}", remedy)]
    found = _array_figures(target, place)
    interface, problems = CHECKS[kind](target.node, around, place)
    found += problems
    if interface.inputs is None or interface.outputs is None:
        return BROKEN, found
    bound = set(target.bound_inputs)
    for name in sorted(bound - interface.inputs.keys()):
        found.append(Problem("ARRAY", f'{place} input "{name}"', "it is bound for all items but there is no such input", "leave it out"))
    is_original = target.is_original_sub_node_interface.value
    inputs = {name: type_ if name in bound or not is_original else _list(type_) for name, type_ in interface.inputs.items()}
    is_lenient = _is_lenient(target)
    outputs = {name: _array_output(type_, is_original, is_lenient) for name, type_ in interface.outputs.items()}
    if not is_original:
        mapped = interface.inputs.keys() - bound
        for name in sorted(name for name in mapped if interface.inputs[name].WhichOneof("type") != "collection_type"):
            shown = describe_type(interface.inputs[name])
            remedy = "map over a list, or set is_original_sub_node_interface"
            found.append(Problem("ARRAY", f'{place} input "{name}"', f"expected a list to map over, got {shown}", remedy))
    return NodeInterface(inputs, interface.required, outputs), found


def _array_figures(target: Any, place: str) -> list[Problem]:
    if target.WhichOneof("success_criteria") == "min_success_ratio" and not 0 <= target.min_success_ratio <= 1:
        return [Problem("ARRAY", place, f"min_success_ratio is {target.min_success_ratio:g}", "choose a share from 0 to 1")]
    return []


def _is_lenient(target: Any) -> bool:
    """Whether the array may succeed with failed items, whose outputs are then None."""
    criteria = target.WhichOneof("success_criteria")
    if criteria == "min_success_ratio":
        return bool(target.min_success_ratio < 1)
    return criteria == "min_successes"


def _list(type_: core.LiteralType) -> core.LiteralType:
    return core.LiteralType(collection_type=type_)


def _array_output(type_: core.LiteralType, is_original: bool, is_lenient: bool) -> core.LiteralType:
    element = type_ if is_original else type_.collection_type
    if not is_original and type_.WhichOneof("type") != "collection_type":
        return type_
    if not is_lenient or is_optional(element):
        return _list(element)
    none = core.LiteralType(simple=core.SimpleType.NONE, structure=core.TypeStructure(tag="none"))
    return _list(core.LiteralType(union_type=core.UnionType(variants=[element, none])))


CHECKS: dict[str, Check] = {
    "task_node": check_task,
    "workflow_node": check_workflow,
    "branch_node": check_branch,
    "gate_node": check_gate,
    "array_node": check_array,
}
