"""Packs: contents of files one behind the other in one zstd frame, named by the digest of that frame."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import zstandard

from alula.errors import InvalidInput
from alula.idl.v1 import code_pb2
from alula.objectstore.scan import Scan

MAX_REFERRED = 16
"""A tree in more packs than this is packed anew, all but what lies in the largest of them."""
_MIN_USED = 4  # a pack of which less than a quarter is used is not worth fetching
_DIGEST = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(rf"pack-({_DIGEST.pattern})\.zst")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """What lies in a pack.

    Attributes:
        digest: of its zstd frame, 32 bytes.
        places: digest of a content → offset, size.
    """

    digest: bytes
    places: Mapping[bytes, tuple[int, int]]

    @property
    def size(self) -> int:
        """Bytes of all contents."""
        return sum(size for _, size in self.places.values())


def file_name(digest: str) -> str:
    """Name of a pack in the object store, beside the manifests that refer to it."""
    return f"pack-{check_digest(digest)}.zst"


def digest_in(name: str) -> str:
    """The digest in a pack's file name, "" if it is none."""
    found = _NAME.fullmatch(name)
    return found[1] if found is not None else ""


def check_digest(text: str) -> str:
    """Refuses what is not 64 hex digits."""
    if _DIGEST.fullmatch(text) is None:
        raise InvalidInput(f"digest {text[:80]!r}: expected 64 hex digits")
    return text


def make(contents: Iterable[tuple[bytes, bytes]]) -> tuple[Pack, bytes]:
    """A pack of contents by digest, and its bytes."""
    places: dict[bytes, tuple[int, int]] = {}
    pieces: list[bytes] = []
    offset = 0
    for digest, data in contents:
        places[digest] = (offset, len(data))
        pieces.append(data)
        offset += len(data)
    # Level 3 packs 10 MB of source in about 40 ms; higher ones gain little on text.
    frame = zstandard.ZstdCompressor(level=3).compress(b"".join(pieces))
    return Pack(digest=hashlib.sha256(frame).digest(), places=places), frame


def unpack(frame: bytes, digest: bytes, files: Sequence[code_pb2.TreeFile]) -> dict[bytes, bytes]:
    """Contents of a pack, from anybody, each checked.

    Args:
        frame: the pack.
        digest: that it must have.
        files: which are wanted; their places have been checked by `tree.decode`.
    Raises:
        InvalidInput: another digest, no zstd, a content that is not there.
    """
    what = f"pack {digest.hex()[:12]}"
    found = hashlib.sha256(frame).digest()
    if found != digest:
        raise InvalidInput(f"{what}: its content has the digest {found.hex()[:12]}…, not the one in its name; send the code again")
    end = max((file.offset + file.size for file in files), default=0)
    try:
        # No more than is wanted: a frame may unpack to any length.
        plain = zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(frame).read(end)
    except zstandard.ZstdError as error:
        raise InvalidInput(f"{what}: is not readable ({error}); send the code again") from error
    made = {}
    for file in files:
        data = plain[file.offset : file.offset + file.size]
        if hashlib.sha256(data).digest() != file.digest:
            raise InvalidInput(
                f"{what}: does not hold {file.path.decode(errors='backslashreplace')!r} of the manifest; send the code again"
            )
        made[file.digest] = data
    return made


def choose(sizes: Mapping[bytes, int], packs: Sequence[Pack]) -> tuple[list[Pack], list[bytes]]:
    """Which packs a tree refers to, and which contents must go into a new one.

    Args:
        sizes: of the tree's contents, by digest.
        packs: that are there.
    """
    used: list[tuple[Pack, int]] = []
    left = dict(sizes)
    for pack in sorted(packs, key=lambda pack: (-pack.size, pack.digest)):
        held = [digest for digest in left if digest in pack.places]
        count = sum(left[digest] for digest in held)
        if not held or count * _MIN_USED < pack.size:
            continue
        used.append((pack, count))
        for digest in held:
            del left[digest]
    if len(used) + bool(left) > MAX_REFERRED:
        used = used[:1]
        left = {digest: size for digest, size in sizes.items() if digest not in used[0][0].places}
    return [pack for pack, _ in used], list(left)


def manifest(scan: Scan, packs: Sequence[Pack]) -> code_pb2.Tree:
    """The tree of a scan with every file's place."""
    made = code_pb2.Tree(packs=[pack.digest for pack in packs])
    places = {digest: (index, *place) for index, pack in reversed(list(enumerate(packs))) for digest, place in pack.places.items()}
    for file in scan.files:
        entry = made.files.add()
        entry.CopyFrom(file)
        if not file.link:
            entry.pack, entry.offset, _ = places[file.digest]
    return made
