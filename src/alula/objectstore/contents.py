"""What code holds, without putting it anywhere: the files of a tree or of a bundle, and one of them; from anybody, so all is bounded."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple, Protocol

import zstandard

from alula.errors import InvalidInput, LimitExceeded, NotFound
from alula.idl.v1 import code_pb2
from alula.objectstore import bundle, pack, tree
from alula.objectstore.listing import MAX_MEMBERS

MAX_STORED_BYTES = 128 * 1024 * 1024
"""Of an archive or pack that is read."""
MAX_ARCHIVE_BYTES = 256 * 1024 * 1024
"""What an archive may unpack to while it is gone through; nothing of it is kept but what is asked for."""
MAX_NAME = 4_096

Fetch = Callable[[str], bytes]
"""Gives an object by its URI."""


class Content(NamedTuple):
    """The beginning of a file, and its size."""

    data: bytes
    size: int


def list_files(uri: str, fetch: Fetch, most: int) -> tuple[list[code_pb2.CodeFile], bool]:
    """Files of code in the object store, by path.

    Args:
        uri: of a tree's manifest, a bundle, or an archive of Flyte's (tar.gz).
        most: files to list.
    Returns:
        The files, and whether there are more.
    Raises:
        InvalidInput, LimitExceeded: it is not what its name says, or is not acceptable.
        NotFound: it is gone.
    """
    name = uri.rpartition("/")[2]
    if digest := tree.digest_in(name):
        files = tree.decode(fetch(uri), digest).files
        return [_of_tree(file) for file in files[:most]], len(files) > most
    found: dict[str, code_pb2.CodeFile] = {}
    with _archive(uri, fetch) as members:
        for member in members:
            if not (member.isreg() or member.issym()):
                continue
            path = _shown(member.name)
            if len(found) == most and path not in found:
                return _sorted(found), True
            link = member.linkname if member.issym() else ""
            is_executable = bool(member.mode & 0o100) and not link
            found[path] = code_pb2.CodeFile(path=path, size=member.size, is_executable=is_executable, link=_shown(link))
    return _sorted(found), False


def read_file(uri: str, path: str, fetch: Fetch, most: int) -> Content:
    """The beginning of one file, at most so many bytes; a symbolic link's is its target.

    Raises:
        NotFound: there is no such file in it; InvalidInput, LimitExceeded: as `list_files`.
    """
    name = uri.rpartition("/")[2]
    if digest := tree.digest_in(name):
        return _read_tree(uri, tree.decode(fetch(uri), digest), path, fetch, most)
    found: Content | None = None
    with _archive(uri, fetch) as members:
        for member in members:
            if _shown(member.name) != path:
                continue
            if member.issym():
                target = member.linkname.encode(errors="surrogateescape")
                found = Content(target[:most], len(target))
            elif member.isreg():
                source = members.extractfile(member)
                found = Content(source.read(most) if source is not None else b"", member.size)
    if found is None:
        raise _missing(path)
    return found  # a name that comes twice is, unpacked, the last of them


def _missing(path: str) -> NotFound:
    return NotFound(f"code: there is no file {path[:200]!r} in it; list its files first")


def _sorted(found: dict[str, code_pb2.CodeFile]) -> list[code_pb2.CodeFile]:
    return [found[path] for path in sorted(found)]


def _shown(name: str) -> str:
    """A member's name as text that every client can be sent."""
    return name.removeprefix("./").encode(errors="surrogateescape").decode(errors="replace")[:MAX_NAME]


def _of_tree(file: code_pb2.TreeFile) -> code_pb2.CodeFile:
    return code_pb2.CodeFile(
        path=file.path.decode(errors="replace"),
        size=file.size,
        digest=file.digest.hex(),
        is_executable=file.is_executable,
        link=file.link.decode(errors="replace"),
    )


def _read_tree(uri: str, manifest: code_pb2.Tree, path: str, fetch: Fetch, most: int) -> Content:
    for file in manifest.files:
        if file.path.decode(errors="replace") != path:
            continue
        if file.link:
            return Content(file.link[:most], len(file.link))
        if file.offset + file.size > MAX_ARCHIVE_BYTES:
            raise LimitExceeded(f"code: {path[:200]!r} lies behind the first {MAX_ARCHIVE_BYTES >> 20} MiB of its pack; it is not shown")
        digest = manifest.packs[file.pack]
        frame = fetch(f"{uri.rpartition('/')[0]}/{pack.file_name(digest.hex())}")
        return Content(pack.unpack(frame, digest, [file])[file.digest][:most], file.size)
    raise _missing(path)


class _Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class _Bounded(io.RawIOBase):
    """Reads on up to a bound."""

    def __init__(self, source: _Readable) -> None:
        self._source, self._left = source, MAX_ARCHIVE_BYTES

    def read(self, size: int = -1) -> bytes:
        chunk = self._source.read(min(size, self._left + 1) if size >= 0 else self._left + 1)
        self._left -= len(chunk)
        if self._left < 0:
            raise LimitExceeded(f"code: unpacks to more than {MAX_ARCHIVE_BYTES >> 20} MiB; it is not shown")
        return chunk


class _Members(tarfile.TarFile):
    """An archive that is read once from start to end, and forgets each member with the next: memory stays flat."""

    def __iter__(self) -> Iterator[tarfile.TarInfo]:
        count = 0
        while (member := self.next()) is not None:
            count += 1
            if count > MAX_MEMBERS:
                raise LimitExceeded(f"code: more than {MAX_MEMBERS} members; it is not shown")
            yield member
            self.members.clear()  # type: ignore[attr-defined]  # else a long archive is a long list


@contextmanager
def _archive(uri: str, fetch: Fetch) -> Iterator[tarfile.TarFile]:
    data, name = fetch(uri), uri.rpartition("/")[2]
    if (digest := bundle.digest_in(name)) and hashlib.sha256(data).hexdigest() != digest:
        raise InvalidInput("code: its content has another digest than its name; it is not shown")
    source: _Readable
    if data.startswith(b"\x28\xb5\x2f\xfd"):
        source = zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(data)
    elif data.startswith(b"\x1f\x8b"):
        source = gzip.GzipFile(fileobj=io.BytesIO(data))
    else:
        source = io.BytesIO(data)
    try:
        with _Members.open(fileobj=_Bounded(source), mode="r|") as members:
            yield members
    except (tarfile.TarError, zstandard.ZstdError, zlib.error, OSError, EOFError, ValueError) as error:
        raise InvalidInput(f"code {name[:80]}: is no archive that can be read ({str(error)[:200]})") from error
