"""Bytes to and from the server's object store by signed links: bundles, and the values of launches."""

from __future__ import annotations

import base64
import hashlib
import shutil
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from alula.client.rpc import DOWNLOAD_LOCATION, UPLOAD_LOCATION
from alula.client.wire import Wire
from alula.errors import InvalidInput, Unavailable
from alula.idl import service
from alula.objectstore import local, store
from alula.types.offload import Offload
from alula.types.value import is_remote, local_path

_TIMEOUT_S = 600.0
_PRESENT = 200


def _request(method: str, url: str, headers: Mapping[str, str], data: bytes | IO[bytes] | None = None) -> int:
    if not url.startswith(("http://", "https://")):
        raise Unavailable(f"upload link {url[:60]!r}: the server gave no http link; check its public address")
    request = urllib.request.Request(url, data=data, method=method, headers=dict(headers))
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            if method == "HEAD":
                return error.code
            text = error.read(500).decode(errors="replace")
        raise InvalidInput(f"upload to {url.partition('?')[0]}: the store answered {error.code} {error.reason}: {text}") from error
    except OSError as error:
        raise Unavailable(f"upload to {url.partition('?')[0]}: {error}; check that the store is reachable from here") from error


def _put(location: service.CreateUploadLocationResponse, md5: bytes, data: bytes | Path) -> bool:
    """Sends the content unless it is there; the location is named after its hash, so what is there is the same."""
    url = location.signed_url
    if url.startswith("file://"):  # a server in this process has no HTTP door and shares the disk
        if store.exists(url):
            return False
        store.put_bytes(data, url) if isinstance(data, bytes) else store.put_file(data, url)
        return True
    if _request("HEAD", url, {}) == _PRESENT:
        return False
    size = len(data) if isinstance(data, bytes) else data.stat().st_size
    headers = {**location.headers, "Content-MD5": base64.b64encode(md5).decode(), "Content-Length": str(size)}
    headers.setdefault("Content-Type", "application/octet-stream")
    if isinstance(data, bytes):
        _request("PUT", url, headers, data)
    else:
        with local.translated(data), data.open("rb") as file:
            _request("PUT", url, headers, file)
    return True


async def upload(wire: Wire, name: str, data: bytes | Path, *, folder: str = "") -> tuple[str, bool]:
    """Sends bytes or a file.

    Args:
        wire: to the server.
        name: file name.
        folder: last part of the folder, the same for what belongs together; empty: the content's MD5.
        data: the content.
    Returns:
        Native URI, and whether anything was sent (False: identical content was there).
    """
    md5 = await wire.blocking(lambda: _md5(data))
    request = service.CreateUploadLocationRequest(
        project=wire.settings.project,
        domain=wire.settings.domain,
        filename=name,
        filename_root=folder,
        content_md5=md5,
        add_content_md5_metadata=True,
    )
    location = await wire.call(UPLOAD_LOCATION, request)
    is_sent = await wire.blocking(lambda: _put(location, md5, data))
    return location.native_url, is_sent


def _md5(data: bytes | Path) -> bytes:
    if isinstance(data, bytes):
        return hashlib.md5(data, usedforsecurity=False).digest()
    with local.translated(data), data.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).digest()


class LinkOffload(Offload):
    """Large values of a launch, sent and fetched by signed links; used inside `wire.blocking`."""

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self._wire = wire
        self._folders: dict[str, str] = {}  # digest → URI of its folder, as the server placed it

    def target(self, digest: str, name: str) -> str:
        if digest not in self._folders:
            raise InvalidInput("an empty folder cannot be sent; put a file into it")
        return self._folders[digest] + name

    def put_bytes(self, data: bytes, name: str, digest: str) -> str:
        return self._send(data, name, digest)

    def put_file(self, path: Path, name: str, digest: str) -> str:
        return self._send(path, name, digest)

    def _send(self, data: bytes | Path, name: str, digest: str) -> str:
        uri = self._wire.await_from_thread(upload(self._wire, name, data, folder=digest))[0]
        self._folders[digest] = uri.removesuffix(name)
        return uri

    def fetch(self, uri: str) -> Path:
        if not is_remote(uri) and local_path(uri).exists():
            return local_path(uri)  # the server's store is on this machine
        if uri.startswith(("http://", "https://")):
            return super().fetch(uri)  # no object of the server's
        target = self.scratch / hashlib.sha256(uri.encode()).hexdigest()[:16] / (uri.rstrip("/").rsplit("/", 1)[-1] or "data")
        if not target.exists():
            link = self._wire.await_from_thread(
                self._wire.call(DOWNLOAD_LOCATION, service.CreateDownloadLocationRequest(native_url=uri))
            ).signed_url
            _download(link, target)
        return target

    def open(self, uri: str) -> IO[bytes]:
        if uri.startswith(("http://", "https://")):
            return super().open(uri)
        return self.fetch(uri).open("rb")  # a signed link gives the whole


def _download(url: str, target: Path) -> None:
    if url.startswith("file://"):
        store.get_file(url, target)
        return
    if not url.startswith(("http://", "https://")):
        raise Unavailable(f"download link {url[:60]!r}: the server gave no http link; check its public address")
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as answer, local.translated(target):
            local.write(target, lambda file: shutil.copyfileobj(answer, file, 1 << 20))
    except OSError as error:
        raise Unavailable(f"download of {url.partition('?')[0]}: {error}; check that the store is reachable from here") from error
