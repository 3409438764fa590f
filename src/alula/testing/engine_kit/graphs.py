"""Compiled graphs from a few lines of Python, through the real compiler: what tests of runs are written with.

Everything is an integer or a list of integers, because a test of what runs when needs no more:

    book = Book()
    book.task("train", inputs=("lr",), retries=2)
    graph = book.compile(book.flow("main", [book.call("n0", "train", lr=".a")], inputs=("a",), o0="n0.o0"))

A binding is an int (a constant), `".a"` (the workflow's input a), `"n0.o0"` (an output), or a list of these.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from alula.compiler.closure import LaunchPlanInterface, compile_dynamic, compile_workflow, references
from alula.idl import admin, core
from alula.idl.identifier import LAUNCH_PLAN, TASK, WORKFLOW, EntityId

INT = core.LiteralType(simple=core.SimpleType.INTEGER)
ERROR = core.LiteralType(simple=core.SimpleType.ERROR)
BOOLEAN = core.LiteralType(simple=core.SimpleType.BOOLEAN)
NOTHING = core.LiteralType(simple=core.SimpleType.NONE, structure=core.TypeStructure(tag="none"))
MAYBE_INT = core.LiteralType(union_type=core.UnionType(variants=[INT, NOTHING]))
INTS = core.LiteralType(collection_type=INT)
MAYBE_INTS = core.LiteralType(collection_type=MAYBE_INT)

Value: TypeAlias = "int | str | Sequence[Value]"
Types: TypeAlias = "Iterable[str] | Mapping[str, core.LiteralType]"


def literal(value: int | bool | Sequence[Any] | core.Literal | None) -> core.Literal:
    """An integer, a boolean, None, or a list of them as a literal; one that is a literal already as it is."""
    if isinstance(value, core.Literal):
        return value
    if value is None:
        return core.Literal(scalar=core.Scalar(none_type=core.Void()))
    if isinstance(value, bool):
        return core.Literal(scalar=core.Scalar(primitive=core.Primitive(boolean=value)))
    if isinstance(value, int):
        return core.Literal(scalar=core.Scalar(primitive=core.Primitive(integer=value)))
    return core.Literal(collection=core.LiteralCollection(literals=[literal(v) for v in value]))


def literals(**values: Any) -> core.LiteralMap:
    return core.LiteralMap(literals={name: literal(value) for name, value in values.items()})


def plain(value: core.Literal) -> Any:
    """What `literal` was made of."""
    case = value.WhichOneof("value")
    if case == "collection":
        return [plain(v) for v in value.collection.literals]
    if value.scalar.WhichOneof("value") == "primitive":
        return getattr(value.scalar.primitive, value.scalar.primitive.WhichOneof("value") or "integer")
    return None


def plain_map(values: core.LiteralMap | None) -> dict[str, Any]:
    return {name: plain(value) for name, value in (values or core.LiteralMap()).literals.items()}


def _variables(types: Types) -> core.VariableMap:
    pairs = types if isinstance(types, Mapping) else dict.fromkeys(types, INT)
    return core.VariableMap(variables={name: core.Variable(type=type_) for name, type_ in pairs.items()})


def _data(value: Value) -> core.BindingData:
    if isinstance(value, int):
        return core.BindingData(scalar=literal(value).scalar)
    if isinstance(value, str):
        node_id, _, var = value.partition(".")
        return core.BindingData(promise=core.OutputReference(node_id=node_id, var=var))
    return core.BindingData(collection=core.BindingDataCollection(bindings=[_data(v) for v in value]))


def _bind(into: Any, values: Mapping[str, Value]) -> None:
    for var, value in values.items():
        into.append(core.Binding(var=var, binding=_data(value)))


class Book:
    """The tasks, workflows and launch plans of one program."""

    def __init__(self) -> None:
        self.tasks: dict[str, core.TaskTemplate] = {}
        self.flows: dict[str, core.WorkflowTemplate] = {}
        self.plans: dict[str, LaunchPlanInterface] = {}

    @staticmethod
    def _id(kind: int, name: str) -> core.Identifier:
        return core.Identifier(resource_type=kind, project="p", domain="d", name=name, version="v")

    def task(
        self,
        name: str,
        *,
        inputs: Types = ("a",),
        outputs: Types = ("o0",),
        retries: int = 0,
        timeout_s: int = 0,
        cache_version: str = "",
        is_serialized: bool = False,
    ) -> str:
        """A task; cached if it has a cache version."""
        template = core.TaskTemplate(id=self._id(TASK, name), type="python-task", container=core.Container(image="i", args=["run"]))
        template.interface.inputs.CopyFrom(_variables(inputs))
        template.interface.outputs.CopyFrom(_variables(outputs))
        meta = template.metadata
        meta.retries.retries = retries
        meta.discoverable, meta.discovery_version, meta.cache_serializable = bool(cache_version), cache_version, is_serialized
        if timeout_s:
            meta.timeout.FromSeconds(timeout_s)
        self.tasks[name] = template
        return name

    def call(self, node_id: str, task: str, *, after: Sequence[str] = (), **inputs: Value) -> core.Node:
        """A node that calls a task."""
        reference = core.TaskNode(reference_id=self.tasks[task].id)
        return self._node(core.Node(id=node_id, task_node=reference), after, inputs)

    def sub(self, node_id: str, flow: str, *, after: Sequence[str] = (), **inputs: Value) -> core.Node:
        """A node that runs a workflow within this execution."""
        target = core.WorkflowNode(sub_workflow_ref=self.flows[flow].id)
        return self._node(core.Node(id=node_id, workflow_node=target), after, inputs)

    def plan(self, node_id: str, flow: str, *, after: Sequence[str] = (), **inputs: Value) -> core.Node:
        """A node that launches a workflow as an execution of its own."""
        self._plan_of(flow)
        target = core.WorkflowNode(launchplan_ref=self._id(LAUNCH_PLAN, flow))
        return self._node(core.Node(id=node_id, workflow_node=target), after, inputs)

    def _plan_of(self, flow: str) -> None:
        interface = self.flows[flow].interface
        parameters = {
            name: core.Parameter(var=core.Variable(type=variable.type), required=True)
            for name, variable in interface.inputs.variables.items()
        }
        self.plans[flow] = LaunchPlanInterface(core.ParameterMap(parameters=parameters), interface.outputs)

    def branch(
        self,
        node_id: str,
        cases: Sequence[tuple[str, int, core.Node]],
        otherwise: core.Node | None,
        *,
        after: Sequence[str] = (),
        **inputs: Value,
    ) -> core.Node:
        """A branch: (input, bound, node) takes the node if the input is greater than the bound; no `otherwise`: it fails."""
        node = core.Node(id=node_id)
        block = node.branch_node.if_else
        for position, (var, bound, inner) in enumerate(cases):
            case = block.case if position == 0 else block.other.add()
            comparison = case.condition.comparison
            comparison.operator = core.ComparisonExpression.GT
            comparison.left_value.var = var
            comparison.right_value.primitive.integer = bound
            case.then_node.CopyFrom(inner)
        if otherwise is None:
            block.error.failed_node_id, block.error.message = node_id, "no case holds"
        else:
            block.else_node.CopyFrom(otherwise)
        return self._node(node, after, inputs)

    def gate(
        self, node_id: str, kind: str, *, timeout_s: int = 0, after: Sequence[str] = (), sleep_s: int = 0, **inputs: Value
    ) -> core.Node:
        """A gate of kind `approve`, `signal` (an int) or `sleep`; its signal has the node's id."""
        node = core.Node(id=node_id)
        if kind == "sleep":
            node.gate_node.sleep.duration.FromSeconds(sleep_s)
        elif kind == "approve":
            node.gate_node.approve.signal_id = node_id
        else:
            node.gate_node.signal.signal_id = node_id
            node.gate_node.signal.type.CopyFrom(INT)
            node.gate_node.signal.output_variable_name = "o0"
        if timeout_s:
            node.metadata.timeout.FromSeconds(timeout_s)
        return self._node(node, after, inputs)

    def array(
        self,
        node_id: str,
        inner: core.Node,
        *,
        concurrency: int | None = None,
        ratio: float | None = None,
        bound: Sequence[str] = (),
        after: Sequence[str] = (),
        **inputs: Value,
    ) -> core.Node:
        """A node that runs `inner` (a call or a plan) for every element of its lists."""
        node = core.Node(id=node_id)
        node.array_node.node.CopyFrom(inner)
        node.array_node.is_original_sub_node_interface.value = True
        node.array_node.bound_inputs.extend(bound)
        if concurrency is not None:
            node.array_node.parallelism = concurrency
        if ratio is not None:
            node.array_node.min_success_ratio = ratio
        return self._node(node, after, inputs)

    @staticmethod
    def _node(node: core.Node, after: Sequence[str], inputs: Mapping[str, Value]) -> core.Node:
        node.upstream_node_ids.extend(after)
        _bind(node.inputs, inputs)
        return node

    def flow(
        self,
        name: str,
        nodes: Sequence[core.Node],
        *,
        inputs: Types = (),
        types: Mapping[str, core.LiteralType] | None = None,
        on_failure: core.Node | None = None,
        finishes_independent: bool = False,
        **outputs: Value,
    ) -> str:
        """A workflow; `types` are those of outputs that are no integers."""
        template = core.WorkflowTemplate(id=self._id(WORKFLOW, name), nodes=nodes)
        template.interface.inputs.CopyFrom(_variables(inputs))
        template.interface.outputs.CopyFrom(_variables({var: (types or {}).get(var, INT) for var in outputs}))
        _bind(template.outputs, outputs)
        if on_failure is not None:
            template.failure_node.CopyFrom(on_failure)
        if finishes_independent:
            template.metadata.on_failure = core.WorkflowMetadata.FAIL_AFTER_EXECUTABLE_NODES_COMPLETE
        self.flows[name] = template
        return name

    def compile(self, flow: str) -> core.CompiledWorkflowClosure:
        """The closure of a workflow with all that it uses.

        Raises:
            CompileFailed: it does not hold together.
        """
        spec = admin.WorkflowSpec(template=self.flows[flow], sub_workflows=self._subs(self.flows[flow].nodes, self.flows[flow]))
        return compile_workflow(spec, *self._entities(spec))

    def expand(self, task: str, nodes: Sequence[core.Node], **outputs: Value) -> core.CompiledWorkflowClosure:
        """The closure of the graph that a dynamic task writes."""
        template = self.tasks[task]
        spec = core.DynamicJobSpec(nodes=nodes, tasks=list(self.tasks.values()), subworkflows=self._subs(nodes, None))
        _bind(spec.outputs, outputs)
        return compile_dynamic(spec, template.id, template.interface, self._entities(None)[1])

    def _entities(self, spec: admin.WorkflowSpec | None) -> tuple[dict[EntityId, core.TaskTemplate], dict[EntityId, LaunchPlanInterface]]:
        tasks = {EntityId.from_proto(t.id): t for t in self.tasks.values()}
        plans = {EntityId.from_proto(self._id(LAUNCH_PLAN, name)): interface for name, interface in self.plans.items()}
        if spec is None:
            return tasks, plans
        needed_tasks, needed_plans = references(spec)
        return {i: t for i, t in tasks.items() if i in needed_tasks}, {i: p for i, p in plans.items() if i in needed_plans}

    def _subs(self, nodes: Iterable[core.Node], owner: core.WorkflowTemplate | None) -> list[core.WorkflowTemplate]:
        """Every workflow of the book that a graph reaches without launching it."""
        found: dict[str, core.WorkflowTemplate] = {}
        stack = [*nodes, *([owner.failure_node] if owner is not None and owner.HasField("failure_node") else [])]
        while stack:
            node = stack.pop()
            if node.WhichOneof("target") == "branch_node":
                block = node.branch_node.if_else
                stack += [block.case.then_node, *(o.then_node for o in block.other), block.else_node]
            elif node.workflow_node.HasField("sub_workflow_ref"):
                flow = self.flows[node.workflow_node.sub_workflow_ref.name]
                if flow.id.name not in found:
                    found[flow.id.name] = flow
                    stack += [*flow.nodes, flow.failure_node]
        return list(found.values())
