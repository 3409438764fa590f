"""Answers to what an async task called, handed over one at a time and by their order on record.

Each is handed over when everything that followed from the one before has come to rest. So an attempt that goes over what one before it
did hears the same in the same order: `asyncio.wait`, `as_completed` and races give what they gave then.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Iterator
from contextlib import contextmanager

from alula.idl.failure import ORDER_CHANGED
from alula.idl.v1 import worker_pb2
from alula.worker.event_loop import Loop

MAX_LEAPS = 100_000  # timers that are let run before a task is taken to no longer give up what it gave up


class Answers:
    """Those to one attempt.

    Args:
        replay_to: order of the last answer that attempts before this one were given, 0 if there was none.

    Attributes:
        count: of the answers that have arrived.
        given: order of the last one that was handed over.
    """

    def __init__(self, loop: Loop, replay_to: int) -> None:
        self._loop, self._replay_to = loop, replay_to
        self._waiting: dict[str, asyncio.Future[worker_pb2.Answer]] = {}  # by key of the call
        self._held: list[tuple[int, int, worker_pb2.Answer]] = []  # by order: arrived, and not handed over yet
        self._unheard: set[str] = set()  # calls made while going over the record, of which the server has not said what it knows
        self._leaps = 0  # since the last one was handed over
        self.count = self.given = 0

    @property
    def is_replaying(self) -> bool:
        """Whether the attempt still goes over what is on record."""
        return self.given < self._replay_to

    @property
    def are_awaited(self) -> bool:
        """Whether the task waits for some, and none is here."""
        return bool(self._waiting) and not self._held

    @contextmanager
    def expected(self, key: str) -> Iterator[asyncio.Future[worker_pb2.Answer]]:
        """What will hold the answer to a call that is about to be made."""
        future = self._waiting[key] = self._loop.create_future()
        if self.is_replaying:
            self._unheard.add(key)
        try:
            yield future
        finally:
            self._waiting.pop(key, None)

    def hear(self, answer: worker_pb2.Answer) -> None:
        """Takes an answer in. How a call ended is handed over by `hand_over`, all else at once."""
        self.count += 1
        self._unheard.discard(answer.key)
        if answer.order and answer.key not in self._waiting:  # ended before this attempt called it: it hears again when it does
            self._replay_to = max(self._replay_to, answer.order)
        elif answer.order:
            heapq.heappush(self._held, (answer.order, self.count, answer))
        elif not answer.is_pending and (future := self._waiting.get(answer.key)) is not None and not future.done():
            future.set_result(answer)

    def hand_over(self, timeout_s: float | None) -> bool:
        """Hands the next answer to whoever waits for it; called when all that followed from the last one has come to rest.

        Args:
            timeout_s: until the next timer, None if there is none.
        Returns:
            Whether the task has something to do now.
        """
        while self._held and not self._unheard:  # what stands before these on record may still be on its way
            order, _, answer = self._held[0]
            future = self._waiting.get(answer.key)
            if future is None or future.done():
                self._move_to(order)
            elif not answer.is_given_up:
                self._move_to(order)
                future.set_result(answer)
                return True
            elif self._loop.waits_for_world:
                return False  # from there came what made the task give it up
            elif timeout_s is not None and self._leaps < MAX_LEAPS:
                self._leaps += 1
                return self._loop.leap(timeout_s)
            else:
                self._move_to(order)
                future.set_result(_still_wanted(answer))
                return True
        return False

    def _move_to(self, order: int) -> None:
        heapq.heappop(self._held)
        self.given, self._leaps = max(self.given, order // 2 * 2), 0


def _still_wanted(answer: worker_pb2.Answer) -> worker_pb2.Answer:
    message = (
        "an earlier attempt stopped waiting for this call, and this one goes on waiting. When a call is given up must follow from the "
        "task's inputs, the results of its calls and timeouts; take outside state from a task or through al.trace"
    )
    return worker_pb2.Answer(key=answer.key, code=ORDER_CHANGED, message=message)
