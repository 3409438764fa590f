"""The `process` executor: warm interpreters on this machine, one attempt at a time each.

Attempts wait in `queue.py`, are handed by `feed.py` to the workers of `fleet.py` as far as `room.py` admits them, and end as
`outcome.py` says. A worker whose task only waits for its calls may be taken away (`idle.py`); the next answer runs it anew.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from alula.engine.event import Failure
from alula.engine.graph import Demand
from alula.errors import Internal
from alula.executors import idle, memory, outcome
from alula.executors.base import Listener, Outcome, Work, WorkKey
from alula.executors.code import CodeFolder
from alula.executors.environment import Environments
from alula.executors.feed import Feeder
from alula.executors.fleet import BUNDLES, Fleet
from alula.executors.room import Room
from alula.executors.worker import Flight, Worker
from alula.idl.v1 import metric_pb2, worker_pb2
from alula.provision.folder import Upkeep
from alula.provision.spec import key_of

ANNOUNCE_S = 0.02  # attempts that outlive this are recorded as RUNNING
TICK_S = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Settings of the process executor.

    Attributes:
        root: folder for logs, bundles and work folders.
        cpu_m: thousandths of a core that may be asked for at once; 0: what this machine has.
        mem_bytes: memory that may be asked for at once; 0: what this machine has.
        gpus: devices that may be asked for at once.
        images: interpreter by image name; others run in `python`.
        python: interpreter of the default environment.
        upkeep: how long environments that were built for tasks are kept.
        code_idle_s: code that no attempt asked for within this span is removed.
    """

    root: Path
    cpu_m: int = 0
    mem_bytes: int = 0
    gpus: int = 0
    images: Mapping[str, str] = field(default_factory=dict)
    python: str = sys.executable
    upkeep: Upkeep = field(default_factory=Upkeep)
    code_idle_s: float = 30 * 86_400.0


