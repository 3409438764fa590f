"""A tree of files under the digest of its content, and its manifest: which pack holds which file.

The digest covers paths, executable bits, link targets and contents; where they are packed, and by which version of zstd, it does not.
So the same tree has the same digest wherever it was packed.
"""

from __future__ import annotations

import hashlib
import posixpath
import re

import zstandard
from google.protobuf.message import DecodeError

from alula.errors import InvalidInput, LimitExceeded
from alula.idl.v1 import code_pb2
from alula.objectstore.listing import MAX_MEMBERS

MAX_UNPACKED_BYTES = 1024 * 1024 * 1024
MAX_PACKS = 64
_MAX_MANIFEST_BYTES = 64 * 1024 * 1024
_DIGEST_BYTES = 32
_NAME = re.compile(r"tree-([0-9a-f]{64})\.pb\.zst")
_VERSION = b"alula-tree-1\0"


def file_name(digest: str) -> str:
    """Name of a manifest in the object store."""
    return f"tree-{digest}.pb.zst"


def digest_in(name: str) -> str:
    """The digest in a manifest's name, empty if it is none."""
    found = _NAME.fullmatch(name)
    return found.group(1) if found else ""


def digest_of(files: list[code_pb2.TreeFile]) -> str:
    """The tree's digest, 64 hex digits."""
    hasher = hashlib.sha256(_VERSION)
    for file in files:
        kind, content = (b"l", file.link) if file.link else (b"x" if file.is_executable else b"f", file.digest)
        hasher.update(b"%c%d:%b%d:%b" % (kind, len(file.path), file.path, len(content), content))
    return hasher.hexdigest()


def encode(tree: code_pb2.Tree) -> bytes:
    return zstandard.ZstdCompressor(level=3).compress(tree.SerializeToString())


def decode(data: bytes, digest: str, *, max_bytes: int = MAX_UNPACKED_BYTES, max_members: int = MAX_MEMBERS) -> code_pb2.Tree:
    """A manifest, from anybody, checked: its paths and links stay within the tree, and it is the tree that it is named after.

    Raises:
        InvalidInput: no manifest, another digest, a path that is absolute, has `..`, comes twice or lies beneath a file, a link
            that leads out.
        LimitExceeded: more bytes or members than allowed.
    """
    what = f"code {digest[:12]}"
    try:
        reader = zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(data)
        plain = reader.read(_MAX_MANIFEST_BYTES + 1)
        if len(plain) > _MAX_MANIFEST_BYTES:
            raise LimitExceeded(f"{what}: its manifest is larger than {_MAX_MANIFEST_BYTES / 1e6:.0f} MB; send a smaller tree")
        tree = code_pb2.Tree.FromString(plain)
    except (zstandard.ZstdError, DecodeError) as error:
        raise InvalidInput(f"{what}: its manifest is not readable ({error}); send it again with `alula register`") from error
    if len(tree.files) > max_members or len(tree.packs) > MAX_PACKS or sum(file.size for file in tree.files) > max_bytes:
        raise LimitExceeded(f"{what}: more than {max_members} members, {MAX_PACKS} packs or {max_bytes / 1e6:.1f} MB; send a smaller tree")
    _check(tree, what, max_bytes)
    found = digest_of(list(tree.files))
    if found != digest:
        raise InvalidInput(f"{what}: its manifest describes the tree {found[:12]}…, not the one in its name; send it again")
    return tree


def _check(tree: code_pb2.Tree, what: str, max_bytes: int) -> None:
    if any(len(pack) != _DIGEST_BYTES for pack in tree.packs):
        raise InvalidInput(f"{what}: a pack without a digest; refused")
    folders: set[bytes] = set()
    before = b""
    for file in tree.files:
        shown = repr(file.path[:80].decode(errors="backslashreplace"))
        check_path(file.path, what)
        if file.path <= before:
            raise InvalidInput(f"{what}: member {shown} comes twice or out of order; refused")
        before = file.path
        folder = file.path.rpartition(b"/")[0]
        while folder and folder not in folders:
            folders.add(folder)
            folder = folder.rpartition(b"/")[0]
        if file.link:
            check_link(file.path, file.link, what)
        elif len(file.digest) != _DIGEST_BYTES or file.pack >= len(tree.packs) or file.offset + file.size > max_bytes:
            raise InvalidInput(f"{what}: member {shown} has no digest, or lies outside of its pack; refused")
    for file in tree.files:
        if file.path in folders:
            raise InvalidInput(f"{what}: member {file.path[:80]!r} is a file and a folder; refused")


def check_path(path: bytes, what: str) -> None:
    """Refuses all but a plain relative path."""
    if not path or b"\\" in path or b"\0" in path or any(part in (b"", b".", b"..") for part in path.split(b"/")):
        shown = repr(path[:80].decode(errors="backslashreplace"))
        raise InvalidInput(f"{what}: member {shown} is not a plain relative path; refused")


def check_link(path: bytes, target: bytes, what: str) -> None:
    """Refuses a symbolic link whose text leads out of the tree."""
    inside = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    parts = target.split(b"/")
    # `..` behind a name could climb out through another link even where the text looks harmless.
    climbs_late = any(part == b".." and any(before != b".." for before in parts[:i]) for i, part in enumerate(parts))
    if not target or target.startswith(b"/") or b"\0" in target or climbs_late or inside == b".." or inside.startswith(b"../"):
        shown = repr(path[:80].decode(errors="backslashreplace"))
        raise InvalidInput(f"{what}: symbolic link {shown} leads out of the bundle; refused")
