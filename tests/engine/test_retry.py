from __future__ import annotations

import pytest

from alula.engine.event import Failure
from alula.engine.retry import exhausted, may_retry

USER = Failure(code="USER:Bad", message="bad")
AGAIN = Failure(code="USER:Recoverable", message="bad", is_recoverable=True)
SYSTEM = Failure(code="WorkerLost", message="gone", kind="SYSTEM")


@pytest.mark.parametrize(
    ("failure", "user", "system", "expected"),
    [(USER, 1, 0, False), (AGAIN, 2, 9, True), (AGAIN, 3, 0, False), (SYSTEM, 9, 3, True), (SYSTEM, 0, 4, False)],
)
def test_each_budget_is_its_own(failure: Failure, user: int, system: int, expected: bool) -> None:
    assert may_retry(failure, retries=2, user_failures=user, system_failures=system) is expected


def test_what_was_never_to_be_retried_stays_as_it_is() -> None:
    assert exhausted(USER, retries=2, user_failures=1, system_failures=0) is USER


def test_an_exhausted_budget_is_the_users_failure_whoever_caused_it() -> None:
    found = exhausted(SYSTEM, retries=2, user_failures=1, system_failures=4)
    assert found == Failure(code="RetriesExhausted|WorkerLost", message="[4/4] currentAttempt done. Last Error: SYSTEM::gone")
