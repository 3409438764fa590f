"""Which worker is taken away while its task only waits."""

from __future__ import annotations

from tests.executors.samples import worker

from alula.engine.graph import Demand
from alula.executors import idle
from alula.executors.room import Room
from alula.executors.worker import Worker

SHORT = [Demand(mem_bytes=500)]


def next_to_go(*workers: Worker, wanted: list[Demand] = SHORT) -> int:
    """The number of the one that goes, 0 for none."""
    going = idle.next_to_go(workers, Room(Demand(cpu_m=2000, mem_bytes=1000, gpu=1), {w.number: w for w in workers}), wanted, now=1000.0)
    return going.number if going is not None else 0


def test_the_one_that_has_idled_longest_of_those_that_hold_anything_gives_way() -> None:
    nothing = worker(1, Demand(cpu_m=1000), idle_since=1.0)
    late, early = (worker(number, Demand(mem_bytes=400), idle_since=at) for number, at in ((2, 5.0), (3, 2.0)))
    assert next_to_go(nothing, late, early, worker(4, Demand(mem_bytes=100))) == 3


def test_nobody_gives_way_for_what_has_room_or_while_all_work() -> None:
    assert next_to_go(worker(1, Demand(mem_bytes=400), idle_since=1.0)) == 0
    assert next_to_go(worker(1, Demand(mem_bytes=600))) == 0
    doomed = worker(1, Demand(mem_bytes=600), idle_since=1.0)
    doomed.is_doomed = True
    assert next_to_go(doomed) == 0


def test_too_many_that_idle_are_one_too_many_whatever_they_hold() -> None:
    many = [worker(number, Demand(), idle_since=float(number)) for number in range(1, idle.MAX_IDLE + 2)]
    assert next_to_go(*many[1:]) == 0
    assert next_to_go(*many) == 1


def test_one_that_idles_for_long_is_overdue() -> None:
    waiting = worker(1, Demand(), idle_since=10.0)
    assert not idle.is_overdue(waiting, 10.0 + idle.EVICT_AFTER_S)
    assert idle.is_overdue(waiting, 10.1 + idle.EVICT_AFTER_S)
    assert not idle.is_overdue(worker(1, Demand()), 1e9)


def test_one_that_has_only_just_come_to_wait_may_be_answered_any_moment() -> None:
    assert next_to_go(worker(1, Demand(mem_bytes=900), idle_since=1000.0 - idle.SETTLED_S / 2)) == 0


def test_what_waits_for_a_timer_too_is_never_taken_away() -> None:
    timed = worker(1, Demand(mem_bytes=900), idle_since=1.0)
    timed.is_timed = True
    assert next_to_go(timed) == 0
    assert not idle.is_overdue(timed, now=1000.0)
