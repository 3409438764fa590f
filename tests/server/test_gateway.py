"""The HTTP door over real protobuf methods, in process."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, cast

import httpx
import pytest
from google.protobuf import message_factory
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette

from alula import errors
from alula.errors import AlulaError
from alula.idl import admin, core, service
from alula.server.binding import bindings
from alula.server.context import Context
from alula.server.gateway import build_routes
from alula.server.openapi import document
from alula.server.status import TABLE, status_of

ADMIN = "flyteidl.service.AdminService."
PROTOBUF = {"accept": "application/octet-stream", "content-type": "application/octet-stream"}


class Echo:
    """Remembers the last request of every RPC and answers with an empty message, or as told."""

    def __init__(self) -> None:
        self.request: Any = None
        self.context: Context | None = None
        self.answers: dict[str, Message | Exception] = {}

    def methods(self) -> dict[str, Callable[[Message, Context], Awaitable[Message]]]:
        return {
            binding.rpc: self._method(binding.rpc, message_factory.GetMessageClass(binding.descriptor.output_type))
            for binding in bindings()
        }

    def _method(self, rpc: str, output: type[Message]) -> Callable[[Message, Context], Awaitable[Message]]:
        async def method(request: Message, context: Context) -> Message:
            self.request, self.context = request, context
            answer = self.answers.get(rpc, output())
            if isinstance(answer, Exception):
                raise answer
            return answer

        return method


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
async def client(echo: Echo) -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(routes=build_routes(echo.methods(), max_bytes=10_000, principal=lambda scope: "ada"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://alula") as client:
        yield client


async def test_path_fields_and_unset_ones_in_json(echo: Echo, client: httpx.AsyncClient) -> None:
    echo.answers[ADMIN + "GetTask"] = admin.Task(id=core.Identifier(resource_type=core.TASK, name="train"), short_description="ä")
    answer = await client.get("/api/v1/tasks/p/d/pkg.train/v1")
    assert echo.request == admin.ObjectGetRequest(id=core.Identifier(project="p", domain="d", name="pkg.train", version="v1"))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["id"]["resource_type"] == "TASK"
    assert answer.json()["id"]["version"] == ""
    assert answer.json()["short_description"] == "ä"


async def test_encoded_slash_and_space_stay_in_their_field(echo: Echo, client: httpx.AsyncClient) -> None:
    await client.get("/api/v1/tasks/p/d/a%20b/feature%2Fx%252")
    assert (echo.request.id.name, echo.request.id.version) == ("a b", "feature/x%2")


async def test_additional_bindings_reach_the_same_rpc(echo: Echo, client: httpx.AsyncClient) -> None:
    await client.get("/api/v1/tasks/p/d?limit=5")
    assert echo.request == admin.ResourceListRequest(id=admin.NamedEntityIdentifier(project="p", domain="d"), limit=5)
    await client.get("/api/v1/tasks/p/d/train?limit=5")
    assert echo.request.id.name == "train"


async def test_query_as_the_console_sends_it(echo: Echo, client: httpx.AsyncClient) -> None:
    await client.get("/api/v1/node_executions/p/d/e?limit=10000&uniqueParentId=n0&sort_by.key=created_at&sort_by.direction=ASCENDING")
    assert echo.request == admin.NodeExecutionListRequest(
        workflow_execution_id=core.WorkflowExecutionIdentifier(project="p", domain="d", name="e"),
        limit=10000,
        unique_parent_id="n0",
        sort_by=admin.Sort(key="created_at", direction=admin.Sort.ASCENDING),
    )
    await client.get("/api/v1/executions/p/d", params={"filters": "eq(workflow.name,x)+value_in(phase,FAILED;ABORTED)", "limit": 25})
    assert echo.request.filters == "eq(workflow.name,x)+value_in(phase,FAILED;ABORTED)"


async def test_enum_in_the_path_by_number_and_name(echo: Echo, client: httpx.AsyncClient) -> None:
    for text in ("2", "WORKFLOW", "workflow"):
        await client.get(f"/api/v1/named_entities/{text}/p/d?limit=1")
        assert echo.request.resource_type == core.WORKFLOW


async def test_json_body_with_path_on_top(echo: Echo, client: httpx.AsyncClient) -> None:
    answer = await client.put("/api/v1/executions/p/d/e", json={"id": {"name": "other"}, "state": "EXECUTION_ARCHIVED"})
    assert answer.status_code == 200
    assert echo.request.id == core.WorkflowExecutionIdentifier(project="p", domain="d", name="e")
    assert echo.request.state == 1


async def test_delete_with_and_without_body(echo: Echo, client: httpx.AsyncClient) -> None:
    await client.request("DELETE", "/api/v1/executions/p/d/e", json={"cause": "enough"})
    assert echo.request.cause == "enough"
    await client.delete("/api/v1/executions/p/d/e")
    assert (echo.request.id.name, echo.request.cause) == ("e", "")


async def test_protobuf_in_and_out(echo: Echo, client: httpx.AsyncClient) -> None:
    wanted = admin.ExecutionCreateRequest(project="p", domain="d", name="e")
    made = admin.ExecutionCreateResponse(id=core.WorkflowExecutionIdentifier(project="p", domain="d", name="e"))
    echo.answers[ADMIN + "CreateExecution"] = made
    answer = await client.post("/api/v1/executions", content=wanted.SerializeToString(), headers=PROTOBUF)
    assert echo.request == wanted
    assert answer.headers["content-type"] == "application/octet-stream"
    assert admin.ExecutionCreateResponse.FromString(answer.content) == made


async def test_bytes_and_repeated_query_fields(echo: Echo, client: httpx.AsyncClient) -> None:
    md5 = bytes(range(16))
    await client.post("/api/v1/dataproxy/artifact_urn", json={"project": "p", "content_md5": "AAECAwQFBgcICQoLDA0ODw=="})
    assert echo.request == service.CreateUploadLocationRequest(project="p", content_md5=md5)
    await client.get("/api/v1/dataproxy/artifact_urn?native_url=s3%3A%2F%2Fb%2Fk&expires_in=90s")
    assert (echo.request.native_url, echo.request.expires_in.seconds) == ("s3://b/k", 90)


async def test_context_has_principal_and_lower_case_metadata(echo: Echo, client: httpx.AsyncClient) -> None:
    await client.get("/api/v1/version", headers={"X-Trace": "1"})
    assert echo.context is not None
    assert echo.context.principal == "ada"
    assert echo.context.metadata["x-trace"] == "1"


@pytest.mark.parametrize("kind", sorted(TABLE, key=lambda kind: kind.__name__))
async def test_every_error_has_its_status_in_both_encodings(kind: type[AlulaError], echo: Echo, client: httpx.AsyncClient) -> None:
    echo.answers[ADMIN + "GetVersion"] = kind("place: what; remedy", code="MY_CODE")
    answer = await client.get("/api/v1/version")
    assert answer.status_code == TABLE[kind].http
    assert (answer.json()["code"], answer.json()["message"]) == (TABLE[kind].grpc, "place: what; remedy")
    assert answer.json()["details"][0]["reason"] == "MY_CODE"
    status = status_pb2.Status.FromString((await client.get("/api/v1/version", headers=PROTOBUF)).content)
    info = error_details_pb2.ErrorInfo()
    assert (status.code, status.message, status.details[0].Unpack(info), info.reason) == (
        answer.json()["code"],
        "place: what; remedy",
        True,
        "MY_CODE",
    )


def test_whole_tree_has_a_status_and_none_is_unknown() -> None:
    def tree(kind: type[AlulaError]) -> list[type[AlulaError]]:
        return [kind, *(each for below in kind.__subclasses__() for each in tree(below))]

    for kind in tree(AlulaError):
        assert status_of(kind.__new__(kind)).grpc not in (0, 2)
    assert status_of(ValueError()) == TABLE[errors.Internal]
    of_user_code = {
        errors.Recoverable,
        errors.NonRecoverable,
        errors.TaskFailed,
        errors.CommandFailed,
    }  # these end an attempt and never reach a door
    assert {kind for kind in AlulaError.__subclasses__() if kind.__module__ == "alula.errors"} == set(TABLE) | of_user_code


async def test_unexpected_exceptions_say_nothing_but_a_reference(
    echo: Echo, client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    echo.answers[ADMIN + "GetVersion"] = ZeroDivisionError("secret")
    answer = await client.get("/api/v1/version")
    assert (answer.status_code, answer.json()["code"]) == (500, 13)
    assert "secret" not in answer.text
    assert answer.json()["message"].split()[-1] in caplog.text
    assert "ZeroDivisionError" in caplog.text


async def test_rpc_without_implementation_is_unimplemented() -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(Starlette(routes=build_routes({}))), base_url="http://alula") as client:
        answer = await client.get("/me")
    assert (answer.status_code, answer.json()["code"]) == (501, 12)
    with pytest.raises(errors.Internal, match="GetTusk"):
        build_routes({ADMIN + "GetTusk": Echo().methods()[ADMIN + "GetTask"]})


@pytest.mark.parametrize(
    ("method", "url", "body", "status", "says"),
    [
        ("GET", "/api/v1/tasks/p/d?limt=5", None, 400, "'limt': ResourceListRequest has no such field; its fields are id, limit"),
        ("GET", "/api/v1/tasks/p/d?limit=x", None, 400, "parameter limit: 'x' given, expected a whole number from 0"),
        ("GET", "/api/v1/tasks/p/d?limit=-1", None, 400, "whole number"),
        ("GET", "/api/v1/tasks/p/d?limit=4294967296", None, 400, "whole number"),
        ("GET", "/api/v1/tasks/p/d?limit=1&limit=2", None, 400, "twice"),
        ("GET", "/api/v1/tasks/p/d?id.project=x", None, 400, "in the path"),
        ("GET", "/api/v1/tasks/p/d?sort_by=x", None, 400, "sort_by.key"),
        ("GET", "/api/v1/tasks/p/d?sort_by.direction=UP", None, 400, "one of DESCENDING, ASCENDING"),
        ("GET", "/api/v1/tasks/p/d?token.x=1", None, 400, "no such field"),
        ("GET", "/api/v1/tasks/p/d?token=%ff", None, 400, "query string"),
        ("GET", "/api/v1/tasks/p/d?token=%00%ED%A0%80", None, 400, "query string"),
        ("GET", "/api/v1/named_entities/9/p/d", None, 400, "one of UNSPECIFIED"),
        ("GET", "/api/v1/dataproxy/artifact_urn?expires_in=soon", None, 400, "expires_in"),
        ("GET", "/api/v1/tasks/p/d?" + "a=1&" * 2000, None, 400, "query string"),
        ("POST", "/api/v1/executions", b"{", 400, "not a ExecutionCreateRequest in JSON"),
        ("POST", "/api/v1/executions", b'{"projct": "p"}', 400, "projct"),
        ("POST", "/api/v1/executions", b'{"spec": {"launch_plan": {"nme": 1}}}', 400, "spec.launchPlan|spec.launch_plan"),
        ("POST", "/api/v1/executions", b'{"project": 5}', 400, "project"),
        ("POST", "/api/v1/executions", b"[]", 400, "JSON"),
        ("POST", "/api/v1/executions", b'"x"', 400, "JSON"),
        ("POST", "/api/v1/executions", b"\xff", 400, "JSON"),
        ("POST", "/api/v1/executions", b"[" * 9000, 400, "JSON"),
        ("POST", "/api/v1/executions", b'{"spec":' * 1000 + b"1" + b"}" * 1000, 400, "JSON"),
        ("POST", "/api/v1/executions", b'{"name": "' + b"x" * 10_000 + b'"}', 413, "at most 10000"),
        ("POST", "/api/v1/executions?project=p", b"{}", 400, "in the body"),
        ("PATCH", "/api/v1/executions", b"{}", 405, "use POST"),
    ],
)  # fmt: skip
async def test_wrong_requests_name_place_and_remedy(
    method: str, url: str, body: bytes | None, status: int, says: str, client: httpx.AsyncClient
) -> None:
    answer = await client.request(method, url, content=body, headers={"content-type": "application/json"} if body is not None else {})
    assert answer.status_code == status, answer.text
    assert any(each in answer.json()["message"] for each in says.split("|")), answer.json()["message"]


async def test_broken_protobuf_and_other_content_types(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/executions", content=b"\xff\xff\xff", headers=PROTOBUF)
    assert answer.status_code == 400
    assert "not a serialised flyteidl.admin.ExecutionCreateRequest" in status_pb2.Status.FromString(answer.content).message
    answer = await client.post("/api/v1/executions", content=b"{}", headers={"content-type": "text/plain"})
    assert (answer.status_code, answer.json()["code"]) == (415, 3)
    assert (await client.patch("/api/v1/executions")).headers["allow"] == "POST"


async def test_body_in_pieces_is_bounded_without_a_length(client: httpx.AsyncClient) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 1000

    answer = await client.post("/api/v1/executions", content=pieces(), headers={"content-type": "application/json"})
    assert answer.status_code == 413


@pytest.mark.parametrize("url", ["/api/v1/nothing", "/api/v1/tasks/p", "/api/v1/tasks//d", "/api/v1/tasks/p/d/n/v/more", "/"])
async def test_unknown_paths_are_not_ours(url: str, client: httpx.AsyncClient) -> None:
    assert (await client.get(url)).status_code == 404


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
async def test_no_request_is_a_server_error(client: httpx.AsyncClient, data: st.DataObject) -> None:
    binding = data.draw(st.sampled_from(bindings()))
    segments = [segment if isinstance(segment, str) else data.draw(st.text(min_size=1, max_size=8)) for segment in binding.segments]
    path = "/" + "/".join(
        "".join(f"%{byte:02X}" for byte in each.encode("utf-8", "surrogatepass")) if not each.isidentifier() else each for each in segments
    )
    body = data.draw(st.one_of(st.binary(max_size=40), st.text(max_size=40).map(lambda text: json.dumps({text: 1}).encode())))
    kind = data.draw(st.sampled_from(["application/json", "application/octet-stream"]))
    query = data.draw(
        st.dictionaries(
            st.sampled_from(["limit", "token", "filters", "sort_by.key", "id", "x"]),
            st.text(max_size=8).map(lambda t: t.encode("utf-8", "replace")),
        )
    )
    answer = await client.request(binding.http_method, path, content=body, headers={"content-type": kind}, params=cast(Any, query))
    assert answer.status_code < 500, answer.text


async def test_openapi_document_is_served_and_holds_together(client: httpx.AsyncClient) -> None:
    served = (await client.get("/api/v1/openapi")).json()
    assert served == json.loads(json.dumps(document()))
    assert served["openapi"] == "3.1.0"
    schemas = served["components"]["schemas"]
    operations = [(path, verb, each) for path, verbs in served["paths"].items() for verb, each in verbs.items()]
    ids = [each["operationId"] for _, _, each in operations]
    assert len(ids) == len(set(ids)) == len(bindings())
    assert {"AdminService_ListTasks", "AdminService_ListTasks2", "RunService_Register"} <= set(ids)
    for path, verb, each in operations:
        in_path = [parameter["name"] for parameter in each["parameters"] if parameter["in"] == "path"]
        assert [segment[1:-1] for segment in path.split("/") if segment.startswith("{")] == in_path
        assert ("requestBody" in each) == (verb != "get")
        names = [parameter["name"] for parameter in each["parameters"]]
        assert len(names) == len(set(names))
        assert {"200", "default"} == set(each["responses"])

    def references(value: object) -> list[str]:
        if isinstance(value, dict):
            return [value["$ref"]] if "$ref" in value else [each for item in value.values() for each in references(item)]
        return [each for item in value for each in references(item)] if isinstance(value, list) else []

    assert all(each.removeprefix("#/components/schemas/") in schemas for each in references(served))
    assert schemas["flyteidl.core.WorkflowExecution.Phase"]["enum"][6] == "FAILED"
    assert schemas["flyteidl.core.Identifier"]["properties"]["resource_type"] == {"$ref": "#/components/schemas/flyteidl.core.ResourceType"}
    listed = served["paths"]["/api/v1/executions/{id.project}/{id.domain}"]["get"]["parameters"]
    assert {"limit", "token", "filters", "sort_by.key", "sort_by.direction"} <= {each["name"] for each in listed}
