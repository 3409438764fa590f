"""The process executor by itself: environments that cannot start, and what comes after its end."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace
from pathlib import Path

import pytest
from tests.server.harness import ROOT, literals

from alula.engine.graph import Demand
from alula.executors.base import Outcome, Work, WorkKey
from alula.executors.process import Config, ProcessExecutor
from alula.executors.worker import Flight, Worker
from alula.idl import core
from alula.idl.v1 import worker_pb2


class Ended:
    """Collects outcomes."""

    def __init__(self) -> None:
        self.outcomes: asyncio.Queue[Outcome] = asyncio.Queue()
        self.order: list[Work] = []

    def on_initializing(self, work: Work, reason: str) -> None:
        raise AssertionError("no attempt of these tests has an environment")

    def on_started(self, work: Work, log_uri: str, log_start: int) -> None:
        return

    def on_ended(self, work: Work, outcome: Outcome) -> None:
        self.order.append(work)
        self.outcomes.put_nowait(outcome)


def work(image: str = "", code: str = "", item: int = -1, command: str = "true") -> Work:
    return Work(
        key=WorkKey(1, "n0", item, 0), attempt=worker_pb2.Attempt(args=command.split()), pool=("p", "d", image, code), demand=Demand()
    )


async def test_an_environment_that_ends_at_once_fails_its_attempts(tmp_path: Path) -> None:
    executor = ProcessExecutor(Config(root=tmp_path, images={"broken": "/bin/false"}), asyncio.get_running_loop())
    listener = Ended()
    await executor.start(listener)
    try:
        executor.submit(work("broken"))
        outcome = await asyncio.wait_for(listener.outcomes.get(), 20)
    finally:
        await executor.stop()
    assert outcome.failure is not None
    assert (outcome.failure.code, outcome.failure.kind) in (("EnvironmentFailed", "SYSTEM"), ("UNAVAILABLE", "SYSTEM"))
    assert executor.worker_count == 0


async def test_a_fan_out_leaves_room_for_other_code(tmp_path: Path) -> None:
    executor = ProcessExecutor(Config(root=tmp_path, cpu_m=1000), asyncio.get_running_loop())
    listener = Ended()
    await executor.start(listener)
    try:
        for item in range(40):
            executor.submit(work(code="large", item=item))
        executor.submit(work(code="small"))
        for _ in range(41):
            await asyncio.wait_for(listener.outcomes.get(), 20)
    finally:
        await executor.stop()
    assert [w.pool[3] for w in listener.order].index("small") < 20


async def test_an_attempt_whose_worker_was_taken_away_is_not_taken_in_twice(tmp_path: Path) -> None:
    executor = ProcessExecutor(Config(root=tmp_path), asyncio.get_running_loop())
    await executor.start(Ended())
    try:
        waiting = replace(work(command="sleep 60"), is_async=True)
        executor.submit(waiting)
        async with asyncio.timeout(20):
            while not any(w.pid for w in executor._fleet.workers.values()):  # noqa: ASYNC110 - has no signal of its own
                await asyncio.sleep(0.01)
            next(w for w in executor._fleet.workers.values() if w.flying).evict()
            while not executor.evicted_count:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.01)
        executor.submit(waiting)  # runs that were loaded anew send what they have as queued
        assert (executor.queued_count, executor.evicted_count) == (0, 1)
    finally:
        await executor.stop()


async def test_a_worker_that_others_left_heavy_is_not_given_to_an_attempt_with_a_small_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    executor = ProcessExecutor(Config(root=tmp_path, cpu_m=1000), asyncio.get_running_loop())
    listener = Ended()
    await executor.start(listener)

    async def pid_of(task: str, number: int, limit_mib: int, **inputs: int) -> int:
        attempt = worker_pb2.Attempt(task=f"tests.worker.tasks:{task}", item=-1, inline_limit_bytes=1000)
        attempt.inputs = literals(**inputs).SerializeToString()
        demand = Demand(mem_limit_bytes=limit_mib << 20)
        executor.submit(Work(key=WorkKey(1, "n0", -1, number), attempt=attempt, pool=("p", "d", "", ""), demand=demand))
        outcome = await asyncio.wait_for(listener.outcomes.get(), 30)
        assert outcome.failure is None, outcome.failure
        return core.LiteralMap.FromString(outcome.outputs or b"").literals["o0"].scalar.primitive.integer

    try:
        heavy = await pid_of("hoards", 0, 0, mib=300)
        assert await pid_of("is_modest", 1, 2048) == heavy, "there is room enough for it beside what is left"
        fresh = await pid_of("is_modest", 2, 256)
        assert fresh != heavy
        assert await pid_of("is_modest", 3, 256) == fresh
    finally:
        await executor.stop()


@pytest.mark.parametrize("is_known", [False, True])
async def test_short_attempts_do_not_wait_behind_a_long_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_known: bool) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    executor = ProcessExecutor(Config(root=tmp_path, cpu_m=2000), asyncio.get_running_loop())
    listener = Ended()
    await executor.start(listener)
    numbers = itertools.count()

    def submit(execution: int, task: str, **inputs: object) -> None:
        attempt = worker_pb2.Attempt(task=f"tests.worker.tasks:{task}", task_name=task, item=-1, inline_limit_bytes=1000)
        attempt.inputs = literals(**inputs).SerializeToString()
        demand = Demand(cpu_m=1000)
        executor.submit(Work(key=WorkKey(execution, "n0", -1, next(numbers)), attempt=attempt, pool=("p", "d", "", ""), demand=demand))

    async def ended(count: int) -> None:
        async with asyncio.timeout(30):
            for _ in range(count):
                assert (await listener.outcomes.get()).outputs is not None

    behind = set[str]()  # tasks that something was sent to wait behind
    assign = executor._feeder._assign

    def noting(worker: Worker, flight: Flight) -> worker_pb2.Attempt:
        behind.update(each.work.attempt.task_name for each in worker.flying.values())
        return assign(worker, flight)

    monkeypatch.setattr(executor._feeder, "_assign", noting)

    def hold(until: Path) -> None:
        submit(2, "holds", path=str(until))
        for x in range(100):
            submit(1 + 2 * (x % 2), "inc", x=x)

    try:
        for x in range(20):
            submit(1, "inc", x=x)
        await ended(20)  # the pool is known for short ones
        if is_known:
            (tmp_path / "first").touch()
            submit(2, "holds", path=str(tmp_path / "first"))
            await ended(1)
            executor._feeder.note(listener.order[-1], 10_000_000)
        listener.order.clear()
        behind.clear()
        hold(tmp_path / "until")
        await ended(100)
        assert {each.attempt.task_name for each in listener.order} == {"inc"}, "all of them, while the long one runs"
        assert executor.queued_count == 0
        assert not is_known or behind <= {"inc"}
        (tmp_path / "until").touch()
        await ended(1)
        assert listener.order[-1].attempt.task_name == "holds"
    finally:
        await executor.stop()
