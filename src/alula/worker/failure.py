"""What an exception becomes on the wire: code, the user's own lines first, and whether another attempt is of use."""

from __future__ import annotations

import sys
import time
import traceback

from alula.errors import AlulaError, InvalidInput, NonRecoverable, NotFound, Recoverable
from alula.idl import core
from alula.sdk.where import is_library, is_ours
from alula.worker.load import active_bundle

NOT_INSTALLED = "It is not installed where this task runs: install it there, give the task an environment, or put it into the project."
MESSAGE_LIMIT = 16_000  # characters; the server keeps the message in a row


def is_recoverable(error: BaseException) -> bool:
    """Whether another attempt may help.

    `retries=n` means what it says: every exception of user code is retried, unless it is `al.NonRecoverable` or one that
    the same code and inputs must raise again: a wrong type, a missing module, a mistake in a definition.
    """
    if isinstance(error, Recoverable):
        return True
    return not isinstance(error, (NonRecoverable, InvalidInput, NotFound, ImportError, SyntaxError))


def code_of(error: BaseException) -> str:
    """The stable code: `OOM`, ours as it stands, `USER:<class>` for everything else."""
    if isinstance(error, MemoryError):
        return "OOM"
    if isinstance(error, AlulaError) and error.kind == "SYSTEM":
        return error.code
    return f"USER:{type(error).__name__}"


def message_of(error: BaseException, seen: frozenset[int] = frozenset()) -> str:
    """`Class: text`, then the user's own frames, then libraries', then the cause; our own frames never.

    Args:
        seen: ids of the errors that this one is the cause of; one of them as its cause, which `raise error from error` makes, is left out.
    """
    headline = "".join(traceback.format_exception_only(error)).strip().removeprefix("alula.errors.")
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not is_ours(frame.filename)]
    own = [frame for frame in frames if not is_library(frame.filename)]
    parts = [headline]
    if own:
        parts.append("In your code (most recent call last):\n" + "".join(traceback.format_list(own)).rstrip())
    if len(own) < len(frames):
        parts.append("All frames (most recent call last):\n" + "".join(traceback.format_list(frames)).rstrip())
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    seen |= {id(error)}
    if cause is not None and id(cause) not in seen and not (isinstance(error, AlulaError) and isinstance(cause, AlulaError)):
        parts.append("Caused by " + message_of(cause, seen))
    if isinstance(error, ModuleNotFoundError):
        parts.insert(1, NOT_INSTALLED)
    text = "\n\n".join(parts)
    if root := active_bundle():  # files of the project as its author knows them
        text = text.replace(f"{root.rstrip('/')}/", "")
    return text if len(text) <= MESSAGE_LIMIT else text[:MESSAGE_LIMIT] + "\n…"


def error_document(error: BaseException, worker: str = "") -> core.ErrorDocument:
    """The error as the IDL's document.

    Args:
        worker: who reports it, for people.
    """
    is_system = isinstance(error, AlulaError) and error.kind == "SYSTEM"
    kind = core.ContainerError.RECOVERABLE if is_system or is_recoverable(error) else core.ContainerError.NON_RECOVERABLE
    made = core.ErrorDocument(
        error=core.ContainerError(
            code=code_of(error),
            message=_without_recursion(error),
            kind=kind,
            origin=core.ExecutionError.SYSTEM if is_system else core.ExecutionError.USER,
            worker=worker,
        )
    )
    made.error.timestamp.FromNanoseconds(time.time_ns())
    return made


def _without_recursion(error: BaseException) -> str:
    try:
        return message_of(error).encode("utf-8", "backslashreplace").decode()
    except BaseException as another:  # noqa: BLE001 - an exception whose __str__ raises must not take the report with it
        return f"{type(error).__name__} (its text cannot be shown: {type(another).__name__}), at line {_line(error)}"


def _line(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace is not None else sys.executable
