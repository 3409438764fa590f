"""The three phase tables: which phase may follow which. An unlisted pair is a defect and stops the run loudly."""

from __future__ import annotations

from alula.errors import Internal
from alula.idl.phase import AttemptPhase as A
from alula.idl.phase import ExecutionPhase as E
from alula.idl.phase import NodePhase as N

EXECUTION: dict[E, frozenset[E]] = {
    E.UNDEFINED: frozenset({E.QUEUED, E.RUNNING, E.FAILED, E.ABORTED}),
    E.QUEUED: frozenset({E.RUNNING, E.FAILING, E.FAILED, E.ABORTED}),
    E.RUNNING: frozenset({E.SUCCEEDING, E.SUCCEEDED, E.FAILING, E.FAILED, E.ABORTING, E.ABORTED, E.TIMED_OUT}),
    E.SUCCEEDING: frozenset({E.SUCCEEDED, E.FAILING, E.FAILED, E.ABORTED}),
    E.FAILING: frozenset({E.FAILED, E.TIMED_OUT, E.ABORTED}),
    E.ABORTING: frozenset({E.ABORTED}),
}

NODE: dict[N, frozenset[N]] = {
    N.UNDEFINED: frozenset({N.QUEUED, N.RUNNING, N.SUCCEEDED, N.SKIPPED, N.RECOVERED, N.FAILED, N.ABORTED}),
    N.QUEUED: frozenset({N.RUNNING, N.DYNAMIC_RUNNING, N.SUCCEEDED, N.FAILING, N.FAILED, N.ABORTED, N.SKIPPED, N.TIMED_OUT, N.RECOVERED}),
    N.RUNNING: frozenset({N.SUCCEEDED, N.FAILING, N.FAILED, N.ABORTED, N.TIMED_OUT, N.DYNAMIC_RUNNING}),
    N.DYNAMIC_RUNNING: frozenset({N.SUCCEEDED, N.FAILING, N.FAILED, N.ABORTED, N.TIMED_OUT}),
    N.FAILING: frozenset({N.FAILED, N.ABORTED, N.TIMED_OUT}),
}

ATTEMPT: dict[A, frozenset[A]] = {
    A.QUEUED: frozenset({A.INITIALIZING, A.WAITING_FOR_RESOURCES, A.RUNNING, A.SUCCEEDED, A.FAILED, A.ABORTED}),
    A.INITIALIZING: frozenset({A.WAITING_FOR_RESOURCES, A.RUNNING, A.SUCCEEDED, A.FAILED, A.ABORTED}),
    A.WAITING_FOR_RESOURCES: frozenset({A.INITIALIZING, A.RUNNING, A.SUCCEEDED, A.FAILED, A.ABORTED}),
    A.RUNNING: frozenset({A.SUCCEEDED, A.FAILED, A.ABORTED}),
}


def check_execution(old: E, new: E, who: object) -> None:
    """Raises Internal unless an execution may go from `old` to `new`."""
    if new not in EXECUTION.get(old, ()):
        raise Internal(f"execution {who}: {old.name} → {new.name} is no transition")


def check_node(old: N, new: N, who: object) -> None:
    """Raises Internal unless a node may go from `old` to `new`."""
    if new not in NODE.get(old, ()):
        raise Internal(f"node {who}: {old.name} → {new.name} is no transition")


def check_attempt(old: A, new: A, who: object) -> None:
    """Raises Internal unless an attempt may go from `old` to `new`."""
    if new not in ATTEMPT.get(old, ()):
        raise Internal(f"attempt {who}: {old.name} → {new.name} is no transition")
