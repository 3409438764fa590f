"""Bad requests over the real doors: the right code, the place, the remedy, and nothing half done."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from flyteidl.service import admin_pb2_grpc
from tests.programs import shapes
from tests.server.harness import LiveServer

from alula.idl import admin, core, service
from alula.idl.v1 import service_pb2

P = "tests.programs.shapes."


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    live = LiveServer(tmp_path_factory.mktemp("bad") / "home").start()
    live.register(shapes)
    yield live
    live.stop()


def refused(call: object, request: object) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as caught:
        call(request)  # type: ignore[operator]
    assert caught.value.code() is not grpc.StatusCode.UNKNOWN
    return caught.value


def http_call(server: LiveServer, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(server.http, timeout=20)
    connection.request(method, path, body=body, headers={k.replace("_", "-"): v for k, v in headers.items()})
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


def identifier(name: str, version: str = "v1", kind: int = core.LAUNCH_PLAN) -> core.Identifier:
    return core.Identifier(resource_type=kind, project="default", domain="development", name=name, version=version)


def test_malformed_protobuf_is_the_callers_mistake(server: LiveServer) -> None:
    call = server.channel.unary_unary("/flyteidl.service.AdminService/CreateExecution")
    with pytest.raises(grpc.RpcError) as caught:
        call(b"\xff\xff\xff\xff not protobuf")
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "ExecutionCreateRequest" in caught.value.details()


def test_an_oversized_message_is_refused_by_size(server: LiveServer) -> None:
    spec = admin.TaskSpec(template=core.TaskTemplate(type="x" * (21 << 20)))
    error = refused(server.admin.CreateTask, admin.TaskCreateRequest(id=identifier("big", kind=core.TASK), spec=spec))
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


@pytest.mark.parametrize(
    ("request_", "code", "text"),
    [
        (admin.ExecutionCreateRequest(project="nope", domain="development"), "INVALID_ARGUMENT", "launch_plan"),
        (
            admin.ExecutionCreateRequest(
                project="nope", domain="development", spec=admin.ExecutionSpec(launch_plan=identifier(P + "line"))
            ),
            "NOT_FOUND",
            "nope",
        ),
        (
            admin.ExecutionCreateRequest(project="default", domain="moon", spec=admin.ExecutionSpec(launch_plan=identifier(P + "line"))),
            "INVALID_ARGUMENT",
            "moon",
        ),
        (
            admin.ExecutionCreateRequest(
                project="default", domain="development", spec=admin.ExecutionSpec(launch_plan=identifier(P + "line", "v999"))
            ),
            "NOT_FOUND",
            "v999",
        ),
        (
            admin.ExecutionCreateRequest(
                project="default",
                domain="development",
                spec=admin.ExecutionSpec(launch_plan=identifier(P + "line"), max_parallelism=-4),
            ),
            "INVALID_ARGUMENT",
            "max_parallelism",
        ),
        *[
            (
                admin.ExecutionCreateRequest(
                    project="default", domain="development", spec=admin.ExecutionSpec(launch_plan=identifier(P + "line"), **spec)
                ),
                "INVALID_ARGUMENT",
                text,
            )
            for spec, text in (
                ({"envs": admin.Envs(values=[core.KeyValuePair(key="A=B", value="c")])}, "spec.envs: 'A=B'"),
                ({"envs": admin.Envs(values=[core.KeyValuePair(value="c")])}, "spec.envs: ''"),
                ({"envs": admin.Envs(values=[core.KeyValuePair(key="A", value="\x00")])}, "NUL"),
                ({"raw_output_data_config": admin.RawOutputDataConfig(output_location_prefix="there/x")}, "is relative"),
                ({"raw_output_data_config": admin.RawOutputDataConfig(output_location_prefix="s3:///x")}, "the bucket is missing"),
            )
        ],
    ],
)
def test_a_launch_that_cannot_be(server: LiveServer, request_: admin.ExecutionCreateRequest, code: str, text: str) -> None:
    before = len(server.admin.ListExecutions(listing()).executions)
    error = refused(server.admin.CreateExecution, request_)
    assert error.code().name == code
    assert text in error.details()
    assert len(server.admin.ListExecutions(listing()).executions) == before


def listing(**fields: object) -> admin.ResourceListRequest:
    place = admin.NamedEntityIdentifier(project="default", domain="development")
    return admin.ResourceListRequest(id=place, **{"limit": 100, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"limit": 0}, "limit"),
        ({"token": "'; DROP TABLE execution"}, "token"),
        ({"filters": "eq(phase,"}, "filter"),
        ({"filters": "eq(nothing_like_it,1)"}, "nothing_like_it"),
        ({"filters": "gt(created_at,notatime)"}, "created_at"),
        ({"sort_by": admin.Sort(key="spec; --")}, "sort"),
    ],
)
def test_a_list_that_cannot_be(server: LiveServer, fields: dict[str, object], text: str) -> None:
    error = refused(server.admin.ListExecutions, listing(**fields))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert text in error.details()


def test_an_empty_and_a_cyclic_workflow_do_not_compile(server: LiveServer) -> None:
    empty = admin.WorkflowSpec(template=core.WorkflowTemplate(interface=core.TypedInterface()))
    id_ = identifier("empty", kind=core.WORKFLOW)
    assert "it has no nodes" in refused(server.admin.CreateWorkflow, admin.WorkflowCreateRequest(id=id_, spec=empty)).details()
    cyclic = admin.WorkflowSpec(template=core.WorkflowTemplate(interface=core.TypedInterface()))
    for name, other in (("a", "b"), ("b", "a")):
        task = core.TaskNode(reference_id=identifier(P + "inc", kind=core.TASK))
        promise = core.BindingData(promise=core.OutputReference(node_id=other, var="o0"))
        cyclic.template.nodes.add(id=name, task_node=task, inputs=[core.Binding(var="x", binding=promise)])
    error = refused(server.admin.CreateWorkflow, admin.WorkflowCreateRequest(id=id_, spec=cyclic))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "cycle" in error.details().lower()
    assert refused(server.admin.GetWorkflow, admin.ObjectGetRequest(id=id_)).code() is grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", "..", "%2e%2e", "a\\b", "nul\x00l", "", "x" * 300])
def test_upload_names_are_no_paths(server: LiveServer, name: str) -> None:
    request = service.CreateUploadLocationRequest(
        project="default", domain="development", filename_root=name or "../up", filename=name, content_md5=b"0" * 16
    )
    error = refused(server.data.CreateUploadLocation, request)
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize("name", ["sub/../a.txt", "/a.txt", "a//b", "sub/", "../a.txt", "sub\\a.txt"])
def test_a_file_of_a_folder_stays_in_it(server: LiveServer, name: str) -> None:
    request = service.CreateUploadLocationRequest(project="default", domain="development", filename_root="root", filename=name)
    assert refused(server.data.CreateUploadLocation, request).code() is grpc.StatusCode.INVALID_ARGUMENT


def test_a_folder_is_sent_with_the_folders_in_it(server: LiveServer) -> None:
    request = service.CreateUploadLocationRequest(project="default", domain="development", filename_root="whole", filename="sub/deep/a.txt")
    link = server.data.CreateUploadLocation(request)
    assert link.native_url.endswith("/uploads/default/development/whole/sub/deep/a.txt")
    assert http_call(server, "PUT", path_of(link.signed_url), b"inside")[0] == 200
    got = server.data.CreateDownloadLocation(service.CreateDownloadLocationRequest(native_url=link.native_url))
    assert http_call(server, "GET", path_of(got.signed_url))[1] == b"inside"


def upload_link(server: LiveServer, data: bytes, name: str) -> service.CreateUploadLocationResponse:
    digest = hashlib.md5(data, usedforsecurity=False).digest()
    return server.data.CreateUploadLocation(
        service.CreateUploadLocationRequest(project="default", domain="development", filename=name, content_md5=digest)
    )


def path_of(url: str) -> str:
    return "/" + url.split("/", 3)[3]


def stored(server: LiveServer) -> list[str]:
    return sorted(p.name for p in (server.home / "store" / "uploads").rglob("*") if p.is_file())


def test_an_upload_with_another_content_is_refused_and_leaves_nothing(server: LiveServer) -> None:
    link = upload_link(server, b"what was promised", "lies.bin")
    status, body = http_call(server, "PUT", path_of(link.signed_url), b"something else !!")
    assert status == 400
    assert b"nothing was stored" in body
    assert "lies.bin" not in stored(server)


def test_an_upload_that_breaks_off_leaves_nothing(server: LiveServer) -> None:
    link = upload_link(server, b"x" * 100_000, "broken.bin")
    connection = http.client.HTTPConnection(server.http, timeout=20)
    connection.putrequest("PUT", path_of(link.signed_url))
    connection.putheader("Content-Length", "100000")
    connection.endheaders()
    connection.send(b"x" * 1000)
    connection.close()
    good = upload_link(server, b"whole", "whole.bin")
    assert http_call(server, "PUT", path_of(good.signed_url), b"whole")[0] == 200
    assert "broken.bin" not in stored(server)
    assert "whole.bin" in stored(server)


def test_a_link_works_for_what_it_was_signed_for_alone(server: LiveServer) -> None:
    link = upload_link(server, b"mine", "mine.bin")
    path = path_of(link.signed_url)
    assert http_call(server, "GET", path)[0] == 403
    assert http_call(server, "PUT", path.replace("mine.bin", "yours.bin"), b"mine")[0] == 403
    assert http_call(server, "PUT", path.replace("/data/uploads", "/data/../link.key"), b"mine")[0] in (400, 403, 404)
    assert http_call(server, "PUT", path, b"mine")[0] == 200
    again = refused(
        server.data.CreateUploadLocation,
        service.CreateUploadLocationRequest(
            project="default",
            domain="development",
            filename="mine.bin",
            filename_root=path.split("/")[5],
            content_md5=hashlib.md5(b"other", usedforsecurity=False).digest(),
        ),
    )
    assert again.code() is grpc.StatusCode.ALREADY_EXISTS


def test_a_download_outside_the_store_is_refused(server: LiveServer) -> None:
    for uri in ("file:///etc/passwd", f"file://{server.home}/store/../link.key", "s3://other/bucket"):
        error = refused(server.data.CreateDownloadLocation, service.CreateDownloadLocationRequest(native_url=uri))
        assert error.code() in (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND)


@pytest.mark.parametrize(
    ("body", "text"),
    [(b"{not json", "JSON"), (b'{"nothing_like_it": 1}', "nothing_like_it"), (b'{"spec": {"max_parallelism": "many"}}', "max_parallelism")],
)
def test_malformed_json_says_where(server: LiveServer, body: bytes, text: str) -> None:
    status, answer = http_call(server, "POST", "/api/v1/executions", body, content_type="application/json")
    assert status == 400
    assert text in json.loads(answer)["message"]


def test_the_same_error_over_http(server: LiveServer) -> None:
    status, answer = http_call(server, "GET", "/api/v1/executions/default/development/no-such-run")
    assert status == 404
    assert "no-such-run" in json.loads(answer)["message"]
    assert http_call(server, "GET", "/api/alula/v1/watch/default/development/no-such-run")[0] == 404
    assert http_call(server, "GET", "/healthz") == (200, b"ok")
    assert http_call(server, "GET", "/readyz")[0] == 200
    assert b"alula_commits" in http_call(server, "GET", "/metrics")[1]


@pytest.mark.parametrize("line", ["FOO /api/alula/v1/overview HTTP/1.1", "G(T / HTTP/1.1", "GET / HTTP/9.9", "nonsense"])
def test_what_is_no_http_is_refused_in_our_json(server: LiveServer, line: str) -> None:
    host, port = server.http.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(f"{line}\r\nHost: localhost\r\n\r\n".encode())
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        body = json.loads(answer.read())
    assert (answer.status, answer.headers["content-type"], body["code"]) == (400, "application/json", 3)
    assert "cannot be read as HTTP/1.1" in body["message"]


def test_a_bundle_whose_hash_lies_fails_the_attempt_by_name(server: LiveServer) -> None:
    from alula.sdk.discover import entities
    from alula.sdk.serialize import Settings, serialize

    data = b"not the bundle that its name promises"
    link = upload_link(server, data, f"bundle-{'0' * 64}.tar.zst")
    assert http_call(server, "PUT", path_of(link.signed_url), data)[0] == 200
    wanted = [e for e in entities(shapes) if e.name.endswith((".line", ".inc", ".double"))]
    server.run.Register(serialize(wanted, Settings("default", "development", "lying", bundle=link.native_url)))
    final = server.wait(server.launch(P + "line", version="lying", x=1))
    assert final.closure.phase == core.WorkflowExecution.FAILED
    assert "not the one in its name" in final.closure.error.message


def test_md5_of_the_wrong_length(server: LiveServer) -> None:
    request = service.CreateUploadLocationRequest(project="default", domain="development", filename="a", content_md5=b"short")
    assert "16 bytes" in refused(server.data.CreateUploadLocation, request).details()
    header = base64.b64encode(b"0" * 16).decode()
    link = server.data.CreateUploadLocation(
        service.CreateUploadLocationRequest(project="default", domain="development", filename_root="r", filename="n")
    )
    assert http_call(server, "PUT", path_of(link.signed_url), b"x", content_md5=header)[0] == 400


def test_unknown_rpcs_are_unimplemented(server: LiveServer) -> None:
    stub = admin_pb2_grpc.AdminServiceStub(server.channel)
    error = refused(stub.CreateTaskEvent, admin.TaskExecutionEventRequest())
    assert error.code() is grpc.StatusCode.UNIMPLEMENTED


def test_an_unreadable_home_and_a_busy_port_are_named(server: LiveServer, tmp_path: Path) -> None:
    import subprocess
    import sys

    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    for options, text in (
        (["--home", str(blocked / "home")], "home"),
        (["--home", str(tmp_path / "fresh"), "--http", server.http], "cannot be listened on"),
        (["--home", str(tmp_path / "fresh"), "--http", "127.0.0.1:0", "--grpc", server.address], "cannot be listened on"),
        (["--home", str(server.home), "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0"], "is in use by the server with process id"),
    ):
        done = subprocess.run([sys.executable, "-m", "alula.cli", "up", *options], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 3, done
        assert text in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("tail", "status"),
    [("99999999999999999999", 404), ("0?item=%C2%B2", 400), ("0?item=99999999999999999999", 400), ("0?tail=99999999999999999999", 400)],
)
def test_numbers_beyond_reason_in_a_log_address_are_the_callers_mistake(server: LiveServer, tail: str, status: int) -> None:
    found, body = http_call(server, "GET", f"/api/alula/v1/logs/default/development/nobody/n0/{tail}")
    assert found == status, body


def test_a_named_launch_answers_at_once(server: LiveServer) -> None:
    """The stream's first update comes with the commit, not with the end of the execution."""
    request = admin.ExecutionCreateRequest(
        project="default", domain="development", name="named", spec=admin.ExecutionSpec(launch_plan=identifier(P + "line"))
    )
    stream = server.run.Launch(service_pb2.LaunchRequest(request=request), timeout=30)
    phases = [update.execution.closure.phase for update in stream]
    assert phases[0] == core.WorkflowExecution.RUNNING
    assert len(phases) == 2, phases


