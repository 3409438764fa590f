"""The code of a folder with the digest of each file; files that have not changed since the last time are not read again."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from dataclasses import dataclass, field
from pathlib import Path

from alula.errors import FailedPrecondition
from alula.idl.v1 import code_pb2
from alula.objectstore import local, tree
from alula.objectstore.listing import MAX_SOURCE_BYTES, Listing, Member, list_code

SETTLED_NS = 2_000_000_000
"""A file is remembered once its last change is older than this: within one tick of the file system's clock (at most 2 s, on FAT) a
second edit of the same size would leave the same times behind."""

Stamp = tuple[int, int, int, int]  # mtime, ctime, size, inode
_ATTEMPTS = 3


@dataclass(slots=True)
class Scan:
    """A folder's code at one moment.

    Attributes:
        files: entries without their place in a pack, by path.
        digest: of the tree.
        contents: of the files that were read this time, by digest.
        stamps: what to remember for the next time, by name.
    """

    listing: Listing
    files: list[code_pb2.TreeFile]
    digest: str
    contents: dict[bytes, bytes] = field(default_factory=dict)
    stamps: dict[str, tuple[Stamp, bytes]] = field(default_factory=dict)

    @property
    def sizes(self) -> dict[bytes, int]:
        """Bytes of every distinct content."""
        return {file.digest: file.size for file in self.files if not file.link}

    def content(self, digest: bytes) -> bytes:
        """The bytes of one content.

        Raises:
            FailedPrecondition: the file was changed since.
        """
        if digest not in self.contents:
            name = next(os.fsdecode(file.path) for file in self.files if file.digest == digest)
            with local.translated(self.listing.base / name):
                data = (self.listing.base / name).read_bytes()
            if hashlib.sha256(data).digest() != digest:
                raise FailedPrecondition(f"{name} changed while the code was packed; run it again")
            self.contents[digest] = data
        return self.contents[digest]

    def put(self, name: str, data: bytes) -> None:
        """Adds a file that does not lie in the folder, or replaces one."""
        digest, path = hashlib.sha256(data).digest(), os.fsencode(name)
        self.contents[digest] = data
        entry = code_pb2.TreeFile(path=path, digest=digest, size=len(data))
        self.files = sorted([*(file for file in self.files if file.path != path), entry], key=lambda file: file.path)
        self.digest = tree.digest_of(self.files)

    def changes(self, before: Scan) -> list[str]:
        """What differs from an earlier scan, `changed a.py`, by path."""
        old = {file.path: file for file in before.files}
        new = {file.path: file for file in self.files}
        status = {path: "removed" if path not in new else "added" if path not in old else "changed" for path in {**old, **new}}
        return [f"{status[path]} {os.fsdecode(path)}" for path in sorted(status) if old.get(path) != new.get(path)]


def scan(root: Path, known: dict[str, tuple[Stamp, bytes]] | None = None, *, max_bytes: int = MAX_SOURCE_BYTES) -> Scan:
    """Reads what is not known to be unchanged.

    Args:
        root: the folder.
        known: `stamps` of an earlier scan.
        max_bytes: most bytes of source.
    Raises:
        NotFound, InvalidInput, LimitExceeded: see `listing.list_code`.
        FailedPrecondition: files come and go while they are read.
    """
    for _ in range(_ATTEMPTS):
        listing = list_code(root, max_bytes=max_bytes)
        try:
            return _scan(listing, known or {})
        except FileNotFoundError:
            continue
    raise FailedPrecondition(f"code of {root}: its files come and go while they are read; wait until what writes them is done")


def _scan(listing: Listing, known: dict[str, tuple[Stamp, bytes]]) -> Scan:
    made = Scan(listing, [], "")
    for member in listing.members:
        if member.target is not None:
            made.files.append(code_pb2.TreeFile(path=os.fsencode(member.name), link=os.fsencode(member.target)))
            continue
        stamp = stamp_of(member.status)
        found = known.get(member.name)
        if found is not None and found[0] == stamp:
            digest, size, is_settled = found[1], member.status.st_size, True
        else:
            digest, size, is_settled = _read(listing.base, member, stamp, made.contents)
        if is_settled:
            made.stamps[member.name] = (stamp, digest)
        is_executable = bool(member.status.st_mode & stat.S_IXUSR)
        made.files.append(code_pb2.TreeFile(path=os.fsencode(member.name), digest=digest, size=size, is_executable=is_executable))
    made.digest = tree.digest_of(made.files)
    return made


def stamp_of(status: os.stat_result) -> Stamp:
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino


def _read(base: Path, member: Member, stamp: Stamp, contents: dict[bytes, bytes]) -> tuple[bytes, int, bool]:
    """Digest and size of a file, and whether its stamp will tell a later change."""
    at = time.time_ns()
    path = f"{base}/{member.name}"
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - a Path for each of 1,000 files costs as much as reading them
            data = file.read()
            after = stamp_of(os.fstat(file.fileno()))
    except FileNotFoundError:
        raise
    except OSError as error:
        raise local.translate(error, path) from error
    digest = hashlib.sha256(data).digest()
    contents[digest] = data
    return digest, len(data), after == stamp and at - max(stamp[0], stamp[1]) > SETTLED_NS
