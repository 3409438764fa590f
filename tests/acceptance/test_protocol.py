"""What clients rely on below flytekit's surface: status codes, lists, names, idle channels."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from flyteidl.admin import common_pb2, execution_pb2, node_execution_pb2, task_pb2
from flyteidl.core import identifier_pb2, tasks_pb2
from flyteidl.service import admin_pb2_grpc, auth_pb2_grpc, dataproxy_pb2, dataproxy_pb2_grpc


@pytest.fixture(scope="module")
def channel(server: Any) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(server.grpc) as opened:
        yield opened


@pytest.fixture(scope="module")
def admin(channel: grpc.Channel) -> Any:
    return admin_pb2_grpc.AdminServiceStub(channel)


def code_of(call: Any, *args: Any) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.RpcError) as caught:
        call(*args)
    return caught.value.code(), caught.value.details()


def identifier(kind: int, name: str, version: str = "v1") -> identifier_pb2.Identifier:
    return identifier_pb2.Identifier(resource_type=kind, project="default", domain="development", name=name, version=version)


def test_malformed_requests_are_invalid_arguments(channel: grpc.Channel) -> None:
    service = "/flyteidl.service.AdminService/"
    for method in ("CreateExecution", "GetTask", "ListExecutions", "CreateWorkflow"):
        call = channel.unary_unary(service + method)
        code, _ = code_of(call, b"\xff\xff\xff\xff\x00garbage")
        assert code == grpc.StatusCode.INVALID_ARGUMENT, method


def test_nothing_is_ever_unknown(channel: grpc.Channel, admin: Any) -> None:
    """UNKNOWN makes flytekit ask for a login and hide the message."""
    found = set()
    for method in admin_pb2_grpc.AdminService.__dict__:
        if method[0].isupper():
            for payload in (b"", b"\x0a\x02\x0a\x00", b"\x0a\x00\x12\x00"):
                try:
                    channel.unary_unary(f"/flyteidl.service.AdminService/{method}")(payload)
                except grpc.RpcError as e:
                    found.add((method, e.code()))
    assert not [method for method, code in found if code in (grpc.StatusCode.UNKNOWN, grpc.StatusCode.INTERNAL)]


def test_unknown_method_is_unimplemented(channel: grpc.Channel) -> None:
    code, _ = code_of(channel.unary_unary("/flyteidl.service.AdminService/NoSuchThing"), b"")
    assert code == grpc.StatusCode.UNIMPLEMENTED


def test_not_found_names_what_is_missing(admin: Any) -> None:
    request = common_pb2.ObjectGetRequest(id=identifier(identifier_pb2.TASK, "no.such"))
    code, text = code_of(admin.GetTask, request)
    assert code == grpc.StatusCode.NOT_FOUND
    assert "no.such" in text


def test_same_name_other_inputs_changes_nothing(admin: Any, run: Any, name: str) -> None:
    execution = run.succeed("programs.basics.two_tasks", {"x": 1}, execution_name=name)
    request = execution_pb2.ExecutionCreateRequest(project="default", domain="development", name=name)
    request.spec.launch_plan.CopyFrom(identifier(identifier_pb2.LAUNCH_PLAN, "programs.basics.two_tasks"))
    request.inputs.literals["x"].scalar.primitive.integer = 99
    code, _ = code_of(admin.CreateExecution, request)
    assert code == grpc.StatusCode.ALREADY_EXISTS
    data = admin.GetExecutionData(execution_pb2.WorkflowExecutionGetDataRequest(id=execution.id.to_flyte_idl()))
    assert data.full_inputs.literals["x"].scalar.primitive.integer == 1


@pytest.mark.parametrize("bad", ["Upper", "1digit", "under_score", "a" * 64])
def test_bad_execution_names_are_refused(admin: Any, registered: str, bad: str) -> None:
    request = execution_pb2.ExecutionCreateRequest(project="default", domain="development", name=bad)
    request.spec.launch_plan.CopyFrom(identifier(identifier_pb2.LAUNCH_PLAN, "programs.basics.two_tasks"))
    code, text = code_of(admin.CreateExecution, request)
    assert code == grpc.StatusCode.INVALID_ARGUMENT
    assert bad in text


def test_same_task_twice_exists_and_another_structure_is_refused_with_the_difference(admin: Any) -> None:
    name = f"protocol.t{uuid.uuid4().hex[:8]}"
    template = tasks_pb2.TaskTemplate(type="raw", container=tasks_pb2.Container(image="i", args=["a"]))
    request = task_pb2.TaskCreateRequest(id=identifier(identifier_pb2.TASK, name), spec=task_pb2.TaskSpec(template=template))
    admin.CreateTask(request)
    assert code_of(admin.CreateTask, request)[0] == grpc.StatusCode.ALREADY_EXISTS
    request.spec.template.container.args[0] = "b"
    code, text = code_of(admin.CreateTask, request)
    assert code == grpc.StatusCode.INVALID_ARGUMENT
    assert "args" in text


def listing(filters: str = "", limit: int = 10, **more: Any) -> common_pb2.ResourceListRequest:
    place = common_pb2.NamedEntityIdentifier(project="default", domain="development")
    return common_pb2.ResourceListRequest(id=place, filters=filters, limit=limit, **more)


def test_filters_find_executions(admin: Any, run: Any, name: str) -> None:
    run.succeed("programs.basics.two_tasks", {"x": 1}, execution_name=name, tags=[f"tag-{name}"])
    failed = run.fail("programs.failing.plain_failure", {"x": 1})
    for filters in (
        f"eq(execution_name,{name})",
        f"eq(execution_name,{name})+eq(phase,SUCCEEDED)",
        f"value_in(execution_name,{name};other)+value_in(phase,SUCCEEDED;FAILED)",
        f"contains(execution_name,{name[:12]})",
        f"eq(execution_name,{name})+eq(workflow.name,programs.basics.two_tasks)",
        f"eq(execution_name,{name})+gte(created_at,2020-01-01T00:00:00Z)",
        f"eq(execution_name,{name})+gte(duration,0)",
        f"eq(admin_tag.name,tag-{name})",
    ):
        found = admin.ListExecutions(listing(filters)).executions
        assert [e.id.name for e in found] == [name], filters
    assert not admin.ListExecutions(listing(f"eq(execution_name,{name})+eq(phase,FAILED)")).executions
    found = admin.ListExecutions(listing(f"eq(execution_name,{failed.id.name})+eq(phase,FAILED)")).executions
    assert found[0].closure.error.message


@pytest.mark.parametrize("filters", ["eq(nonsense,1)", "gt(created_at,notatime)", "broken(", "eq(phase)"])
def test_wrong_filters_are_invalid_arguments(admin: Any, filters: str) -> None:
    assert code_of(admin.ListExecutions, listing(filters))[0] == grpc.StatusCode.INVALID_ARGUMENT


def test_limit_zero_is_refused(admin: Any) -> None:
    assert code_of(admin.ListExecutions, listing(limit=0))[0] == grpc.StatusCode.INVALID_ARGUMENT


def test_pages_and_sorting(admin: Any, run: Any) -> None:
    for x in range(3):
        run.succeed("programs.basics.two_tasks", {"x": x})
    sort = common_pb2.Sort(key="created_at", direction=common_pb2.Sort.DESCENDING)
    names: list[str] = []
    token = ""
    for _ in range(3):
        page = admin.ListExecutions(listing(limit=1, sort_by=sort, token=token))
        names += [e.id.name for e in page.executions]
        token = page.token
    assert len(set(names)) == 3
    whole = admin.ListExecutions(listing(limit=3, sort_by=sort)).executions
    assert [e.id.name for e in whole] == names


def test_recent_executions(run: Any) -> None:
    execution = run.succeed("programs.basics.no_inputs")
    assert execution.id.name in [e.id.name for e in run.remote.recent_executions(limit=5)]


def test_archived_executions_leave_the_list(admin: Any, run: Any) -> None:
    execution = run.succeed("programs.basics.no_inputs")
    update = execution_pb2.ExecutionUpdateRequest(id=execution.id.to_flyte_idl(), state=execution_pb2.EXECUTION_ARCHIVED)
    admin.UpdateExecution(update)
    mine = f"eq(execution_name,{execution.id.name})"
    assert not admin.ListExecutions(listing(mine)).executions
    assert admin.ListExecutions(listing(f"{mine}+eq(state,1)")).executions
    assert (
        admin.GetExecution(execution_pb2.WorkflowExecutionGetRequest(id=execution.id.to_flyte_idl())).closure.state_change_details.state
        == 1
    )


def test_names_versions_projects_and_domains(admin: Any, registered: str, run: Any) -> None:
    place = common_pb2.NamedEntityIdentifierListRequest(project="default", domain="development", limit=100)
    assert "programs.basics.double" in [e.name for e in admin.ListTaskIds(place).entities]
    assert "programs.basics.two_tasks" in [e.name for e in admin.ListWorkflowIds(place).entities]
    assert "plans.nightly" in [e.name for e in admin.ListLaunchPlanIds(place).entities]
    found = run.remote.list_tasks_by_version(registered, "default", "development")
    assert "programs.basics.double" in [t.id.name for t in found]
    projects, _ = run.remote.client.list_projects_paginated(limit=100)
    assert "default" in [p.id for p in projects]
    assert [d.id for d in run.remote.get_domains()] == ["development", "staging", "production"]


def test_workflow_listing_leaves_the_closure_out(admin: Any, registered: str) -> None:
    found = admin.ListWorkflows(listing("eq(workflow.name,programs.basics.two_tasks)")).workflows
    assert found
    assert not found[0].closure.compiled_workflow.tasks
    whole = admin.GetWorkflow(common_pb2.ObjectGetRequest(id=found[0].id))
    assert len(whole.closure.compiled_workflow.tasks) == 2


def test_node_list_is_of_one_level(admin: Any, run: Any) -> None:
    execution = run.succeed("programs.graphs.with_subworkflow", {"x": 1})
    identity = execution.id.to_flyte_idl()
    top = admin.ListNodeExecutions(node_execution_pb2.NodeExecutionListRequest(workflow_execution_id=identity, limit=100)).node_executions
    parents = [n.id.node_id for n in top if n.metadata.is_parent_node]
    assert parents == ["n0"]
    request = node_execution_pb2.NodeExecutionListRequest(workflow_execution_id=identity, limit=100, unique_parent_id="n0")
    inner = admin.ListNodeExecutions(request).node_executions
    assert {"n0", "n1"} <= {n.metadata.spec_node_id for n in inner}


def test_upload_is_put_once_and_another_content_is_refused(channel: grpc.Channel) -> None:
    import base64
    import hashlib
    from urllib.request import Request, urlopen

    stub = dataproxy_pb2_grpc.DataProxyServiceStub(channel)
    data, other = b"content", b"another"
    root = uuid.uuid4().hex
    md5 = hashlib.md5(data).digest()
    request = dataproxy_pb2.CreateUploadLocationRequest(
        project="default", domain="development", filename="f.bin", filename_root=root, content_md5=md5, add_content_md5_metadata=True
    )
    place = stub.CreateUploadLocation(request)
    headers = {"Content-Length": str(len(data)), "Content-MD5": base64.b64encode(md5).decode(), **place.headers}
    with urlopen(Request(place.signed_url, data=data, method="PUT", headers=headers)) as answer:
        assert answer.status in (200, 201)
    request.content_md5 = hashlib.md5(other).digest()
    assert code_of(stub.CreateUploadLocation, request)[0] == grpc.StatusCode.ALREADY_EXISTS


def test_upload_link_carries_no_length_of_its_own_and_only_for_projects_that_exist(channel: grpc.Channel) -> None:
    stub = dataproxy_pb2_grpc.DataProxyServiceStub(channel)
    request = dataproxy_pb2.CreateUploadLocationRequest(project="default", domain="development", filename="f", content_md5=bytes(16))
    assert "Content-Length" not in stub.CreateUploadLocation(request).headers
    request.project = "nowhere"
    code, text = code_of(stub.CreateUploadLocation, request)
    assert code == grpc.StatusCode.NOT_FOUND
    assert "nowhere" in text


def test_long_names(admin: Any) -> None:
    from flyteidl.admin import workflow_pb2

    template = tasks_pb2.TaskTemplate(type="raw", container=tasks_pb2.Container(image="i", args=["a"]))
    long = f"protocol.{uuid.uuid4().hex}".ljust(300, "x")
    admin.CreateTask(task_pb2.TaskCreateRequest(id=identifier(identifier_pb2.TASK, long), spec=task_pb2.TaskSpec(template=template)))
    spec = workflow_pb2.WorkflowSpec()
    spec.template.id.CopyFrom(identifier(identifier_pb2.WORKFLOW, long))
    node = spec.template.nodes.add(id="n0")
    node.task_node.reference_id.CopyFrom(identifier(identifier_pb2.TASK, long))
    admin.CreateWorkflow(workflow_pb2.WorkflowCreateRequest(id=spec.template.id, spec=spec))
    assert admin.GetWorkflow(common_pb2.ObjectGetRequest(id=spec.template.id)).id.name == long


def test_negative_parallelism_is_refused(admin: Any, registered: str, name: str) -> None:
    request = execution_pb2.ExecutionCreateRequest(project="default", domain="development", name=name)
    request.spec.launch_plan.CopyFrom(identifier(identifier_pb2.LAUNCH_PLAN, "programs.basics.two_tasks"))
    request.spec.max_parallelism = -1
    assert code_of(admin.CreateExecution, request)[0] == grpc.StatusCode.INVALID_ARGUMENT


def test_plugin_overrides_of_a_project(admin: Any) -> None:
    from flyteidl.admin import matchable_resource_pb2, project_attributes_pb2

    attributes = matchable_resource_pb2.MatchingAttributes()
    attributes.plugin_overrides.overrides.add(task_type="python-task", plugin_id=["any"])
    wanted = project_attributes_pb2.ProjectAttributes(project="default", matching_attributes=attributes)
    admin.UpdateProjectAttributes(project_attributes_pb2.ProjectAttributesUpdateRequest(attributes=wanted))
    kind = matchable_resource_pb2.PLUGIN_OVERRIDE
    found = admin.GetProjectAttributes(project_attributes_pb2.ProjectAttributesGetRequest(project="default", resource_type=kind))
    assert found.attributes.matching_attributes == attributes
    admin.DeleteProjectAttributes(project_attributes_pb2.ProjectAttributesDeleteRequest(project="default", resource_type=kind))


def test_signal_is_taken_again_after_its_gate(admin: Any, run: Any, channel: grpc.Channel) -> None:
    from flyteidl.admin import signal_pb2
    from flyteidl.service import signal_pb2_grpc

    execution = run.start("programs.gates.asking")
    while not run.remote.list_signals(execution.id.name):
        run.remote.sync(execution)
    stub = signal_pb2_grpc.SignalServiceStub(channel)
    request = signal_pb2.SignalSetRequest()
    request.id.signal_id = "number"
    request.id.execution_id.CopyFrom(execution.id.to_flyte_idl())
    request.value.scalar.primitive.integer = 4
    stub.SetSignal(request)
    assert run.finish(execution).outputs["o0"] == 8
    request.value.scalar.primitive.integer = 5
    stub.SetSignal(request)
    assert run.child(execution.id.name).outputs["o0"] == 8


def test_auth_metadata_says_there_is_no_login(channel: grpc.Channel) -> None:
    from flyteidl.service import auth_pb2

    stub = auth_pb2_grpc.AuthMetadataServiceStub(channel)
    try:
        stub.GetPublicClientConfig(auth_pb2.PublicClientAuthConfigRequest())
    except grpc.RpcError as e:
        assert e.code() not in (grpc.StatusCode.UNKNOWN, grpc.StatusCode.INTERNAL)


@pytest.mark.slow
def test_idle_keepalive_pings_are_no_offence(server: Any) -> None:
    """flytekit pings an idle channel every 30 s; here ten times as often as the server must bear, for as long."""
    options = [
        ("grpc.keepalive_time_ms", 5_000),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.max_pings_without_data", 0),
    ]
    lost: list[Any] = []
    with grpc.insecure_channel(server.grpc, options=options) as channel:
        stub = admin_pb2_grpc.AdminServiceStub(channel)
        stub.GetVersion(admin_version())
        import threading

        gone = threading.Event()

        def watch(state: grpc.ChannelConnectivity) -> None:
            if state in (grpc.ChannelConnectivity.IDLE, grpc.ChannelConnectivity.TRANSIENT_FAILURE, grpc.ChannelConnectivity.SHUTDOWN):
                lost.append(state)
                gone.set()

        channel.subscribe(watch)
        lost.clear()
        gone.clear()
        assert not gone.wait(22), lost
        stub.GetVersion(admin_version())


def admin_version() -> Any:
    from flyteidl.admin import version_pb2

    return version_pb2.GetVersionRequest()
