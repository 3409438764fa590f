"""AdminService: one line per RPC, each calling one use case."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from alula.control import attribute, named
from alula.control.library import DOMAINS
from alula.control.metric import execution_metrics
from alula.control.platform import Platform
from alula.control.query import Query
from alula.database import execution as executions
from alula.errors import NotFound, Unsupported
from alula.idl import admin
from alula.idl.identifier import LAUNCH_PLAN, TASK, WORKFLOW, ExecutionId
from alula.server.context import Context
from alula.version import __version__


class AdminService:
    """flyteidl.service.AdminService."""

    def __init__(self, platform: Platform, query: Query) -> None:
        self._platform = platform
        self._query = query

    # Tasks, workflows, launch plans -----------------------------------------------------------------------------------

    async def _create(
        self, request: admin.TaskCreateRequest | admin.WorkflowCreateRequest | admin.LaunchPlanCreateRequest, context: Context
    ) -> None:
        await self._platform.registrar.create(request, context.principal)
        self._platform.feed.tell_entities(request.id.project, request.id.domain)

    async def CreateTask(self, request: admin.TaskCreateRequest, context: Context) -> admin.TaskCreateResponse:
        await self._create(request, context)
        return admin.TaskCreateResponse()

    async def CreateWorkflow(self, request: admin.WorkflowCreateRequest, context: Context) -> admin.WorkflowCreateResponse:
        await self._create(request, context)
        return admin.WorkflowCreateResponse()

    async def CreateLaunchPlan(self, request: admin.LaunchPlanCreateRequest, context: Context) -> admin.LaunchPlanCreateResponse:
        await self._create(request, context)
        return admin.LaunchPlanCreateResponse()

    async def GetTask(self, request: admin.ObjectGetRequest, context: Context) -> admin.Task:
        return await self._platform.read(lambda c: self._query.get_task(c, request.id))

    async def GetWorkflow(self, request: admin.ObjectGetRequest, context: Context) -> admin.Workflow:
        return await self._platform.read(lambda c: self._query.get_workflow(c, request.id))

    async def GetLaunchPlan(self, request: admin.ObjectGetRequest, context: Context) -> admin.LaunchPlan:
        return await self._platform.read(lambda c: self._query.get_launch_plan(c, request.id))

    async def GetActiveLaunchPlan(self, request: admin.ActiveLaunchPlanRequest, context: Context) -> admin.LaunchPlan:
        return await self._platform.read(lambda c: self._query.active_launch_plan(c, request))

    async def _entities(self, kind: int, request: Any) -> tuple[list[Any], str]:
        return await self._platform.read(lambda c: self._query.entities(c, kind, request))

    async def ListTasks(self, request: admin.ResourceListRequest, context: Context) -> admin.TaskList:
        tasks, token = await self._entities(TASK, request)
        return admin.TaskList(tasks=tasks, token=token)

    async def ListWorkflows(self, request: admin.ResourceListRequest, context: Context) -> admin.WorkflowList:
        workflows, token = await self._entities(WORKFLOW, request)
        return admin.WorkflowList(workflows=workflows, token=token)

    async def ListLaunchPlans(self, request: admin.ResourceListRequest, context: Context) -> admin.LaunchPlanList:
        plans, token = await self._entities(LAUNCH_PLAN, request)
        return admin.LaunchPlanList(launch_plans=plans, token=token)

    async def ListActiveLaunchPlans(self, request: admin.ActiveLaunchPlanListRequest, context: Context) -> admin.LaunchPlanList:
        plans, token = await self._entities(LAUNCH_PLAN, request)
        return admin.LaunchPlanList(launch_plans=plans, token=token)

    async def _ids(self, kind: int, request: admin.NamedEntityIdentifierListRequest) -> admin.NamedEntityIdentifierList:
        rows, token = await self._platform.read(lambda c: self._query.names(c, kind, request))
        ids = [admin.NamedEntityIdentifier(project=r.project, domain=r.domain, name=r.name) for r in rows]
        return admin.NamedEntityIdentifierList(entities=ids, token=token)

    async def ListTaskIds(self, request: admin.NamedEntityIdentifierListRequest, context: Context) -> admin.NamedEntityIdentifierList:
        return await self._ids(TASK, request)

    async def ListWorkflowIds(self, request: admin.NamedEntityIdentifierListRequest, context: Context) -> admin.NamedEntityIdentifierList:
        return await self._ids(WORKFLOW, request)

    async def ListLaunchPlanIds(self, request: admin.NamedEntityIdentifierListRequest, context: Context) -> admin.NamedEntityIdentifierList:
        return await self._ids(LAUNCH_PLAN, request)

    async def UpdateLaunchPlan(self, request: admin.LaunchPlanUpdateRequest, context: Context) -> admin.LaunchPlanUpdateResponse:
        await self._platform.write(lambda c: named.set_launch_plan_state(c, request, self._platform.clock()))
        self._platform.feed.tell_entities(request.id.project, request.id.domain)
        return admin.LaunchPlanUpdateResponse()

    # Names ------------------------------------------------------------------------------------------------------------

    async def ListNamedEntities(self, request: admin.NamedEntityListRequest, context: Context) -> admin.NamedEntityList:
        rows, token = await self._platform.read(lambda c: self._query.names(c, request.resource_type, request))
        return admin.NamedEntityList(entities=[named.view(row) for row in rows], token=token)

    async def GetNamedEntity(self, request: admin.NamedEntityGetRequest, context: Context) -> admin.NamedEntity:
        return named.view(await self._platform.read(lambda c: self._query.named_entity(c, request.resource_type, request.id)))

    async def UpdateNamedEntity(self, request: admin.NamedEntityUpdateRequest, context: Context) -> admin.NamedEntityUpdateResponse:
        await self._platform.write(lambda c: named.update(c, request, self._platform.clock()))
        self._platform.feed.tell_entities(request.id.project, request.id.domain)
        return admin.NamedEntityUpdateResponse()

    async def GetDescriptionEntity(self, request: admin.ObjectGetRequest, context: Context) -> admin.DescriptionEntity:
        i = request.id
        raise NotFound(f"{i.project}/{i.domain}/{i.name}:{i.version} has no description entity; its short description is on the entity")

    async def ListDescriptionEntities(self, request: admin.DescriptionEntityListRequest, context: Context) -> admin.DescriptionEntityList:
        return admin.DescriptionEntityList()

    # Executions -------------------------------------------------------------------------------------------------------

    async def CreateExecution(self, request: admin.ExecutionCreateRequest, context: Context) -> admin.ExecutionCreateResponse:
        found = await self._platform.launcher.launch(request, named.origin(request, context.principal))
        return admin.ExecutionCreateResponse(id=found.id.to_proto())

    async def RelaunchExecution(self, request: admin.ExecutionRelaunchRequest, context: Context) -> admin.ExecutionCreateResponse:
        found = await self._platform.launcher.relaunch(request, context.principal)
        return admin.ExecutionCreateResponse(id=found.id.to_proto())

    async def RecoverExecution(self, request: admin.ExecutionRecoverRequest, context: Context) -> admin.ExecutionCreateResponse:
        found = await self._platform.launcher.recover(request, context.principal)
        return admin.ExecutionCreateResponse(id=found.id.to_proto())

    async def TerminateExecution(self, request: admin.ExecutionTerminateRequest, context: Context) -> admin.ExecutionTerminateResponse:
        await self._platform.aborter.abort(ExecutionId.from_proto(request.id), request.cause, context.principal)
        return admin.ExecutionTerminateResponse()

    async def UpdateExecution(self, request: admin.ExecutionUpdateRequest, context: Context) -> admin.ExecutionUpdateResponse:
        execution = ExecutionId.from_proto(request.id)

        def work(connection: Connection) -> int:
            row = executions.get(connection, execution)
            executions.set_state(connection, row.key, request.state, self._platform.clock(), context.principal)
            return int(row.phase)

        self._platform.feed.tell(execution, await self._platform.write(work))
        return admin.ExecutionUpdateResponse()

    async def GetExecution(self, request: admin.WorkflowExecutionGetRequest, context: Context) -> admin.Execution:
        return await self._platform.read(lambda c: self._query.execution(c, request.id))

    async def GetExecutionData(
        self, request: admin.WorkflowExecutionGetDataRequest, context: Context
    ) -> admin.WorkflowExecutionGetDataResponse:
        return await self._platform.read(lambda c: self._query.execution_data(c, request.id))

    async def GetExecutionMetrics(
        self, request: admin.WorkflowExecutionGetMetricsRequest, context: Context
    ) -> admin.WorkflowExecutionGetMetricsResponse:
        return await self._platform.read(lambda c: execution_metrics(c, request))

    async def ListExecutions(self, request: admin.ResourceListRequest, context: Context) -> admin.ExecutionList:
        return await self._platform.read(lambda c: self._query.executions(c, request))

    # Nodes and attempts -----------------------------------------------------------------------------------------------

    async def GetNodeExecution(self, request: admin.NodeExecutionGetRequest, context: Context) -> admin.NodeExecution:
        return await self._platform.read(lambda c: self._query.node(c, request.id))

    async def GetDynamicNodeWorkflow(
        self, request: admin.GetDynamicNodeWorkflowRequest, context: Context
    ) -> admin.DynamicNodeWorkflowResponse:
        data = await self._platform.read(lambda c: self._query.node_data(c, request.id))
        if not data.HasField("dynamic_workflow"):
            raise NotFound(f'node "{request.id.node_id}" is not dynamic, or has not expanded yet')
        return admin.DynamicNodeWorkflowResponse(compiled_workflow=data.dynamic_workflow.compiled_workflow)

    async def ListNodeExecutions(self, request: admin.NodeExecutionListRequest, context: Context) -> admin.NodeExecutionList:
        return await self._platform.read(lambda c: self._query.nodes(c, request))

    async def ListNodeExecutionsForTask(self, request: admin.NodeExecutionForTaskListRequest, context: Context) -> admin.NodeExecutionList:
        node = request.task_execution_id.node_execution_id
        inner = admin.NodeExecutionListRequest(
            workflow_execution_id=node.execution_id,
            unique_parent_id=node.node_id,
            limit=request.limit,
            token=request.token,
            filters=request.filters,
            sort_by=request.sort_by,
        )
        return await self._platform.read(lambda c: self._query.nodes(c, inner))

    async def GetNodeExecutionData(
        self, request: admin.NodeExecutionGetDataRequest, context: Context
    ) -> admin.NodeExecutionGetDataResponse:
        return await self._platform.read(lambda c: self._query.node_data(c, request.id))

    async def GetTaskExecution(self, request: admin.TaskExecutionGetRequest, context: Context) -> admin.TaskExecution:
        return await self._platform.read(lambda c: self._query.attempt(c, request.id))

    async def ListTaskExecutions(self, request: admin.TaskExecutionListRequest, context: Context) -> admin.TaskExecutionList:
        return await self._platform.read(lambda c: self._query.attempts(c, request))

    async def GetTaskExecutionData(
        self, request: admin.TaskExecutionGetDataRequest, context: Context
    ) -> admin.TaskExecutionGetDataResponse:
        return await self._platform.read(lambda c: self._query.attempt_data(c, request.id))

    # Events: for executors outside this process; this server's own executor reports directly ---------------------------

    async def CreateWorkflowEvent(
        self, request: admin.WorkflowExecutionEventRequest, context: Context
    ) -> admin.WorkflowExecutionEventResponse:
        raise Unsupported("events of executions are made by this server's engine; it takes none from outside")

    async def CreateNodeEvent(self, request: admin.NodeExecutionEventRequest, context: Context) -> admin.NodeExecutionEventResponse:
        raise Unsupported("events of nodes are made by this server's engine; it takes none from outside")

    async def CreateTaskEvent(self, request: admin.TaskExecutionEventRequest, context: Context) -> admin.TaskExecutionEventResponse:
        raise Unsupported("events of attempts come from this server's executors; it takes none from outside")

    # Projects and settings --------------------------------------------------------------------------------------------

    async def RegisterProject(self, request: admin.ProjectRegisterRequest, context: Context) -> admin.ProjectRegisterResponse:
        await self._platform.write(lambda c: named.register_project(c, request.project, self._platform.clock()))
        self._platform.feed.tell_entities(request.project.id)
        return admin.ProjectRegisterResponse()

    async def UpdateProject(self, request: admin.Project, context: Context) -> admin.ProjectUpdateResponse:
        await self._change(lambda c: named.update_project(c, request, self._platform.clock()))
        self._platform.feed.tell_entities(request.id)
        return admin.ProjectUpdateResponse()

    async def GetProject(self, request: admin.ProjectGetRequest, context: Context) -> admin.Project:
        return await self._platform.read(lambda c: self._query.project(c, request.id))

    async def ListProjects(self, request: admin.ProjectListRequest, context: Context) -> admin.Projects:
        return await self._platform.read(lambda c: self._query.projects(c, request))

    async def GetDomains(self, request: admin.GetDomainRequest, context: Context) -> admin.GetDomainsResponse:
        return admin.GetDomainsResponse(domains=[admin.Domain(id=d, name=d) for d in DOMAINS])

    async def _change(self, work: Callable[[Connection], None]) -> None:
        def change_and_forget(connection: Connection) -> None:
            work(connection)
            self._platform.library.forget_settings()  # also when whoever asked has hung up meanwhile

        try:
            await self._platform.write(change_and_forget)
        finally:
            self._platform.library.forget_settings()  # what was read of a change that did not become durable

    async def UpdateProjectDomainAttributes(
        self, request: admin.ProjectDomainAttributesUpdateRequest, context: Context
    ) -> admin.ProjectDomainAttributesUpdateResponse:
        a = request.attributes
        await self._change(lambda c: attribute.put(c, (a.project, a.domain, ""), a.matching_attributes, self._platform.clock))
        return admin.ProjectDomainAttributesUpdateResponse()

    async def GetProjectDomainAttributes(
        self, request: admin.ProjectDomainAttributesGetRequest, context: Context
    ) -> admin.ProjectDomainAttributesGetResponse:
        (project, domain, _), found = await self._platform.read(
            lambda c: attribute.get(c, request.resource_type, request.project, request.domain, "")
        )
        shown = admin.ProjectDomainAttributes(project=project, domain=domain, matching_attributes=found)
        return admin.ProjectDomainAttributesGetResponse(attributes=shown)

    async def DeleteProjectDomainAttributes(
        self, request: admin.ProjectDomainAttributesDeleteRequest, context: Context
    ) -> admin.ProjectDomainAttributesDeleteResponse:
        await self._change(lambda c: attribute.delete(c, request.resource_type, (request.project, request.domain, "")))
        return admin.ProjectDomainAttributesDeleteResponse()

    async def UpdateProjectAttributes(
        self, request: admin.ProjectAttributesUpdateRequest, context: Context
    ) -> admin.ProjectAttributesUpdateResponse:
        a = request.attributes
        await self._change(lambda c: attribute.put(c, (a.project, "", ""), a.matching_attributes, self._platform.clock))
        return admin.ProjectAttributesUpdateResponse()

    async def GetProjectAttributes(
        self, request: admin.ProjectAttributesGetRequest, context: Context
    ) -> admin.ProjectAttributesGetResponse:
        (project, _, _), found = await self._platform.read(lambda c: attribute.get(c, request.resource_type, request.project, "", ""))
        return admin.ProjectAttributesGetResponse(attributes=admin.ProjectAttributes(project=project, matching_attributes=found))

    async def DeleteProjectAttributes(
        self, request: admin.ProjectAttributesDeleteRequest, context: Context
    ) -> admin.ProjectAttributesDeleteResponse:
        await self._change(lambda c: attribute.delete(c, request.resource_type, (request.project, "", "")))
        return admin.ProjectAttributesDeleteResponse()

    async def UpdateWorkflowAttributes(
        self, request: admin.WorkflowAttributesUpdateRequest, context: Context
    ) -> admin.WorkflowAttributesUpdateResponse:
        a = request.attributes
        level = (a.project, a.domain, a.workflow)
        await self._change(lambda c: attribute.put(c, level, a.matching_attributes, self._platform.clock))
        return admin.WorkflowAttributesUpdateResponse()

    async def GetWorkflowAttributes(
        self, request: admin.WorkflowAttributesGetRequest, context: Context
    ) -> admin.WorkflowAttributesGetResponse:
        level, found = await self._platform.read(
            lambda c: attribute.get(c, request.resource_type, request.project, request.domain, request.workflow)
        )
        shown = admin.WorkflowAttributes(project=level[0], domain=level[1], workflow=level[2], matching_attributes=found)
        return admin.WorkflowAttributesGetResponse(attributes=shown)

    async def DeleteWorkflowAttributes(
        self, request: admin.WorkflowAttributesDeleteRequest, context: Context
    ) -> admin.WorkflowAttributesDeleteResponse:
        level = (request.project, request.domain, request.workflow)
        await self._change(lambda c: attribute.delete(c, request.resource_type, level))
        return admin.WorkflowAttributesDeleteResponse()

    async def ListMatchableAttributes(
        self, request: admin.ListMatchableAttributesRequest, context: Context
    ) -> admin.ListMatchableAttributesResponse:
        return await self._platform.read(lambda c: attribute.configurations(c, request.resource_type))

    async def GetVersion(self, request: admin.GetVersionRequest, context: Context) -> admin.GetVersionResponse:
        return admin.GetVersionResponse(control_plane_version=admin.Version(Version=__version__, Build="alula"))
