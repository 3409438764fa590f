"""What /proc says of memory."""

from __future__ import annotations

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
