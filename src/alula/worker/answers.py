"""Answers to what an async task called, handed over one at a time and by their order on record.

Each is handed over when everything that followed from the one before has come to rest. An attempt that goes over what one before it did
hears the same in the same order, after the same calls, and by the same clock: while it does, the clock of its loop stands still, and is
moved to when the record says that things happened. So `asyncio.wait`, `as_completed`, races, sleeps and timeouts go as they went.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from alula.idl.failure import ORDER_CHANGED
from alula.idl.v1 import worker_pb2
from alula.worker.event_loop import Loop

GO_ON = 0.0
SLACK_S = 1.0  # timers fire late, the later the busier the machine
PATIENCE_S = 60.0  # for a thread or a socket to bring about what the record says, in real time
_NOTHING = -1.0
_ROUNDING_S = 1e-9


class Answers:
    """Those to one attempt.

    Args:
        replay_to: order of the last answer that attempts before this one were given, 0 if there was none.
        recorded: what they called.

    Attributes:
        count: of the answers that have arrived.
        given: order of the last one that was handed over.
    """

    def __init__(self, loop: Loop, replay_to: int = 0, recorded: Iterable[worker_pb2.RecordedCall] = ()) -> None:
        self._loop, self._replay_to = loop, replay_to
        self._waiting: dict[str, asyncio.Future[worker_pb2.Answer]] = {}  # by key of the call
        self._held: list[tuple[int, int, worker_pb2.Answer]] = []  # by order: arrived, and not handed over yet
        self._unheard: set[str] = set()  # calls made while going over the record, of which the server has not said what it knows
        self._recorded = {call.key: call for call in recorded}  # not made by this attempt yet
        self._due = deque(sorted(self._recorded.values(), key=lambda call: call.after))
        self._since = time.monotonic()  # when the attempt last came further
        self._fresh: list[worker_pb2.Given] = []  # that the server has not been told of
        self.count = self.given = 0
        self._origin = loop.time()
        if self.is_replaying:
            loop.stop_clock()

    @property
    def is_replaying(self) -> bool:
        """Whether the attempt still goes over what is on record."""
        return self.given < self._replay_to or bool(self._recorded)

    @property
    def is_awaited(self) -> bool:
        """Whether the task waits for one, and none is here or known to come at once."""
        return bool(self._waiting) and not self._held and not self._unheard

    @contextmanager
    def expected(self, call: worker_pb2.Call) -> Iterator[asyncio.Future[worker_pb2.Answer]]:
        """What will hold the answer to a call that is about to be made; the call is told where on record it stands."""
        key = call.key
        future = self._waiting[key] = self._loop.create_future()
        if self.is_replaying:
            call.is_replay = True
            self._unheard.add(key)
        if (known := self._recorded.pop(key, None)) is not None:
            self._since = time.monotonic()
            self._move_clock_to(known.clock_s)
        self.stamp(call)
        try:
            yield future
        finally:
            self._waiting.pop(key, None)

    def stamp(self, call: worker_pb2.Call) -> None:
        """Says with a call, or with its being given up, what the task was given before, and when that was and this is."""
        call.after, call.clock_s = self.given, self._loop.time() - self._origin
        call.given.extend(self._fresh)
        self._fresh.clear()

    def hear(self, answer: worker_pb2.Answer) -> None:
        """Takes an answer in. How a call ended is handed over by `at_rest`, all else at once."""
        self.count += 1
        self._unheard.discard(answer.key)
        if answer.order and answer.key not in self._waiting:  # ended before this attempt called it: it hears again when it does
            self._replay_to = max(self._replay_to, answer.order)
        elif answer.order:
            heapq.heappush(self._held, (answer.order, self.count, answer))
        elif not answer.is_pending and (future := self._waiting.get(answer.key)) is not None and not future.done():
            future.set_result(answer)

    def at_rest(self, timeout_s: float | None) -> float | None:
        """Hands the next answer to whoever waits for it; called when all that followed from the last one has come to rest.

        Args:
            timeout_s: until the next timer, None if there is none.
        Returns:
            How long the loop may wait: `GO_ON` if the task has something to do now, None for as long as nothing arrives.
        """
        loop = self._loop
        if self._unheard:  # what stands before the others on record may still be on its way
            if loop.is_waiting_for_world:
                loop.run_clock()
                return timeout_s
            loop.stop_clock()
            return None
        while self._held:
            order, _, answer = self._held[0]
            future = self._waiting.get(answer.key)
            if future is None or future.done():
                self._move_to(answer)
                return GO_ON  # the clock may have moved, and with it how far off the next timer is
            lacking = self._lacking(order)
            if lacking is None and not answer.is_given_up:
                return self._give(answer, future, timeout_s)
            wait_s = self._let_time_pass(timeout_s, answer.clock_s if lacking is None else lacking.clock_s)
            if wait_s != _NOTHING:
                return wait_s
            if lacking is not None:
                self._forget(order)  # it takes another way: what it calls instead will be refused, or is a new life's own affair
                continue
            self._move_to(answer)
            future.set_result(_still_wanted(answer))
            return GO_ON
        if (lacking := self._lacking(None)) is not None:
            wait_s = self._let_time_pass(timeout_s, lacking.clock_s)
            if wait_s != _NOTHING:
                return wait_s
            self._forget(None)
        if loop.is_stopped_clock:
            loop.run_clock()
        return timeout_s

    def _give(self, answer: worker_pb2.Answer, future: asyncio.Future[worker_pb2.Answer], timeout_s: float | None) -> float:
        loop = self._loop
        if timeout_s is not None and loop.is_stopped_clock and loop.read_at + timeout_s <= self._origin + answer.clock_s + _ROUNDING_S:
            loop.move_clock(timeout_s)  # the timer came first
            return GO_ON
        self._move_to(answer)
        at = loop.time() if timeout_s is None or loop.is_stopped_clock else loop.read_at
        self._fresh.append(worker_pb2.Given(order=answer.order, clock_s=at - self._origin))
        future.set_result(answer)
        return GO_ON

    def _lacking(self, order: int | None) -> worker_pb2.RecordedCall | None:
        """A call that the record says was made before that answer was given, or at all, and that this attempt has not made."""
        while self._due and self._due[0].key not in self._recorded:
            self._due.popleft()
        return self._due[0] if self._due and (order is None or self._due[0].after < order) else None

    def _forget(self, order: int | None) -> None:
        while (gone := self._lacking(order)) is not None:
            del self._recorded[gone.key]

    def _let_time_pass(self, timeout_s: float | None, until_s: float) -> float | None:
        """Something of the task's own comes next on record: a timer is let run, or a thread or a socket waited for.

        Args:
            until_s: when it happened, by the task's clock.
        Returns:
            How long to wait; `_NOTHING` if nothing can bring it about.
        """
        loop = self._loop
        if loop.is_waiting_for_world:
            loop.run_clock()
            left_s = max(0.0, self._origin + until_s - loop.time()) + self._since + PATIENCE_S - time.monotonic()
            if left_s <= 0:
                return _NOTHING
            return left_s if timeout_s is None else min(timeout_s, left_s)
        if timeout_s is None or loop.read_at + timeout_s > self._origin + until_s + SLACK_S:
            return _NOTHING
        loop.stop_clock()
        return GO_ON if loop.move_clock(timeout_s) else timeout_s

    def _move_to(self, answer: worker_pb2.Answer) -> None:
        heapq.heappop(self._held)
        self.given = max(self.given, answer.order // 2 * 2)
        self._since = time.monotonic()
        self._move_clock_to(answer.clock_s)

    def _move_clock_to(self, clock_s: float) -> None:
        loop = self._loop
        if loop.is_stopped_clock and (ahead_s := self._origin + clock_s - loop.time()) > 0:
            loop.move_clock(ahead_s)


def _still_wanted(answer: worker_pb2.Answer) -> worker_pb2.Answer:
    message = (
        "an earlier attempt stopped waiting for this call, and this one goes on waiting. When a call is given up must follow from the "
        "task's inputs, the results of its calls and timeouts; take outside state from a task or through al.trace"
    )
    return worker_pb2.Answer(key=answer.key, code=ORDER_CHANGED, message=message)
