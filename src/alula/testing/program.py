"""What a bench may run: entities serialised and compiled in memory, and asked for as the server asks its library."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection

from alula.client.located import raise_located
from alula.compiler.closure import LaunchPlanInterface, compile_workflow, references
from alula.compiler.launch_plan import compile_launch_plan
from alula.compiler.single_task import wrap_task
from alula.compiler.task import compile_task
from alula.control.library import CompiledGraph, CompiledPlan, Library
from alula.engine.graph import index_closure
from alula.errors import InvalidInput, NotFound
from alula.idl import admin, core
from alula.idl.identifier import LAUNCH_PLAN, TASK, WORKFLOW, EntityId
from alula.sdk.discover import entities
from alula.sdk.entity import Entity
from alula.sdk.interface import MISSING, Interface
from alula.sdk.launch_plan import LaunchPlan, default_plan
from alula.sdk.reference import Reference
from alula.sdk.serialize import Serializer, Settings
from alula.sdk.task import Task, TaskOptions
from alula.sdk.workflow import Workflow

_IMAGE = "environment/"


class _Images(Mapping[str, str]):
    """An image for every environment: nothing is installed, tasks of all of them run in this process."""

    def __getitem__(self, name: str) -> str:
        return _IMAGE + name

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


SETTINGS = Settings("default", "development", "test", images=_Images())


class _Serializer(Serializer):
    """Also notes what is registered elsewhere."""

    def __init__(self) -> None:
        super().__init__(SETTINGS)
        self.references: dict[EntityId, Reference[..., Any]] = {}

    def add(self, entity: Any) -> None:
        if isinstance(entity, Reference):
            self.references[EntityId.from_proto(entity.identifier())] = entity
        else:
            super().add(entity)


def origin_of(entity: Any) -> Any:
    """The entity as defined.

    Raises:
        InvalidInput: it is none that can be run.
    """
    found = entity.origin if isinstance(entity, Entity) else entity
    if isinstance(found, (Task, Workflow, LaunchPlan)):
        return found
    raise InvalidInput(f"a test runs a task, a workflow or a launch plan, got {type(entity).__name__} {entity!r}")


class Program(Library):
    """A task, workflow or launch plan with all that it calls. Connections are ignored: there is no database.

    Raises:
        InvalidInput: it does not hold together; every problem with the line of its node.
    """

    def __init__(self, root: Any) -> None:
        super().__init__()
        self.root = origin_of(root)
        self._serializer = _Serializer()
        self._compiled_tasks: dict[EntityId, core.TaskTemplate] = {}
        self._specs: dict[EntityId, admin.WorkflowSpec] = {}
        self._plan_specs: dict[EntityId, admin.LaunchPlanSpec] = {}
        self._compiled_graphs: dict[EntityId, CompiledGraph] = {}
        self._compiled_plans: dict[EntityId, CompiledPlan] = {}
        self._is_whole = False
        try:
            self._take([self.root])
        except InvalidInput as error:
            raise_located(error, [self.root])
        self.plan_id = self._root_plan()

    def _take(self, found: list[Any]) -> None:
        """Serialises entities with what they call, and compiles all of it."""
        made = self._serializer
        first_task, first_workflow = len(made.request.tasks), len(made.request.workflows)
        made.run(found)
        for task in made.request.tasks[first_task:]:
            self._compiled_tasks[EntityId.from_proto(task.id)] = compile_task(task.spec.template).template
        for workflow in made.request.workflows[first_workflow:]:
            self._specs[EntityId.from_proto(workflow.id)] = workflow.spec
        self._plan_specs = {EntityId.from_proto(plan.id): plan.spec for plan in made.request.launch_plans}
        for identifier in list(self._specs):
            self._graph(identifier)

    def _root_plan(self) -> EntityId:
        if isinstance(self.root, Task):
            template = self._compiled_tasks[EntityId.from_proto(self._serializer.identifier(core.TASK, self.root.name))]
            spec, plan = wrap_task(template)
            self._specs[EntityId.from_proto(spec.template.id)] = spec
            identifier = EntityId.from_proto(spec.template.id)._replace(resource_type=LAUNCH_PLAN)
            self._plan_specs[identifier] = plan
            return identifier
        plan_of = self.root if isinstance(self.root, LaunchPlan) else default_plan(self.root)
        return EntityId.from_proto(self._serializer.identifier(core.LAUNCH_PLAN, plan_of.name))

    # What is there ----------------------------------------------------------------------------------------------------

    @property
    def interface(self) -> Interface:
        return self.root.interface

    @property
    def known(self) -> list[Entity]:
        """Every task, workflow, launch plan and reference."""
        return [*self._serializer.seen.values(), *self._serializer.references.values()]

    def entity(self, identifier: EntityId) -> Any:
        """The Python side of a task or launch plan."""
        kind = {TASK: "task", WORKFLOW: "workflow", LAUNCH_PLAN: "launch plan"}[identifier.resource_type]
        found = self._serializer.seen.get((kind, identifier.name))
        return found if found is not None else self._serializer.references.get(identifier)

    def variables_of(self, image: str) -> dict[str, str]:
        """What the environment behind an image sets for its tasks."""
        found = self._serializer.used.found.get(image.removeprefix(_IMAGE)) if image.startswith(_IMAGE) else None
        return dict(found.env) if found is not None else {}

    def is_inlined(self, name: str) -> bool:
        """Whether a workflow runs within those that call it, so that no execution of it exists."""
        return any(sub.id.name == name for spec in self._specs.values() for sub in spec.sub_workflows)

    def _missing(self, identifier: EntityId) -> NotFound:
        return NotFound(f"{identifier} is not registered; name it in the code of what calls it, or in its module")

    def _complete(self) -> bool:
        """Takes in the whole modules that the program comes from, as registering a file does; False if that was done."""
        if self._is_whole:
            return False
        self._is_whole = True
        names = {getattr(one, "module", "") for one in self.known}
        modules = [sys.modules[name] for name in sorted(names) if name in sys.modules]
        self._take([entity for module in modules for entity in entities(module)])
        return True

    # As the server's library ------------------------------------------------------------------------------------------

    def task(self, connection: Connection | None, task: EntityId) -> core.TaskTemplate:
        found = self._compiled_tasks.get(task)
        if found is None and task in self._serializer.references:
            found = self._compiled_tasks[task] = self._foreign_task(self._serializer.references[task])
        if found is None and self._complete():
            return self.task(connection, task)
        if found is None:
            raise self._missing(task)
        return found

    def _foreign_task(self, reference: Reference[..., Any]) -> core.TaskTemplate:
        """What is known of a task that is registered elsewhere: its interface."""
        template = self._serializer.task(stand_in(reference, reference.function, TaskOptions())).spec.template
        template.id.CopyFrom(reference.identifier())
        return template

    def workflow(self, connection: Connection | None, workflow: EntityId) -> CompiledGraph:
        return self._graph(workflow)

    def _graph(self, identifier: EntityId) -> CompiledGraph:
        found = self._compiled_graphs.get(identifier)
        if found is None:
            spec = self._specs[identifier]
            tasks, plans = references(spec)
            closure = compile_workflow(spec, {i: self.task(None, i) for i in tasks}, {i: self._interface(i) for i in plans})
            found = self._compiled_graphs[identifier] = CompiledGraph(closure, index_closure(closure))
        return found

    def launch_plan(self, connection: Connection | None, plan: EntityId) -> CompiledPlan:
        found = self._compiled_plans.get(plan)
        if found is not None:
            return found
        if plan in self._plan_specs:
            spec = self._plan_specs[plan]
            workflow = EntityId.from_proto(spec.workflow_id)._replace(resource_type=WORKFLOW)
            interface = self._specs[workflow].template.interface
        elif plan in self._serializer.references:
            reference = self._serializer.references[plan]
            workflow, interface = plan._replace(resource_type=WORKFLOW), reference.interface.to_proto()
            spec = admin.LaunchPlanSpec(workflow_id=workflow.to_proto())
            for name, port in reference.interface.inputs.items():
                if port.default is not MISSING:
                    parameter = spec.default_inputs.parameters[name]
                    parameter.var.CopyFrom(interface.inputs.variables[name])
                    parameter.required = False
        elif self._complete():
            return self.launch_plan(connection, plan)
        else:
            raise self._missing(plan)
        closure = compile_launch_plan(plan.to_proto(), spec, interface)
        found = self._compiled_plans[plan] = CompiledPlan(plan, spec, closure, workflow)
        return found

    def _interface(self, plan: EntityId) -> LaunchPlanInterface:
        found = self.launch_plan(None, plan)
        return LaunchPlanInterface(found.closure.expected_inputs, found.closure.expected_outputs, found.spec.fixed_inputs)

    def plan_interface(self, connection: Connection | None, plan: EntityId) -> LaunchPlanInterface:
        return self._interface(plan)


def stand_in(entity: Any, function: Any, options: TaskOptions) -> Task[..., Any]:
    """A task with another's name and interface and a function of our own."""
    from dataclasses import replace

    made: Task[..., Any] = Task(function, replace(options, name=entity.name), entity.where)
    made.interface = entity.interface
    return made
