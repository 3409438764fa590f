"""Driving executions: events in, one transaction, effects out.

Every live execution is a `Run` that only the writer's thread touches (`step.py`, `live.py`). The driver is the event loop's side:
it puts events into the inbox, has turns taken while any wait, and once a turn is committed hands its effects to the dispatcher and
its changes to watchers. The events of a turn that could not be committed are taken again.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Set
from concurrent.futures import Future
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from alula.catalog.lookup import Elsewhere, Unread
from alula.control.batch import Batch, Change
from alula.control.clock import Clock
from alula.control.inbox import Inbox
from alula.control.live import Live
from alula.control.mail import Mail
from alula.control.step import Lookup, Stepper
from alula.control.suspect import Suspects
from alula.control.timer import Timers
from alula.control.unloaded import Unloaded
from alula.database.writer import Writer
from alula.engine import effect as fx
from alula.engine import event as ev
from alula.engine.state import Run
from alula.errors import Exhausted, Internal, Unavailable

log = logging.getLogger(__name__)
T = TypeVar("T")

RETRY_AFTER_S = 1.0  # a commit failed: the disk or the database gets this long


class Dispatcher(Protocol):
    """What carries out effects; called in the event loop after the commit."""

    def start_attempt(self, run: Run, effect: fx.StartAttempt) -> None: ...
    def stop_attempt(self, run: Run, effect: fx.StopAttempt) -> None: ...
    def answer_call(self, run: Run, effect: fx.AnswerCall) -> None: ...
    def launch_child(self, run: Run, effect: fx.LaunchChild) -> None: ...
    def abort_child(self, run: Run, effect: fx.AbortChild) -> None: ...
    def read_cached(self, run: Run, entry: Elsewhere) -> None: ...
    def keep_only(self, attempts: Set[tuple[int, str, int, int]], executions: Set[int]) -> None: ...


class Driver:
    """Owns every live execution of this server.

    Args:
        dialect: of the database.
        load: loads a run from its rows within the writer's transaction, None if it has ended.
        write_before: writes what the events of a turn must not overtake.
    """

    def __init__(
        self,
        writer: Writer,
        clock: Clock,
        *,
        dialect: str,
        load: Callable[[Connection, int], Run | None],
        write_before: Callable[[Connection], None],
    ) -> None:
        self._writer = writer
        self._clock = clock
        self._inbox = Inbox()
        self._lookups: deque[Lookup] = deque()
        self._suspects = Suspects()
        self._mail = Mail()
        self._live = Live(
            self._inbox,
            clock,
            load,
            keep_only=lambda attempts, unloaded: self._mail.send(self._keep_only, attempts, unloaded),
            announce=lambda change: self._mail.send(self._announce, change),
        )
        self._stepper = Stepper(
            self._live, self._inbox, self._suspects, self._lookups, dialect=dialect, clock=clock, write_before=write_before
        )
        self._timers = Timers(clock, self._on_timer)
        self._is_scheduled = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listeners: list[Callable[[Change], None]] = []
        self.dispatcher: Dispatcher | None = None
        self.on_unloaded: Callable[[], None] = lambda: None  # called in the event loop while some cannot be loaded

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begins to take events."""
        self._loop = loop
        self._mail.start(loop)
        self._writer.on_rollback.append(self._stepper.on_rollback)
        self._writer.on_commit.append(self._stepper.on_commit)

    def stop(self) -> None:
        self._timers.stop()
        self._loop = None

    def listen(self, listener: Callable[[Change], None]) -> None:
        """Calls `listener` in the event loop for every committed change."""
        self._listeners.append(listener)

    @property
    def live(self) -> int:
        return len(self._live.runs) + len(self._live.unloaded)

    @property
    def unloaded(self) -> dict[int, Unloaded]:
        """Live executions that could not be loaded, by key, as of now."""
        return dict(self._live.unloaded)

    # Events in --------------------------------------------------------------------------------------------------------

    def post(self, key: int, event: ev.Event) -> None:
        """Puts an event into an execution's inbox; an execution that has ended ignores it."""
        self._inbox.put(key, event)
        self._schedule()

    def ask_again(self, key: int, effect: fx.LookUpCache, unread: Unread) -> None:
        """Asks the cache anew: an entry's outputs could not be read."""
        self._lookups.append((key, effect, unread))
        self._schedule()

    def _on_timer(self, key: int, timer: fx.SetTimer) -> None:
        self.post(key, ev.TimerFired(self._clock(), timer.node_id, timer.item, timer.what, timer.attempt))

    def cancel_timer(self, key: int, node_id: str, item: int) -> None:
        """The attempt has ended: its timeout no longer matters."""
        self._timers.cancel(key, node_id, item, "attempt")

    # Turns ------------------------------------------------------------------------------------------------------------

    def _schedule(self) -> None:
        if self._is_scheduled or self._loop is None:
            return
        self._is_scheduled = True
        future = self._writer.submit(self._stepper.turn, is_guarded=False)
        future.add_done_callback(lambda f: self._mail.send(self._on_turn, f))

    def _on_turn(self, future: Future[Batch]) -> None:
        error = future.exception()
        if error is not None:
            log.error("a turn could not be written and will be taken again: %s", error)
            if not isinstance(error, Exhausted | Unavailable):
                self._suspects.suspect(len(self._inbox))
            if self._loop is not None:
                self._loop.call_later(RETRY_AFTER_S, self._retry)
            return
        self._is_scheduled = False
        self._suspects.clear()
        self._hand_out(future.result())

    def _retry(self) -> None:
        self._is_scheduled = False
        self._schedule()

    async def transact(self, work: Callable[[Connection, Stepper], tuple[T, Batch]]) -> T:
        """Runs a use case that steps executions; its effects are handed out even if whoever asked goes away meanwhile.

        Args:
            work: runs in the writer's transaction; returns the answer and what the stepper left to be done.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        future = self._writer.submit(lambda connection: work(connection, self._stepper))
        future.add_done_callback(lambda f: self._mail.send(self._finish, f, answer))
        return await answer

    def _finish(self, future: Future[tuple[T, Batch]], answer: asyncio.Future[T]) -> None:
        error = future.exception()
        if error is None:
            result, batch = future.result()
            self._hand_out(batch)
            if not answer.done():
                answer.set_result(result)
        else:
            self._schedule()  # what a lost transaction left must be loaded again
            if not answer.done():
                answer.set_exception(error)

    # Effects out ------------------------------------------------------------------------------------------------------

    def _hand_out(self, batch: Batch) -> None:
        if self._loop is None:
            return  # stopped: what is recorded is carried out by the next server
        for key, event in batch.answers:
            self._inbox.put(key, event)
        for run, effect in batch.effects:
            try:
                self._carry_out(run, effect)
            except Exception as e:
                log.exception("execution %s: effect %s failed", run.id, type(effect).__name__)
                if isinstance(effect, fx.StartAttempt):
                    failure = ev.Failure(code="StartFailed", message=f"{type(e).__name__}: {e}", kind="SYSTEM")
                    at = self._clock()
                    self._inbox.put(run.key, ev.AttemptFailed(at, effect.node_id, effect.item, effect.attempt, failure))
        for change in batch.changes:
            self._announce(change)
        if self._inbox or self._lookups or self._live.is_due:
            self._schedule()
        if self._live.unloaded:
            self.on_unloaded()

    def _carry_out(self, run: Run, effect: object) -> None:
        dispatcher = self.dispatcher
        if dispatcher is None:
            raise Internal("the driver has no dispatcher")
        match effect:
            case fx.StartAttempt():
                dispatcher.start_attempt(run, effect)
            case fx.StopAttempt():
                dispatcher.stop_attempt(run, effect)
            case fx.SetTimer():
                if self._loop is not None:
                    self._timers.set(self._loop, run.key, effect)
            case fx.AnswerCall():
                dispatcher.answer_call(run, effect)
            case fx.LaunchChild():
                dispatcher.launch_child(run, effect)
            case fx.AbortChild():
                dispatcher.abort_child(run, effect)
            case Elsewhere():
                dispatcher.read_cached(run, effect)
            case _:
                raise Internal(f"nobody carries out {type(effect).__name__}")

    def _announce(self, change: Change) -> None:
        if change.is_terminal:
            self._timers.cancel_all(change.key)
        for listener in self._listeners:
            listener(change)

    def _keep_only(self, attempts: Set[tuple[int, str, int, int]], unloaded: Set[int]) -> None:
        if self.dispatcher is not None and self._loop is not None:
            self.dispatcher.keep_only(attempts, unloaded)
