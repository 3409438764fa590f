"""Memory of processes and of the machine, from /proc; bytes."""

from __future__ import annotations

import os
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")
_kills = -1  # not asked yet


def machine_bytes() -> int:
    """All of the machine's memory."""
    return os.sysconf("SC_PHYS_PAGES") * PAGE


def rss_bytes(pid: int) -> int:
    """Resident memory of one process, 0 if it is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    except (OSError, IndexError, ValueError):
        return 0


def tree_rss_bytes(pid: int) -> int:
    """Resident memory of a process and all it started."""
    total, waiting = 0, [pid] if pid else []
    while waiting:
        current = waiting.pop()
        total += rss_bytes(current)
        try:
            waiting += [int(p) for p in Path(f"/proc/{current}/task/{current}/children").read_text().split()]
        except (OSError, ValueError):
            continue
    return total


def kernel_killed(source: Path = Path("/proc/vmstat")) -> bool:
    """Whether the kernel has killed for want of memory since this was last asked; the first time it only takes note."""
    global _kills
    try:
        lines = source.read_text().splitlines()
    except OSError:
        return False
    count = next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)
    before, _kills = _kills, count
    return 0 <= before < count
