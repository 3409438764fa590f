"""A program whose tasks leave a line each in a log, so that tests can count what ran and how often."""

from __future__ import annotations

import os
import time

import alula as al


def note(path: str, line: str) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(fd, (line + "\n").encode())
    os.close(fd)


@al.task
def mark(path: str, n: int) -> int:
    time.sleep(0.01)
    note(path, str(n))
    return n * 3


@al.task
def total(xs: list[int]) -> int:
    return sum(xs)


@al.workflow
def two_hundred(path: str) -> int:
    return total([mark(path, n) for n in range(200)])


@al.workflow
def chain(path: str) -> int:
    x = mark(path, 1)
    for _ in range(4):
        x = mark(path, x)
    return x


@al.workflow
def mapped(path: str, ns: list[int]) -> int:
    return total(al.map(mark)(path=path, n=ns))


@al.task
def linger(path: str, seconds: float) -> int:
    note(path, f"pid {os.getpid()}")
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.05)
    return 1


@al.workflow
def lingering(path: str, seconds: float = 60.0) -> int:
    return linger(path, seconds)


@al.task(retries=1)
def talk(path: str) -> int:
    """Says a word and waits to be stopped, the second time it says another and ends."""
    is_first = not os.path.exists(path)  # noqa: PTH110
    note(path, "spoken")
    print(f"attempt {al.context().attempt} speaks", flush=True)
    if is_first:
        time.sleep(60)
    return 1


@al.workflow
def talking(path: str) -> int:
    return talk(path)


lingering_plan = al.LaunchPlan(lingering, name="tests.programs.side_effects.lingering_plan")


@al.workflow
def lingering_parent(path: str) -> int:
    return lingering_plan(path=path)


@al.task
def linger_with_child(path: str) -> int:
    import subprocess

    child = subprocess.Popen(["sleep", "300"])
    note(path, f"pid {os.getpid()}")
    note(path, f"pid {child.pid}")
    child.wait()
    return 1


@al.workflow
def lingering_tree(path: str) -> int:
    return linger_with_child(path)


@al.task
def killed_once(path: str) -> int:
    """Waits to be killed the first time, succeeds the second."""
    if not os.path.exists(path):  # noqa: PTH110
        note(path, f"pid {os.getpid()}")
        time.sleep(60)
    note(path, "done")
    return al.context().attempt


@al.workflow
def survives(path: str) -> int:
    return killed_once(path)


@al.task(resources=al.Resources(mem="200Mi"))
def hog() -> int:
    held = []
    for _ in range(200):
        held.append(bytearray(20 << 20))
        time.sleep(0.01)
    return len(held)


@al.workflow
def hogging() -> int:
    return hog()


SPLIT = "import os, time; os.fork() and os._exit(0); os.setsid(); os.fork() and os._exit(0); print(os.getpid(), flush=True); time.sleep(99)"


def leave_behind(path: str) -> None:
    """Starts a process in a session of its own, a daemon that nobody can name as a child, and one that stays in this session."""
    import subprocess
    import sys

    escaped = subprocess.Popen(["sleep", "300"], start_new_session=True)
    kept = subprocess.Popen(["sleep", "300"])
    daemon = subprocess.Popen([sys.executable, "-c", SPLIT], stdout=subprocess.PIPE)
    assert daemon.stdout is not None
    number = int(daemon.stdout.readline())
    daemon.wait()
    note(path, f"{os.getpid()} {kept.pid} {escaped.pid} {number}")


@al.task
def leave(path: str) -> int:
    leave_behind(path)
    return 1


@al.task
def note_alive(path: str, after: int) -> int:
    """Says which of those that were left are still there; runs in the same worker."""
    pids = [int(pid) for pid in open(path).read().split()]  # noqa: PTH123, SIM115
    note(path + ".alive", " ".join(str(pid) for pid in pids if os.path.exists(f"/proc/{pid}")))  # noqa: PTH110
    return after


@al.workflow
def leaving(path: str) -> int:
    return note_alive(path, leave(path))


@al.task
def leave_and_linger(path: str) -> int:
    leave_behind(path)
    time.sleep(300)
    return 1


@al.workflow
def leaving_open(path: str) -> int:
    return leave_and_linger(path)


@al.task(resources=al.Resources(mem="200Mi"))
def leave_and_hog(path: str) -> int:
    leave_behind(path)
    held = []
    for _ in range(200):
        held.append(bytearray(20 << 20))
        time.sleep(0.01)
    return len(held)


@al.workflow
def leaving_hog(path: str) -> int:
    return leave_and_hog(path)


@al.task(timeout=1.0)
def leave_too_long(path: str) -> int:
    leave_behind(path)
    time.sleep(300)
    return 1


@al.workflow
def leaving_late(path: str) -> int:
    return leave_too_long(path)
