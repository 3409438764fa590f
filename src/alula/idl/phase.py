"""Phases of executions, node executions and attempts, as the IDL numbers them, and which of them are terminal."""

from __future__ import annotations

from enum import IntEnum


class _Phase(IntEnum):
    """A number on the wire, a name to people: it prints as its name, and equals it too."""

    def __str__(self) -> str:
        return self.name

    def __format__(self, spec: str) -> str:
        return format(self.name, spec)

    def __eq__(self, other: object) -> bool:
        return self.name == other if isinstance(other, str) else int.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = int.__hash__  # as of the number: in a set of names it is not found


class ExecutionPhase(_Phase):
    """flyteidl.core.WorkflowExecution.Phase."""

    UNDEFINED = 0
    QUEUED = 1
    RUNNING = 2
    SUCCEEDING = 3
    SUCCEEDED = 4
    FAILING = 5
    FAILED = 6
    ABORTED = 7
    TIMED_OUT = 8
    ABORTING = 9

    @property
    def is_terminal(self) -> bool:
        return self in TERMINAL_EXECUTION


class NodePhase(_Phase):
    """flyteidl.core.NodeExecution.Phase."""

    UNDEFINED = 0
    QUEUED = 1
    RUNNING = 2
    SUCCEEDED = 3
    FAILING = 4
    FAILED = 5
    ABORTED = 6
    SKIPPED = 7
    TIMED_OUT = 8
    DYNAMIC_RUNNING = 9
    RECOVERED = 10

    @property
    def is_terminal(self) -> bool:
        return self in TERMINAL_NODE

    @property
    def is_success(self) -> bool:
        return self in SUCCESSFUL_NODE


class AttemptPhase(_Phase):
    """flyteidl.core.TaskExecution.Phase."""

    UNDEFINED = 0
    QUEUED = 1
    RUNNING = 2
    SUCCEEDED = 3
    ABORTED = 4
    FAILED = 5
    INITIALIZING = 6
    WAITING_FOR_RESOURCES = 7
    RETRYABLE_FAILED = 8

    @property
    def is_terminal(self) -> bool:
        return self in TERMINAL_ATTEMPT


TERMINAL_EXECUTION = frozenset({ExecutionPhase.SUCCEEDED, ExecutionPhase.FAILED, ExecutionPhase.ABORTED, ExecutionPhase.TIMED_OUT})
SUCCESSFUL_NODE = frozenset({NodePhase.SUCCEEDED, NodePhase.RECOVERED})
TERMINAL_NODE = frozenset(
    {NodePhase.SUCCEEDED, NodePhase.FAILED, NodePhase.ABORTED, NodePhase.SKIPPED, NodePhase.TIMED_OUT, NodePhase.RECOVERED}
)
TERMINAL_ATTEMPT = frozenset({AttemptPhase.SUCCEEDED, AttemptPhase.ABORTED, AttemptPhase.FAILED, AttemptPhase.RETRYABLE_FAILED})
