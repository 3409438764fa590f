"""The HTTP door: routes from the IDL's annotations, JSON or raw protobuf in and out, the same methods as gRPC.

JSON keeps proto names (snake_case), prints unset fields and enum names. `application/octet-stream` as content type or in
`accept` means serialised protobuf, also for errors (google.rpc.Status), which is what flyteconsole speaks.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import parse_qsl, quote, unquote

from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, NoMatchFound, Route
from starlette.types import Receive, Scope, Send

from alula.errors import AlulaError, Internal, InvalidInput, LimitExceeded, Unsupported
from alula.server import openapi, query
from alula.server.binding import Binding, FieldPath, bindings, services
from alula.server.context import Context
from alula.server.principal import of_scope
from alula.server.printer import to_dict
from alula.server.status import status_of, to_proto

Method = Callable[[Message, Context], Awaitable[Message]]

MAX_BODY_BYTES = 20 * 1024 * 1024
"""As much as Flyte's gRPC door takes."""
LARGE_BYTES = 64 * 1024
"""An answer from this size on is made in a thread: a comparison of a hundred executions would hold up every other request."""
_MAX_QUERY_BYTES = 64 * 1024
_MAX_QUERY_FIELDS = 1000
PROTOBUF = b"application/octet-stream"
_JSON = b"application/json"
_log = logging.getLogger("alula.server.gateway")


class BodyTooLarge(LimitExceeded):
    """A request body above the limit; HTTP has a status of its own for it."""

    code = "BODY_TOO_LARGE"


class MediaType(InvalidInput):
    """A body that is neither JSON nor protobuf."""

    code = "MEDIA_TYPE"


_HTTP_ONLY: dict[type[AlulaError], int] = {BodyTooLarge: 413, MediaType: 415}


def build_routes(
    methods: Mapping[str, Method],
    *,
    max_bytes: int = MAX_BODY_BYTES,
    principal: Callable[[Scope], str] = of_scope,
) -> list[BaseRoute]:
    """Routes of every annotated RPC, and the OpenAPI document at `/api/v1/openapi`.

    Args:
        methods: implementations by full RPC name, `flyteidl.service.AdminService.CreateTask`; an annotated RPC without one
            answers UNIMPLEMENTED.
        max_bytes: largest request body.
        principal: who asks.
    Raises:
        Internal: a name in `methods` is no RPC.
    """
    rpcs = {method.full_name for service in services() for method in service.methods}
    if strange := sorted(methods.keys() - rpcs):
        raise Internal(f"gateway: {', '.join(strange)} is no full RPC name; expected for instance flyteidl.service.AdminService.GetTask")
    root = _Node()
    for binding in bindings():
        root.add(binding, methods.get(binding.rpc, _unimplemented(binding.rpc)))

    async def document(request: Request) -> Response:
        return Response(openapi.document_json(), media_type="application/json")

    return [Route("/api/v1/openapi", document, methods=["GET"]), _GatewayRoute(root, max_bytes, principal)]


def _unimplemented(rpc: str) -> Method:
    async def method(request: Message, context: Context) -> Message:
        raise Unsupported(f"{rpc}: this server does not offer it; see /api/v1/openapi for what there is")

    return method


class _Node:
    """One path segment of the route tree; a literal is preferred to a field."""

    __slots__ = ("bindings", "field", "literals")

    def __init__(self) -> None:
        self.literals: dict[str, _Node] = {}
        self.field: _Node | None = None
        self.bindings: dict[str, tuple[Binding, Method]] = {}

    def add(self, binding: Binding, method: Method) -> None:
        node = self
        for segment in binding.segments:
            if isinstance(segment, str):
                node = node.literals.setdefault(segment, _Node())
            else:
                node.field = node = node.field or _Node()
        node.bindings[binding.http_method] = (binding, method)

    def find(self, segments: list[str], depth: int = 0) -> _Node | None:
        if depth == len(segments):
            return self if self.bindings else None
        literal = self.literals.get(segments[depth])
        found = literal.find(segments, depth + 1) if literal is not None else None
        if found is None and self.field is not None and segments[depth]:
            found = self.field.find(segments, depth + 1)
        return found