@pytest.mark.parametrize("name", ["my data é (1).csv", "数据.csv", "n" * 240])
def test_names_that_people_give_to_files_are_taken(server: LiveServer, name: str) -> None:
    content = name.encode()
    digest = hashlib.md5(content, usedforsecurity=False).digest()
    made = server.data.CreateUploadLocation(
        service.CreateUploadLocationRequest(project="default", domain="development", filename=name, content_md5=digest)
    )
    url = made.signed_url.partition(server.http)[2]
    assert http_call(server, "PUT", url, content)[0] == 200
    got = server.data.CreateDownloadLocation(service.CreateDownloadLocationRequest(native_url=made.native_url))
    assert http_call(server, "GET", got.signed_url.partition(server.http)[2]) == (200, content)
    assert Path(made.native_url).read_bytes() == content


def test_a_link_out_of_the_store_leads_nowhere(server: LiveServer, tmp_path: Path) -> None:
    made = server.data.CreateUploadLocation(
        service.CreateUploadLocationRequest(project="default", domain="development", filename="in.txt", filename_root="linked")
    )
    place = Path(made.native_url)
    place.parent.mkdir(parents=True)
    (tmp_path / "secret").write_text("not the store's")
    place.symlink_to(tmp_path / "secret")
    status, body = http_call(server, "PUT", made.signed_url.partition(server.http)[2], b"x")
    assert (status, b"symbolic link" in body) == (400, True)
    assert (
        "symbolic link"
        in refused(server.data.CreateDownloadLocation, service.CreateDownloadLocationRequest(native_url=made.native_url)).details()
    )


def test_a_name_longer_than_a_file_system_takes_is_refused(server: LiveServer) -> None:
    request = service.CreateUploadLocationRequest(project="default", domain="development", filename="é" * 121, content_md5=bytes(16))
    assert "242 bytes" in refused(server.data.CreateUploadLocation, request).details()


def test_a_page_of_another_name_is_no_page_of_ours(server: LiveServer) -> None:
    assert http_call(server, "GET", "/healthz", host="evil.example")[0] == 400
    assert http_call(server, "GET", "/healthz", host="localhost:1")[0] == 200


def test_one_call_over_http_launches_and_answers_at_the_end(server: LiveServer) -> None:
    plan = {"resource_type": "LAUNCH_PLAN", "project": "default", "domain": "development", "name": P + "line", "version": "v1"}
    request = {"project": "default", "domain": "development", "spec": {"launch_plan": plan}}
    status, answer = http_call(server, "POST", "/api/alula/v1/run", json.dumps(request).encode(), content_type="application/json")
    assert status == 200, answer
    assert json.loads(answer)["closure"]["phase"] == "SUCCEEDED"
