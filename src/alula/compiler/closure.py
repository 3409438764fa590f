"""Templates in, a compiled closure or every problem out: the one gate between what users write and what the engine runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from alula.compiler.binding import END_NODE, START_NODE, Scope, check_bindings, rewrite_start
from alula.compiler.graph import connect, cycle, topological
from alula.compiler.interface import castable
from alula.compiler.nodes import Library, NodeInterface, Surroundings, check_node, describe_node, inner_nodes, interface_of
from alula.compiler.problem import Problem
from alula.compiler.task import compile_task, id_problems, interface_problems
from alula.errors import CompileFailed
from alula.idl import admin, core
from alula.idl.identifier import LAUNCH_PLAN, TASK, WORKFLOW, EntityId

__all__ = ["LaunchPlanInterface", "compile_dynamic", "compile_task", "compile_workflow", "references"]

# Node ids become parts of object paths and of names; flytekit writes n0, dn0, fn0 or what the user chose.
_NODE_ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.\-]*[A-Za-z0-9_])?")
MAX_NODE_ID = 255

# More problems than this help nobody, and the answer has to fit a gRPC trailer.
MAX_PROBLEMS = 50


@dataclass(frozen=True, slots=True)
class LaunchPlanInterface:
    """What a launch plan node sees of a registered launch plan."""

    expected_inputs: core.ParameterMap
    expected_outputs: core.VariableMap
    fixed_inputs: core.LiteralMap = field(default_factory=core.LiteralMap)

    def node_interface(self) -> NodeInterface:
        """As a node: fixed inputs are not there to be bound, those with a default need not be."""
        parameters = {name: entry for name, entry in self.expected_inputs.parameters.items() if name not in self.fixed_inputs.literals}
        return NodeInterface(
            inputs={name: entry.var.type for name, entry in parameters.items()},
            required=frozenset(name for name, entry in parameters.items() if entry.required),
            outputs={name: variable.type for name, variable in self.expected_outputs.variables.items()},
        )

    def template(self, id_: EntityId) -> core.LaunchPlanTemplate:
        """As the compiled closure carries it."""
        template = core.LaunchPlanTemplate(id=id_.to_proto(), fixed_inputs=self.fixed_inputs)
        for name in sorted(self.expected_inputs.parameters):
            if name not in self.fixed_inputs.literals:
                template.interface.inputs.variables[name].CopyFrom(self.expected_inputs.parameters[name].var)
        template.interface.outputs.CopyFrom(self.expected_outputs)
        return template


# -------------------------------------------------------------------------------------------------------------- references


def references(spec: admin.WorkflowSpec) -> tuple[set[EntityId], set[EntityId]]:
    """What must be registered before the workflow compiles: ids of tasks and of launch plans.

    Sub-workflows are not among them: they travel inside the spec.
    """
    tasks: set[EntityId] = set()
    plans: set[EntityId] = set()
    for template in (spec.template, *spec.sub_workflows):
        _gather(template, tasks, plans)
    return tasks, plans


def _gather(template: Any, tasks: set[EntityId], plans: set[EntityId]) -> None:
    seen: set[bytes] = set()
    for node in every_node(template):
        kind = node.WhichOneof("target")
        if kind == "task_node":
            reference, kind_of, into = node.task_node.reference_id, TASK, tasks
        elif kind == "workflow_node" and node.workflow_node.WhichOneof("reference") == "launchplan_ref":
            reference, kind_of, into = node.workflow_node.launchplan_ref, LAUNCH_PLAN, plans
        else:
            continue
        key = reference.SerializeToString()
        if key not in seen:
            seen.add(key)
            into.add(EntityId.from_proto(reference)._replace(resource_type=kind_of))


def every_node(template: Any) -> Iterator[Any]:
    """Every node of a workflow, those inside branches and arrays and the failure node included."""
    for node in template.nodes:
        yield from _with_inner(node)
    if template.HasField("failure_node"):
        yield from _with_inner(template.failure_node)


def _with_inner(node: Any) -> Iterator[Any]:
    yield node
    kind = node.WhichOneof("target")
    if kind == "branch_node":
        for inner in inner_nodes(node):
            yield from _with_inner(inner)
    elif kind == "array_node" and node.array_node.HasField("node"):
        yield from _with_inner(node.array_node.node)


# ------------------------------------------------------------------------------------------------------------ one workflow


class _Build:
    """Compiles one workflow template; problems gather in `problems`."""

    def __init__(self, template: core.WorkflowTemplate, library: Library) -> None:
        self.problems: list[Problem] = []
        self.compiled = core.CompiledWorkflow()
        self._source = template
        self._library = library
        # Ids waited for, by node id; a branch waits for what its inner nodes read, too.
        self._edges: dict[str, set[str]] = {}
        # The rows that only `connections.upstream` has: nodes inside branches and the failure node.
        self._inner_rows: dict[str, set[str]] = {}
        self._nodes: dict[str, Any] = {}
        inputs = {name: variable.type for name, variable in template.interface.inputs.variables.items()}
        self._scope = Scope(inputs=inputs, known=self._nodes.keys())

    def build(self) -> core.CompiledWorkflow:
        """Compile; what comes back is meant to be used only if `problems` stays empty."""
        self.problems += interface_problems(self._source.interface, "")
        if not self._source.nodes:
            self.problems.append(Problem("EMPTY_WORKFLOW", "workflow", "it has no nodes", "call at least one task in it"))
        self._adopt_nodes()
        self._check_nodes()
        end = self._adopt_outputs()
        failure_node = self._adopt_failure_node()
        if not self.problems:
            self._connect(end, failure_node)
        return self.compiled

    def _adopt_nodes(self) -> None:
        """Copy the template with start-node and end-node in front, make promises explicit, name inner nodes, note edges."""
        template = self.compiled.template
        source = self._source
        for descriptor, value in source.ListFields():
            if descriptor.name not in ("nodes", "outputs", "failure_node"):
                getattr(template, descriptor.name).CopyFrom(value)
        template.nodes.add(id=START_NODE)
        template.nodes.add(id=END_NODE)
        template.nodes.extend(source.nodes)
        template.outputs.extend(source.outputs)
        for position, node in enumerate(template.nodes):
            if position < 2:
                continue
            node_id = node.id
            problem = self._id_problem(node_id, position - 2)
            if problem is not None:
                self.problems.append(problem)
                continue
            self._nodes[node_id] = node
            edges = self._adopt(node)
            self._edges[node_id] = edges
            if node.WhichOneof("target") == "branch_node":
                # A branch may start only when whatever its chosen case reads is there, so it waits for all of that.
                edges |= self._adopt_inner(node) - {START_NODE}

    def _id_problem(self, node_id: str, position: int) -> Problem | None:
        place = f'node "{node_id}"' if node_id else f"node number {position + 1}"
        if node_id in (START_NODE, END_NODE):
            return Problem("NODE_ID", place, "the id is reserved", "choose another one")
        if node_id in self._nodes or node_id in self._inner_rows:
            return Problem("NODE_ID", place, "two nodes have this id", "give each node its own id")
        if len(node_id) > MAX_NODE_ID:
            return Problem("NODE_ID", place, f"the id has {len(node_id)} characters", f"use at most {MAX_NODE_ID}")
        if _NODE_ID.fullmatch(node_id) is None:
            return Problem("NODE_ID", place, "this is no node id", "use letters, digits, '-', '_' and '.'; begin with a letter or digit")
        return None

    def _adopt(self, node: Any) -> set[str]:
        sources = rewrite_start(node.inputs)
        ids = node.upstream_node_ids
        if ids:
            if len(ids) > 1:
                ids[:] = sorted(ids)
            sources.update(ids)
        return sources

    def _adopt_inner(self, branch: Any) -> set[str]:
        """Name then and else nodes `<branch>-<inner>`, nested ones too; the ids they wait for are those of top-level nodes."""
        needed: set[str] = set()
        for inner in inner_nodes(branch):
            inner.id = node_id = f"{branch.id}-{inner.id}"
            problem = self._id_problem(node_id, 0)
            if problem is not None:
                self.problems.append(problem)
                continue
            sources = self._adopt(inner)
            self._inner_rows[node_id] = sources
            needed |= sources
            if inner.WhichOneof("target") == "branch_node":
                needed |= self._adopt_inner(inner)
        return needed

    def _check_nodes(self) -> None:
        order, stuck = topological(self._edges)
        if stuck:
            path = cycle(self._edges, stuck)
            remedy = "remove one of these dependencies"
            self.problems.append(Problem("CYCLE", f'node "{path[0]}"', f"it waits for itself: {' → '.join(path)}", remedy))
        around = Surroundings(self._library, self._scope)
        for node_id in order:
            node = self._nodes[node_id]
            outputs, found = check_node(node, around, describe_node(node))
            self._scope.outputs[node_id] = outputs
            self.problems += found

    def _adopt_outputs(self) -> set[str]:
        """Check the workflow's outputs and make them end-node's inputs; returns the ids they come from."""
        template = self.compiled.template
        sources = rewrite_start(template.outputs)
        wanted = {name: variable.type for name, variable in template.interface.outputs.variables.items()}
        self.problems += check_bindings(template.outputs, wanted, wanted.keys(), self._scope, "workflow", "output")
        template.nodes[1].inputs.extend(template.outputs)
        return sources

    def _adopt_failure_node(self) -> str:
        """Check the failure node; returns its id, or nothing."""
        if not self._source.HasField("failure_node"):
            return ""
        node = self.compiled.template.failure_node
        node.CopyFrom(self._source.failure_node)
        place = f"failure {describe_node(node)}"
        problem = self._id_problem(node.id, 0)
        if problem is not None:
            self.problems.append(problem)
            return ""
        self._inner_rows[node.id] = self._adopt(node)
        if node.WhichOneof("target") == "branch_node":
            self._adopt_inner(node)
        # It runs when others have failed: only what the workflow was given is sure to be there.
        scope = Scope(inputs=self._scope.inputs, known=())
        found = check_node(node, Surroundings(self._library, scope), place)[1]
        filled = {f'{place} input "{name}"' for name in self._error_inputs(node)}
        self.problems += [problem for problem in found if problem.code != "MISSING_INPUT" or problem.place not in filled]
        return str(node.id)

    def _error_inputs(self, node: Any) -> list[str]:
        """Inputs of the failure node that the engine fills in: those of type ERROR."""
        interface = self._library.find(node.task_node.reference_id, TASK) if node.WhichOneof("target") == "task_node" else None
        inputs = interface.inputs if interface is not None else None
        error = core.LiteralType(simple=core.SimpleType.ERROR)
        return [name for name, type_ in (inputs or {}).items() if castable(error, type_)]

    def _connect(self, end: set[str], failure_node: str) -> None:
        upstream, downstream = connect(self._edges, end)
        for node_id, sources in self._inner_rows.items():
            if sources:
                upstream[node_id] = sorted(sources)
            elif node_id == failure_node:
                upstream[node_id] = [START_NODE]
        connections = self.compiled.connections
        for rows, into in ((upstream, connections.upstream), (downstream, connections.downstream)):
            for node_id in sorted(rows):
                into[node_id].ids.extend(rows[node_id])


# ------------------------------------------------------------------------------------------------------------ the closure


def compile_workflow(
    spec: admin.WorkflowSpec,
    tasks: Mapping[EntityId, core.TaskTemplate],
    launch_plans: Mapping[EntityId, LaunchPlanInterface],
    max_nodes: int = 100_000,
) -> core.CompiledWorkflowClosure:
    """Compile what a client sent.

    Args:
        spec: the workflow with its sub-workflows.
        tasks: templates of at least the tasks in `references(spec)`; missing ones become problems.
        launch_plans: interfaces of at least the launch plans in `references(spec)`; missing ones become problems.
        max_nodes: most nodes in the workflow and its sub-workflows, those inside branches included.
    Returns:
        The closure: start-node and end-node in place, connections, sub-workflows, tasks and launch plans sorted by id.
    Raises:
        CompileFailed: with every problem found.
    """
    what = str(EntityId.from_proto(spec.template.id)._replace(resource_type=WORKFLOW))
    problems = id_problems(spec.template.id, WORKFLOW)
    subs, found = _sub_workflows(spec)
    problems += found
    problems += _size_problems((spec.template, *subs.values()), max_nodes)
    if problems:
        raise _failed(what, problems)
    task_ids, plan_ids = references(spec)
    interfaces = {id_: interface_of(tasks[id_].interface) for id_ in task_ids if id_ in tasks}
    interfaces |= {id_: launch_plans[id_].node_interface() for id_ in plan_ids if id_ in launch_plans}
    interfaces |= {id_: interface_of(template.interface) for id_, template in subs.items()}
    library = Library(interfaces)
    closure = core.CompiledWorkflowClosure()
    closure.primary.CopyFrom(_built(spec.template, library, "", problems))
    for id_ in sorted(subs):
        closure.sub_workflows.append(_built(subs[id_], library, f"{id_.name} ", problems))
    if problems:
        raise _failed(what, problems)
    for id_ in sorted(task_ids):
        closure.tasks.add(template=tasks[id_])
    for id_ in sorted(plan_ids):
        closure.launch_plans.add(template=launch_plans[id_].template(id_))
    return closure


def compile_dynamic(
    spec: core.DynamicJobSpec,
    id: core.Identifier,
    interface: core.TypedInterface,
    launch_plans: Mapping[EntityId, LaunchPlanInterface],
    max_nodes: int = 100_000,
) -> core.CompiledWorkflowClosure:
    """Compile what the body of a dynamic task wrote (`futures.pb`).

    Args:
        spec: nodes, outputs, and every task and sub-workflow they use.
        id: what the compiled workflow is called; of the dynamic task or of the parent workflow.
        interface: of the dynamic task.
        launch_plans: interfaces of the registered launch plans that nodes use.
        max_nodes: as for `compile_workflow`.
    Raises:
        CompileFailed: with every problem found.
    """
    workflow = admin.WorkflowSpec(sub_workflows=spec.subworkflows)
    workflow.template.id.CopyFrom(id)
    workflow.template.id.resource_type = WORKFLOW
    workflow.template.interface.CopyFrom(interface)
    workflow.template.nodes.extend(spec.nodes)
    workflow.template.outputs.extend(spec.outputs)
    tasks = {EntityId.from_proto(task.id)._replace(resource_type=TASK): task for task in spec.tasks}
    return compile_workflow(workflow, tasks, launch_plans, max_nodes)


def _built(template: Any, library: Library, prefix: str, problems: list[Problem]) -> core.CompiledWorkflow:
    build = _Build(template, library)
    compiled = build.build()
    problems += [Problem(entry.code, prefix + entry.place, entry.message, entry.remedy) for entry in build.problems]
    return compiled


def _failed(what: str, problems: list[Problem]) -> CompileFailed:
    lines = [str(problem) for problem in dict.fromkeys(problems)]
    if len(lines) > MAX_PROBLEMS:
        lines = [*lines[:MAX_PROBLEMS], f"… and {len(lines) - MAX_PROBLEMS} more"]
    return CompileFailed(what, lines)


def _sub_workflows(spec: admin.WorkflowSpec) -> tuple[dict[EntityId, Any], list[Problem]]:
    """Sub-workflows by id, each once; problems if two differ under one id or one contains itself."""
    found: list[Problem] = []
    subs: dict[EntityId, Any] = {}
    for template in spec.sub_workflows:
        id_ = EntityId.from_proto(template.id)._replace(resource_type=WORKFLOW)
        if id_ in subs and subs[id_] != template:
            found.append(Problem("SUB_WORKFLOW", str(id_), "the spec holds two different ones under this id", "send one of them"))
        subs[id_] = template
    primary = EntityId.from_proto(spec.template.id)._replace(resource_type=WORKFLOW)
    uses = {id_: _used_workflows(template) for id_, template in {**subs, primary: spec.template}.items()}
    stuck = topological({str(id_): {str(used) for used in sources} for id_, sources in uses.items()})[1]
    if stuck:
        names = {str(id_): {str(used) for used in sources} for id_, sources in uses.items()}
        path = " → ".join(reversed(cycle(names, stuck)))
        found.append(Problem("RECURSION", stuck[0], f"the workflow contains itself: {path}", "start it again by a launch plan instead"))
    return subs, found


def _used_workflows(template: Any) -> set[EntityId]:
    return {
        EntityId.from_proto(node.workflow_node.sub_workflow_ref)._replace(resource_type=WORKFLOW)
        for node in every_node(template)
        if node.WhichOneof("target") == "workflow_node" and node.workflow_node.WhichOneof("reference") == "sub_workflow_ref"
    }


def _size_problems(templates: Iterable[Any], max_nodes: int) -> list[Problem]:
    count = sum(1 for template in templates for _ in every_node(template))
    if count <= max_nodes:
        return []
    remedy = "map over a list with an array node, or split the work into launch plans"
    return [Problem("NODE_LIMIT", "workflow", f"it has {count} nodes, at most {max_nodes} are allowed", remedy)]
