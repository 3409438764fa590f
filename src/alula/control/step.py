"""Stepping executions in the writer's thread: what waits for them becomes changed rows, and what is to be done once those are durable.

A turn takes waiting events in rotation, steps their runs and writes what changed. Effects that are statements are done in the same
transaction. A run with a defect ends alone.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from alula.catalog.lookup import Catalog, Elsewhere, Unread
from alula.control.batch import Batch, Change
from alula.control.clock import Clock
from alula.control.inbox import Inbox
from alula.control.live import Live
from alula.control.stop import stops_of
from alula.control.suspect import Suspects
from alula.database import run as run_rows
from alula.database import signal
from alula.database.run import TurnWriter
from alula.engine import effect as fx
from alula.engine import event as ev
from alula.engine.machine import step
from alula.engine.state import Run, Turn
from alula.engine.story import detail_of
from alula.errors import Internal, Unavailable
from alula.idl.phase import ExecutionPhase

log = logging.getLogger(__name__)

EVENTS_PER_TURN = 40  # of all executions in one transaction
EVENTS_PER_RUN = 20  # of one execution before the next one has its turn
LOOKUPS_PER_STEP = 256  # cache answers before others have their turn

Lookup = tuple[int, fx.LookUpCache, Unread | None]


class Stepper:
    """Steps every live execution; for the writer's thread, within a transaction.

    Args:
        dialect: of the database.
        lookups: cache questions to be answered at the next turn; the event loop may add to them.
        write_before: writes what the events of a turn must not overtake.
    Attributes:
        live: the executions.
    """

    def __init__(
        self,
        live: Live,
        inbox: Inbox,
        suspects: Suspects,
        lookups: deque[Lookup],
        *,
        dialect: str,
        clock: Clock,
        write_before: Callable[[Connection], None],
    ) -> None:
        self.live = live
        self._inbox, self._suspects, self._lookups = inbox, suspects, lookups
        self._dialect, self._clock, self._write_before = dialect, clock, write_before
        self._catalog = Catalog()
        self._turns = TurnWriter(dialect)
        self._taken: list[tuple[int, list[ev.Event]]] = []  # events of the turn under way

    def on_commit(self) -> None:
        self._taken = []
        self.live.on_commit()

    def on_rollback(self) -> None:
        self.live.is_stale = True
        self._inbox.put_back(self._taken)
        self._taken = []

    # Use cases --------------------------------------------------------------------------------------------------------

    def begin(self, connection: Connection, run: Run) -> Batch:
        """Takes a new run, whose row the caller has inserted, and steps it for the first time in the same transaction.

        Raises:
            Exception: the first step is impossible; the caller's transaction must not keep the row.
        """
        self._refresh(connection)
        batch = Batch()
        self.live.runs[run.key] = run
        try:
            self._step(connection, batch, run, ev.Launched(run.created_at))
        except Exception:
            self.live.runs.pop(run.key, None)
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
        run = self.live.runs.get(key)
        if run is None:
            found = self.live.unloaded.get(key)
            if found is None:
                raise Internal(f"execution {key} is recorded as live but not known to this server; start the server again")
            message = f'execution "{found.id}" cannot be loaded just now ({found.reason}); the server goes on trying, ask again later'
            raise Unavailable(message, code="EXECUTION_NOT_LOADED")
        self._step_or_crash(connection, batch, run, event)
        self._write(connection)
        return batch

    def is_loaded(self, connection: Connection, key: int) -> bool:
        """Whether a live execution can be stepped."""
        self._refresh(connection)
        return key in self.live.runs

    def abandon(self, connection: Connection, run: Run, event: ev.Event, stops: Sequence[fx.StopAttempt | fx.AbortChild]) -> Batch:
        """Ends an execution that cannot be loaded.

        Args:
            run: as it ends, without its nodes.
            event: what ended it.
            stops: what is to be stopped of it.
        """
        batch = Batch(effects=[(run, stop) for stop in stops])
        self.live.unloaded.pop(run.key, None)
        run.sequence += 1
        self._turns.add(Turn(run, event.at), _event_row(run, event))
        self._close(connection, batch, run, event.at)
        self._write(connection)
        return batch

    def _write(self, connection: Connection) -> None:
        """Writes what was stepped; if that fails, the job is undone alone and memory is ahead of the record, as after a rollback."""
        try:
            self._turns.write(connection)
        except Exception:
            self.live.is_stale = True
            raise

    def _refresh(self, connection: Connection) -> None:
        if self.live.refresh(connection):
            self._turns = TurnWriter(self._dialect)
            self._catalog = Catalog()
            self._lookups.clear()

    # A turn -----------------------------------------------------------------------------------------------------------

    def turn(self, connection: Connection) -> Batch:
        """Takes some of what waits, of every execution that it waits for as far as there is a share left."""
        self._refresh(connection)
        batch = Batch()
        self._taken = []
        self._answer_lookups(connection, batch)
        runs, suspects = self.live.runs, self._suspects
        budget = EVENTS_PER_TURN
        suspects.begin()
        while budget > 0 and not suspects.is_alone:
            taken = self._inbox.take(min(budget, EVENTS_PER_RUN))
            if taken is None:
                break
            self._taken.append(taken)
            key, events = taken
            suspects.note(key)
            if suspects.is_condemned(key) and key in runs:
                suspects.acquit(key)
                what = Internal("its changes cannot be written; the server's log says why")
                self._crash(connection, batch, runs[key], "commit", what)
                continue
            for event in events:
                run = runs.get(key)
                if run is None:
                    self.live.keep(key, event)
                    continue
                self._step_or_crash(connection, batch, run, event)
                budget -= 1
        self._write_before(connection)
        self._turns.write(connection)
        self.live.reconcile(batch)
        return batch

    def _answer_lookups(self, connection: Connection, batch: Batch) -> None:
        """Cache questions that an earlier step left over its share."""
        for _ in range(min(len(self._lookups), LOOKUPS_PER_STEP)):
            key, effect, unread = self._lookups.popleft()
            run = self.live.runs.get(key)
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

    # A step -----------------------------------------------------------------------------------------------------------

    def _step_or_crash(self, connection: Connection, batch: Batch, run: Run, event: ev.Event) -> None:
        """Steps a run; a defect ends that run as FAILED and leaves every other one alone."""
        try:
            self._step(connection, batch, run, event)
        except DBAPIError:
            raise
        except Exception as e:
            log.exception("execution %s: event %s cannot be taken", run.id, type(event).__name__)
            self._crash(connection, batch, run, type(event).__name__, e)

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
            tried = tuple({node for node, _, _ in turn.attempts if node not in turn.nodes})
            if turn.nodes or turn.run_changed or tried:
                ended = run if run.is_terminal else None
                asking = isinstance(current, ev.SignalReceived) or any(isinstance(effect, fx.OpenSignal) for effect in turn.effects)
                change = Change(run.key, run.id, turn.run_changed, tuple(turn.nodes), ended, int(run.phase), asking, tried)
                batch.changes.append(change)
                if change.is_terminal:
                    self.live.endings[run.key] = change
            if turn.more:
                batch.answers.append((run.key, ev.Proceed(turn.at)))
        if run.is_terminal:
            self.live.runs.pop(run.key, None)

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

    # An end without the engine ----------------------------------------------------------------------------------------

    def _crash(self, connection: Connection, batch: Batch, run: Run, place: str, error: Exception) -> None:
        """Ends a run without its engine: whoever waits for it hears of it, and what it started is stopped."""
        self.live.runs.pop(run.key, None)
        self._turns.discard(run.key)
        at = self._clock()
        message = f"a defect of the engine at {place}: {type(error).__name__}: {error}"
        run.phase, run.ended_at, run.outputs = ExecutionPhase.FAILED, at, None
        run.failure = ev.Failure(code="EngineDefect", message=message, kind="SYSTEM")
        batch.effects += [(run, stop) for stop in stops_of(run)]
        self._close(connection, batch, run, at)

    def _close(self, connection: Connection, batch: Batch, run: Run, at: int) -> None:
        run_rows.close(connection, run, at)
        self.live.endings[run.key] = change = Change(run.key, run.id, True, (), run, int(run.phase))
        batch.changes.append(change)
        self._tell_others(connection, batch, run, at)

    def _tell_others(self, connection: Connection, batch: Batch, run: Run, at: int) -> None:
        """An execution has ended: its parent goes on, and so does whoever waits for what it was computing."""
        batch.answers += self._catalog.forget(run, at)
        key, node_id, item = run.parent
        if key:
            batch.answers.append((key, ev.ChildEnded(at, node_id, item, run.id.name, int(run.phase), run.outputs, run.failure)))


def _event_row(run: Run, event: ev.Event) -> tuple[Any, ...]:
    node_id = getattr(event, "node_id", "")
    item, attempt = getattr(event, "item", -1), getattr(event, "attempt", 0)
    return (run.key, run.sequence, event.at, type(event).__name__, node_id, item, attempt, detail_of(event))
