"""Content that lies elsewhere, read in parts and written through a spool: what `open` of a remote file returns; and plain HTTP."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

from alula.errors import AlulaError, NotFound, PermissionDenied, Unavailable

BLOCK_BYTES = 1 << 20
_TIMEOUT_S = 600.0


class RangeReader(io.RawIOBase):
    """A readable, seekable file over something that gives its bytes by range.

    Args:
        name: for messages.
        size: in bytes.
        read: gives the bytes start..end, end excluded.
    """

    def __init__(self, name: str, size: int, read: Callable[[int, int], bytes]) -> None:
        self.name, self._size, self._read, self._at = name, size, read, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise OSError(f"{self.name}: position {base + offset} is before the start")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        data = self._take(len(view))
        view[: len(data)] = data
        return len(data)

    def readall(self) -> bytes:
        return self._take(max(0, self._size - self._at))

    def _take(self, length: int) -> bytes:
        end = min(self._at + length, self._size)
        if end <= self._at:
            return b""
        data = self._read(self._at, end)
        if not data:
            raise Unavailable(f"{self.name}: ended at byte {self._at} of {self._size}; it was changed while it was read")
        self._at += len(data)
        return data


class _Spool(io.FileIO):
    """A temporary file whose content is handed on when it is closed, unless something went wrong before."""

    def __init__(self, put: Callable[[Path], object]) -> None:
        handle, name = tempfile.mkstemp(prefix="alula-")
        self._put, self._path, self.is_dropped = put, Path(name), False
        super().__init__(handle, "w")

    def close(self) -> None:
        if self.closed:
            return
        super().close()
        try:
            if not self.is_dropped:
                self._put(self._path)
        finally:
            with suppress(OSError):
                self._path.unlink()


class _BinaryUpload(io.BufferedWriter):
    def __exit__(self, kind: Any, *rest: Any) -> None:
        self.raw.is_dropped = kind is not None  # type: ignore[attr-defined]
        super().__exit__(kind, *rest)


class _TextUpload(io.TextIOWrapper):
    def __exit__(self, kind: Any, *rest: Any) -> None:
        self.buffer.raw.is_dropped = kind is not None  # type: ignore[attr-defined]
        super().__exit__(kind, *rest)


def upload(put: Callable[[Path], object], *, is_text: bool, encoding: str | None, newline: str | None) -> Any:
    """A file to write to; what was written is given to `put` when it is closed, and dropped if the `with` block fails."""
    binary = _BinaryUpload(_Spool(put), BLOCK_BYTES)
    return _TextUpload(binary, encoding=encoding, newline=newline) if is_text else binary


def reader(name: str, size: int, read: Callable[[int, int], bytes]) -> io.BufferedReader:
    """`RangeReader` with a buffer of one MiB."""
    return io.BufferedReader(RangeReader(name, size, read), BLOCK_BYTES)


def is_web(uri: str) -> bool:
    """Whether a URI is read by plain HTTP."""
    return uri.startswith(("http://", "https://"))


def _request(uri: str, method: str = "GET", headers: Mapping[str, str] | None = None) -> HTTPResponse:
    request = urllib.request.Request(uri, method=method, headers=dict(headers or {}))
    shown = uri.partition("?")[0]  # a query may hold a signature
    try:
        found: HTTPResponse = urllib.request.urlopen(request, timeout=_TIMEOUT_S)
    except urllib.error.HTTPError as error:
        kind: type[AlulaError] = {404: NotFound, 410: NotFound, 401: PermissionDenied, 403: PermissionDenied}.get(error.code, Unavailable)
        error.close()
        raise kind(f"{shown}: the server answered {error.code} {error.reason}; check the address") from error
    except (OSError, ValueError) as error:
        raise Unavailable(f"{shown}: {error}; check that it is reachable from here") from error
    return found


def web_size(uri: str) -> tuple[int, bool]:
    """Size in bytes, -1 if the server does not say, and whether it gives parts."""
    with _request(uri, "HEAD") as answer:
        length = answer.headers.get("Content-Length", "")
        return int(length) if length.isdigit() else -1, answer.headers.get("Accept-Ranges", "") == "bytes"


def web_range(uri: str, start: int, end: int) -> bytes:
    """Bytes start..end of a server that gives parts."""
    with _request(uri, headers={"Range": f"bytes={start}-{end - 1}"}) as answer:
        if answer.status != 206:
            raise Unavailable(f"{uri.partition('?')[0]}: the server said it gives parts and gave the whole; download it with .path")
        return answer.read()


def web_file(uri: str, target: Path) -> None:
    """Downloads to a file, whole or not at all."""
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with _request(uri) as answer, partial.open("wb") as sink:
            shutil.copyfileobj(answer, sink, BLOCK_BYTES)
        partial.replace(target)
    except OSError as error:
        raise Unavailable(f"{uri.partition('?')[0]}: the download broke off: {error}") from error
    finally:
        partial.unlink(missing_ok=True)
