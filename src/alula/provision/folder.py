"""The folder of built environments: what is in it, what each takes, what nobody has used for long."""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

DESCRIPTION = "environment.json"  # written last; its time of change is when the environment was last used
REMOVED = ".removed-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upkeep:
    """How long and how many environments are kept.

    Attributes:
        idle_s: one that was not used for this long is removed.
        max_bytes: beyond this much in all, those that were used least recently are.
    """

    idle_s: float = 30 * 86_400.0
    max_bytes: int = 50 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """One built environment; `used_at` in seconds since the epoch."""

    key: str
    name: str
    python: str
    size_bytes: int
    used_at: float


def is_whole(path: Path) -> bool:
    """Whether an environment was built to its end."""
    return (path / DESCRIPTION).is_file()


def describe(path: Path, *, name: str, python: str, built_s: float) -> None:
    """Writes what an environment is; its last file."""
    size = sum(each.lstat().st_size for each in path.rglob("*") if not each.is_symlink() and each.is_file())
    text = json.dumps({"name": name.removeprefix("environment "), "python": python, "size_bytes": size, "built_s": built_s})
    (path / DESCRIPTION).write_text(text, encoding="utf-8")


def touch(path: Path) -> None:
    """Notes that it is used now."""
    try:
        os.utime(path / DESCRIPTION)
    except FileNotFoundError:
        return


def built(root: Path) -> list[Built]:
    """Every whole environment, the one used last first."""
    found = []
    for path in root.iterdir() if root.is_dir() else ():
        try:
            used_at = (path / DESCRIPTION).stat().st_mtime
            read = json.loads((path / DESCRIPTION).read_text(encoding="utf-8"))
            size = int(read["size_bytes"])
        except (OSError, ValueError, KeyError):
            continue
        if not path.name.startswith("."):
            found.append(
                Built(key=path.name, name=str(read.get("name", "")), python=str(read.get("python", "")), size_bytes=size, used_at=used_at)
            )
    return sorted(found, key=lambda each: -each.used_at)


def expendable(root: Path, upkeep: Upkeep, in_use: Collection[str], now: float | None = None) -> list[str]:
    """Keys of environments that are kept no longer."""
    at, total, chosen = time.time() if now is None else now, 0, []
    for each in built(root):
        total += each.size_bytes
        if each.key not in in_use and (at - each.used_at > upkeep.idle_s or total > upkeep.max_bytes):
            chosen.append(each.key)
            total -= each.size_bytes
    return chosen


def set_aside(root: Path, key: str) -> Path:
    """Takes an environment out of use, at once and whole; the folder returned is to be deleted."""
    aside = root / f"{REMOVED}{key[:12]}-{secrets.token_hex(4)}"
    (root / key).rename(aside)
    return aside


def leftovers(root: Path) -> list[Path]:
    """What a server that was killed left half made or half deleted."""
    return [path for path in root.iterdir() if path.name.startswith(".")] if root.is_dir() else []
