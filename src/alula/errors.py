"""Every error Alula raises on purpose.

AlulaError                  stable `code`, `kind` USER or SYSTEM, message saying where, what was expected, what to do
├── InvalidInput            the request or value is wrong                      INVALID_ARGUMENT     400
│   ├── CompileFailed       a list of problems, each with place and remedy
│   └── DefinitionError     misuse while tasks and workflows are being defined: file, line, remedy
├── LimitExceeded           a named limit, with the setting that moves it      RESOURCE_EXHAUSTED   429
├── NotFound                                                                   NOT_FOUND            404
├── AlreadyExists           same id, same content (or a taken name)            ALREADY_EXISTS       409
├── FailedPrecondition      right request, wrong moment                        FAILED_PRECONDITION  400
├── PermissionDenied                                                           PERMISSION_DENIED    403
├── Unauthenticated                                                            UNAUTHENTICATED      401
├── Unsupported             a feature or setting that this server lacks        UNIMPLEMENTED        501
├── Unavailable             try again: the server, store or database is away   UNAVAILABLE          503
├── Exhausted               a full disk, no memory left                        RESOURCE_EXHAUSTED   507
├── Internal                a defect of ours                                   INTERNAL             500
├── ExecutionFailed         client side: the execution ended without success
├── WaitTimeout             client side: the execution did not end in time     DEADLINE_EXCEEDED    504
├── Recoverable             raised by user code: try again while attempts are left
└── NonRecoverable          raised by user code: do not try again
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar


class AlulaError(Exception):
    """Base of the tree; `code` is stable and may be relied upon, the message may not."""

    code: str = "ERROR"
    kind: ClassVar[str] = "USER"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return self.message


class InvalidInput(AlulaError):
    """The request or a value in it is wrong; the message names the place, the expectation and the remedy."""

    code = "INVALID_INPUT"


class CompileFailed(InvalidInput):
    """A graph that does not hold together; carries every problem found, not just the first.

    Args:
        what: the entity that was compiled, as people call it (`workflow churn:3f2a`).
        problems: one sentence each, already saying place, expectation and remedy.
    """

    code = "COMPILE_FAILED"

    def __init__(self, what: str, problems: Sequence[str]) -> None:
        self.what = what
        self.problems = tuple(problems)
        count = len(self.problems)
        super().__init__(
            f"{what} does not compile, {count} problem{'s' if count != 1 else ''}:\n" + "\n".join(f"  - {p}" for p in self.problems)
        )


class DefinitionError(InvalidInput):
    """Misuse of the authoring API, raised where the user wrote it.

    Args:
        message: what is wrong and what to write instead.
        where: `file:line` of the user's code, empty if unknown.
    """

    code = "DEFINITION"

    def __init__(self, message: str, *, where: str = "", code: str | None = None) -> None:
        self.where = where
        super().__init__(f"{where}: {message}" if where else message, code=code)


class LimitExceeded(AlulaError):
    """A configured limit was hit; the message names the limit, the value and the setting that moves it."""

    code = "LIMIT_EXCEEDED"


class NotFound(AlulaError):
    """The named thing does not exist."""

    code = "NOT_FOUND"


class AlreadyExists(AlulaError):
    """The name is taken; for entities: the identical content is registered already."""

    code = "ALREADY_EXISTS"


class FailedPrecondition(AlulaError):
    """The request is right but the thing is not in a state that allows it."""

    code = "FAILED_PRECONDITION"


class PermissionDenied(AlulaError):
    """The caller is known and may not do this."""

    code = "PERMISSION_DENIED"


class Unauthenticated(AlulaError):
    """The caller did not prove who it is."""

    code = "UNAUTHENTICATED"


class Unsupported(AlulaError):
    """A feature or setting that this server does not have; never ignored in silence."""

    code = "UNSUPPORTED"


class Unavailable(AlulaError):
    """The server, the database or the object store cannot be reached just now."""

    code = "UNAVAILABLE"
    kind = "SYSTEM"


class Exhausted(AlulaError):
    """The machine has run out of something: disk, memory, file handles."""

    code = "EXHAUSTED"
    kind = "SYSTEM"


class Internal(AlulaError):
    """A defect of ours; the log has the trace."""

    code = "INTERNAL"
    kind = "SYSTEM"


class ExecutionFailed(AlulaError):
    """The execution ended FAILED, ABORTED or TIMED_OUT; `code` and `kind` are the cause's.

    Args:
        message: the cause as the server recorded it, with the user's trace.
        code: the recorded error code, for instance `USER:ValueError`.
        execution: name of the execution.
        phase: terminal phase by its IDL name.
        node: id of the node that failed, empty if none is to blame.
        item: of a map, the first that failed; -1: the node is none.
    """

    code = "EXECUTION_FAILED"

    def __init__(
        self, message: str, *, code: str | None = None, execution: str = "", phase: str = "FAILED", node: str = "", item: int = -1
    ) -> None:
        super().__init__(message, code=code)
        self.execution = execution
        self.phase = phase
        self.node = node
        self.item = item


class CommandFailed(AlulaError):
    """A script or program that a task runs ended with another exit code than 0."""

    code = "COMMAND_FAILED"


class TaskFailed(AlulaError):
    """What an async task called has failed, and its exception's class is not known here or there was none; `code` is the cause's."""

    code = "TASK_FAILED"


class WaitTimeout(AlulaError):
    """The execution is still running; nothing was aborted."""

    code = "WAIT_TIMEOUT"


class Recoverable(AlulaError):
    """Raise in a task: this failure may pass, run the task again while `retries` are left.

    In Alula's own tasks every exception but `NonRecoverable` is retried; this one says so, and is what Flyte's contract
    calls `USER:Recoverable`.
    """

    code = "Recoverable"


class NonRecoverable(AlulaError):
    """Raise in a task, or derive from it: trying again is of no use, fail at once whatever `retries` says."""

    code = "NonRecoverable"
