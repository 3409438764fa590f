"""The event loop of a bench: every async task of a run in one thread, their sleeps on the bench's clock.

It is run until nothing more is ready, then left: the engine has its turn, tasks that are no coroutines run, time moves on. Only for what
comes from outside (a thread, a socket) it really waits.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
from collections.abc import Callable, Coroutine
from typing import Any

from alula.sdk import context as task_context
from alula.testing.clock import Clock
from alula.worker import environment
from alula.worker.event_loop import Loop, Selector, make_task


class Surroundings:
    """What an attempt has changed of the process, put aside while others have their turn."""

    def __init__(self) -> None:
        self._changes: dict[str, str | None] = {}
        self._attempt: Any = None
        self._folder = ""
        self._outside = ""
        self.tasks: set[asyncio.Task[Any]] = set()

    def __enter__(self) -> None:
        environment.resume(self._changes)
        if self._attempt is not None:
            task_context.take_up(self._attempt)
        if self._folder:
            self._outside = os.getcwd()  # noqa: PTH109 - with every step of every coroutine
            os.chdir(self._folder)

    def __exit__(self, *_: object) -> None:
        self._changes = environment.pause()
        self._attempt = task_context.set_aside()
        outside, self._outside = self._outside, ""
        here = os.getcwd()  # noqa: PTH109
        if outside and here != outside:
            os.chdir(outside)
            self._folder = here

    def moved_to(self, outside: str) -> None:
        """The first part ran from `outside` and may have gone elsewhere."""
        here = os.getcwd()  # noqa: PTH109
        if here != outside:
            self._folder = here
            os.chdir(outside)


surroundings: contextvars.ContextVar[Surroundings] = contextvars.ContextVar("alula_surroundings")


class _Stepped(Coroutine[Any, Any, Any]):
    """A coroutine each step of which is made in its attempt's surroundings."""

    def __init__(self, inner: Any, around: Surroundings) -> None:
        self._inner, self._around = inner, around

    def send(self, value: Any) -> Any:
        with self._around:
            return self._inner.send(value)

    def throw(self, *error: Any) -> Any:
        with self._around:
            return self._inner.throw(*error)

    def close(self) -> None:
        self._inner.close()

    def __await__(self) -> Any:
        return self._inner.__await__()


class _Selector(Selector):
    loop: BenchLoop | None = None

    def select(self, timeout: float | None = None) -> Any:
        loop = self.loop
        if loop is None or (timeout is not None and timeout <= 0):
            return super().select(timeout)
        if loop.on_rest(timeout):
            return []
        if not loop.may_wait or not loop.is_waiting_for_world or loop.has_news():
            loop.due_in_s = timeout
            loop.stop()
            return super().select(0)
        found = super().select(timeout)
        if not found and timeout is not None:
            loop.clock.advance(timeout)
        return found


class BenchLoop(Loop):
    """A loop whose time is the bench's."""

    def __init__(self, clock: Clock, has_news: Callable[[], bool], on_rest: Callable[[float | None], bool]) -> None:
        self.clock, self.has_news, self.on_rest = clock, has_news, on_rest
        self.may_wait = False
        self.due_in_s: float | None = None  # when the next sleep ends, as of the last turn
        selector = _Selector()
        super().__init__(selector)
        selector.loop = self
        self.set_task_factory(_owned_task)

    def time(self) -> float:
        self.read_at = self.clock.elapsed_s
        return self.read_at

    def stop_clock(self) -> None:
        """The bench moves its clock by itself, when nothing else is left to do."""

    def move_clock(self, seconds: float) -> bool:
        return False  # as above

    def spin(self, *, may_wait: bool = False) -> None:
        """Runs what is ready, and what that makes ready, until all is waiting.

        Args:
            may_wait: for the world outside, if the loop waits for that.
        """
        self.may_wait, self.due_in_s = may_wait, None
        self.run_forever()

    def end(self) -> None:
        """Cancels what is left and closes; safe twice."""
        if self.is_closed():
            return
        for task in asyncio.all_tasks(self):
            task.cancel()
        self.spin()
        self.close()


def stepped(coroutine: Any, around: Surroundings) -> Coroutine[Any, Any, Any]:
    """The coroutine, made to run in its attempt's surroundings."""
    return _Stepped(coroutine, around)


def _owned_task(
    loop: asyncio.AbstractEventLoop, coroutine: Any, context: contextvars.Context | None = None, **more: Any
) -> asyncio.Task[Any]:
    found = context if context is not None else contextvars.copy_context()
    around = found.get(surroundings)
    if around is None:
        return make_task(loop, coroutine, found, **more)
    task = make_task(loop, _Stepped(coroutine, around), found, **more)
    around.tasks.add(task)
    task.add_done_callback(around.tasks.discard)
    return task