def _segments(scope: Scope) -> list[str]:
    # The raw path, because a name may contain an encoded slash (a version like `feature%2Fx`).
    raw = scope.get("raw_path") or quote(scope["path"]).encode()
    path = raw.decode("ascii", "replace").removeprefix(quote(scope.get("root_path", "")))
    return [unquote(segment) for segment in path.removeprefix("/").split("/")]


class _GatewayRoute(BaseRoute):
    """All annotated paths as one route: a walk in a tree instead of seventy regular expressions a request."""

    def __init__(self, root: _Node, max_bytes: int, principal: Callable[[Scope], str]) -> None:
        self._root = root
        self._max_bytes = max_bytes
        self._principal = principal

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http":
            return Match.NONE, {}
        segments = _segments(scope)
        node = self._root.find(segments)
        if node is None:
            return Match.NONE, {}
        return Match.FULL, {"alula.gateway": (node, segments)}  # with a wrong method, too: what is allowed is said here

    def url_path_for(self, name: str, /, **path_params: object) -> NoMatchFound:  # type: ignore[override]
        raise NoMatchFound(name, path_params)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        node, segments = scope["alula.gateway"]
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        is_binary = "application/octet-stream" in headers.get("accept", "")
        extra: list[tuple[bytes, bytes]] = []
        try:
            status, body = 200, await self._answer(node, segments, scope, receive, headers, is_binary)
        except AlulaError as error:
            status, body = encode_error(error, is_binary)
        except _NotAllowed:
            allowed = ", ".join(sorted(node.bindings))
            problem = Unsupported(f"{scope['method']} {scope['path']}: not allowed here; use {allowed}")
            status, body, extra = 405, _encode(to_proto(problem), is_binary), [(b"allow", allowed.encode())]
        except Exception as error:  # noqa: BLE001 - the boundary: whatever comes up becomes an answer, and the log has the trace
            status, body = 500, _encode(to_proto(_defect(scope, error)), is_binary)
        kind = PROTOBUF if is_binary else _JSON
        start = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), (b"x-content-type-options", b"nosniff"), *extra]
        await send({"type": "http.response.start", "status": status, "headers": start})
        await send({"type": "http.response.body", "body": body})

    async def _answer(
        self, node: _Node, segments: list[str], scope: Scope, receive: Receive, headers: Mapping[str, str], is_binary: bool
    ) -> bytes:
        if scope["method"] not in node.bindings:
            raise _NotAllowed
        binding, method = node.bindings[scope["method"]]
        request = binding.request()
        if binding.has_body:
            read_body(request, await _body(receive, headers, self._max_bytes), headers.get("content-type", ""))
        read_path(request, binding, segments)
        if scope["query_string"]:
            read_query(request, binding, scope["query_string"])
        answer = await method(request, Context(self._principal(scope), headers))
        if answer.ByteSize() < LARGE_BYTES:
            return _encode(answer, is_binary)
        return await asyncio.to_thread(_encode, answer, is_binary)


class _NotAllowed(Exception):
    """The path exists, the HTTP method does not."""


def _defect(scope: Scope, error: Exception) -> Internal:
    reference = secrets.token_hex(4)
    _log.error("%s %s failed, reference %s", scope["method"], scope["path"], reference, exc_info=error)
    return Internal(f"{scope['method']} {scope['path']}: the server failed; its log has the cause under reference {reference}")