class ProcessExecutor:
    """Runs attempts in warm local processes; see the module's docstring."""

    def __init__(self, config: Config, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self._loop = loop or asyncio.get_event_loop()
        self._listener: Listener | None = None
        self._ticker: asyncio.TimerHandle | None = None
        self._held: dict[WorkKey, Flight] = {}  # waiting or with a worker
        self._evicted: dict[WorkKey, Flight] = {}
        self.environments = Environments(
            config.root / "environments",
            config.upkeep,
            on_building=self._on_building,
            on_ready=self._on_provisioned,
            on_failed=self._on_unprovisioned,
            release=self._release,
            in_use=self._environments_in_use,
        )
        self.code = CodeFolder(config.root / BUNDLES, config.code_idle_s, in_use=self._code_in_use)
        numbers = itertools.count(1)
        self._fleet = Fleet(
            self._loop,
            root=config.root,
            python=config.python,
            images=config.images,
            environments=self.environments,
            numbers=numbers,
            on_message=self._on_message,
            on_exit=self._on_exit,
        )
        cores = os.cpu_count() or 1
        self.capacity = Demand(cpu_m=config.cpu_m or cores * 1000, mem_bytes=config.mem_bytes or memory.machine_bytes(), gpu=config.gpus)
        self._room = Room(self.capacity, self._fleet.workers)
        self._feeder = Feeder(self._loop, self._fleet, self._room, numbers=numbers, on_refused=self._on_refused)

    @property
    def worker_count(self) -> int:
        return len(self._fleet.workers)

    @property
    def running_count(self) -> int:
        return sum(1 for w in self._fleet.workers.values() if w.flying)

    @property
    def queued_count(self) -> int:
        return self._feeder.queues.count + self.environments.waiting_count

    @property
    def evicted_count(self) -> int:
        """Attempts whose worker was taken away while they wait for what they called."""
        return len(self._evicted)

    async def start(self, listener: Listener) -> None:
        """Starts the default environment, so that the first attempt finds it warm."""
        self._listener = listener
        await self._fleet.start()
        await asyncio.to_thread(memory.kernel_killed)  # kills of before are not ours
        self.environments.start()
        self.code.start()
        self._tick()

    async def stop(self) -> None:
        """Kills whatever runs; safe twice and before start."""
        if self._ticker is not None:
            self._ticker.cancel()
            self._ticker = None
        self._listener = None
        await self.environments.stop()
        await self.code.stop()
        await self._fleet.stop()

    # Handing in -------------------------------------------------------------------------------------------------------

    def submit(self, work: Work) -> None:
        if work.key in self._held or work.key in self._evicted:
            return  # handed in already
        flight = Flight(work, self._loop.time())
        if (problem := self._room.refusal(work.demand)) is not None:
            self._on_refused(flight, problem)
        elif work.environment is not None and not self.environments.is_ready(work.environment):
            self._held[work.key] = flight
            self.environments.wait(work)
        else:
            self._enqueue(flight)

    def _enqueue(self, flight: Flight, *, is_first: bool = False) -> None:
        self._held[flight.work.key] = flight
        self._feeder.add(flight, is_first=is_first)

    def _on_building(self, work: Work, reason: str) -> None:
        if self._listener is not None:
            self._listener.on_initializing(work, reason)

    def _on_provisioned(self, work: Work, waited_s: float) -> None:
        if work.environment is not None:
            work.attempt.notice = f"alula: waited {waited_s:.1f} s for environment {work.environment.name} to be built on this machine"
        self._enqueue(Flight(work, self._loop.time(), provisioned_s=waited_s))

    def _on_unprovisioned(self, work: Work, waited_s: float, failure: Failure) -> None:
        self._end(work, outcome.refused(failure, waited_s))

    def _on_refused(self, flight: Flight, failure: Failure) -> None:
        self._end(flight.work, outcome.refused(failure))

    def _environments_in_use(self) -> set[str]:
        """Keys of environments that attempts run in, wait for or will come back to."""
        return {key_of(work.environment) for work in self._works() if work.environment is not None}

    def _code_in_use(self) -> set[str]:
        return {work.attempt.bundle for work in self._works() if work.attempt.bundle}

    def _works(self) -> list[Work]:
        flying = (flight for worker in self._fleet.workers.values() for flight in worker.flying.values())
        return [flight.work for flight in itertools.chain(flying, self._feeder.queues, self._evicted.values())]

    async def _release(self, key: str) -> None:
        await self._fleet.release(self.environments.root / key)

    # Results ----------------------------------------------------------------------------------------------------------

    def _on_message(self, worker: Worker, message: worker_pb2.FromWorker) -> None:
        now = self._loop.time()
        for call in message.calls:
            caller = worker.flying.get(call.handle)
            if caller is not None and not caller.is_cancelled and self._listener is not None:
                if not (call.is_cancelled or call.is_traced):
                    # If it runs anew, it goes over it.
                    caller.work.attempt.recorded.add(key=call.key, after=call.after, clock_s=call.clock_s)
                self._listener.on_called(caller.work, call)
        for waiting in message.idle:
            flight = worker.flying.get(waiting.handle)
            if flight is not None and waiting.is_over:
                worker.idle_since = 0.0
            elif flight is not None and flight.answers == waiting.answers:  # else an answer is on its way
                worker.idle_since, worker.is_timed = now, waiting.is_timed
        if message.reports:
            worker.idle_since = 0.0
        for update in message.updates:
            self._tell(worker.flying.get(update.handle), update)
        returned: list[Flight] = []
        for report in message.reports:
            flight = worker.flying.pop(report.handle, None)
            if flight is None:
                continue
            if not report.is_returned:
                self._on_report(worker, flight, report, now)
            elif not flight.is_cancelled:
                returned.append(flight)
        self._take_back(worker, returned)
        if not worker.flying and worker.is_worn(is_short=self._feeder.is_short(worker.pool)):
            self._fleet.retire(worker)
        self._feeder.schedule()

    def _take_back(self, worker: Worker, flights: Sequence[Flight]) -> None:
        """What was sent ahead and never begun waits for another worker, in the order that it had."""
        if flights and (head := worker.head) is not None:
            head.work.attempt.may_be_followed = False  # it was found to be long, whatever was expected
        for flight in reversed(flights):
            flight.worker, flight.head_at = None, 0.0
            self._enqueue(flight, is_first=True)

    def _on_report(self, worker: Worker, flight: Flight, report: worker_pb2.Report, now: float) -> None:
        worker.done += 1
        worker.log_end = report.log_end
        times = report.times
        self._feeder.note(flight.work, times.read_us + times.run_us + times.write_us)
        if (head := worker.head) is not None:
            head.head_at = now
        if report.HasField("update"):
            self._tell(flight, report.update)
        if not flight.is_cancelled:
            self._end(flight.work, outcome.reported(worker, flight, report, self._loop.time()))
        elif report.log_end:
            self._stopped(worker, flight, report.log_end)

    def _tell(self, flight: Flight | None, update: metric_pb2.AttemptUpdate) -> None:
        if flight is not None and self._listener is not None:
            self._listener.on_update(flight.work, update, is_stopped=flight.is_cancelled)

    def _end(self, work: Work, ended: Outcome) -> None:
        self._held.pop(work.key, None)
        if self._listener is None:
            raise Internal("the executor has no listener")
        self._listener.on_ended(work, ended)

    def _stopped(self, worker: Worker, flight: Flight, log_end: int) -> None:
        if self._listener is not None and flight.is_announced:
            self._listener.on_stopped(flight.work, str(worker.log_path), log_end)

    def _on_exit(self, worker: Worker, status: int) -> None:
        log_end = worker.log_path.stat().st_size if worker.log_path.exists() else 0
        for position, flight in reversed(list(enumerate(worker.flying.values()))):  # so that what goes back keeps its order
            flight.worker = None
            if flight.is_cancelled:
                if position == 0:
                    self._stopped(worker, flight, log_end)
            elif flight.is_evicted:
                self._held.pop(flight.work.key, None)
                self._evicted[flight.work.key] = flight
                if flight.answers:  # it was answered while it was being taken away
                    self._revive(flight.work.key)
            elif position == 0 and not worker.is_killed:
                self._end(flight.work, outcome.lost(worker, flight, status, self._loop.time(), log_end))
            else:  # sent ahead and never begun, or begun behind the attempt that its worker was killed for
                self._enqueue(flight, is_first=True)
        worker.flying.clear()
        self._feeder.schedule()

    # Calls ------------------------------------------------------------------------------------------------------------

    def answer(self, key: WorkKey, answer: worker_pb2.Answer) -> None:
        flight = self._held.get(key) or self._evicted.get(key)
        worker = flight.worker if flight is not None else None
        if answer.is_pending and (flight is None or flight.is_evicted):
            return  # it says that nothing has happened: no reason to run anew
        if flight is not None:  # if it runs anew, it goes over what it has heard in the same order
            flight.work.attempt.replay_to = max(flight.work.attempt.replay_to, answer.order)
        if flight is None or worker is None or flight.handle not in worker.flying:
            self._revive(key)
            return
        flight.answers += 1
        worker.idle_since = 0.0
        if not flight.is_evicted:
            answer.handle = flight.handle
            worker.channel.send(worker_pb2.ToWorker(answers=[answer]))

    def _revive(self, key: WorkKey) -> None:
        """What was evicted runs anew: it makes its calls again and finds their results."""
        flight = self._evicted.pop(key, None)
        if flight is not None:
            flight.is_evicted, flight.answers = False, 0
            self._enqueue(flight)

    # Stopping ---------------------------------------------------------------------------------------------------------

    def held(self) -> Collection[WorkKey]:
        return [*self._held, *self._evicted]

    def cancel(self, key: WorkKey) -> None:
        self._evicted.pop(key, None)
        flight = self._held.pop(key, None)
        if flight is None:
            return
        worker = flight.worker
        if worker is None:
            if not self.environments.cancel(key):
                self._feeder.queues.remove(flight)
        elif flight.handle in worker.flying:
            flight.is_cancelled = True
            if worker.head is flight:
                self._fleet.kill(worker)
            else:  # it keeps its place until the worker says that it left it out, or is found to have begun it
                worker.channel.send(worker_pb2.ToWorker(cancelled=[flight.handle]))

    # Watching ---------------------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        """Announces attempts that run for a while, and looks at the memory of those with a limit."""
        self._ticker = self._loop.call_later(TICK_S if self._fleet.workers else TICK_S * 10, self._tick)
        now = self._loop.time()
        if self._feeder.queues.count:
            self._feeder.schedule()  # one that idles may have settled by now, and gives way
        for worker in list(self._fleet.workers.values()):
            head = worker.head
            if head is None:
                continue
            if idle.is_overdue(worker, now):
                worker.evict()
            if head.is_cancelled and not worker.is_killed and now - head.head_at > ANNOUNCE_S:
                self._fleet.kill(worker)  # the cancellation came after the worker had begun it
            if not head.is_announced and (head.work.is_timed or now - head.head_at > ANNOUNCE_S):
                head.is_announced = True
                if self._listener is not None and not head.is_cancelled:
                    self._listener.on_started(head.work, str(worker.log_path), worker.log_end)
            worker.check_memory()
