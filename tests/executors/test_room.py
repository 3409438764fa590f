"""Admission by cores, memory and devices."""

from __future__ import annotations

import pytest
from tests.executors.samples import worker

from alula.engine.graph import Demand
from alula.executors import room as room_module
from alula.executors.room import Room
from alula.executors.worker import Worker

CAPACITY = Demand(cpu_m=2000, mem_bytes=1000, gpu=1)


def room(*workers: Worker) -> Room:
    return Room(CAPACITY, {one.number: one for one in workers})


@pytest.mark.parametrize(
    ("demand", "is_admitted"),
    [
        (Demand(), True),
        (Demand(cpu_m=1500), False),
        (Demand(mem_bytes=400), True),
        (Demand(mem_bytes=401), False),
        (Demand(gpu=1), True),
        (Demand(gpu=2), False),
    ],
)
def test_an_attempt_is_admitted_if_what_runs_leaves_enough(demand: Demand, is_admitted: bool) -> None:
    assert room(worker(1, Demand(cpu_m=1000, mem_bytes=600)), worker(2)).has(demand, None) is is_admitted


def test_what_only_waits_holds_memory_and_no_core() -> None:
    waiting = worker(1, Demand(cpu_m=2000, mem_bytes=600), idle_since=5.0)
    assert room(waiting).has(Demand(cpu_m=2000), None)
    assert not room(waiting).has(Demand(mem_bytes=401), None)


def test_behind_others_goes_only_what_needs_the_same() -> None:
    busy = worker(1, Demand(cpu_m=2000, mem_bytes=600))
    assert room(busy).has(Demand(cpu_m=3000, mem_bytes=600), busy)
    assert not room(busy).has(Demand(cpu_m=2000), busy)


def test_too_many_cores_are_cut_and_too_much_memory_is_refused() -> None:
    assert room().reservation(Demand(cpu_m=64_000)) == Demand(cpu_m=2000)
    assert room().reservation(Demand()) == Demand(cpu_m=1000)
    assert room().refusal(Demand(cpu_m=64_000)) is None
    refusals = [room().refusal(demand) for demand in (Demand(mem_bytes=1001), Demand(gpu=2))]
    assert [refusal and (refusal.code, refusal.message.rsplit(" ", 1)[-1]) for refusal in refusals] == [
        ("ResourcesUnavailable", "--mem"),
        ("ResourcesUnavailable", "--gpu"),
    ]


def test_it_is_short_of_memory_and_devices_only() -> None:
    busy = worker(1, Demand(cpu_m=2000, mem_bytes=600, gpu=1))
    assert not room(busy).is_short_of([Demand(cpu_m=2000, mem_bytes=400)])
    assert room(busy).is_short_of([Demand(), Demand(mem_bytes=401)])
    assert room(busy).is_short_of([Demand(gpu=1)])


def test_twice_as_many_workers_as_cores_are_a_crowd() -> None:
    assert not room(*(worker(number) for number in range(3))).is_crowded
    assert room(*(worker(number) for number in range(4))).is_crowded


def test_what_waits_for_a_timer_too_lends_its_core_but_only_so_many_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """They cannot be taken away, and every one is a process."""
    timed = [worker(number, Demand(cpu_m=2000), idle_since=5.0) for number in (1, 2)]
    for one in timed:
        one.is_timed = True
    assert room(*timed).has(Demand(cpu_m=2000), None)
    monkeypatch.setattr(room_module, "MAX_TIMED", 1)
    assert not room(*timed).has(Demand(cpu_m=2000), None)
