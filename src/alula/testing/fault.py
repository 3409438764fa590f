"""What goes wrong in a run, said beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from alula.engine.event import Failure
from alula.errors import InvalidInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        kind: "fail", "lose", "hang" or "oom" of an attempt, or "crash" of the server.
        task: whose attempt, as an object or by name.
        attempt: the number of the attempt, None: every one.
        item: of a map, None: every one.
        node: id or name of the node, empty: every one.
        error: what the attempt raises.
        is_late: it happens after the task's function has returned, and before anybody hears of it.
        commit: after which commit the server crashes, from 1.
    """

    kind: str
    task: Any = None
    attempt: int | None = 0
    item: int | None = None
    node: str = ""
    error: BaseException | None = None
    is_late: bool = False
    commit: int = 0

    def __str__(self) -> str:
        if self.kind == "crash":
            return f"crash_after_commit({self.commit})"
        name = self.task if isinstance(self.task, str) else getattr(self.task, "label", repr(self.task))
        return f"{self.kind}({name}, attempt={self.attempt})"


def fail(task: Any, *, error: BaseException, attempt: int | None = 0, item: int | None = None, node: str = "") -> Fault:
    """An attempt raises `error` instead of running.

    Args:
        task: the task, or its name.
        attempt: which attempt of a node, from 0; None: every one.
        item: which item of a map; None: every one.
        node: of this node only, by id or name.
    """
    return Fault(kind="fail", task=task, attempt=attempt, item=item, node=node, error=error)


def lose(task: Any, *, attempt: int | None = 0, item: int | None = None, node: str = "", late: bool = False) -> Fault:
    """The worker of an attempt is lost, which is the system's failure and not charged to `retries`.

    Args:
        late: after the function has run: what it did to the world is done, its result is not known. Others as for `fail`.
    """
    return Fault(kind="lose", task=task, attempt=attempt, item=item, node=node, is_late=late)


def hang(task: Any, *, attempt: int | None = 0, item: int | None = None, node: str = "") -> Fault:
    """An attempt never ends by itself: its `timeout=` fires, or the run waits. Arguments as for `fail`."""
    return Fault(kind="hang", task=task, attempt=attempt, item=item, node=node)


def oom(task: Any, *, attempt: int | None = 0, item: int | None = None, node: str = "") -> Fault:
    """An attempt is ended because it used too much memory, which `retries` pays for. Arguments as for `fail`."""
    return Fault(kind="oom", task=task, attempt=attempt, item=item, node=node)


def crash_after_commit(number: int) -> Fault:
    """The server dies right after a commit, before it does anything of what that asked for, and is started again.

    Everything in memory is gone: the runs are loaded from their rows, attempts that were running are lost.

    Args:
        number: of the commit, from 1; `result.commits` says how many a run has.
    """
    if number < 1:
        raise InvalidInput(f"crash_after_commit({number}): commits are counted from 1")
    return Fault(kind="crash", commit=number)


def failure_of(fault: Fault) -> Failure:
    """How the process executor reports it."""
    if fault.kind == "oom":
        return Failure(code="OOM", message="out of memory: the test says so; ask for more with mem=", is_recoverable=True)
    return Failure(code="WorkerLost", message="the worker was lost: the test says so", kind="SYSTEM", is_recoverable=True)
