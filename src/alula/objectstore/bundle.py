"""Whole bundles, a project's source as one zstd tar named by its digest, as they were sent formerly: read, no longer made."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import posixpath
import re
import secrets
import shutil
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import zstandard

from alula.errors import InvalidInput, LimitExceeded
from alula.objectstore import local
from alula.objectstore.listing import MAX_MEMBERS
from alula.objectstore.tree import MAX_UNPACKED_BYTES

_NAME = re.compile(r"bundle-([0-9a-f]{64})\.tar\.zst")


def file_name(digest: str) -> str:
    """Name of a bundle in the object store: `bundle-<sha256hex>.tar.zst`."""
    return f"bundle-{digest}.tar.zst"


def digest_in(name: str) -> str:
    """The digest in a bundle's name, empty if it is none."""
    found = _NAME.fullmatch(name)
    return found.group(1) if found else ""


def unpack(
    data: bytes, into: Path, *, digest: str | None = None, max_bytes: int = MAX_UNPACKED_BYTES, max_members: int = MAX_MEMBERS
) -> bool:
    """Unpacks a bundle so that `into` appears complete or not at all; several processes may try at once.

    Args:
        data: the zstd tar, from anybody.
        into: folder to make; one that already has content is taken as this bundle, unpacked earlier.
        digest: SHA-256 that `data` must have, None to accept any.
        max_bytes: most bytes to unpack; also bounds the memory.
        max_members: most members.
    Returns:
        True if this call unpacked it, False if it was there.
    Raises:
        InvalidInput: not a zstd tar, another digest, a member that is absolute, has `..`, a device, a hard link, or a
            symbolic link that leads out.
        LimitExceeded: more bytes or members than allowed.
    """
    target = into.absolute()
    if target.is_dir() and any(target.iterdir()):
        return False
    if digest is not None and (found := hashlib.sha256(data).hexdigest()) != digest:
        raise InvalidInput(f"code bundle: its content has the digest {found[:12]}…, not the one in its name; send it again")
    with published(target) as temporary:
        _extract(data, temporary, max_bytes, max_members)
    return True


@contextmanager
def published(target: Path) -> Iterator[Path]:
    """A new folder to fill, which becomes `target` at the end; another process may be faster, with the same content."""
    temporary = target.parent / f"{local.TEMPORARY_PREFIX}{secrets.token_hex(8)}"
    try:
        with local.translated(target):
            temporary.mkdir(parents=True)
            yield temporary
            _publish(temporary, target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _publish(temporary: Path, target: Path) -> None:
    try:
        temporary.rename(target)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise


class _Bounded(io.RawIOBase):
    """Reads and counts the decompressed stream; refuses to go on behind the bound."""

    def __init__(self, source: zstandard.ZstdDecompressionReader, max_bytes: int) -> None:
        self._source = source
        self._left = max_bytes
        self._max = max_bytes

    def read(self, size: int = -1) -> bytes:
        # tarfile reads a whole extended header at once, whatever length it claims: ask for no more than may come.
        chunk = self._source.read(min(size, self._left + 1) if size >= 0 else self._left + 1)
        self._left -= len(chunk)
        if self._left < 0:
            raise LimitExceeded(f"code bundle: unpacks to more than {self._max / 1e6:.1f} MB; send a smaller tree")
        return chunk


def _extract(data: bytes, root: Path, max_bytes: int, max_members: int) -> None:
    reader = zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(data)
    # Headers take 512 bytes a member and padding as much: not what the bound is about.
    source = _Bounded(reader, max_bytes + 2048 * max_members)
    links: list[tarfile.TarInfo] = []
    count, total = 0, 0
    try:
        with tarfile.open(fileobj=source, mode="r|", format=tarfile.GNU_FORMAT) as tar:
            for member in tar:
                count, total = count + 1, total + member.size
                if count > max_members or total > max_bytes:
                    raise LimitExceeded(f"code bundle: more than {max_members} members or {max_bytes / 1e6:.1f} MB; send a smaller tree")
                _check_member(member)
                if member.issym():
                    links.append(member)
                elif member.isreg():
                    _write_member(tar, member, root)
                else:
                    root.joinpath(*member.name.split("/")).mkdir(parents=True, exist_ok=True)
    except (tarfile.TarError, zstandard.ZstdError, EOFError, UnicodeError, ValueError) as error:
        raise InvalidInput(f"code bundle: is not a readable zstd tar ({error}); pack it again with `alula register`") from error
    _make_links(links, root)


def _check_member(member: tarfile.TarInfo) -> None:
    name = member.name
    segments = name.split("/")
    if not name or name.startswith("/") or "\\" in name or "\x00" in name or any(s in ("", ".", "..") for s in segments):
        raise InvalidInput(f"code bundle: member {name[:80]!r} is not a plain relative path; refused")
    if member.issparse() or not (member.isreg() or member.isdir() or member.issym()):
        raise InvalidInput(f"code bundle: member {name[:80]!r} is a device, hard link or special file; refused")
    if member.issym():
        target = member.linkname
        inside = posixpath.normpath(posixpath.join(posixpath.dirname(name), target))
        parts = target.split("/")
        # `..` behind a name could climb out through another link even where the text looks harmless.
        climbs_late = any(part == ".." and any(before != ".." for before in parts[:i]) for i, part in enumerate(parts))
        if not target or target.startswith("/") or "\x00" in target or climbs_late or inside == ".." or inside.startswith("../"):
            raise InvalidInput(f"code bundle: symbolic link {name[:80]!r} leads out of the bundle; refused")


def _write_member(tar: tarfile.TarFile, member: tarfile.TarInfo, root: Path) -> None:
    path = root.joinpath(*member.name.split("/"))
    path.parent.mkdir(parents=True, exist_ok=True)
    source = tar.extractfile(member)
    assert source is not None  # it is a regular file
    # Links are made after all files, so nothing can be written through one; O_EXCL refuses a name that comes twice.
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o755 if member.mode & 0o100 else 0o644)
    except FileExistsError as error:
        raise InvalidInput(f"code bundle: member {member.name[:80]!r} comes twice; refused") from error
    with os.fdopen(handle, "wb") as file:
        shutil.copyfileobj(source, file, 1 << 20)


def _make_links(links: list[tarfile.TarInfo], root: Path) -> None:
    base = root.resolve()
    for link in links:
        path = base.joinpath(*link.name.split("/"))
        if not path.parent.resolve().is_relative_to(base):
            raise InvalidInput(f"code bundle: symbolic link {link.name[:80]!r} leads out of the bundle; refused")
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            path.symlink_to(link.linkname)
        except FileExistsError as error:
            raise InvalidInput(f"code bundle: member {link.name[:80]!r} comes twice; refused") from error
    check_links(base, [link.name for link in links])


def check_links(root: Path, names: Iterable[str]) -> None:
    """Refuses symbolic links that lead out of the folder, once all are made."""
    base = root.resolve()
    for name in names:
        try:
            is_inside = base.joinpath(*name.split("/")).resolve().is_relative_to(base)
        except (OSError, RuntimeError) as error:
            raise InvalidInput(f"code bundle: symbolic link {name[:80]!r} goes in a circle; refused") from error
        if not is_inside:
            raise InvalidInput(f"code bundle: symbolic link {name[:80]!r} leads out of the bundle; refused")
