"""Entities as IDL: everything a registration needs, dependencies first."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from google.protobuf.duration_pb2 import Duration

from alula.errors import DefinitionError
from alula.idl import admin, core
from alula.idl.command import OurCommand, our_arguments
from alula.idl.v1 import service_pb2
from alula.sdk.command import CommandTask
from alula.sdk.dynamic import Built, Dynamic
from alula.sdk.entity import Entity
from alula.sdk.environment import IMAGES, Shared, Used
from alula.sdk.graph import Graph, Node, binding
from alula.sdk.interface import Interface, located
from alula.sdk.launch_plan import LaunchPlan, default_plan
from alula.sdk.named import called_in, named_in
from alula.sdk.overrides import Overrides
from alula.sdk.promise import Promise
from alula.sdk.reference import Reference
from alula.sdk.resources import Resources
from alula.sdk.task import Task
from alula.sdk.workflow import Workflow

IMAGE = "alula"
FLAVOR = "alula"

_RESOURCES = {
    "cpu": core.Resources.CPU,
    "mem": core.Resources.MEMORY,
    "gpu": core.Resources.GPU,
    "disk": core.Resources.EPHEMERAL_STORAGE,
}
_POLICIES = {
    "fail-immediately": core.WorkflowMetadata.FAIL_IMMEDIATELY,
    "finish-independent": core.WorkflowMetadata.FAIL_AFTER_EXECUTABLE_NODES_COMPLETE,
}


@dataclass(frozen=True, slots=True)
class Settings:
    """What entities are registered as.

    Args:
        project: of every id.
        domain: of every id.
        version: of every id.
        bundle: URI of the code bundle a worker loads the tasks from; empty: the code is installed there.
        image: container image of tasks that name none.
        images: image by environment, as resolved; None: nothing is resolved yet, environments are only gathered.
    """

    project: str
    domain: str
    version: str
    bundle: str = ""
    image: str = IMAGE
    images: Mapping[str, str] | None = field(default_factory=dict)


def environments_of(entities: Iterable[Any], settings: Settings) -> list[Shared]:
    """The environments that the entities and everything they call run in, those that packages are installed for.

    Raises:
        DefinitionError: two of one name differ, and whatever `serialize` raises.
    """
    gathering = Serializer(replace(settings, images=None))
    gathering.run(entities)
    return [one for one in gathering.used.found.values() if one.is_built]


def serialize(entities: Iterable[Any], settings: Settings) -> service_pb2.RegisterRequest:
    """A request that registers the entities and everything they call.

    Tasks come first, then workflows and launch plans, each after what it depends on. Every workflow brings its default
    launch plan, of the same name and version, which carries the defaults of its inputs.

    Args:
        entities: tasks, workflows, launch plans; what they call is found by itself.
    Raises:
        DefinitionError: misuse in a workflow, or two different entities of one name.
    """
    return Serializer(settings).run(entities)


def duration(span: dt.timedelta) -> Duration:
    made = Duration()
    made.FromTimedelta(span)
    return made


def resources(wanted: Resources) -> core.Resources:
    """Requests and limits as the IDL's."""
    made = core.Resources()
    for name, (request, limit) in wanted.pairs().items():
        made.requests.add(name=_RESOURCES[name], value=request)
        if limit:
            made.limits.add(name=_RESOURCES[name], value=limit)
    return made


def _described(docstring: str) -> admin.DescriptionEntity | None:
    if not docstring:
        return None
    return admin.DescriptionEntity(
        short_description=docstring.strip().split("\n\n")[0].replace("\n", " "),
        long_description=admin.Description(value=docstring, format=admin.DescriptionFormat.DESCRIPTION_FORMAT_MARKDOWN),
    )


