"""The gRPC door: handlers made from the descriptors, and the one place where errors become statuses.

An exception that escaped a Python servicer would be UNKNOWN, which Flyte's clients take for a missing login; here everything
unexpected is INTERNAL, with its trace in the log.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import grpc
import grpc.aio
from google.protobuf import message_factory
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import DecodeError, Message
from grpc_status import rpc_status

from alula.errors import AlulaError, Internal, InvalidInput
from alula.server.context import Context
from alula.server.principal import of_call
from alula.server.status import to_proto

log = logging.getLogger(__name__)
Unary = Callable[[Any, Context], Awaitable[Message]]
Stream = Callable[[Any, Context], AsyncIterator[Message]]


def methods_of(descriptor: ServiceDescriptor, service: object) -> dict[str, Any]:
    """Implementations by full RPC name; a service must implement every RPC of its descriptor.

    Raises:
        Internal: one is missing.
    """
    found = {}
    for method in descriptor.methods:
        implementation = getattr(service, method.name, None)
        if implementation is None:
            raise Internal(f"{type(service).__name__} lacks {method.name}")
        found[f"{descriptor.full_name}.{method.name}"] = implementation
    return found


def generic_handlers(descriptors: list[ServiceDescriptor], methods: Mapping[str, Any]) -> list[grpc.GenericRpcHandler]:
    """gRPC handlers for every RPC of the services."""
    handlers = []
    for descriptor in descriptors:
        rpcs = {m.name: _handler(m, methods[f"{descriptor.full_name}.{m.name}"]) for m in descriptor.methods}
        handlers.append(grpc.method_handlers_generic_handler(descriptor.full_name, rpcs))
    return handlers


def _handler(method: MethodDescriptor, implementation: Any) -> Any:
    request_class = message_factory.GetMessageClass(method.input_type)
    if method.server_streaming:
        return grpc.unary_stream_rpc_method_handler(
            _stream(implementation, request_class, method.full_name), response_serializer=_serialize
        )
    return grpc.unary_unary_rpc_method_handler(_unary(implementation, request_class, method.full_name), response_serializer=_serialize)


def _serialize(message: Message) -> bytes:
    return message.SerializeToString()


def _parse(request_class: type[Message], data: bytes, name: str) -> Message:
    # Parsed here rather than by gRPC, which would answer INTERNAL for what is the caller's mistake.
    try:
        return request_class.FromString(data)
    except DecodeError as e:
        raise InvalidInput(f"{name}: the request is no {request_class.DESCRIPTOR.full_name}: {e}", code="MALFORMED") from e


def _context(context: Any) -> Context:
    metadata = {key: value for key, value in context.invocation_metadata() or () if isinstance(value, str)}
    return Context(of_call(context), metadata)


def _unary(implementation: Unary, request_class: type[Message], name: str) -> Callable[[bytes, Any], Awaitable[Message]]:
    async def call(data: bytes, context: Any) -> Message:
        try:
            return await implementation(_parse(request_class, data, name), _context(context))
        except Exception as e:  # noqa: BLE001 - the boundary of an RPC
            return await _abort(context, e, name)

    return call


def _stream(implementation: Stream, request_class: type[Message], name: str) -> Callable[[bytes, Any], AsyncIterator[Message]]:
    async def call(data: bytes, context: Any) -> AsyncIterator[Message]:
        try:
            async for message in implementation(_parse(request_class, data, name), _context(context)):
                yield message
        except Exception as e:  # noqa: BLE001 - the boundary of an RPC
            await _abort(context, e, name)

    return call


async def _abort(context: Any, error: Exception, name: str) -> Any:
    if isinstance(error, grpc.aio.AbortError):
        raise error
    if not isinstance(error, AlulaError):
        log.error("%s failed", name, exc_info=error)
        error = Internal(f"{name}: a defect of the server ({type(error).__name__}); its log has the trace")
    await context.abort_with_status(rpc_status.to_status(to_proto(error)))
