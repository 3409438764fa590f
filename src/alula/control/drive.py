"""Driving executions: events in, one transaction, effects out.

Every live execution is a `Run` that only the writer's thread touches. Events wait in an inbox per execution; a turn takes
some of each in rotation, steps them, writes what changed, and once that is committed hands the effects to the loop.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from alula.catalog.lookup import Catalog
from alula.control.clock import Clock
from alula.database import execution, signal
from alula.database import run as run_rows
from alula.database.engine import Database
from alula.database.run import TurnWriter
from alula.database.writer import Writer
from alula.engine import effect as fx
from alula.engine import event as ev
from alula.engine.machine import pending_timers, step
from alula.engine.state import Run, Turn
from alula.errors import AlulaError, Internal
from alula.idl.identifier import ExecutionId

log = logging.getLogger(__name__)
T = TypeVar("T")

EVENTS_PER_TURN = 128  # of all executions in one transaction
EVENTS_PER_RUN = 32  # of one execution before the next one has its turn
LOOKUPS_PER_TURN = 256  # cache answers within one transaction
RELOAD_DELAY_S = 1.0


class Dispatcher(Protocol):
    """What carries out effects; called in the event loop after the commit."""

    def start_attempt(self, run: Run, effect: fx.StartAttempt) -> None: ...
    def stop_attempt(self, run: Run, effect: fx.StopAttempt) -> None: ...
    def launch_child(self, run: Run, effect: fx.LaunchChild) -> None: ...
    def abort_child(self, run: Run, effect: fx.AbortChild) -> None: ...


@dataclass(frozen=True, slots=True)
class Change:
    """What watchers hear after a commit: which nodes changed, and whether the execution did and has ended."""

    key: int
    execution: ExecutionId
    is_execution: bool
    nodes: tuple[str, ...]
    is_terminal: bool


@dataclass(slots=True)
class Batch:
    """What one transaction leaves to be done once it is durable."""

    effects: list[tuple[Run, object]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    ended: list[Run] = field(default_factory=list)
    touched: set[int] = field(default_factory=set)


class Driver:
    """Owns every live execution of this server."""

    def __init__(self, database: Database, writer: Writer, catalog: Catalog, clock: Clock) -> None:
        self._database = database
        self._writer = writer
        self._catalog = catalog
        self._clock = clock
        self._turns = TurnWriter(database.dialect)
        self._runs: dict[int, Run] = {}
        self._inbox: dict[int, deque[ev.Event]] = {}
        self._rotation: deque[int] = deque()
        self._lock = threading.Lock()
        self._is_scheduled = False
        self._is_recovering = False
        self.on_reload: Callable[[Run], None] | None = None  # reconciles a run that was loaded again
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timers: dict[tuple[int, str, int, str], asyncio.TimerHandle] = {}
        self._listeners: list[Callable[[Change], None]] = []
        self._reload: Callable[[Connection, int], Run | None] | None = None
        self.dispatcher: Dispatcher | None = None

    def start(self, loop: asyncio.AbstractEventLoop, reload: Callable[[Connection, int], Run | None]) -> None:
        """Begins to take events; `reload` loads a run from its rows after a failed commit."""

        def on_rollback() -> None:
            loop.call_soon_threadsafe(self._recover)

        self._writer.on_rollback.append(on_rollback)
        self._loop = loop
        self._reload = reload

    def stop(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._loop = None

    def listen(self, listener: Callable[[Change], None]) -> None:
        """Calls `listener` in the event loop for every committed change."""
        self._listeners.append(listener)

    @property
    def live(self) -> int:
        return len(self._runs)

    # In the event loop ------------------------------------------------------------------------------------------------

    def post(self, key: int, event: ev.Event) -> None:
        """Puts an event into an execution's inbox; an execution that has ended ignores it."""
        self._put(key, event)
        self._schedule()

    def _put(self, key: int, event: ev.Event) -> None:
        with self._lock:
            inbox = self._inbox.get(key)
            if inbox is None:
                inbox = self._inbox[key] = deque()
                self._rotation.append(key)
            inbox.append(event)

    def _take(self, budget: int) -> tuple[int, list[ev.Event]] | None:
        """The next execution in rotation with up to `budget` of its events; a key is in rotation while its inbox exists."""
        with self._lock:
            if not self._rotation:
                return None
            key = self._rotation.popleft()
            inbox = self._inbox[key]
            events = [inbox.popleft() for _ in range(min(budget, len(inbox)))]
            if inbox:
                self._rotation.append(key)
            else:
                del self._inbox[key]
            return key, events

    def _schedule(self) -> None:
        if self._is_scheduled or self._loop is None:
            return
        self._is_scheduled = True
        future = self._writer.submit(self._turn, is_guarded=False)
        loop = self._loop
        future.add_done_callback(lambda f: loop.call_soon_threadsafe(self._publish, f))

    async def transact(self, work: Callable[[Connection], tuple[T, Batch]]) -> T:
        """Runs a use case that steps executions; its effects are handed out even if whoever asked goes away meanwhile.

        Args:
            work: runs in the writer's transaction; returns the answer and what `begin` or `apply` left to be done.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        future = self._writer.submit(work)
        future.add_done_callback(lambda f: loop.call_soon_threadsafe(self._finish, f, answer))
        return await answer

    def _finish(self, future: Future[tuple[T, Batch]], answer: asyncio.Future[T]) -> None:
        error = future.exception()
        if error is None:
            result, batch = future.result()
            self._hand_out(batch)
            if not answer.done():
                answer.set_result(result)
        elif not answer.done():
            answer.set_exception(error)

    def _publish(self, future: Future[Batch]) -> None:
        error = future.exception()
        if error is not None:
            log.error("a turn could not be written, its executions are loaded again: %s", error)
            return
        batch = future.result()
        self._is_scheduled = False
        self._hand_out(batch)

    def _hand_out(self, batch: Batch) -> None:
        for run, effect in batch.effects:
            try:
                self._carry_out(run, effect)
            except AlulaError:
                log.exception("execution %s: effect %s failed", run.id, type(effect).__name__)
        for change in batch.changes:
            for listener in self._listeners:
                listener(change)
        if self._rotation:
            self._schedule()

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
                self.set_timer(run, effect)
            case fx.LaunchChild():
                dispatcher.launch_child(run, effect)
            case fx.AbortChild():
                dispatcher.abort_child(run, effect)
            case _:
                raise Internal(f"nobody carries out {type(effect).__name__}")

    def set_timer(self, run: Run, effect: fx.SetTimer) -> None:
        if self._loop is None:
            return
        name = (run.key, effect.node_id, effect.item, effect.what)
        if (old := self._timers.pop(name, None)) is not None:
            old.cancel()
        delay_s = max(0, effect.at - self._clock()) / 1e6
        self._timers[name] = self._loop.call_later(delay_s, self._fire, run.key, effect, name)

    def _fire(self, key: int, effect: fx.SetTimer, name: tuple[int, str, int, str]) -> None:
        self._timers.pop(name, None)
        if self._clock() < effect.at:  # the loop's clock and ours differ by rounding: never early
            self._timers[name] = self._loop.call_later(0.001, self._fire, key, effect, name) if self._loop else self._timers[name]
            return
        self.post(key, ev.TimerFired(self._clock(), effect.node_id, effect.item, effect.what, effect.attempt))

    # In the writer's thread -------------------------------------------------------------------------------------------

    def begin(self, connection: Connection, run: Run) -> Batch:
        """Takes a new run, whose row the caller has inserted, and steps it for the first time in the same transaction.

        Raises:
            AlulaError: the first step is impossible; the caller's transaction must not keep the row.
        """
        batch = Batch()
        self._runs[run.key] = run
        try:
            self._step(connection, batch, run, ev.Launched(run.created_at))
        except Exception:
            self._runs.pop(run.key, None)
            self._turns.discard(run.key)
            raise
        self._turns.write(connection)
        return batch

    def adopt(self, run: Run) -> None:
        """Takes a run that was loaded from its rows."""
        self._runs[run.key] = run

    def apply(self, connection: Connection, key: int, event: ev.Event) -> Batch:
        """Steps an execution in the caller's transaction: for requests that must be durable when they are answered."""
        batch = Batch()
        run = self._runs.get(key)
        if run is not None:
            self._step_or_crash(connection, batch, run, event)
            self._turns.write(connection)
        return batch

    def run_of(self, key: int) -> Run | None:
        """The live run, for use within the writer's thread."""
        return self._runs.get(key)

    def _turn(self, connection: Connection) -> Batch:
        batch = Batch()
        budget = EVENTS_PER_TURN
        while budget > 0:
            taken = self._take(min(budget, EVENTS_PER_RUN))
            if taken is None:
                break
            key, events = taken
            for event in events:
                run = self._runs.get(key)
                if run is None:
                    break
                self._step_or_crash(connection, batch, run, event)
                budget -= 1
        self._turns.write(connection)
        return batch

    def _step_or_crash(self, connection: Connection, batch: Batch, run: Run, event: ev.Event) -> None:
        """Steps a run; a defect ends that run as FAILED and leaves every other one alone."""
        try:
            self._step(connection, batch, run, event)
        except DBAPIError:
            raise
        except Exception as e:
            log.exception("execution %s: event %s cannot be taken", run.id, type(event).__name__)
            self._runs.pop(run.key, None)
            self._turns.discard(run.key)
            message = f"a defect of the engine at {type(event).__name__}: {type(e).__name__}: {e}"
            run_rows.crash(connection, run.key, message, self._clock())
            batch.effects += [(run, stop) for stop in _stops(run)]
            batch.changes.append(Change(run.key, run.id, True, (), True))

    def _step(self, connection: Connection, batch: Batch, run: Run, event: ev.Event) -> None:
        pending: deque[ev.Event] = deque([event])
        lookups = 0
        batch.touched.add(run.key)
        while pending:
            current = pending.popleft()
            turn = step(run, current)
            self._turns.add(turn, _event_row(run, current))
            for effect in turn.effects:
                if isinstance(effect, fx.LookUpCache) and lookups < LOOKUPS_PER_TURN:
                    lookups += 1
                    answer = self._catalog.look_up(connection, run, effect, turn.at)
                    if answer is not None:
                        pending.append(answer)
                elif isinstance(effect, fx.LookUpCache):
                    batch.effects.append((run, effect))
                else:
                    self._settle(connection, batch, run, turn, effect)
            if turn.nodes or turn.run_changed:
                batch.changes.append(Change(run.key, run.id, turn.run_changed, tuple(turn.nodes), run.is_terminal))
            if turn.more:
                self._put(run.key, ev.Proceed(turn.at))
        if run.is_terminal:
            self._runs.pop(run.key, None)

    def _settle(self, connection: Connection, batch: Batch, run: Run, turn: Turn, effect: object) -> None:
        """Effects that belong to the transaction are done here; the others wait for the commit."""
        match effect:
            case fx.FillCache():
                for key, answer in self._catalog.fill(connection, run, effect, turn.at):
                    self._put(key, answer)
            case fx.ReleaseReservation():
                for key, answer in self._catalog.release(run, effect, turn.at):
                    self._put(key, answer)
            case fx.OpenSignal():
                signal.open_signal(connection, run.key, effect.signal_id, effect.node_id, effect.type.SerializeToString(), turn.at)
            case fx.EndExecution():
                batch.ended.append(run)
                for key, answer in self._catalog.forget(run, turn.at):
                    self._put(key, answer)
                self._tell_parent(connection, run, turn.at)
            case _:
                batch.effects.append((run, effect))

    def _tell_parent(self, connection: Connection, run: Run, at: int) -> None:
        key, node_id, item = execution.parent_of(connection, run.key)
        if key:
            self._put(key, ev.ChildEnded(at, node_id, item, run.id.name, int(run.phase), run.outputs, run.failure))

    # After a failed commit --------------------------------------------------------------------------------------------

    def _recover(self) -> None:
        """Memory ran ahead of the record: forget every live run and load them again, once the database answers."""
        self._is_scheduled = True  # no turns until then
        if self._loop is not None and not self._is_recovering:
            self._is_recovering = True
            self._loop.call_later(RELOAD_DELAY_S, self._submit_reload)

    def _submit_reload(self) -> None:
        loop, reload = self._loop, self._reload
        if loop is None or reload is None:
            return

        def work(connection: Connection) -> list[Run]:
            self._turns = TurnWriter(self._database.dialect)
            keys = list(self._runs)
            self._runs = {}
            found = [run for key in keys if (run := reload(connection, key)) is not None]
            self._runs = {run.key: run for run in found}
            return found

        future = self._writer.submit(work, is_guarded=False)
        future.add_done_callback(lambda f: loop.call_soon_threadsafe(self._resume, f))

    def _resume(self, future: Future[list[Run]]) -> None:
        self._is_recovering = False
        if future.exception() is not None:
            self._recover()
            return
        self._is_scheduled = False
        for run in future.result():
            if self.on_reload is not None:
                self.on_reload(run)
        self._schedule()

    def rearm(self, run: Run) -> None:
        """Sets the timers of a run that was loaded, and lets it go on."""
        for timer in pending_timers(run):
            self.set_timer(run, timer)
        self.post(run.key, ev.Proceed(self._clock()))


def _stops(run: Run) -> list[fx.StopAttempt]:
    """What must be stopped of a run that ends without its engine."""
    found = []
    for node in run.nodes.values():
        attempts = [node.attempt] if node.attempt else []
        attempts += list(node.array.calls.values()) if node.array else []
        found += [fx.StopAttempt(node.id, a.item, a.number) for a in attempts if not a.phase.is_terminal]
    return found


def _event_row(run: Run, event: ev.Event) -> tuple[Any, ...]:
    detail = ""
    if isinstance(event, ev.AttemptFailed):
        detail = event.failure.code
    elif isinstance(event, ev.CacheMissed):
        detail = event.reason
    elif isinstance(event, ev.TimerFired):
        detail = event.what
    elif isinstance(event, ev.SignalReceived):
        detail = event.signal_id
    elif isinstance(event, ev.AbortRequested):
        detail = event.cause
    elif isinstance(event, ev.ChildEnded):
        detail = event.name
    node_id = getattr(event, "node_id", "")
    item, attempt = getattr(event, "item", -1), getattr(event, "attempt", 0)
    return (run.key, run.sequence, event.at, type(event).__name__, node_id, item, attempt, detail)