class Serializer:
    """One registration in the making."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.request = service_pb2.RegisterRequest()
        self.seen: dict[tuple[str, str], Any] = {}
        self.templates: dict[int, core.WorkflowTemplate] = {}
        self.used = Used(settings.images)

    def run(self, entities: Iterable[Any]) -> service_pb2.RegisterRequest:
        for entity in entities:
            self.add(entity.origin if isinstance(entity, Entity) else entity)
        return self.request

    def identifier(self, kind: int, name: str) -> core.Identifier:
        s = self.settings
        return core.Identifier(resource_type=kind, project=s.project, domain=s.domain, name=name, version=s.version)

    def add(self, entity: Any) -> None:
        """Adds an entity after everything it depends on; once."""
        if isinstance(entity, Reference):
            return
        if not isinstance(entity, (Task, Workflow, LaunchPlan)):
            raise DefinitionError(f"only tasks, workflows and launch plans can be registered, got {type(entity).__name__}")
        key = (entity.kind, entity.name)
        if key in self.seen:
            if self.seen[key] is not entity and not self._replaces_default(entity, self.seen[key]):
                raise DefinitionError(f"two {entity.kind}s are called {entity.name}; give one of them name=…", where=entity.where)
            return
        self.seen[key] = entity
        if isinstance(entity, Task):
            self.request.tasks.append(self.task(entity))
            for called in may_call(entity):
                self.add(called)
        elif isinstance(entity, LaunchPlan):
            self.add(entity.workflow)
            self.request.launch_plans.append(self.launch_plan(entity))
        else:
            self.add_workflow(entity)

    def add_workflow(self, workflow: Workflow[Any, Any]) -> None:
        for entity in called_by(workflow.graph):
            self.add(entity)
        spec = admin.WorkflowSpec(template=self.workflow(workflow))
        spec.sub_workflows.extend(self.workflow(sub) for sub in sub_workflows(workflow))
        description = _described(workflow.interface.summary)
        if description is not None:
            spec.description.CopyFrom(description)
        self.request.workflows.append(admin.WorkflowCreateRequest(id=spec.template.id, spec=spec))
        self.add(default_plan(workflow))

    def _replaces_default(self, plan: Any, seen: Any) -> bool:
        """Whether one of two plans of a name is the workflow's default, which gives way to the one the user wrote."""
        if not isinstance(plan, LaunchPlan) or not isinstance(seen, LaunchPlan) or plan.workflow is not seen.workflow:
            return False
        default = default_plan(plan.workflow)
        if seen is default:
            self.seen[("launch plan", plan.name)] = plan
            made = self.launch_plan(plan)
            next(one for one in self.request.launch_plans if one.id.name == plan.name).CopyFrom(made)
        return default in (plan, seen)

    # Tasks

    def task(self, task: Task[Any, Any]) -> admin.TaskCreateRequest:
        with located(task.where):
            template = core.TaskTemplate(
                id=self.identifier(core.TASK, task.name),
                type=task.task_type,
                metadata=self.task_metadata(task),
                interface=task.interface.to_proto(),
                container=self.container(task),
            )
            if task.is_async:
                template.config["async"] = "true"
            if called := may_call(task):
                template.config["calls"] = ",".join(entity.name for entity in called)
        for secret in task.options.secrets:
            made = template.security_context.secrets.add(group=secret.group, key=secret.key)
            if secret.env:
                made.mount_requirement, made.env_var = core.Secret.ENV_VAR, secret.env
        spec = admin.TaskSpec(template=template)
        description = _described(task.interface.summary)
        if description is not None:
            spec.description.CopyFrom(description)
        return admin.TaskCreateRequest(id=template.id, spec=spec)

    def task_metadata(self, task: Task[Any, Any]) -> core.TaskMetadata:
        options = task.options
        made = core.TaskMetadata(
            runtime=core.RuntimeMetadata(type=core.RuntimeMetadata.OTHER, flavor=FLAVOR),
            retries=core.RetryStrategy(retries=options.retries),
            deprecated_error_message=options.deprecated,
            pod_template_name=options.pod_template,
        )
        if options.timeout is not None:
            made.timeout.CopyFrom(duration(options.timeout))
        if options.interruptible is not None:
            made.interruptible = options.interruptible
        if options.deck:
            made.generates_deck.value = True
        made.metadata.labels.update(options.labels)
        made.metadata.annotations.update(options.annotations)
        if options.cache is not None:
            made.discoverable = True
            made.discovery_version = task.cache_version
            made.cache_serializable = options.cache.serialize
            for name in options.cache.ignore:
                if name not in task.interface.inputs:
                    raise DefinitionError(f"Cache(ignore=…): task {task.label} has no input {name!r}", where=task.where)
            made.cache_ignore_input_vars.extend(options.cache.ignore)
        return made

    def container(self, task: Task[Any, Any]) -> core.Container:
        options, variables = task.options, dict(task.options.env)
        image = options.image or self.settings.image
        if options.environment is not None:
            image = self.used.image(options.environment, self.settings.image)
            if not options.environment.is_built:  # else its variables are registered with it, so that overrides change them too
                variables = {**options.environment.env, **variables}
        made = core.Container(image=image, args=our_arguments(OurCommand(task.ref, self.settings.bundle)))
        if isinstance(task, CommandTask):
            task.describe(made)
        if options.asked is not None:
            made.resources.CopyFrom(resources(options.asked))
        if images := self.images_within(task):
            variables[IMAGES] = json.dumps(images, sort_keys=True)
        for key, value in sorted(variables.items()):
            made.env.add(key=key, value=value)
        return made

    def images_within(self, task: Task[Any, Any]) -> dict[str, str]:
        """Images of the environments that a task may call others in when it runs; by what it names alone, whatever else is registered."""
        if not (task.is_async or isinstance(task, Dynamic)):
            return {}
        within = {one.name: one for one in named_in(task, Shared) if one.is_built}
        for one in within.values():
            self.used.take(one)
        if self.settings.images is None:
            return {}
        within.update({one.name: one for one in environments_of(may_call(task), self.settings)})
        return {name: self.used.image(one, self.settings.image) for name, one in within.items()}

    # Workflows

    def workflow(self, workflow: Any) -> core.WorkflowTemplate:
        """The template of a workflow, or of a case of a branch that holds several calls."""
        if id(workflow) in self.templates:
            return self.templates[id(workflow)]
        graph = workflow.graph
        made = core.WorkflowTemplate(
            id=self.identifier(core.WORKFLOW, workflow.name),
            metadata=core.WorkflowMetadata(on_failure=_POLICIES[workflow.failure_policy]),
            interface=workflow.interface.to_proto(),
        )
        if workflow.interruptible is not None:
            made.metadata_defaults.interruptible = workflow.interruptible
        made.nodes.extend(self.node(node) for node in graph.nodes)
        with located(workflow.where):
            for name, value in graph.outputs.items():
                data = binding(value, workflow.interface.outputs[name].converter, reference)
                made.outputs.append(core.Binding(var=name, binding=data))
        if graph.failure is not None:
            made.failure_node.CopyFrom(self.node(graph.failure))
        self.templates[id(workflow)] = made
        return made

    def node(self, node: Node) -> core.Node:
        made = core.Node(id=node.id, metadata=node_metadata(node), inputs=bindings(node.values, node.interface))
        made.upstream_node_ids.extend(sorted({one.id for one in node.depends_on()}))
        self.target(node, made)
        return made

    def target(self, node: Node, made: core.Node) -> None:
        """Fills in what the node calls."""
        target = node.target
        if isinstance(target, Entity):
            self.entity_target(target, node.overrides, made)
        else:
            target.serialize(node, made, self)

    def entity_target(self, entity: Entity, overrides: Overrides, made: core.Node) -> None:
        if isinstance(entity, Reference):
            identifier = entity.identifier()
        else:
            kinds = {"task": core.TASK, "workflow": core.WORKFLOW, "launch plan": core.LAUNCH_PLAN}
            identifier = self.identifier(kinds[entity.kind], entity.name)
        if identifier.resource_type == core.TASK:
            made.task_node.reference_id.CopyFrom(identifier)
            if overrides.resources is not None:
                made.task_node.overrides.resources.CopyFrom(resources(overrides.resources))
            if overrides.image is not None:
                made.task_node.overrides.container_image = overrides.image
            if overrides.environment is not None:
                self.override_environment(entity, overrides, overrides.environment, made.task_node.overrides)
        elif overrides.environment is not None:
            raise DefinitionError(f"override(environment=…): {entity.kind} {entity.label} is no task; override the tasks it calls")
        elif identifier.resource_type == core.WORKFLOW:
            made.workflow_node.sub_workflow_ref.CopyFrom(identifier)
        else:
            made.workflow_node.launchplan_ref.CopyFrom(identifier)

    def override_environment(self, entity: Entity, overrides: Overrides, other: Shared, made: core.TaskNodeOverrides) -> None:
        """The call runs in another environment; resources that the task asks for itself stay."""
        if other.env and not other.is_built:
            message = f"override(environment={other.name}): it has variables and no packages, and a call cannot change variables alone"
            raise DefinitionError(f"{message}; give it packages, or put the variables on the task", where=other.where)
        made.container_image = self.used.image(other, self.settings.image)
        own = entity.options.resources if isinstance(entity, Task) else None
        if overrides.resources is None and own is None and other.resources is not None:
            made.resources.CopyFrom(resources(other.resources))

    # Launch plans

    def launch_plan(self, plan: LaunchPlan) -> admin.LaunchPlanCreateRequest:
        identifier = self.identifier(core.LAUNCH_PLAN, plan.name)
        with located(plan.where):
            spec = plan.spec(self.identifier(core.WORKFLOW, plan.workflow.name))
        return admin.LaunchPlanCreateRequest(id=identifier, spec=spec)


