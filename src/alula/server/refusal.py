"""What the HTTP door says where no RPC answers: nothing there, another method, no HTTP, a defect; always our JSON."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from alula.errors import AlulaError, Internal, InvalidInput, NotFound, Unsupported
from alula.server.status import status_of

_log = logging.getLogger("alula.server.http")


def error_answer(error: AlulaError, http_status: int = 0, headers: Mapping[str, str] | None = None) -> Response:
    """An error as the HTTP door says it.

    Args:
        http_status: another one than is the error's own.
    """
    status = status_of(error)
    body = {"code": status.grpc, "message": str(error), "details": [{"reason": error.code}]}
    return JSONResponse(body, status_code=http_status or status.http, headers=headers)


def missing(request: Request) -> NotFound:
    """The error of an address where there is nothing."""
    return NotFound(f"{request.method} {request.url.path[:200]}: there is nothing here; /api/v1/openapi lists the paths of the API")


def _of_routing(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return error_answer(missing(request))
    if error.status_code != 405:
        return error_answer(InvalidInput(f"{request.method} {request.url.path[:200]}: {error.detail}"), error.status_code)
    allowed = ", ".join(sorted((error.headers or {}).get("Allow", "").split(", ")))
    problem = Unsupported(f"{request.method} {request.url.path[:200]}: not allowed here; use {allowed}")
    return error_answer(problem, 405, {"allow": allowed})


def _of_defect(request: Request, error: Exception) -> Response:
    reference = secrets.token_hex(4)
    _log.error("%s %s failed, reference %s", request.method, request.url.path, reference)  # the trace follows: it is raised again
    place = f"{request.method} {request.url.path[:200]}"
    return error_answer(Internal(f"{place}: the server failed; its log has the cause under reference {reference}"))


def _of_ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, AlulaError)
    return error_answer(error)


HANDLERS: dict[Any, Callable[[Request, Exception], Response]] = {
    AlulaError: _of_ours,
    HTTPException: _of_routing,
    Exception: _of_defect,
}
"""For a Starlette application, by class of what was raised."""


class HttpProtocol(HttpToolsProtocol):
    """HTTP whose requests that cannot be read are refused as all others are."""

    def send_400_response(self, msg: str) -> None:
        what = "an unknown method, or a line or header that is none; /api/v1/openapi lists the API"
        answer = error_answer(InvalidInput(f"the request cannot be read as HTTP/1.1: {what}"))
        head = b"".join(b"%b: %b\r\n" % header for header in answer.raw_headers)
        self.transport.write(b"HTTP/1.1 400 Bad Request\r\n%bconnection: close\r\n\r\n%b" % (head, bytes(answer.body)))
        self.transport.close()
