"""Memory of processes and of the machine, from /proc; bytes."""

from __future__ import annotations

import os
from collections.abc import Iterator
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
    """Resident memory of a process and all it started; what they share is counted for each of them."""
    return sum(map(rss_bytes, _tree(pid)))


def tree_bytes(pid: int) -> int:
    """Memory of a process and all it started; what they share is counted once. A hundred times as slow as `tree_rss_bytes`."""
    return sum(map(pss_bytes, _tree(pid)))


def pss_bytes(pid: int) -> int:
    """Memory of one process; of what it shares its part."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return rss_bytes(pid)  # gone, or not ours to look into
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:")), 0)


def _tree(pid: int) -> Iterator[int]:
    waiting = [pid] if pid else []
    while waiting:
        current = waiting.pop()
        yield current
        try:
            waiting += [int(p) for p in Path(f"/proc/{current}/task/{current}/children").read_text().split()]
        except (OSError, ValueError):
            continue


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