def node_metadata(node: Node) -> core.NodeMetadata:
    """Name and overrides of a call."""
    made = core.NodeMetadata(name=node.name)
    changes = node.overrides
    timeout = changes.timeout if changes.timeout is not None else getattr(node.target, "timeout", None)
    if timeout is not None:
        made.timeout.CopyFrom(duration(timeout))
    if changes.retries is not None:
        made.retries.retries = changes.retries
    if changes.interruptible is not None:
        made.interruptible = changes.interruptible
    if changes.cache is False:
        made.cacheable = False
    elif changes.cache is not None:
        made.cacheable = True
        made.cache_version = changes.cache_version(node.target)
        made.cache_serializable = changes.cache.serialize
    return made


def bindings(values: dict[str, Any], interface: Interface) -> list[core.Binding]:
    """Inputs of a node, in the order of its interface."""
    return [core.Binding(var=name, binding=binding(value, interface.inputs[name].converter, reference)) for name, value in values.items()]


def reference(promise: Promise) -> dict[str, Any]:
    """The fields of a promise's OutputReference; a workflow input has an empty node id."""
    path = [core.PromiseAttribute(**{"int_value" if isinstance(part, int) else "string_value": part}) for part in promise._path]
    return {"node_id": promise._node.id if promise._node is not None else "", "var": promise._var, "attr_path": path}


