"""The parent of workers, in this process."""

from __future__ import annotations

import os
import signal

from alula.worker.zygote import end


def test_a_worker_that_was_forked_a_moment_ago_ends_too() -> None:
    """It does not lead a process group yet, so that an order to kill that is not repeated would be lost."""
    waits, held = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.read(waits, 1)
        os._exit(0)
    end(pid, signal.SIGKILL)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
    os.close(waits)
    os.close(held)
