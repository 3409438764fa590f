"""Registering: compile, digest, store an immutable version. Identical content is a no-op, other content a conflict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message
from sqlalchemy import Connection

from alula.compiler.closure import LaunchPlanInterface, compile_workflow, references
from alula.compiler.launch_plan import compile_launch_plan
from alula.compiler.single_task import wrap_task
from alula.compiler.task import compile_task
from alula.control.clock import Clock
from alula.control.environment import Environments
from alula.control.library import Library
from alula.control.limit import Limits
from alula.database import entity, source
from alula.database.engine import Database
from alula.database.writer import Writer
from alula.errors import AlreadyExists, InvalidInput, Unsupported
from alula.idl import admin, core
from alula.idl.digest import differences, digest_launch_plan, digest_task, digest_workflow
from alula.idl.identifier import LAUNCH_PLAN, TASK, WORKFLOW, EntityId
from alula.idl.v1 import service_pb2


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A version ready to be stored; `content` is what a conflict is explained by."""

    id: EntityId
    digest: bytes
    content: Message
    values: dict[str, Any]


class Registrar:
    """The use case of registering."""

    def __init__(
        self, database: Database, writer: Writer, library: Library, limits: Limits, clock: Clock, environments: Environments
    ) -> None:
        self._environments = environments
        self._database = database
        self._writer = writer
        self._library = library
        self._limits = limits
        self._clock = clock

    async def create(
        self, request: admin.TaskCreateRequest | admin.WorkflowCreateRequest | admin.LaunchPlanCreateRequest, author: str = ""
    ) -> None:
        """Registers one entity, as Flyte's clients do.

        Args:
            author: who asked.
        Raises:
            AlreadyExists: this version exists with the identical content.
            InvalidInput: it does not compile, or exists with other content.
        """
        program = service_pb2.RegisterRequest()
        if isinstance(request, admin.TaskCreateRequest):
            program.tasks.append(request)
        elif isinstance(request, admin.WorkflowCreateRequest):
            program.workflows.append(request)
        else:
            program.launch_plans.append(request)
        [(found, is_new)] = await self.register(program, author)
        if not is_new:
            raise AlreadyExists(f"{found} exists already with an identical structure", code="IDENTICAL")

    async def register(self, program: service_pb2.RegisterRequest, author: str = "") -> list[tuple[EntityId, bool]]:
        """Registers a whole program or nothing of it.

        Args:
            author: who asked; recorded with the versions that are new.
        Returns:
            Each version with whether it is new.
        """
        self._environments.check(program.environments)
        entries = await self._database.aread(lambda c: self._prepare(c, program))

        def write(connection: Connection) -> list[tuple[EntityId, bool]]:
            self._environments.store(connection, program.environments, self._clock())
            stored = self.store(connection, entries)
            sent = program.source if program.HasField("source") else None
            for found in [i for i, is_new in stored if is_new]:
                source.add(connection, found, sent, author)
            return stored

        result = await self._writer.write(write)
        self._environments.learn(program.environments)
        return result

    def _prepare(self, connection: Connection, program: service_pb2.RegisterRequest) -> list[Entry]:
        entries = [self._task(connection, r) for r in program.tasks]
        tasks = {e.id: e.content.template for e in entries if isinstance(e.content, core.CompiledTask)}
        plans: dict[EntityId, LaunchPlanInterface] = {}
        closures: dict[EntityId, core.CompiledWorkflowClosure] = {}
        waiting_plans = {_id(r.id, LAUNCH_PLAN): r for r in program.launch_plans}
        for workflow in _in_order(program.workflows, waiting_plans):
            found = self._workflow(connection, workflow, tasks, plans)
            entries.append(found)
            if isinstance(found.content, core.CompiledWorkflowClosure):
                closures[found.id] = found.content
            for plan_id, plan in [(i, p) for i, p in waiting_plans.items() if _id(p.spec.workflow_id, WORKFLOW) in closures]:
                del waiting_plans[plan_id]
                entries.append(self._launch_plan(connection, plan, closures, plans))
        entries += [self._launch_plan(connection, plan, closures, plans) for plan in waiting_plans.values()]
        return entries

    def _task(self, connection: Connection, request: admin.TaskCreateRequest) -> Entry:
        template = core.TaskTemplate()
        template.CopyFrom(request.spec.template)
        task = self._identify(connection, request.id, TASK)
        template.id.CopyFrom(task.to_proto())
        compiled = compile_task(template)
        digest = digest_task(compiled)
        description = request.spec.description.short_description
        values = {"digest": digest, "type": template.type, "closure": compiled.SerializeToString(), "short_description": description}
        return Entry(task, digest, compiled, values)

    def _workflow(
        self,
        connection: Connection,
        request: admin.WorkflowCreateRequest,
        tasks: Mapping[EntityId, core.TaskTemplate],
        plans: Mapping[EntityId, LaunchPlanInterface],
    ) -> Entry:
        workflow = self._identify(connection, request.id, WORKFLOW)
        spec = admin.WorkflowSpec()
        spec.CopyFrom(request.spec)
        spec.template.id.CopyFrom(workflow.to_proto())
        wanted_tasks, wanted_plans = references(spec)
        known_tasks = {i: tasks[i] if i in tasks else self._known(connection, i) for i in wanted_tasks}
        known_plans = {i: plans[i] if i in plans else self._known_plan(connection, i) for i in wanted_plans}
        closure = compile_workflow(
            spec,
            {i: t for i, t in known_tasks.items() if t is not None},
            {i: p for i, p in known_plans.items() if p is not None},
            max_nodes=self._limits.max_nodes,
        )
        digest = digest_workflow(closure)
        values = {
            "digest": digest,
            "closure": closure.SerializeToString(),
            "interface": closure.primary.template.interface.SerializeToString(),
            "short_description": request.spec.description.short_description,
        }
        return Entry(workflow, digest, closure, values)

    def _known(self, connection: Connection, task: EntityId) -> core.TaskTemplate | None:
        return self._library.task(connection, task) if entity.find(connection, task) is not None else None

    def _known_plan(self, connection: Connection, plan: EntityId) -> LaunchPlanInterface | None:
        return self._library.plan_interface(connection, plan) if entity.find(connection, plan) is not None else None

    def _launch_plan(
        self,
        connection: Connection,
        request: admin.LaunchPlanCreateRequest,
        closures: Mapping[EntityId, core.CompiledWorkflowClosure],
        plans: dict[EntityId, LaunchPlanInterface],
    ) -> Entry:
        plan = self._identify(connection, request.id, LAUNCH_PLAN)
        workflow = _id(request.spec.workflow_id, WORKFLOW)
        closure = closures.get(workflow) or self._library.workflow(connection, workflow).closure
        if request.spec.concurrency_policy.max:
            raise Unsupported(f"{plan}: concurrency_policy.max is not enforced by this server yet; register it without one")
        compiled = compile_launch_plan(plan.to_proto(), request.spec, closure.primary.template.interface)
        digest = digest_launch_plan(request.spec, plan.to_proto(), compiled.expected_inputs, compiled.expected_outputs)
        plans[plan] = LaunchPlanInterface(compiled.expected_inputs, compiled.expected_outputs, request.spec.fixed_inputs)
        schedule = request.spec.entity_metadata.schedule.WhichOneof("ScheduleExpression") or "NONE"
        names = {"rate": "FIXED_RATE", "cron_schedule": "CRON", "cron_expression": "CRON"}
        values = {
            "digest": digest,
            "spec": request.spec.SerializeToString(),
            "closure": compiled.SerializeToString(),
            "schedule_type": names.get(schedule, "NONE"),
            "workflow_project": workflow.project,
            "workflow_domain": workflow.domain,
            "workflow_name": workflow.name,
            "workflow_version": workflow.version,
        }
        return Entry(plan, digest, admin.LaunchPlan(id=plan.to_proto(), spec=request.spec, closure=compiled), values)

    def _identify(self, connection: Connection, message: core.Identifier, kind: int) -> EntityId:
        found = _id(message, kind)
        self._library.check_place(connection, found.project, found.domain)
        return found

    def store(self, connection: Connection, entries: list[Entry]) -> list[tuple[EntityId, bool]]:
        """Inserts what is new; in the writer's transaction, so all or nothing.

        Raises:
            InvalidInput: a version exists with other content; the message lists what differs.
        """
        at = self._clock()
        result = []
        for entry in entries:
            row = entity.find(connection, entry.id)
            if row is None:
                entity.add(connection, entry.id, at, entry.values)
            elif bytes(row.digest) != entry.digest:
                raise _conflict(entry, row)
            result.append((entry.id, row is None))
        return result

    def ensure_single_task(self, connection: Connection, task: EntityId) -> EntityId:
        """The hidden launch plan that runs one task, registered if this is the first time; in the writer's thread."""
        plan, program = self._single_task(connection, task)
        if entity.find(connection, plan) is None:
            self.store(connection, self._prepare(connection, program))
        return plan

    def single_task_plan(self, connection: Connection, task: EntityId) -> admin.LaunchPlan:
        """The launch plan that `ensure_single_task` would register; nothing is written."""
        _, program = self._single_task(connection, task)
        [found] = [e.content for e in self._prepare(connection, program) if isinstance(e.content, admin.LaunchPlan)]
        return found

    def _single_task(self, connection: Connection, task: EntityId) -> tuple[EntityId, service_pb2.RegisterRequest]:
        workflow_spec, plan_spec = wrap_task(self._library.task(connection, task))
        plan = EntityId(LAUNCH_PLAN, task.project, task.domain, workflow_spec.template.id.name, task.version)
        program = service_pb2.RegisterRequest(
            workflows=[admin.WorkflowCreateRequest(id=workflow_spec.template.id, spec=workflow_spec)],
            launch_plans=[admin.LaunchPlanCreateRequest(id=plan.to_proto(), spec=plan_spec)],
        )
        return plan, program


