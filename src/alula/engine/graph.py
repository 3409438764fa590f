"""A compiled workflow indexed for running: immutable, shared by all executions of a version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from alula.engine.value import Wire, wire
from alula.errors import Internal
from alula.idl import core
from alula.idl.identifier import LAUNCH_PLAN, TASK, WORKFLOW, EntityId
from alula.idl.quantity import parse_bytes, parse_millicores, parse_quantity

START, END = "start-node", "end-node"
SYSTEM_RETRIES = 3


class NodeKind(Enum):
    """The cases of the IDL's `Node.target`, with its two workflow references apart, the two fixed ends of a graph, and traces."""

    START = "start"
    END = "end"
    TASK = "task_node"
    SUBWORKFLOW = "sub_workflow_ref"
    LAUNCH_PLAN = "launchplan_ref"
    BRANCH = "branch_node"
    GATE = "gate_node"
    ARRAY = "array_node"
    TRACE = "trace"  # a function whose result a running task has put on record


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What an attempt asks of a machine: thousandths of a core, bytes (0: not said), devices."""

    cpu_m: int = 0
    mem_bytes: int = 0
    gpu: int = 0
    mem_limit_bytes: int = 0
    disk_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TaskCall:
    """A task as one node calls it: the template with the node's overrides applied. Spans in µs, 0: none."""

    id: EntityId
    template: core.TaskTemplate
    retries: int
    timeout_us: int
    is_cacheable: bool
    cache_version: str
    is_serialized: bool
    ignored_inputs: tuple[str, ...]
    demand: Demand
    image: str
    is_interruptible: bool | None
    outputs: tuple[str, ...]  # names, sorted


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Origin:
    """Where in a running task a call stands, and what it called: by these a later attempt finds its result again.

    Attributes:
        item: of the calling attempt, -1 for an ordinary task.
        key: names the place in the order of calls, equal in every attempt that takes the same way.
        digest: of what is called and its inputs.
        place: `file:line`.
        generation: failures of the caller's own before this call, 0 in its first life.
        after: order of the last answer that the caller had been given by then.
        clock_s: when it was made, by the caller's own clock.
    """

    item: int
    key: str
    digest: bytes
    place: str
    generation: int = 0
    after: int = 0
    clock_s: float = 0.0

    @property
    def node_id(self) -> str:
        """Of the call's node, within its caller."""
        plain = f"i{self.item}-{self.key}" if self.item >= 0 else self.key
        return f"{plain}-r{self.generation}" if self.generation else plain


@dataclass(slots=True, eq=False)
class NodeSpec:
    """One node of a compiled workflow, with what running it needs worked out once."""

    id: str
    kind: NodeKind
    node: core.Node
    bindings: tuple[Wire, ...]
    call: TaskCall | None = None
    reference: EntityId | None = None
    timeout_us: int = 0
    inner: NodeSpec | None = None  # what an array node runs for each item
    outputs: tuple[str, ...] = ()  # names of what a task or launch plan yields, sorted
    aliases: tuple[tuple[str, str], ...] = ()  # (alias, output) by which others may read an output
    cases: tuple[tuple[core.BooleanExpression, NodeSpec], ...] = ()
    otherwise: NodeSpec | None = None
    origin: Origin | None = None  # of a node that a running task called
    given: core.LiteralMap | None = None  # its inputs, which are bound by nobody


@dataclass(slots=True, eq=False)
class Scope:
    """One workflow's nodes and edges.

    `upstream_count[n]` is how many nodes must be terminal before n may start.
    """

    template: core.WorkflowTemplate
    nodes: dict[str, NodeSpec]
    downstream: dict[str, tuple[str, ...]]
    upstream_count: dict[str, int]
    failure_node: NodeSpec | None = None
    finishes_independent: bool = False


