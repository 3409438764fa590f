"""HTTP paths of the RPCs, read from the `google.api.http` annotations in the descriptors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flyteidl.service import admin_pb2, auth_pb2, dataproxy_pb2, identity_pb2, signal_pb2
from google.api import annotations_pb2, http_pb2
from google.protobuf import message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message

from alula.errors import Internal
from alula.idl.v1 import browse_pb2, code_pb2, gate_pb2, metric_pb2, service_pb2

FieldPath = tuple[FieldDescriptor, ...]
"""Fields from a request message down to a leaf: `id.project` is (id, project)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """One HTTP method and path of an RPC; an RPC with additional bindings has several.

    Attributes:
        rpc: full name, `flyteidl.service.AdminService.GetTask`.
        http_method: GET, POST, PUT, PATCH or DELETE.
        segments: the path split at `/`; a FieldPath where the URL names a field.
        has_body: the whole message is the body; otherwise fields come from the query.
        index: 0 for the RPC's main path.
    """

    rpc: str
    descriptor: MethodDescriptor
    http_method: str
    path: str
    segments: tuple[str | FieldPath, ...]
    has_body: bool
    index: int
    request: type[Message]

    @property
    def operation_id(self) -> str:
        """`AdminService_ListTasks`, with a number from the second path on."""
        suffix = str(self.index + 1) if self.index else ""
        return f"{self.descriptor.containing_service.name}_{self.descriptor.name}{suffix}"


def services() -> list[ServiceDescriptor]:
    """The services that the server speaks, Flyte's and ours."""
    modules = (admin_pb2, dataproxy_pb2, signal_pb2, identity_pb2, auth_pb2, service_pb2, metric_pb2, code_pb2, browse_pb2, gate_pb2)
    return [service for module in modules for service in module.DESCRIPTOR.services_by_name.values()]


def bindings() -> list[Binding]:
    """Every annotated path of every RPC that is not a stream."""
    return [binding for service in services() for method in service.methods for binding in _of_method(method)]


def _of_method(method: MethodDescriptor) -> Iterator[Binding]:
    if method.server_streaming or method.client_streaming:
        return
    rule = method.GetOptions().Extensions[annotations_pb2.http]
    for index, each in enumerate([rule, *rule.additional_bindings]):
        if each.WhichOneof("pattern"):
            yield _binding(method, each, index)


def _binding(method: MethodDescriptor, rule: http_pb2.HttpRule, index: int) -> Binding:
    kind = rule.WhichOneof("pattern")
    path = getattr(rule, kind)
    if kind == "custom" or rule.body not in ("", "*") or rule.response_body:
        raise Internal(f"HTTP annotation of {method.full_name}: only plain verbs with body '*' or none are understood; extend binding.py")
    return Binding(
        rpc=method.full_name,
        descriptor=method,
        http_method=kind.upper(),
        path=path,
        segments=tuple(_segment(method, text) for text in path.strip("/").split("/")),
        has_body=rule.body == "*",
        index=index,
        request=message_factory.GetMessageClass(method.input_type),
    )


def _segment(method: MethodDescriptor, text: str) -> str | FieldPath:
    if not text.startswith("{"):
        return text
    found: list[FieldDescriptor] = []
    message: Descriptor | None = method.input_type
    for name in text[1:-1].split("."):
        if message is None:
            raise Internal(f"HTTP annotation of {method.full_name}: {text} goes through a field that is no message")
        field = message.fields_by_name[name]
        found.append(field)
        message = field.message_type
    return tuple(found)