async def _body(receive: Receive, headers: Mapping[str, str], max_bytes: int) -> bytes:
    """The whole body; refuses a large one before reading it where the client says so."""
    declared = headers.get("content-length", "")
    if declared.isdigit() and int(declared[:20]) > max_bytes:
        raise BodyTooLarge(f"request body: {declared[:20]} bytes, at most {max_bytes} are read; send large values by an upload link")
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise InvalidInput("request body: the client closed the connection before its end; send it again")
        part = message.get("body", b"")
        size += len(part)
        if size > max_bytes:
            raise BodyTooLarge(f"request body: more than {max_bytes} bytes; send large values by an upload link")
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


def read_body(request: Message, body: bytes, content_type: str) -> None:
    """Fills a request from JSON or protobuf; an empty body is an empty message.

    Raises:
        MediaType: another content type. It is required, since a page of another origin can send the ones that browsers
            call simple without being asked.
        InvalidInput: the body cannot be read; names the line or field.
    """
    if not body:
        return
    kind, name = content_type.partition(";")[0].strip().lower(), request.DESCRIPTOR.name
    if kind == "application/octet-stream":
        try:
            request.ParseFromString(body)
        except (DecodeError, RecursionError) as error:
            raise InvalidInput(
                f"request body: is not a serialised {request.DESCRIPTOR.full_name} ({error}); check the message type"
            ) from error
    elif kind == "application/json":
        try:
            text = body.decode()
            if not text.lstrip().startswith("{"):  # json_format would take [] for an empty message
                raise ValueError("a message is an object, {…}")
            json_format.Parse(text, request)
        except (json_format.ParseError, ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
            reason = str(error).removeprefix("Failed to load JSON: ") or type(error).__name__
            fields = ", ".join(request.DESCRIPTOR.fields_by_name) or "none"
            raise InvalidInput(f"request body: is not a {name} in JSON: {reason[:400]}; its fields are {fields}") from error
    else:
        raise MediaType(
            f"request body: content type {kind[:80] or 'missing'!r}; send application/json or application/octet-stream (protobuf)"
        )


def read_path(request: Message, binding: Binding, segments: list[str]) -> None:
    """Fills the fields that the URL's path names; they win over the body's."""
    for segment, value in zip(binding.segments, segments, strict=True):
        if not isinstance(segment, str):
            _set(request, segment, value)


def _set(request: Message, path: FieldPath, value: str) -> None:
    try:
        query.set_field(request, path, value)
    except (UnicodeEncodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"parameter {query.name_of(path)}: is not UTF-8; percent-encode it") from error


def read_query(request: Message, binding: Binding, raw: bytes) -> None:
    """Fills fields from the query string; an unknown parameter is an error.

    A field that the path already gave, or that the body holds, may not come again.
    """
    if len(raw) > _MAX_QUERY_BYTES:
        raise InvalidInput(f"query string: {len(raw)} bytes, at most {_MAX_QUERY_BYTES} are read; ask in several requests")
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MAX_QUERY_FIELDS)
    except (ValueError, UnicodeError) as error:
        raise InvalidInput(f"query string: cannot be read ({error}); percent-encode it as UTF-8") from error
    if pairs and binding.has_body:
        raise InvalidInput(f"query parameter {pairs[0][0][:80]!r}: {binding.http_method} takes its fields in the body; move it there")
    in_path = {segment for segment in binding.segments if not isinstance(segment, str)}
    seen: set[FieldPath] = set()
    for name, value in pairs:
        path = query.find(request.DESCRIPTOR, name)
        if path in in_path or (path in seen and not path[-1].is_repeated):
            raise InvalidInput(f"query parameter {name[:80]!r}: was given before (in the path or twice); give it once")
        seen.add(path)
        _set(request, path, value)


def encode_error(error: AlulaError, is_binary: bool) -> tuple[int, bytes]:
    """HTTP status and body of an error, as JSON or protobuf."""
    return _HTTP_ONLY.get(type(error), status_of(error).http), _encode(to_proto(error), is_binary)


def _encode(message: Message, is_binary: bool) -> bytes:
    if is_binary:
        return message.SerializeToString()
    return json.dumps(to_dict(message, with_defaults=True), ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