@dataclass(slots=True, eq=False)
class Graph:
    """Everything one compiled closure can run."""

    primary: Scope
    subs: dict[EntityId, Scope] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Entities:
    """What nodes refer to: task templates, and the names of the outputs of launch plans."""

    tasks: Mapping[EntityId, core.TaskTemplate]
    plans: Mapping[EntityId, tuple[str, ...]]
    calls: dict[tuple[EntityId, bytes, bytes], TaskCall] = field(default_factory=dict)  # by task, node metadata, overrides


def index_closure(closure: core.CompiledWorkflowClosure) -> Graph:
    """Indexes a closure as the compiler makes it.

    Raises:
        Internal: the closure refers to a task or workflow that it does not hold; the compiler refuses such a graph.
    """
    entities = _Entities(
        tasks={_id_of(t.template.id, TASK): t.template for t in closure.tasks},
        plans={_id_of(p.template.id, LAUNCH_PLAN): tuple(sorted(p.template.interface.outputs.variables)) for p in closure.launch_plans},
    )
    subs = {_id_of(w.template.id, WORKFLOW): _index_workflow(w, entities) for w in closure.sub_workflows}
    return Graph(primary=_index_workflow(closure.primary, entities), subs=subs)


def _id_of(reference: core.Identifier, kind: int) -> EntityId:
    """The id behind a reference; its place says of which kind it is, and not every client repeats that."""
    return EntityId.from_proto(reference)._replace(resource_type=kind)


def _index_workflow(compiled: core.CompiledWorkflow, entities: _Entities) -> Scope:
    template = compiled.template
    nodes = {n.id: _index_node(n, entities) for n in template.nodes}
    downstream = {source: tuple(edges.ids) for source, edges in compiled.connections.downstream.items()}
    counts = dict.fromkeys(nodes, 0)
    for targets in downstream.values():
        for target in targets:
            counts[target] += 1
    failure = _index_node(template.failure_node, entities) if template.HasField("failure_node") else None
    return Scope(
        template=template,
        nodes=nodes,
        downstream=downstream,
        upstream_count=counts,
        failure_node=failure,
        finishes_independent=template.metadata.on_failure == core.WorkflowMetadata.FAIL_AFTER_EXECUTABLE_NODES_COMPLETE,
    )


def index_call(
    node: core.Node,
    origin: Origin,
    given: core.LiteralMap,
    *,
    task: core.TaskTemplate | None = None,
    plan_outputs: tuple[str, ...] = (),
) -> NodeSpec:
    """The spec of one call that a running task makes.

    Args:
        node: what is called, under the call's key; without a target: a trace.
        given: its inputs.
        task: the template, if a task is called.
        plan_outputs: names of the outputs, if a launch plan is called.
    """
    if node.WhichOneof("target") is None:
        return NodeSpec(id=node.id, kind=NodeKind.TRACE, node=node, bindings=(), origin=origin, given=given)
    tasks = {_id_of(node.task_node.reference_id, TASK): task} if task is not None else {}
    plans = {_id_of(node.workflow_node.launchplan_ref, LAUNCH_PLAN): plan_outputs} if plan_outputs else {}
    spec = _index_node(node, _Entities(tasks=tasks, plans=plans))
    spec.origin, spec.given = origin, given
    return spec


