"""The state of the repository that a program is registered from."""

from __future__ import annotations

import subprocess
from pathlib import Path

from alula.idl.v1 import source_pb2

_TIMEOUT_S = 20.0


def source_of(folder: Path) -> source_pb2.Source | None:
    """Commit and branch of the repository around a folder, and whether files of the folder differ from it.

    Returns:
        None: no repository, or no git here.
    """
    command = ["git", "-C", str(folder), "status", "--porcelain=v2", "--branch", "--untracked-files=normal", "--", "."]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=_TIMEOUT_S)
    except (OSError, subprocess.TimeoutExpired):
        return None
    if done.returncode != 0:
        return None
    found = source_pb2.Source()
    for line in done.stdout.splitlines():
        head, _, value = line.removeprefix("# ").partition(" ")
        if not line.startswith("# "):
            found.is_dirty = True
        elif head == "branch.oid" and value != "(initial)":
            found.commit = value
        elif head == "branch.head" and value != "(detached)":
            found.branch = value
    return found
