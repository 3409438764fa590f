"""What /proc says of memory."""

from __future__ import annotations

import os
from pathlib import Path

from alula.executors import memory


def test_the_first_kill_after_the_start_is_recognised(tmp_path: Path) -> None:
    file = tmp_path / "vmstat"
    file.write_text("oom_kill 0\n")
    memory._kills = -1
    assert not memory.kernel_killed(file)
    file.write_text("oom_kill 1\n")
    assert memory.kernel_killed(file)
    assert not memory.kernel_killed(file)


def test_what_a_fork_shares_is_counted_once() -> None:
    """A child of fork has all pages of its parent; only those that either writes to cost anything."""
    held = bytearray(os.urandom(1 << 20)) * 64
    waits, ends = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.read(waits, 1)
        os._exit(0)
    try:
        apart, once = memory.tree_rss_bytes(os.getpid()), memory.tree_bytes(os.getpid())
        assert apart - once > len(held) // 2
        assert once > len(held)
    finally:
        os.write(ends, b".")
        os.waitpid(pid, 0)
        os.close(waits)
        os.close(ends)
