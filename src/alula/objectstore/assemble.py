"""Code by its address as a folder: fetched as far as this machine lacks it, checked, and put together whole or not at all."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from alula.errors import InvalidInput
from alula.idl.v1 import code_pb2
from alula.objectstore import bundle, local, pack, tree

Fetch = Callable[[str], bytes]
"""Gives an object by its URI."""

_STAMP_S = 315_619_200
"""Modification time of every file in the cache, 1980-01-02: what zip files can hold; one with another time was written to since."""
FILES = "files"
"""Folder of the cache that holds every file once."""
_NOTE_EVERY_S = 60.0


def digest_of(uri: str) -> str:
    """The digest in the name of code in the object store.

    Raises:
        InvalidInput: the name holds none.
    """
    name = uri.rstrip("/").rsplit("/", 1)[-1]
    digest = tree.digest_in(name) or bundle.digest_in(name)
    if not digest:
        raise InvalidInput(f"bundle {uri}: expected a name like {tree.file_name('<sha256>')}")
    return digest


def assemble(uri: str, fetch: Fetch, cache: Path) -> Path:
    """The folder that holds the code, made if it is not there.

    The files of a tree are hard links into `cache/files`, so that versions share what they have in common, and read-only. When each was
    last asked for is noted, for `expire`.

    Args:
        uri: of a tree's manifest, or of a whole bundle as they were sent formerly.
        fetch: gives objects by URI.
        cache: a folder for code, which several processes may share.
    Returns:
        `cache/<digest>`.
    Raises:
        InvalidInput, LimitExceeded: what was fetched is not what its name says, or is not acceptable; says which and why.
        NotFound: the manifest or a pack is gone.
    """
    digest = digest_of(uri)
    target = cache / digest
    if target.is_dir() and _note_use(lock_of(cache, digest)):
        return target
    with local.translated(cache):
        cache.mkdir(parents=True, exist_ok=True, mode=0o700)
        with locked(cache, digest):
            if not target.is_dir():
                _make(uri, digest, fetch, target)
            os.utime(lock_of(cache, digest))
    return target


def lock_of(cache: Path, digest: str) -> Path:
    """A tree's lock; its time is when the tree was last used."""
    return cache / f".{digest}.lock"


def used_at(cache: Path, digest: str) -> float:
    """When a tree was last asked for, within a minute, in seconds since the epoch."""
    try:
        return lock_of(cache, digest).stat().st_mtime
    except FileNotFoundError:
        return (cache / digest).stat().st_ctime


def _note_use(lock: Path) -> bool:
    """False if the tree is being removed, or was noted by nobody."""
    try:
        if time.time() - lock.stat().st_mtime > _NOTE_EVERY_S:
            os.utime(lock)
    except FileNotFoundError:
        return False
    return True


@contextmanager
def locked(cache: Path, digest: str) -> Iterator[None]:
    """One process at a time makes or removes a tree; the others find it made, or gone."""
    path = lock_of(cache, digest)
    while True:
        with path.open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if _is_same(file.fileno(), path):  # else it went with the tree while we waited
                yield
                return


def _is_same(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _make(uri: str, digest: str, fetch: Fetch, target: Path) -> None:
    if not tree.digest_in(uri.rsplit("/", 1)[-1]):
        bundle.unpack(fetch(uri), target, digest=digest)
        return
    manifest = tree.decode(fetch(uri), digest)
    with bundle.published(target) as folder:
        _fill(manifest, uri, fetch, folder, target.parent / FILES)
        bundle.check_links(folder, [os.fsdecode(file.path) for file in manifest.files if file.link])


def _fill(manifest: code_pb2.Tree, uri: str, fetch: Fetch, folder: Path, store: Path) -> None:
    made: set[str] = set()
    wanted: dict[int, list[tuple[code_pb2.TreeFile, str]]] = {}
    links: list[code_pb2.TreeFile] = []
    for file in manifest.files:
        path = f"{folder}/{os.fsdecode(file.path)}"
        parent = path.rpartition("/")[0]
        if parent not in made:
            os.makedirs(parent, exist_ok=True)  # noqa: PTH103 - a Path for each of 1,000 files is most of the time
            made.add(parent)
        if file.link:
            links.append(file)
        elif not _link(_stored(store, file), path, file):
            wanted.setdefault(file.pack, []).append((file, path))
    for index, missing in wanted.items():
        pack_uri = f"{uri.rpartition('/')[0]}/{pack.file_name(manifest.packs[index].hex())}"
        contents = pack.unpack(fetch(pack_uri), manifest.packs[index], [file for file, _ in missing])
        for file, path in missing:
            _store(_stored(store, file), contents[file.digest], file)
            if not _link(_stored(store, file), path, file):
                raise InvalidInput(f"code cache {store}: a file in it is changed while it is used; keep other programs away from it")
    for file in links:  # after all files, so that nothing is written through one
        os.symlink(os.fsdecode(file.link), f"{folder}/{os.fsdecode(file.path)}")  # noqa: PTH211


def _stored(store: Path, file: code_pb2.TreeFile) -> str:
    name = file.digest.hex()
    return f"{store}/{name[:2]}/{name[2:]}{'x' if file.is_executable else ''}"


def _link(stored: str, path: str, file: code_pb2.TreeFile) -> bool:
    """Links a file of the cache to where it belongs; False if it is not there, or was written to."""
    try:
        status = os.stat(stored)  # noqa: PTH116
    except FileNotFoundError:
        return False
    if status.st_size != file.size or status.st_mtime_ns != _STAMP_S * 10**9 or not stat.S_ISREG(status.st_mode):
        return False
    try:
        os.link(stored, path)
    except FileExistsError as error:
        shown = file.path[:80].decode(errors="backslashreplace")
        raise InvalidInput(f"code: member {shown!r} comes twice on this file system; refused") from error
    except FileNotFoundError:
        return False  # it lost its last tree long ago, and was removed just now
    except OSError:
        shutil.copy2(stored, path)  # a file system without hard links, or with too many of this file
    return True


def _store(stored: str, content: bytes, file: code_pb2.TreeFile) -> None:
    target = Path(stored)
    local.put_bytes(content, temporary := target.with_name(f"{local.TEMPORARY_PREFIX}{secrets.token_hex(8)}"))
    temporary.chmod(0o555 if file.is_executable else 0o444)
    os.utime(temporary, (_STAMP_S, _STAMP_S))
    temporary.replace(target)
