"""Attempts that wait for a worker: by pool and by execution, both in rotation, so that a large fan-out does not delay a small run."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from alula.executors.base import Pool
from alula.executors.worker import Flight


class _Queue:
    """Attempts of one execution in one pool; those that may wait for others come after those that do not."""

    __slots__ = ("drivers", "plain")

    def __init__(self) -> None:
        self.plain: deque[Flight] = deque()
        self.drivers: deque[Flight] = deque()

    def __bool__(self) -> bool:
        return bool(self.plain or self.drivers)

    def __iter__(self) -> Iterator[Flight]:
        yield from self.plain
        yield from self.drivers

    def of(self, flight: Flight) -> deque[Flight]:
        return self.drivers if flight.work.is_async else self.plain

    @property
    def head(self) -> Flight:
        return self.plain[0] if self.plain else self.drivers[0]

    def take(self) -> Flight:
        return self.plain.popleft() if self.plain else self.drivers.popleft()


class Queues:
    """Every attempt that waits for a worker; a pool or an execution without one is not in it.

    Attributes:
        count: how many attempts.
    """

    def __init__(self) -> None:
        self._pools: dict[Pool, dict[int, _Queue]] = {}
        self.count = 0

    def __contains__(self, pool: Pool) -> bool:
        return pool in self._pools

    def __iter__(self) -> Iterator[Flight]:
        for queues in self._pools.values():
            for queue in queues.values():
                yield from queue

    @property
    def pools(self) -> list[Pool]:
        """Those that have work, in the order of their turns."""
        return list(self._pools)

    @property
    def is_contested(self) -> bool:
        """Whether more than one pool has work."""
        return len(self._pools) > 1

    def add(self, flight: Flight, *, is_first: bool = False) -> None:
        """Puts an attempt behind those of its execution, or before them."""
        work = flight.work
        queues = self._pools.get(work.pool)
        if queues is None:
            queues = self._pools[work.pool] = {}
        queue = queues.get(work.key.execution)
        if queue is None:
            queue = queues[work.key.execution] = _Queue()
        if is_first:
            queue.of(flight).appendleft(flight)
        else:
            queue.of(flight).append(flight)
        self.count += 1

    def head(self, pool: Pool) -> Flight | None:
        """The next of a pool, whichever execution's turn it is; None if it has none."""
        queues = self._pools.get(pool)
        return next(iter(queues.values())).head if queues else None

    def heads(self) -> Iterator[Flight]:
        """The next of every pool."""
        return (next(iter(queues.values())).head for queues in self._pools.values())

    def take(self, pool: Pool) -> None:
        """Takes out the `head` of a pool; its execution goes to the end of the rotation."""
        queues = self._pools[pool]
        execution, queue = next(iter(queues.items()))
        del queues[execution]
        queue.take()
        if queue:
            queues[execution] = queue
        elif not queues:
            del self._pools[pool]
        self.count -= 1

    def remove(self, flight: Flight) -> None:
        """Takes out one attempt, if it is there."""
        pool, execution = flight.work.pool, flight.work.key.execution
        queues = self._pools.get(pool, {})
        queue = queues.get(execution)
        if queue is None or flight not in (waiting := queue.of(flight)):
            return
        waiting.remove(flight)
        self.count -= 1
        if not queue:
            del queues[execution]
        if not queues:
            del self._pools[pool]

    def drop(self, pool: Pool) -> list[Flight]:
        """Takes out all of a pool's."""
        dropped = [flight for queue in self._pools.pop(pool, {}).values() for flight in queue]
        self.count -= len(dropped)
        return dropped

    def rotate(self) -> None:
        """Lets another pool be the first to get what becomes free next."""
        if len(self._pools) > 1:
            first = next(iter(self._pools))
            self._pools[first] = self._pools.pop(first)
