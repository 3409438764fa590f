"""gRPC channels to a server, and its errors as ours."""

from __future__ import annotations

import os
import re
from typing import Any, NoReturn

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2

from alula import errors
from alula.client.settings import ClientSettings
from alula.errors import AlulaError

MAX_MESSAGE_BYTES = 20 * 1024 * 1024
MAX_ANSWER_BYTES = 10 * MAX_MESSAGE_BYTES
"""What the server sends at most: outputs may be larger than any request."""
_OPTIONS = [
    ("grpc.max_receive_message_length", MAX_ANSWER_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    # A proxy or a laptop's sleep would otherwise leave a watch on a dead connection for ever.
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
]
_DOMAIN = "alula"
_PLACE = re.compile(r"\A[A-Z_]+:\s*(?:ipv[46]:\S+:\s)?")  # what gRPC puts before a reason: a status and the address once more
_KINDS: dict[grpc.StatusCode, type[AlulaError]] = {
    grpc.StatusCode.INVALID_ARGUMENT: errors.InvalidInput,
    grpc.StatusCode.OUT_OF_RANGE: errors.InvalidInput,
    grpc.StatusCode.NOT_FOUND: errors.NotFound,
    grpc.StatusCode.ALREADY_EXISTS: errors.AlreadyExists,
    grpc.StatusCode.FAILED_PRECONDITION: errors.FailedPrecondition,
    grpc.StatusCode.ABORTED: errors.FailedPrecondition,
    grpc.StatusCode.PERMISSION_DENIED: errors.PermissionDenied,
    grpc.StatusCode.UNAUTHENTICATED: errors.Unauthenticated,
    grpc.StatusCode.RESOURCE_EXHAUSTED: errors.LimitExceeded,
    grpc.StatusCode.UNIMPLEMENTED: errors.Unsupported,
    grpc.StatusCode.UNAVAILABLE: errors.Unavailable,
    grpc.StatusCode.DEADLINE_EXCEEDED: errors.WaitTimeout,
    grpc.StatusCode.CANCELLED: errors.Unavailable,
}


def open_channel(settings: ClientSettings, module: Any = grpc) -> Any:
    """A channel; connects with the first call.

    Args:
        settings: where to.
        module: `grpc` for a blocking one, `grpc.aio` for the loop.
    """
    if settings.is_secure:
        return module.secure_channel(settings.address, grpc.ssl_channel_credentials(), options=_OPTIONS)
    return module.insecure_channel(settings.address, options=_OPTIONS)


def unreachable(address: str, reason: str) -> errors.Unavailable:
    """The error for a server that does not answer."""
    return errors.Unavailable(
        f"no Alula server answers at {address} ({reason}); start one with `alula up`, or name another by --address, ALULA_ADDRESS "
        "or address in the settings file",
        code="SERVER_UNREACHABLE",
    )


def translate(error: grpc.RpcError, address: str) -> AlulaError:
    """The error of ours that the server raised, by its status and the ErrorInfo that travels with it."""
    code, text = error.code(), error.details() or ""
    info = _info(error)
    if code is grpc.StatusCode.UNAVAILABLE and info is None:
        return unreachable(address, _PLACE.sub("", text.rpartition("; last error: ")[2])[:200] or "no connection")
    if code is grpc.StatusCode.RESOURCE_EXHAUSTED and info is not None and info.metadata.get("kind") == "SYSTEM":
        return errors.Exhausted(text, code=info.reason)
    made = _KINDS.get(code, errors.Internal)(text or f"the server at {address} answered {code.name} without saying why")
    if info is not None:
        made.code = info.reason
    return made


def _info(error: grpc.RpcError) -> error_details_pb2.ErrorInfo | None:
    metadata: Any = error.trailing_metadata() or ()
    for key, value in metadata:
        if key != "grpc-status-details-bin":
            continue
        try:
            status = status_pb2.Status.FromString(value)
            for detail in status.details:
                info = error_details_pb2.ErrorInfo()
                if detail.Unpack(info) and info.domain == _DOMAIN:
                    return info
        except DecodeError:
            return None  # somebody else's details; the status itself is enough
    return None


def is_debugging() -> bool:
    """Whether traces are shown whole: `ALULA_DEBUG=1`."""
    return bool(os.environ.get("ALULA_DEBUG"))


def raise_translated(error: grpc.RpcError, address: str) -> NoReturn:
    """Raises our error in the place of gRPC's, which stays its `__context__`: thirty lines that say nothing more."""
    raise translate(error, address) from (error if is_debugging() else None)
