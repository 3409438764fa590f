"""Handing queued attempts to workers: fairly, as far as there is room, and short ones a few ahead so that no worker waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

from alula.engine.event import Failure
from alula.errors import AlulaError
from alula.executors import idle
from alula.executors.base import Pool, Work
from alula.executors.fleet import Fleet
from alula.executors.queue import Queues
from alula.executors.room import Room
from alula.executors.worker import Flight, Worker
from alula.idl.v1 import worker_pb2

PREFETCH = 8  # attempts sent ahead to a worker of short ones; past 16 nothing is left to gain
SHORT_US = 3_000  # attempts below this are sent ahead
LONG_S = 0.05  # nothing is sent to wait behind one that has run for as long: its worker would give it back


class Feeder:
    """Moves attempts from the queues to the fleet, which grows and shrinks with what waits.

    Args:
        numbers: where handles come from.
        on_refused: an attempt that waited cannot run, because no worker of its pool can be had.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        fleet: Fleet,
        room: Room,
        *,
        numbers: Iterator[int],
        on_refused: Callable[[Flight, Failure], None],
    ) -> None:
        self._loop, self._fleet, self._room, self._numbers, self._on_refused = loop, fleet, room, numbers, on_refused
        self._durations: dict[
            tuple[Pool, str], float
        ] = {}  # of a task's attempts and, without a name, of all of a pool, in µs; the latest weigh most
        self._is_due = False
        self.queues = Queues()

    def add(self, flight: Flight, *, is_first: bool = False) -> None:
        """Queues an attempt behind those of its execution, or before them."""
        self.queues.add(flight, is_first=is_first)
        self.schedule()

    def schedule(self) -> None:
        """Looks at the queues soon: there may be work, or room for it."""
        if not self._is_due:
            self._is_due = True
            self._loop.call_soon(self._pump)

    def note(self, work: Work, took_us: int) -> None:
        """How long an attempt took, without importing its code."""
        for key in ((work.pool, work.attempt.task_name), (work.pool, "")):
            self._durations[key] = self._durations.get(key, SHORT_US) * 0.7 + took_us * 0.3

    def is_short(self, pool: Pool, task: str = "") -> bool:
        """Whether attempts of a pool, or of one task in it, are known to be short; a task that is new here counts as its pool does."""
        known = self._durations.get((pool, task))
        return (self._durations.get((pool, ""), SHORT_US) if known is None else known) < SHORT_US

    def _pump(self) -> None:
        """Hands queued attempts to workers as far as there is room."""
        self._is_due = False
        queues = self.queues
        for pool in queues.pools:
            self._feed(pool)
            while pool in queues and self._grow(pool):
                self._feed(pool)
        if queues.count:
            going = idle.next_to_go(
                self._fleet.workers.values(), self._room, (flight.work.demand for flight in queues.heads()), self._loop.time()
            )
            if going is not None:
                going.evict()
        queues.rotate()

    def _feed(self, pool: Pool) -> None:
        # Nothing is sent ahead while another pool waits: a worker that is never idle would never leave it room.
        window = 1 if self.queues.is_contested else PREFETCH
        now = self._loop.time()
        workers = [w for w in self._fleet.workers.values() if w.pool == pool and not w.is_doomed and len(w.flying) < window]
        workers.sort(key=lambda w: len(w.flying))
        batches: dict[Worker, list[worker_pb2.Attempt]] = {}
        while workers and pool in self.queues:
            for worker in list(workers):
                flight = self._next_for(worker, now)
                if flight is None:
                    workers.remove(worker)
                    if pool not in self.queues:
                        break
                    continue
                batches.setdefault(worker, []).append(self._assign(worker, flight))
                if len(worker.flying) >= window:
                    workers.remove(worker)
        for worker, attempts in batches.items():
            worker.channel.send(worker_pb2.ToWorker(attempts=attempts))

    def _may_wait_behind(self, head: Flight, flight: Flight, now: float) -> bool:
        """Whether an attempt may be sent to a worker that has another: both are expected to be short, and the one that runs is not late."""
        is_short = not flight.work.is_async and self.is_short(flight.work.pool, flight.work.attempt.task_name)
        return is_short and head.work.attempt.may_be_followed and now - head.head_at < LONG_S

    def _next_for(self, worker: Worker, now: float) -> Flight | None:
        """Takes the next attempt of a worker's pool out of the queue, if this worker may have it."""
        flight = self.queues.head(worker.pool)
        if flight is None:
            return None
        if (head := worker.head) is not None and not self._may_wait_behind(head, flight, now):
            return None
        if not self._room.has(flight.work.demand, worker):
            return None
        if not worker.flying and worker.is_heavy_for(flight.work.demand):
            self._fleet.retire(worker)  # a new one takes its place
            return None
        self.queues.take(worker.pool)
        return flight

    def _assign(self, worker: Worker, flight: Flight) -> worker_pb2.Attempt:
        now = self._loop.time()
        handle = next(self._numbers)
        attempt = flight.work.attempt
        attempt.handle = handle
        attempt.may_be_followed = not flight.work.is_async and self.is_short(worker.pool, attempt.task_name)
        attempt.work_dir = str(worker.work_dir)
        flight.sent_at = now
        if not worker.flying:
            worker.reserved = self._room.reservation(flight.work.demand)
            flight.head_at = now
        flight.worker, flight.handle = worker, handle
        worker.flying[handle] = flight
        return attempt

    def _grow(self, pool: Pool) -> bool:
        """Forks a worker for a pool that has work, retiring an idle one of another pool if the machine is full."""
        flight = self.queues.head(pool)
        if flight is None or not self._room.has(flight.work.demand, None):
            return False
        if any(w.pool == pool and not w.flying and not w.is_doomed for w in self._fleet.workers.values()):
            return False
        if self._room.is_crowded:
            self._fleet.retire_idle()
        try:
            self._fleet.fork(flight.work)
        except AlulaError as e:
            failure = Failure(code=e.code, message=e.message, kind="SYSTEM")
            for refused in self.queues.drop(pool):
                self._on_refused(refused, failure)
            return False
        return True