def called_by(graph: Graph) -> list[Any]:
    """Registrable entities a graph calls directly, in call order; those of branch cases included."""
    found: list[Any] = []
    for node in [*graph.nodes, *([graph.failure] if graph.failure is not None else [])]:
        if isinstance(node.target, Entity):
            found.append(node.target)
        else:
            found.extend(node.target.calls())
    return list(dict.fromkeys(found))


def job(built: Built, settings: Settings) -> core.DynamicJobSpec:
    """What a dynamic task writes: its graph with everything it uses but launch plans, which must be registered."""
    serializer = Serializer(settings)
    template = serializer.workflow(built)
    tasks: dict[str, Task[Any, Any]] = {}
    inlined = sub_workflows(built)
    for graph in (built.graph, *(one.graph for one in inlined)):
        tasks.update({one.name: one.origin for one in called_by(graph) if isinstance(one.origin, Task)})
    made = core.DynamicJobSpec(nodes=template.nodes, outputs=template.outputs)
    made.tasks.extend(serializer.task(task).spec.template for task in tasks.values())
    made.subworkflows.extend(serializer.workflow(one) for one in inlined)
    return made


def may_call(task: Task[Any, Any]) -> list[Any]:
    """Entities that a task may call when it runs: none unless it is async or dynamic."""
    return called_in(task) if task.is_async or isinstance(task, Dynamic) else []


def sub_workflows(workflow: Any) -> list[Any]:
    """Every workflow inlined in this one, at any depth, each once; innermost first."""
    found: dict[int, Any] = {}

    def walk(graph: Graph) -> None:
        nodes = [*graph.nodes, *([graph.failure] if graph.failure is not None else [])]
        for target in [node.target for node in nodes]:
            inlined = [target] if isinstance(target, Workflow) else getattr(target, "inlined", list)()
            for one in inlined:
                if id(one) not in found and one is not workflow:
                    walk(one.graph)
                    found[id(one)] = one

    walk(workflow.graph)
    return list(found.values())