def _index_node(node: core.Node, entities: _Entities) -> NodeSpec:
    target = node.WhichOneof("target")
    timeout_us = node.metadata.timeout.ToMicroseconds() if node.metadata.HasField("timeout") else 0
    aliases = tuple((a.alias, a.var) for a in node.output_aliases)
    wires = tuple(wire(b) for b in node.inputs)
    spec = NodeSpec(id=node.id, kind=NodeKind.START, node=node, bindings=wires, timeout_us=timeout_us, aliases=aliases)
    if node.id == START:
        return spec
    if node.id == END:
        spec.kind = NodeKind.END
    elif target == "task_node":
        spec.kind = NodeKind.TASK
        spec.call = _call(node, entities)
        spec.outputs = spec.call.outputs
    elif target == "workflow_node":
        if node.workflow_node.WhichOneof("reference") == "sub_workflow_ref":
            spec.kind, spec.reference = NodeKind.SUBWORKFLOW, _id_of(node.workflow_node.sub_workflow_ref, WORKFLOW)
        else:
            spec.kind, spec.reference = NodeKind.LAUNCH_PLAN, _id_of(node.workflow_node.launchplan_ref, LAUNCH_PLAN)
            spec.outputs = entities.plans.get(spec.reference, ())
    elif target == "branch_node":
        block = node.branch_node.if_else
        cases = [block.case, *block.other]
        spec.kind = NodeKind.BRANCH
        spec.cases = tuple((case.condition, _index_node(case.then_node, entities)) for case in cases)
        spec.otherwise = _index_node(block.else_node, entities) if block.WhichOneof("default") == "else_node" else None
    elif target == "gate_node":
        spec.kind = NodeKind.GATE
    elif target == "array_node":
        spec.kind = NodeKind.ARRAY
        spec.inner = _index_node(node.array_node.node, entities)
    else:
        raise Internal(f'node "{node.id}" has no target; the compiler should have refused it')
    return spec


def _call(node: core.Node, entities: _Entities) -> TaskCall:
    """The node's call; nodes that call a task in the same way share it."""
    task_id = _id_of(node.task_node.reference_id, TASK)
    key = (task_id, node.metadata.SerializeToString(deterministic=True), node.task_node.overrides.SerializeToString(deterministic=True))
    found = entities.calls.get(key)
    if found is None:
        found = entities.calls[key] = _new_call(node, task_id, entities)
    return found


def _new_call(node: core.Node, task_id: EntityId, entities: _Entities) -> TaskCall:
    template = entities.tasks.get(task_id)
    if template is None:
        raise Internal(f'node "{node.id}" calls {task_id}, which its closure does not hold')
    meta, own, overrides = template.metadata, node.metadata, node.task_node.overrides
    timeout = own.timeout if own.HasField("timeout") and own.timeout.ToMicroseconds() else meta.timeout
    outputs = tuple(sorted(template.interface.outputs.variables))
    interruptible: bool | None = None
    if own.WhichOneof("interruptible_value"):
        interruptible = own.interruptible
    elif meta.WhichOneof("interruptible_value"):
        interruptible = meta.interruptible
    is_cacheable = own.cacheable if own.WhichOneof("cacheable_value") else meta.discoverable
    version = own.cache_version if own.WhichOneof("cache_version_value") else meta.discovery_version
    serialized = own.cache_serializable if own.WhichOneof("cache_serializable_value") else meta.cache_serializable
    return TaskCall(
        id=task_id,
        template=template,
        retries=own.retries.retries or meta.retries.retries,
        timeout_us=timeout.ToMicroseconds(),
        is_cacheable=is_cacheable and bool(outputs),
        cache_version=version,
        is_serialized=serialized,
        ignored_inputs=tuple(meta.cache_ignore_input_vars),
        demand=demand_of(template.container.resources, overrides.resources if overrides.HasField("resources") else None),
        image=overrides.container_image or template.container.image,
        is_interruptible=interruptible,
        outputs=outputs,
    )


def demand_of(resources: core.Resources, overrides: core.Resources | None) -> Demand:
    """What is asked for, overrides before the task's own, requests before limits."""
    names = core.Resources.ResourceName
    wanted: dict[int, str] = {}
    memory_limit = ""
    for source in (resources, overrides):
        if source is None:
            continue
        stated = {e.name: e.value for e in source.limits}
        memory_limit = stated.get(names.MEMORY, memory_limit)
        stated.update({e.name: e.value for e in source.requests})
        wanted.update(stated)
    return Demand(
        cpu_m=parse_millicores(wanted.get(names.CPU, "0")),
        mem_bytes=parse_bytes(wanted.get(names.MEMORY, "0")),
        gpu=int(parse_quantity(wanted.get(names.GPU, "0"))),
        mem_limit_bytes=parse_bytes(memory_limit or wanted.get(names.MEMORY, "0")),
        disk_bytes=parse_bytes(wanted.get(names.EPHEMERAL_STORAGE, "0")),
    )
