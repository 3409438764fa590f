"""Which failures are tried again, and out of whose budget."""

from __future__ import annotations

from alula.engine.event import Failure
from alula.engine.graph import SYSTEM_RETRIES


def may_retry(failure: Failure, *, retries: int, user_failures: int, system_failures: int) -> bool:
    """Whether another attempt is due.

    Args:
        failure: the failure of the latest attempt, already counted in one of the two figures.
        retries: the user's budget: attempts beyond the first.
        user_failures: failures charged to the user's budget so far.
        system_failures: failures charged to the system's own budget so far.
    """
    if failure.kind == "SYSTEM":
        return system_failures <= SYSTEM_RETRIES
    return failure.is_recoverable and user_failures <= retries


def exhausted(failure: Failure, *, retries: int, user_failures: int, system_failures: int) -> Failure:
    """What the node says once no attempt is left; a failure that may not be retried stays as it is.

    The figures in brackets are those of the budget that was used up. Arguments as for `may_retry`.
    """
    if not failure.is_recoverable and failure.kind != "SYSTEM":
        return failure
    used, allowed = (system_failures, SYSTEM_RETRIES + 1) if failure.kind == "SYSTEM" else (user_failures, retries + 1)
    return Failure(
        code=f"RetriesExhausted|{failure.code}",
        message=f"[{used}/{allowed}] currentAttempt done. Last Error: {failure.kind}::{failure.message}",
        kind="USER",
        is_timeout=failure.is_timeout,
    )
