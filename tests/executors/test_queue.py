"""The queues of attempts: whose turn it is."""

from __future__ import annotations

from tests.executors.samples import flight

from alula.executors.base import Pool
from alula.executors.queue import Queues

POOL: Pool = ("p", "d", "", "")


def drained(queues: Queues, pool: Pool = POOL) -> list[tuple[int, int]]:
    """Execution and item of all there is, in the order of being taken."""
    found = []
    while (head := queues.head(pool)) is not None:
        queues.take(pool)
        found.append((head.work.key.execution, head.work.key.item))
    return found


def test_executions_take_turns() -> None:
    queues = Queues()
    for item in range(3):
        queues.add(flight(item, execution=1))
    queues.add(flight(0, execution=2))
    assert drained(queues) == [(1, 0), (2, 0), (1, 1), (1, 2)]
    assert (queues.count, POOL in queues) == (0, False)


def test_what_goes_back_comes_first_and_what_may_wait_comes_last() -> None:
    queues = Queues()
    queues.add(flight(0, is_async=True))
    queues.add(flight(1))
    queues.add(flight(2), is_first=True)
    assert drained(queues) == [(1, 2), (1, 1), (1, 0)]


def test_one_attempt_can_be_taken_out_and_is_taken_out_once() -> None:
    queues = Queues()
    stays, goes = flight(0), flight(1)
    queues.add(stays)
    queues.add(goes)
    queues.remove(goes)
    queues.remove(goes)
    queues.remove(flight(0, code="other"))
    assert (list(queues), queues.count) == ([stays], 1)
    queues.remove(stays)
    assert (POOL in queues, queues.count) == (False, 0)


def test_a_pool_can_be_dropped_and_leaves_the_others() -> None:
    queues = Queues()
    queues.add(flight(0, execution=1, code="a"))
    queues.add(flight(0, execution=2, code="a"))
    queues.add(flight(0, code="b"))
    assert len(queues.drop(("p", "d", "", "a"))) == 2
    assert (queues.pools, queues.count, queues.drop(("p", "d", "", "a"))) == ([("p", "d", "", "b")], 1, [])


def test_pools_take_turns() -> None:
    queues = Queues()
    for code in "abc":
        queues.add(flight(code=code))
    queues.rotate()
    assert [pool[3] for pool in queues.pools] == ["b", "c", "a"]
    assert [head.work.pool[3] for head in queues.heads()] == ["b", "c", "a"]
