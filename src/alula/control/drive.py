"""Driving executions: events in, one transaction, effects out.

Every live execution is a `Run` that only the writer's thread touches. A turn takes waiting events in rotation, steps their runs,
writes what changed, and once that is committed hands the effects to the loop. If a commit fails, memory has run ahead of the
record: the next job of the writer loads every run again before anything else, and the events of the lost turn are taken again.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence, Set
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from alula.catalog.lookup import Catalog, Elsewhere, Unread
from alula.control.clock import Clock
from alula.control.inbox import Inbox
from alula.control.reconcile import reconcile
from alula.control.timer import Timers
from alula.control.unloaded import Unloaded, reason_of
from alula.database import execution as executions
from alula.database import run as run_rows
from alula.database import signal
from alula.database.engine import Database
from alula.database.run import TurnWriter
from alula.database.writer import Writer
from alula.engine import effect as fx
from alula.engine import event as ev
from alula.engine.machine import step
from alula.engine.state import Attempt, Run, Turn
from alula.engine.story import detail_of
from alula.errors import Exhausted, Internal, Unavailable
from alula.idl.identifier import ExecutionId
from alula.idl.phase import ExecutionPhase

log = logging.getLogger(__name__)
T = TypeVar("T")

EVENTS_PER_TURN = 40  # of all executions in one transaction
EVENTS_PER_RUN = 20  # of one execution before the next one has its turn
LOOKUPS_PER_STEP = 256  # cache answers before others have their turn
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


@dataclass(frozen=True, slots=True)
class Change:
    """What watchers hear after a commit: which nodes changed, whether the execution did, and the run once it has ended."""

    key: int
    execution: ExecutionId
    is_execution: bool
    nodes: tuple[str, ...]
    ended: Run | None = None

    @property
    def is_terminal(self) -> bool:
        return self.ended is not None


@dataclass(slots=True)
class Batch:
    """What one transaction leaves to be done once it is durable."""

    effects: list[tuple[Run, object]] = field(default_factory=list)
    answers: list[tuple[int, ev.Event]] = field(default_factory=list)  # events for other executions
    changes: list[Change] = field(default_factory=list)
    taken: list[tuple[int, list[ev.Event]]] = field(default_factory=list)


class Driver:
    """Owns every live execution of this server."""

    def __init__(self, database: Database, writer: Writer, clock: Clock) -> None:
        self._database = database
        self._writer = writer
        self._clock = clock
        self._catalog = Catalog()
        self._turns = TurnWriter(database.dialect)
        self._runs: dict[int, Run] = {}
        self._inbox = Inbox()
        self._timers = Timers(clock, self._on_timer)
        self._lookups: deque[tuple[int, fx.LookUpCache, Unread | None]] = deque()
        self._mail: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()  # from the writer's thread to the loop
        self._is_mail_due = False
        self._mail_loop: asyncio.AbstractEventLoop | None = None  # kept while stopping: whoever waits hears of it
        self._is_scheduled = False
        self._is_stale = False  # a commit failed since the runs were loaded
        self._unreconciled: dict[int, bool] = {}  # whether the workers of before are gone
        self._unloaded: dict[int, Unloaded] = {}
        self._careful_turns = 0  # turns that take one execution only, to find the one that cannot be written
        self._only: int | None = None
        self._endings: dict[int, Change] = {}  # of transactions that are not known to be committed
        self._condemned: set[int] = set()
        self._taken: list[tuple[int, list[ev.Event]]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listeners: list[Callable[[Change], None]] = []
        self._reload: Callable[[Connection, int], Run | None] | None = None
        self.dispatcher: Dispatcher | None = None
        self.on_unloaded: Callable[[], None] = lambda: None  # called in the event loop while some cannot be loaded
        self.write_before: Callable[[Connection], None] = lambda connection: None  # what the events of a turn must not overtake

    def start(self, loop: asyncio.AbstractEventLoop, reload: Callable[[Connection, int], Run | None]) -> None:
        """Begins to take events; `reload` loads a run from its rows, None if it has ended."""
        self._loop = self._mail_loop = loop
        self._reload = reload
        self._writer.on_rollback.append(self._on_rollback)
        self._writer.on_commit.append(self._on_commit)

    def stop(self) -> None:
        self._timers.stop()
        self._loop = None

    def listen(self, listener: Callable[[Change], None]) -> None:
        """Calls `listener` in the event loop for every committed change."""
        self._listeners.append(listener)

    @property
    def live(self) -> int:
        return len(self._runs) + len(self._unloaded)

    @property
    def unloaded(self) -> dict[int, Unloaded]:
        """Live executions that could not be loaded, by key, as of now."""
        return dict(self._unloaded)

    # In the event loop ------------------------------------------------------------------------------------------------

    def post(self, key: int, event: ev.Event) -> None:
        """Puts an event into an execution's inbox; an execution that has ended ignores it."""
        self._inbox.put(key, event)
        self._schedule()

    def ask_again(self, key: int, effect: fx.LookUpCache, unread: Unread) -> None:
        """Asks the cache anew: an entry's outputs could not be read."""
        self._lookups.append((key, effect, unread))
        self._schedule()

    def _schedule(self) -> None:
        if self._is_scheduled or self._loop is None:
            return
        self._is_scheduled = True
        future = self._writer.submit(self._turn, is_guarded=False)
        future.add_done_callback(lambda f: self._deliver(self._on_turn, f))

    def _deliver(self, call: Callable[..., None], *args: Any) -> None:
        """Has the event loop call this; what one commit resolves shares one wake-up of the loop."""
        self._mail.append((call, args))
        if not self._is_mail_due and self._mail_loop is not None:
            self._is_mail_due = True
            self._mail_loop.call_soon_threadsafe(self._open_mail)

    def _open_mail(self) -> None:
        self._is_mail_due = False  # first, so that what comes from now on wakes the loop again
        while self._mail:
            call, args = self._mail.popleft()
            try:
                call(*args)
            except Exception:
                log.exception("what a commit resolved could not be delivered")

    def _on_turn(self, future: Future[Batch]) -> None:
        error = future.exception()
        if error is not None:
            log.error("a turn could not be written and will be taken again: %s", error)
            if not isinstance(error, Exhausted | Unavailable):
                self._suspect()
            if self._loop is not None:
                self._loop.call_later(RETRY_AFTER_S, self._retry)
            return
        self._is_scheduled = False
        self._careful_turns = max(0, self._careful_turns - 1)
        self._hand_out(future.result())

    def _suspect(self) -> None:
        """Something in the turn cannot be written at all: one execution a turn until it is found, then that one ends."""
        if self._careful_turns and self._only is not None:
            self._condemned.add(self._only)
        self._careful_turns = len(self._inbox) + 1

    def _retry(self) -> None:
        self._is_scheduled = False
        self._schedule()

    async def transact(self, work: Callable[[Connection], tuple[T, Batch]]) -> T:
        """Runs a use case that steps executions; its effects are handed out even if whoever asked goes away meanwhile.

        Args:
            work: runs in the writer's transaction; returns the answer and what `begin` or `apply` left to be done.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        future = self._writer.submit(work)
        future.add_done_callback(lambda f: self._deliver(self._finish, f, answer))
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
        if self._inbox or self._lookups or self._is_stale or self._unreconciled:
            self._schedule()
        if self._unloaded:
            self.on_unloaded()

    def _announce(self, change: Change) -> None:
        if change.is_terminal:
            self._timers.cancel_all(change.key)
        for listener in self._listeners:
            listener(change)

    def _keep_only(self, attempts: Set[tuple[int, str, int, int]], unloaded: Set[int]) -> None:
        if self.dispatcher is not None and self._loop is not None:
            self.dispatcher.keep_only(attempts, unloaded)

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

    def _on_timer(self, key: int, timer: fx.SetTimer) -> None:
        self.post(key, ev.TimerFired(self._clock(), timer.node_id, timer.item, timer.what, timer.attempt))

    def cancel_timer(self, key: int, node_id: str, item: int) -> None:
        """The attempt has ended: its timeout no longer matters."""
        self._timers.cancel(key, node_id, item, "attempt")

    # In the writer's thread -------------------------------------------------------------------------------------------

    def begin(self, connection: Connection, run: Run) -> Batch:
        """Takes a new run, whose row the caller has inserted, and steps it for the first time in the same transaction.

        Raises:
            Exception: the first step is impossible; the caller's transaction must not keep the row.
        """
        self._refresh(connection)
        batch = Batch()
        self._runs[run.key] = run
        try:
            self._step(connection, batch, run, ev.Launched(run.created_at))
        except Exception:
            self._runs.pop(run.key, None)
            self._turns.discard(run.key)
            raise
        self._write(connection)
        return batch

    def apply(self, connection: Connection, key: int, event: ev.Event) -> Batch:
        """Steps an execution in the caller's transaction: for requests that must be durable when they are answered.

        Raises:
            Unavailable: the execution could not be loaded; it is tried again by itself.
        """
        self._refresh(connection)
        batch = Batch()
        run = self._runs.get(key)
        if run is None:
            found = self._unloaded.get(key)
            if found is None:
                raise Internal(f"execution {key} is recorded as live but not known to this server; start the server again")
            message = f'execution "{found.id}" cannot be loaded just now ({found.reason}); the server goes on trying, ask again later'
            raise Unavailable(message, code="EXECUTION_NOT_LOADED")
        self._step_or_crash(connection, batch, run, event)
        self._write(connection)
        return batch

    def _write(self, connection: Connection) -> None:
        """Writes what was stepped; if that fails, the job is undone alone and memory is ahead of the record, as after a rollback."""
        try:
            self._turns.write(connection)
        except Exception:
            self._is_stale = True
            raise

    def expect(self, connection: Connection) -> Batch:
        """Notes what a server of before left; the executions are taken up once they are loaded."""
        for row in run_rows.live_executions(connection):
            self._unloaded[row.key] = Unloaded(ExecutionId(row.project, row.domain, row.name), "", is_restart=True)
        return Batch()

    def take_up(self, loaded: dict[int, tuple[Unloaded, Run | None]], events: list[tuple[int, ev.Event]]) -> Batch:
        """Takes runs that were loaded outside the transaction; every one is reconciled before any is stepped.

        Args:
            loaded: by key what was to be loaded, and the run or None if it has ended; one that changed since is left out.
            events: to take after that.
        """
        batch = Batch()
        for key, (found, run) in loaded.items():
            if self._unloaded.get(key) is not found:
                continue
            del self._unloaded[key]
            if run is None:
                continue
            self._runs[key] = run
            if found.is_restart:
                self._reconcile(batch, run, is_restart=True)
                batch.answers += [(key, event) for event in found.events]
            else:
                self._inbox.put_back([(key, found.events)])
                self._unreconciled[key] = False
        batch.answers += events
        return batch

    def is_loaded(self, connection: Connection, key: int) -> bool:
        """Whether a live execution can be stepped."""
        self._refresh(connection)
        return key in self._runs

    def abandon(self, connection: Connection, run: Run, event: ev.Event, stops: Sequence[fx.StopAttempt | fx.AbortChild]) -> Batch:
        """Ends an execution that cannot be loaded.

        Args:
            run: as it ends, without its nodes.
            event: what ended it.
            stops: what is to be stopped of it.
        """
        batch = Batch(effects=[(run, stop) for stop in stops])
        self._unloaded.pop(run.key, None)
        run.sequence += 1
        self._turns.add(Turn(run, event.at), _event_row(run, event))
        self._close(connection, batch, run, event.at)
        self._write(connection)
        return batch

    def _reconcile(self, batch: Batch, run: Run, *, is_restart: bool) -> None:
        effects, events = reconcile(run, self._clock(), is_restart=is_restart)
        batch.effects += [(run, effect) for effect in effects]
        batch.answers += [(run.key, event) for event in events]

    def _on_commit(self) -> None:
        self._taken = []
        if self._endings and not self._is_stale:
            self._endings = {}

    def _on_rollback(self) -> None:
        self._is_stale = True
        self._inbox.put_back(self._taken)
        self._taken = []

    def _refresh(self, connection: Connection) -> None:
        """After a failed commit: every run as its rows say, those included that the lost transaction would have ended."""
        if not self._is_stale:
            return
        if self._reload is None:
            raise Internal("the driver was not started")
        found: list[Run | None] = []
        unloaded: dict[int, Unloaded] = {}
        for row in run_rows.live_executions(connection):
            try:
                found.append(self._reload(connection, row.key))
            except DBAPIError:
                raise
            except Exception as e:  # as after a restart: one that cannot be loaded must not hold up the others
                name, trace = f"{row.project}/{row.domain}/{row.name}", not isinstance(e, Unavailable)
                log.error("execution %s is loaded later: %s", name, reason_of(e), exc_info=trace)
                missing = Unloaded(ExecutionId(row.project, row.domain, row.name), reason_of(e), is_restart=False)
                unloaded[row.key] = self._unloaded.get(row.key, missing)
        self._runs = {run.key: run for run in found if run is not None}
        self._unreconciled = dict.fromkeys(self._runs, False)
        for key in self._unloaded.keys() & self._runs.keys():
            self._inbox.put_back([(key, self._unloaded[key].events)])
            self._unreconciled[key] = self._unloaded[key].is_restart
        self._unloaded = unloaded
        self._make_up(connection)
        self._turns = TurnWriter(self._database.dialect)
        self._catalog = Catalog()
        self._lookups.clear()
        self._is_stale = False

    def _make_up(self, connection: Connection) -> None:
        """A commit that failed may have reached the database all the same: what would have followed it is done now."""
        attempts = {(run.key, a.node_id, a.item, a.number) for run in self._runs.values() for a in _running(run)}
        self._deliver(self._keep_only, attempts, set(self._unloaded))
        for key, change in self._endings.items():
            if key not in self._runs and key not in self._unloaded:
                self._deliver(self._announce, change)
        self._endings = {}
        for run in self._runs.values():
            if run.parent[0] and not executions.is_awaited(connection, *run.parent[:2]):
                self._inbox.put(run.key, orphaned(self._clock()))

    def _turn(self, connection: Connection) -> Batch:
        self._refresh(connection)
        batch = Batch()
        self._taken = batch.taken
        self._answer_lookups(connection, batch)
        budget, self._only = EVENTS_PER_TURN, None
        while budget > 0 and self._only is None:
            taken = self._inbox.take(min(budget, EVENTS_PER_RUN))
            if taken is None:
                break
            batch.taken.append(taken)
            key, events = taken
            if self._careful_turns:
                self._only = key
            if key in self._condemned and key in self._runs:
                self._condemned.discard(key)
                what = Internal("its changes cannot be written; the server's log says why")
                self._crash(connection, batch, self._runs[key], "commit", what)
                continue
            for event in events:
                run = self._runs.get(key)
                if run is None:
                    self._keep(key, event)
                    continue
                self._step_or_crash(connection, batch, run, event)
                budget -= 1
        self.write_before(connection)
        self._turns.write(connection)
        for key in [k for k in self._unreconciled if k not in self._inbox]:  # reports of before the failed commit come first
            is_restart = self._unreconciled.pop(key)
            if key in self._runs:
                self._reconcile(batch, self._runs[key], is_restart=is_restart)
        return batch

    def _keep(self, key: int, event: ev.Event) -> None:
        """An event of an execution that is not here: it has ended, or the event waits until it is loaded."""
        if (found := self._unloaded.get(key)) is not None:
            found.events.append(event)

    def _answer_lookups(self, connection: Connection, batch: Batch) -> None:
        """Cache questions that an earlier step left over its share."""
        for _ in range(min(len(self._lookups), LOOKUPS_PER_STEP)):
            key, effect, unread = self._lookups.popleft()
            run = self._runs.get(key)
            if run is None:
                continue
            try:
                answer = self._look_up(connection, batch, run, effect, self._clock(), unread)
            except DBAPIError:
                raise
            except Exception as e:
                log.exception("execution %s: a cache look-up cannot be answered", run.id)
                self._crash(connection, batch, run, "a cache look-up", e)
                continue
            if answer is not None:
                self._step_or_crash(connection, batch, run, answer)

    def _look_up(
        self, connection: Connection, batch: Batch, run: Run, effect: fx.LookUpCache, at: int, unread: Unread | None = None
    ) -> ev.Event | None:
        answer = self._catalog.look_up(connection, run, effect, at, unread)
        if not isinstance(answer, Elsewhere):
            return answer
        batch.effects.append((run, answer))
        return None

    def _step_or_crash(self, connection: Connection, batch: Batch, run: Run, event: ev.Event) -> None:
        """Steps a run; a defect ends that run as FAILED and leaves every other one alone."""
        try:
            self._step(connection, batch, run, event)
        except DBAPIError:
            raise
        except Exception as e:
            log.exception("execution %s: event %s cannot be taken", run.id, type(event).__name__)
            self._crash(connection, batch, run, type(event).__name__, e)

    def _crash(self, connection: Connection, batch: Batch, run: Run, place: str, error: Exception) -> None:
        """Ends a run without its engine: whoever waits for it hears of it, and what it started is stopped."""
        self._runs.pop(run.key, None)
        self._turns.discard(run.key)
        at = self._clock()
        message = f"a defect of the engine at {place}: {type(error).__name__}: {error}"
        run.phase, run.ended_at, run.outputs = ExecutionPhase.FAILED, at, None
        run.failure = ev.Failure(code="EngineDefect", message=message, kind="SYSTEM")
        batch.effects += [(run, stop) for stop in _stops(run)]
        self._close(connection, batch, run, at)

    def _close(self, connection: Connection, batch: Batch, run: Run, at: int) -> None:
        run_rows.close(connection, run, at)
        self._endings[run.key] = change = Change(run.key, run.id, True, (), run)
        batch.changes.append(change)
        self._tell_others(connection, batch, run, at)

    def _tell_others(self, connection: Connection, batch: Batch, run: Run, at: int) -> None:
        """An execution has ended: its parent goes on, and so does whoever waits for what it was computing."""
        batch.answers += self._catalog.forget(run, at)
        key, node_id, item = run.parent
        if key:
            batch.answers.append((key, ev.ChildEnded(at, node_id, item, run.id.name, int(run.phase), run.outputs, run.failure)))

    def _step(self, connection: Connection, batch: Batch, run: Run, event: ev.Event) -> None:
        pending: deque[ev.Event] = deque([event])
        lookups = 0
        while pending:
            current = pending.popleft()
            turn = step(run, current)
            self._turns.add(turn, _event_row(run, current))
            for effect in turn.effects:
                if not isinstance(effect, fx.LookUpCache):
                    self._settle(connection, batch, run, turn, effect)
                elif lookups < LOOKUPS_PER_STEP:
                    lookups += 1
                    answer = self._look_up(connection, batch, run, effect, turn.at)
                    if answer is not None:
                        pending.append(answer)
                else:
                    self._lookups.append((run.key, effect, None))
            if turn.nodes or turn.run_changed:
                change = Change(run.key, run.id, turn.run_changed, tuple(turn.nodes), run if run.is_terminal else None)
                batch.changes.append(change)
                if change.is_terminal:
                    self._endings[run.key] = change
            if turn.more:
                batch.answers.append((run.key, ev.Proceed(turn.at)))
        if run.is_terminal:
            self._runs.pop(run.key, None)

    def _settle(self, connection: Connection, batch: Batch, run: Run, turn: Turn, effect: object) -> None:
        """Effects that belong to the transaction are done here; the others wait for the commit."""
        match effect:
            case fx.FillCache():
                batch.answers += self._catalog.fill(connection, run, effect, turn.at)
            case fx.ReleaseReservation():
                batch.answers += self._catalog.release(run, effect, turn.at)
            case fx.OpenSignal():
                signal.open_signal(connection, run.key, effect.signal_id, effect.node_id, effect.type.SerializeToString(), turn.at)
            case fx.EndExecution():
                self._tell_others(connection, batch, run, turn.at)
            case _:
                batch.effects.append((run, effect))


def _stops(run: Run) -> list[fx.StopAttempt | fx.AbortChild]:
    """What must be stopped of a run that ends without its engine."""
    cause = "the execution that launched it has failed"
    found: list[fx.StopAttempt | fx.AbortChild] = [fx.StopAttempt(a.node_id, a.item, a.number) for a in _running(run)]
    found += [fx.AbortChild(a.node_id, a.item, a.child, cause) for a in _live_attempts(run) if a.child]
    found += [fx.AbortChild(n.id, -1, n.child, cause) for n in run.nodes.values() if n.child and not n.phase.is_terminal]
    return found


def _live_attempts(run: Run) -> Iterator[Attempt]:
    for node in run.nodes.values():
        if node.attempt is not None and not node.attempt.phase.is_terminal:
            yield node.attempt
        if node.array is not None:
            yield from (a for a in node.array.calls.values() if not a.phase.is_terminal)


def _running(run: Run) -> Iterator[Attempt]:
    """Attempts that an executor has, or is to have."""
    return (a for a in _live_attempts(run) if not a.child)


def orphaned(at: int) -> ev.AbortRequested:
    """What happens to an execution whose parent's node no longer waits for it."""
    return ev.AbortRequested(at, "the node that launched it has ended", "")


def _event_row(run: Run, event: ev.Event) -> tuple[Any, ...]:
    node_id = getattr(event, "node_id", "")
    item, attempt = getattr(event, "item", -1), getattr(event, "attempt", 0)
    return (run.key, run.sequence, event.at, type(event).__name__, node_id, item, attempt, detail_of(event))
