"""What is registered, read by identifier and remembered: versions never change, so neither do these answers."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection

from alula.compiler.closure import LaunchPlanInterface
from alula.control import attribute
from alula.database import entity, project
from alula.engine.graph import Graph, index_closure
from alula.errors import InvalidInput, NotFound
from alula.idl import admin, core
from alula.idl.identifier import EntityId

T = TypeVar("T")
DOMAINS = ("development", "staging", "production")


class _Recent:
    """The last answers, by id. Guarded by the interpreter's lock: both dictionary calls are atomic."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._found: OrderedDict[EntityId, Any] = OrderedDict()

    def get(self, key: EntityId, make: Callable[[], T]) -> T:
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = make()
            while len(self._found) > self._size:
                self._found.popitem(last=False)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class CompiledPlan:
    """A launch plan ready to be launched."""

    id: EntityId
    spec: admin.LaunchPlanSpec
    closure: admin.LaunchPlanClosure
    workflow: EntityId


@dataclass(frozen=True, slots=True, eq=False)
class CompiledGraph:
    """A workflow ready to be run."""

    closure: core.CompiledWorkflowClosure
    graph: Graph


class Library:
    """Reads registered versions; every method takes the connection of whoever asks."""

    def __init__(self) -> None:
        self._plans = _Recent(4096)
        self._graphs = _Recent(256)
        self._tasks = _Recent(4096)
        self._projects: set[str] = set()
        self._configs: dict[tuple[str, str, str], admin.WorkflowExecutionConfig] = {}

    def task(self, connection: Connection, task: EntityId) -> core.TaskTemplate:
        def make() -> core.TaskTemplate:
            return core.CompiledTask.FromString(entity.get(connection, task).closure).template

        return self._tasks.get(task, make)

    def workflow(self, connection: Connection, workflow: EntityId) -> CompiledGraph:
        def make() -> CompiledGraph:
            closure = core.CompiledWorkflowClosure.FromString(entity.get(connection, workflow).closure)
            return CompiledGraph(closure, index_closure(closure))

        return self._graphs.get(workflow, make)

    def launch_plan(self, connection: Connection, plan: EntityId) -> CompiledPlan:
        def make() -> CompiledPlan:
            row = entity.get(connection, plan)
            spec = admin.LaunchPlanSpec.FromString(row.spec)
            closure = admin.LaunchPlanClosure.FromString(row.closure)
            return CompiledPlan(plan, spec, closure, EntityId.from_proto(spec.workflow_id))

        return self._plans.get(plan, make)

    def plan_interface(self, connection: Connection, plan: EntityId) -> LaunchPlanInterface:
        """What the compiler needs of a launch plan that a node refers to."""
        found = self.launch_plan(connection, plan)
        return LaunchPlanInterface(
            expected_inputs=found.closure.expected_inputs,
            expected_outputs=found.closure.expected_outputs,
            fixed_inputs=found.spec.fixed_inputs,
        )

    def check_place(self, connection: Connection, project_id: str, domain: str) -> None:
        """Refuses a project or domain that does not exist, or a project that is archived.

        Raises:
            InvalidInput: no project or domain given, or no such domain.
            NotFound: no such project.
        """
        if not project_id or not domain:
            raise InvalidInput("a project and a domain are needed, for instance project default, domain development")
        if domain not in DOMAINS:
            raise InvalidInput(f'domain "{domain}" does not exist; the domains are {", ".join(DOMAINS)}')
        if project_id in self._projects:
            return
        row = project.find(connection, project_id)
        if row is None:
            raise NotFound(f'project "{project_id}" does not exist; `alula list projects` shows those that do', code="PROJECT_NOT_FOUND")
        if row.state != admin.Project.ACTIVE:
            raise InvalidInput(f'project "{project_id}" is archived; make it active again before using it', code="PROJECT_INACTIVE")
        self._projects.add(project_id)

    def execution_config(self, connection: Connection, project_id: str, domain: str, workflow: str) -> admin.WorkflowExecutionConfig:
        """The execution settings that hold for a workflow; remembered until somebody changes a setting."""
        key = (project_id, domain, workflow)
        found = self._configs.get(key)
        if found is None:
            if len(self._configs) > 4096:
                self._configs.clear()
            found = self._configs[key] = attribute.execution_config(connection, project_id, domain, workflow)
        return found

    def forget_settings(self) -> None:
        """A project changed its state, or somebody changed a setting."""
        self._projects.clear()
        self._configs.clear()
