"""Which host a request may be for: a server for this machine alone answers to this machine's names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from alula.errors import InvalidInput
from alula.server.refusal import error_answer

LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")


class OwnNames:
    """Answers only requests to one of the server's own names.

    Args:
        names: in lower case, without a port.
    """

    def __init__(self, app: ASGIApp, names: Sequence[str]) -> None:
        self._app, self._names = app, names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        host = Headers(scope=scope).get("host", "") if scope["type"] in ("http", "websocket") else ""
        if scope["type"] != "lifespan" and re.sub(r":\d*$", "", host).lower() not in self._names:
            message = f"host {host[:80]!r}: a server for this machine alone answers to {', '.join(self._names)}; use one of these names"
            await error_answer(InvalidInput(message))(scope, receive, send)
            return
        await self._app(scope, receive, send)
