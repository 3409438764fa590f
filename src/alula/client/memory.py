"""What this user's machine remembers of a project between two registrations: digests of unchanged files, and what lies in which pack.

It only saves work: without it, or with a stale one, files are read and sent again.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import msgpack

from alula.errors import AlulaError
from alula.objectstore import local
from alula.objectstore.pack import Pack
from alula.objectstore.scan import Stamp

MAX_PACKS = 32
KEEP_DAYS = 30
NOTEBOOKS = "notebooks"
_VERSION = b"alula-code-1\0"
_DIGEST_BYTES = 32


@dataclass(slots=True)
class Memory:
    """Of one project's folder.

    Attributes:
        stamps: as `scan.Scan` has them.
        packs: sent so far, oldest first.
    """

    path: Path
    stamps: dict[str, tuple[Stamp, bytes]] = field(default_factory=dict)
    packs: list[Pack] = field(default_factory=list)

    def add(self, pack: Pack) -> None:
        """Notes a pack; the oldest ones are forgotten."""
        self.packs = [*(one for one in self.packs if one.digest != pack.digest), pack][-MAX_PACKS:]

    def touch(self, packs: list[Pack]) -> None:
        """Moves packs that were referred to behind those that were not."""
        recent = {pack.digest for pack in packs}
        self.packs.sort(key=lambda pack: pack.digest in recent)

    def save(self) -> None:
        document = {
            "stamps": [(os.fsencode(name), *stamp, digest) for name, (stamp, digest) in self.stamps.items()],
            "packs": [(pack.digest, [(digest, *place) for digest, place in pack.places.items()]) for pack in self.packs],
        }
        data = _VERSION + msgpack.packb(document)
        with suppress(AlulaError):  # a home that cannot be written to costs time, not the run
            local.put_bytes(hashlib.sha256(data).digest() + data, self.path)


def cache_folder() -> Path:
    """`ALULA_CACHE`, else a folder of the user's."""
    given = os.environ.get("ALULA_CACHE")
    if given:
        return Path(given)
    import platformdirs

    return Path(platformdirs.user_cache_dir("alula"))


def tidy(now_s: float | None = None) -> None:
    """Removes what was not used for `KEEP_DAYS`: memories of folders, modules made of notebooks. All of it can be made again."""
    before = (time.time() if now_s is None else now_s) - KEEP_DAYS * 86_400.0
    for folder in (cache_folder() / "code", cache_folder() / NOTEBOOKS):
        for path in folder.iterdir() if folder.is_dir() else ():
            with suppress(OSError):  # another process is at it too
                if path.stat().st_mtime < before:
                    shutil.rmtree(path) if path.is_dir() else path.unlink()


def load(root: Path) -> Memory:
    """The memory of a folder; empty if there is none or it is damaged."""
    name = hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:32]
    made = Memory(cache_folder() / "code" / name)
    try:
        content = made.path.read_bytes()
    except OSError:
        return made
    data = content[_DIGEST_BYTES:]
    if not data.startswith(_VERSION) or hashlib.sha256(data).digest() != content[:_DIGEST_BYTES]:
        return made
    document = msgpack.unpackb(data[len(_VERSION) :])
    made.stamps = {
        os.fsdecode(name): ((mtime, ctime, size, inode), digest) for name, mtime, ctime, size, inode, digest in document["stamps"]
    }
    made.packs = [
        Pack(digest=digest, places={content: (offset, size) for content, offset, size in places}) for digest, places in document["packs"]
    ]
    return made