def _id(message: core.Identifier, kind: int) -> EntityId:
    """The id with its kind; Flyte's clients may leave the kind out."""
    return EntityId(kind, message.project, message.domain, message.name, message.version)


def _in_order(
    workflows: Iterable[admin.WorkflowCreateRequest], plans: Mapping[EntityId, admin.LaunchPlanCreateRequest]
) -> list[admin.WorkflowCreateRequest]:
    """Workflows after those whose launch plans they call; a cycle is left for the compiler to name."""
    by_id = {_id(w.id, WORKFLOW): w for w in workflows}
    ordered: dict[EntityId, admin.WorkflowCreateRequest] = {}
    visiting: set[EntityId] = set()

    def visit(workflow_id: EntityId) -> None:
        if workflow_id in ordered or workflow_id in visiting:
            return
        visiting.add(workflow_id)
        for plan_id in references(by_id[workflow_id].spec)[1]:
            target = _id(plans[plan_id].spec.workflow_id, WORKFLOW) if plan_id in plans else None
            if target in by_id:
                visit(target)
        ordered[workflow_id] = by_id[workflow_id]

    for found in by_id:
        visit(found)
    return list(ordered.values())


def _conflict(entry: Entry, row: Any) -> InvalidInput:
    old: Message
    if isinstance(entry.content, core.CompiledTask):
        old = core.CompiledTask.FromString(row.closure)
    elif isinstance(entry.content, core.CompiledWorkflowClosure):
        old = core.CompiledWorkflowClosure.FromString(row.closure)
    else:
        spec, closure = admin.LaunchPlanSpec.FromString(row.spec), admin.LaunchPlanClosure.FromString(row.closure)
        old = admin.LaunchPlan(id=entry.id.to_proto(), spec=spec, closure=closure)
    listed = "\n".join(f"  - {d}" for d in differences(old, entry.content))
    message = f"{entry.id} exists already with a different structure; register it under a new version. What differs:\n{listed}"
    return InvalidInput(message, code="DIFFERENT_STRUCTURE")
