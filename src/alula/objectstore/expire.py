"""Code that was put together on this machine and that nobody has used for long."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import time
from collections.abc import Collection, Iterator
from pathlib import Path

from alula.objectstore import local
from alula.objectstore.assemble import FILES, lock_of, locked, used_at

REMOVED = ".removed-"
_GRACE_S = 3600.0  # a file without a tree may be of one that is just being put together


def expire(cache: Path, idle_s: float, in_use: Collection[str], now_s: float | None = None) -> list[str]:
    """Removes trees that were not asked for within `idle_s`, then the files that no tree has any more.

    Args:
        cache: the folder that `assemble` fills.
        in_use: digests that something runs from.
        now_s: seconds since the epoch, for tests.
    Returns:
        Digests of the trees that were removed.
    """
    at, removed = time.time() if now_s is None else now_s, []
    for digest in _trees(cache):
        if digest in in_use:
            continue
        with contextlib.suppress(FileNotFoundError):  # another process was faster
            if at - used_at(cache, digest) > idle_s and _remove(cache, digest, at - idle_s):
                removed.append(digest)
    for path in _leftovers(cache, at):
        shutil.rmtree(path, ignore_errors=True)
    for file in _unlinked(cache / FILES, at):
        file.unlink(missing_ok=True)
    return removed


def _remove(cache: Path, digest: str, before_s: float) -> bool:
    with locked(cache, digest):  # whoever asks for it meanwhile waits, and puts it together again
        if used_at(cache, digest) >= before_s:
            return False
        aside = cache / f"{REMOVED}{secrets.token_hex(8)}"
        (cache / digest).rename(aside)
        if used_at(cache, digest) >= before_s:  # found where it was while it went: who uses it takes no lock
            aside.rename(cache / digest)
            return False
        lock_of(cache, digest).unlink(missing_ok=True)
        return True


def _trees(cache: Path) -> list[str]:
    try:
        return [path.name for path in cache.iterdir() if len(path.name) == 64 and path.is_dir()]
    except FileNotFoundError:
        return []


def _leftovers(cache: Path, at: float) -> Iterator[Path]:
    """What is being removed, and what a process that was killed left half made."""
    for path in cache.iterdir() if cache.is_dir() else ():
        with contextlib.suppress(FileNotFoundError):
            is_half = path.name.startswith(local.TEMPORARY_PREFIX) and at - path.stat().st_ctime > _GRACE_S
            if is_half or path.name.startswith(REMOVED):
                yield path


def _unlinked(files: Path, at: float) -> Iterator[Path]:
    for folder, _, names in os.walk(files):
        for name in names:
            path = Path(folder, name)
            with contextlib.suppress(FileNotFoundError):
                status = path.stat()
                if status.st_nlink == 1 and at - status.st_ctime > _GRACE_S:  # the time of its last link, made or removed
                    yield path
