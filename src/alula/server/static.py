"""The web interface: its built files, and one page for every address within it."""

from __future__ import annotations

import hashlib
import mimetypes
import secrets
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Match, Route
from starlette.types import Scope

from alula.server.refusal import missing

FOLDER = Path(__file__).parent / "static"
NONCE = "%NONCE%"
NOT_BUILT = (
    "Alula is up, but its web interface is not built in this checkout. Build it with `make ui`, then reload this page; "
    "a wheel carries it. The API: /api/v1/openapi; health: /healthz; metrics: /metrics.\n"
)
# Addresses that are never a page: a mistyped call must get an error, not a document.
_NO_PAGES = ("api/", "data/", "assets/", ".well-known/", "config/")
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
_ALWAYS = {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}


class _Asset(NamedTuple):
    body: bytes
    media_type: str
    etag: str


def policy(nonce: str) -> str:
    """The content security policy of the pages: everything comes from this server, scripts from files alone.

    Args:
        nonce: which style elements are ours.
    """
    return (
        "default-src 'none'; script-src 'self'; worker-src 'self'; "
        f"style-src 'self' 'nonce-{nonce}'; style-src-attr 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; "
        "media-src 'self' blob:; connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


class _PageRoute(Route):
    """Every address but those that are never a page: of these it would allow a method that nothing there answers."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        found, child = super().matches(scope)
        is_page = found is not Match.NONE and not f"{child['path_params']['name']}/".startswith(_NO_PAGES)
        return (found, child) if is_page else (Match.NONE, {})


class Pages:
    """Answers for what `make ui` built.

    Args:
        folder: of the built files.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self._read = lru_cache(maxsize=512)(self._load)

    def routes(self) -> list[Route]:
        """To be placed last: the page answers whatever nothing else did."""
        return [
            Route("/assets/{name}", self.asset, methods=["GET"]),
            _PageRoute("/{name:path}", self.page, methods=["GET"]),
        ]

    # Both read files, so they are no coroutines: Starlette runs them in a thread.
    def asset(self, request: Request) -> Response:
        """A file with its content's hash in its name: it never changes, so a browser asks for it once."""
        answer = self._file(f"assets/{request.path_params['name']}", request)
        if answer.status_code == 200:
            answer.headers["cache-control"] = "public, max-age=31536000, immutable"
        return answer

    def page(self, request: Request) -> Response:
        """The page, whatever the address: which one it is, the browser decides."""
        name = request.path_params["name"]
        if name in ("icon.svg", "theme.js"):
            answer = self._file(name, request)
            answer.headers["cache-control"] = "no-cache"
            return answer
        try:
            document = (self._folder / "index.html").read_text()
        except FileNotFoundError:
            return PlainTextResponse(NOT_BUILT, status_code=503)
        nonce = secrets.token_urlsafe(16)
        body = document.replace(NONCE, nonce)
        headers = {"content-security-policy": policy(nonce), "cache-control": "no-store", "x-frame-options": "DENY", **_ALWAYS}
        return Response(body, headers=headers, media_type="text/html; charset=utf-8")

    def _file(self, name: str, request: Request) -> Response:
        path = self._folder / name
        accepted = request.headers.get("accept-encoding", "")
        try:
            if ".." in path.parts or not path.is_file():
                raise missing(request)
            for encoding, ending in _ENCODINGS:
                packed = path.with_name(path.name + ending)
                if encoding in accepted and packed.is_file():
                    return self._answer(packed, path.name, request, {"content-encoding": encoding, "vary": "accept-encoding"})
            return self._answer(path, path.name, request, {"vary": "accept-encoding"})
        except OSError as error:  # a longer name than files have, or a new build takes the place of this one
            raise missing(request) from error

    def _answer(self, path: Path, name: str, request: Request, headers: dict[str, str]) -> Response:
        asset = self._read(path, path.stat().st_mtime_ns, name)
        headers |= {"etag": asset.etag, **_ALWAYS}
        if request.headers.get("if-none-match") == asset.etag:
            return Response(status_code=304, headers=headers)
        return Response(asset.body, headers=headers, media_type=asset.media_type)

    @staticmethod
    def _load(path: Path, changed_ns: int, name: str) -> _Asset:
        body = path.read_bytes()
        kind = "text/javascript" if name.endswith(".js") else mimetypes.guess_type(name)[0] or "application/octet-stream"
        return _Asset(body, kind, f'"{hashlib.sha256(body).hexdigest()[:20]}"')
