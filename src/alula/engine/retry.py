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


def exhausted(failure: Failure, *, attempts: int, allowed: int) -> Failure:
    """What the node says once no attempt is left; a failure that may not be retried stays as it is."""
    if not failure.is_recoverable and failure.kind != "SYSTEM":
        return failure
    return Failure(
        code=f"RetriesExhausted|{failure.code}",
        message=f"[{attempts}/{allowed}] currentAttempt done. Last Error: {failure.kind}::{failure.message}",
        kind="USER",
        is_timeout=failure.is_timeout,
    )
