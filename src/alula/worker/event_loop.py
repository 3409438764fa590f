"""The event loop of async tasks in a worker: every task has its place in the order of calls, and it says when it comes to rest."""

from __future__ import annotations

import asyncio
import contextvars
import selectors
import threading
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from itertools import count
from typing import Any, TypeVar, TypeVarTuple, Unpack

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
MAX_TURNS = 1_000  # of a loop that never rests, before it is taken to do so


class Lane:
    """One asyncio task's place in the order of calls."""

    def __init__(self, path: str = "", numbers: Iterator[int] | None = None) -> None:
        self._path = path
        self._calls = self._lanes = 0
        self.numbers = numbers or count()  # of all tasks of the attempt

    def next_key(self) -> str:
        self._calls += 1
        return f"{self._path}c{self._calls - 1}"

    def branch(self) -> Lane:
        self._lanes += 1
        return Lane(f"{self._path}t{self._lanes - 1}_", self.numbers)


current_lane: contextvars.ContextVar[Lane] = contextvars.ContextVar("alula_lane")


class Selector(selectors.DefaultSelector):
    """Says when the loop is about to wait, and asks for how long.

    Attributes:
        on_rest: given how long the loop would wait, None without end; how long it shall, 0: there is something to do now.
        on_wake: the loop has waited; given whether something arrived.
    """

    on_rest: Callable[[float | None], float | None] | None = None
    on_wake: Callable[[bool], None] | None = None
    _turns = 0  # since the loop last had nothing to do

    def select(self, timeout: float | None = None) -> Any:
        if self.on_rest is None:
            return super().select(timeout)
        if timeout is not None and timeout <= 0:
            self._turns += 1
            if self._turns < MAX_TURNS:
                return super().select(timeout)
        self._turns = 0
        wait_s = self.on_rest(timeout)
        if wait_s == 0:
            return []
        events = super().select(wait_s)
        if self.on_wake is not None:
            self.on_wake(bool(events))
        return events


class Loop(asyncio.SelectorEventLoop):
    """The loop of async tasks in a worker; counts what runs in threads and gives every task its lane."""

    def __init__(self, selector: Selector | None = None) -> None:
        self.selector = selector or Selector()
        self._ahead_s = 0.0
        self._stands_at: float | None = None
        self.read_at = 0.0  # what its clock said when it was last looked at
        super().__init__(self.selector)
        self.in_threads = 0
        self.pool_threads: weakref.WeakSet[threading.Thread] = weakref.WeakSet()  # what runs in them is counted in `in_threads`
        self.own_files = len(self.selector.get_map())
        self.set_task_factory(make_task)

    def time(self) -> float:
        self.read_at = super().time() + self._ahead_s if self._stands_at is None else self._stands_at
        return self.read_at

    @property
    def is_stopped_clock(self) -> bool:
        """Whether its clock stands still."""
        return self._stands_at is not None

    def stop_clock(self) -> None:
        """Has its clock stand still until `run_clock`, or until it is moved."""
        if self._stands_at is None:
            self._stands_at = self.time()

    def run_clock(self) -> None:
        """Has its clock go on from where it stands."""
        if self._stands_at is not None:
            self._ahead_s, self._stands_at = self._stands_at - super().time(), None

    def move_clock(self, seconds: float) -> bool:
        """Moves its clock on, so that timers are due at once; False if its clock is not its own to move."""
        if self._stands_at is None:
            self._ahead_s += seconds
        else:
            self._stands_at += seconds
        return True

    @property
    def is_waiting_for_world(self) -> bool:
        """Whether something may come that is neither a timer nor an answer: from a thread or through a socket."""
        return bool(self.in_threads) or len(self.selector.get_map()) > self.own_files

    def run_in_executor(self, executor: Executor | None, func: Callable[[Unpack[Ts]], T], *args: *Ts) -> asyncio.Future[T]:
        before = set(threading.enumerate())
        future = super().run_in_executor(executor, func, *args)
        self.pool_threads.update(set(threading.enumerate()) - before)
        self.in_threads += 1
        future.add_done_callback(self._on_thread_done)
        return future

    def _on_thread_done(self, _: Any) -> None:
        self.in_threads -= 1


class NumberedTask(asyncio.Task[Any]):
    """A task whose place in a set does not hang on where in memory it lies: `asyncio.wait` gives sets, and bodies go over them."""

    def __init__(self, number: int, coroutine: Any, **words: Any) -> None:
        self._number = number  # first: the loop keeps its tasks in a set
        super().__init__(coroutine, **words)

    def __hash__(self) -> int:
        return self._number


def make_task(
    loop: asyncio.AbstractEventLoop, coroutine: Any, context: contextvars.Context | None = None, **more: Any
) -> asyncio.Task[Any]:
    """A task of the loop with its own place in the order of calls."""
    found = context if context is not None else contextvars.copy_context()
    lane = found.get(current_lane)
    if lane is None:
        return asyncio.Task(coroutine, loop=loop, context=found, **more)
    found.run(current_lane.set, lane.branch())
    return NumberedTask(next(lane.numbers), coroutine, loop=loop, context=found, **more)


_loops: list[Loop] = []


def shared_loop() -> Loop:
    """The loop of this process, made at first use and kept from one attempt to the next."""
    if not _loops or _loops[0].is_closed():
        _loops[:] = [Loop()]
    return _loops[0]


def cancel_rest(loop: Loop) -> None:
    """What the task left running in its loop must not go on in the next attempt."""
    rest = asyncio.all_tasks(loop)
    for task in rest:
        task.cancel()
    if rest:
        loop.run_until_complete(asyncio.gather(*rest, return_exceptions=True))
