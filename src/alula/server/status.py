"""The one table from our errors to gRPC and HTTP statuses, and the google.rpc.Status both doors send."""

from __future__ import annotations

from typing import NamedTuple

from google.rpc import error_details_pb2, status_pb2

from alula import errors
from alula.errors import AlulaError

DOMAIN = "alula"
"""`domain` of the ErrorInfo that carries our stable error code."""


class Status(NamedTuple):
    """gRPC status code (its number, so that nothing here loads grpc) and HTTP status."""

    grpc: int
    http: int


# Never UNKNOWN (2): Flyte's clients read it as "log in again" and hide the message (flyte-contract 2.1).
TABLE: dict[type[AlulaError], Status] = {
    errors.InvalidInput: Status(3, 400),
    errors.LimitExceeded: Status(8, 429),
    errors.NotFound: Status(5, 404),
    errors.AlreadyExists: Status(6, 409),
    errors.FailedPrecondition: Status(9, 400),
    errors.PermissionDenied: Status(7, 403),
    errors.Unauthenticated: Status(16, 401),
    errors.Unsupported: Status(12, 501),
    errors.Unavailable: Status(14, 503),
    errors.Exhausted: Status(8, 507),
    errors.WaitTimeout: Status(4, 504),
    errors.ExecutionFailed: Status(9, 400),
    errors.Internal: Status(13, 500),
}
_INTERNAL = TABLE[errors.Internal]


def status_of(error: BaseException) -> Status:
    """Statuses of an error by its nearest listed class; INTERNAL for what is not ours."""
    for kind in type(error).__mro__:
        found = TABLE.get(kind)
        if found is not None:
            return found
    return _INTERNAL


def to_proto(error: AlulaError) -> status_pb2.Status:
    """The error as google.rpc.Status; our stable `code` and `kind` travel as an ErrorInfo detail."""
    message = status_pb2.Status(code=status_of(error).grpc, message=str(error))
    info = error_details_pb2.ErrorInfo(reason=error.code, domain=DOMAIN, metadata={"kind": error.kind})
    message.details.add().Pack(info)
    return message
