"""Processes that user code left behind in a session of their own: they escape a kill of the worker's process group.

Workers and the zygote are child subreapers: whatever loses its parent becomes theirs, so a daemon is found among the descendants
however often it forked. What stays in the worker's own session (the pool that a library keeps for the next call) lives as long as
the worker.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import time
from collections.abc import Callable, Collection
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
PATIENCE_S = 2.0  # for what was killed to be gone


def adopt() -> None:
    """Makes this process the parent of every descendant that loses its own."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


def has_children() -> bool:
    """Whether any child is left, ended or not; one system call, which takes no child's exit status from whoever waits for it."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def children(pid: int) -> list[int]:
    """Children of a process, whichever of its threads started them."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(OSError):  # the thread has ended meanwhile
                found += map(int, (thread / "children").read_text().split())
    return found


def running_children() -> set[int]:
    """Children of this process that have not ended; one system call if it has none."""
    return {pid for pid in children(os.getpid()) if not _has_ended(pid)} if has_children() else set()


def _has_ended(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True
    return stat.rpartition(")")[2].split()[0] in "ZX"  # the name before it may hold spaces and parentheses


def end_strays() -> None:
    """After an attempt: kills every descendant that left this worker's session, with all that it started."""
    if has_children():
        own = os.getsid(0)
        _end(lambda: [pid for pid in _descendants(os.getpid()) if _session(pid) not in (own, 0)])


def end_orphans(known: Collection[int]) -> None:
    """Kills children that were nobody's order, once; what they leave in turn comes here too, as the next signal says."""
    for pid in children(os.getpid()):
        if pid not in known:
            _kill(pid)


def end_all() -> None:
    """Kills every descendant and waits until none is left."""
    _end(lambda: children(os.getpid()))


def _end(find: Callable[[], list[int]]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while (found := find()) and time.monotonic() < deadline:
        for pid in found:
            _kill(pid)
        for pid in found:
            with contextlib.suppress(ChildProcessError):  # another's child: it comes to us when its parent is gone
                os.waitpid(pid, os.WNOHANG)
        time.sleep(0.001)  # the kernel is at it; there is nothing to wait on for processes that are not our children


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    waiting = [pid]
    while waiting:
        below = children(waiting.pop())
        found += below
        waiting += below
    return found


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except (ProcessLookupError, PermissionError):
        return 0


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)
