"""Taking in what attempts say of themselves: points and parameters to the database, the latest of it to whoever watches.

What is taken in waits in memory for the next transaction: one of its own a quarter of a second later, or that of the attempt's
result, which writes it first. So a result on record has all its metrics. What a lost transaction held is written again.
"""

from __future__ import annotations

import asyncio
import logging
import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, OperationalError

from alula.control.clock import Clock
from alula.control.hub import Hub
from alula.database import metric as rows
from alula.database.engine import execute
from alula.database.metric import AttemptKey, Note, Points
from alula.database.run import text
from alula.database.writer import Writer
from alula.errors import AlulaError
from alula.executors.base import Work, WorkKey
from alula.idl.identifier import ExecutionId
from alula.idl.v1 import metric_pb2

log = logging.getLogger(__name__)
WRITE_AFTER_S = 0.25
RETRY_AFTER_S = 1.0
SHOWN = 8  # metrics of which watchers are told the latest value


@dataclass(slots=True)
class _Batch:
    key: AttemptKey
    at: int
    execution: ExecutionId | None = None
    is_first: bool = False
    points: list[Points] = field(default_factory=list)
    parameters: list[tuple[str, str]] = field(default_factory=list)
    note: Note | None = None


class Telemetry:
    """What the attempts of this server say. Filled in the event loop, written by the writer's thread."""

    def __init__(self, writer: Writer, hub: Hub, clock: Clock) -> None:
        self._writer, self._hub, self._clock = writer, hub, clock
        self._lock = threading.Lock()
        self._waiting: list[_Batch] = []
        self._taken: list[_Batch] = []  # by the transaction that is under way
        self._live: dict[int, dict[WorkKey, metric_pb2.AttemptMetrics]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listeners: list[Callable[[set[ExecutionId]], None]] = []

    def listen(self, on_measured: Callable[[set[ExecutionId]], None]) -> None:
        """Is called in the event loop with executions whose new points have been committed."""
        self._listeners.append(on_measured)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._writer.on_commit.append(self._on_commit)
        self._writer.on_rollback.append(self._on_rollback)

    def stop(self) -> None:
        """Writes what waits; safe twice and before start. The writer commits it before it ends."""
        self._loop = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            self._submit()

    # In the event loop ------------------------------------------------------------------------------------------------

    def take_in(self, work: Work, update: metric_pb2.AttemptUpdate, *, is_stopped: bool) -> None:
        """Keeps what an attempt said, under its own number, whether it still counts or not."""
        k = work.key
        a = work.attempt
        batch = _Batch(AttemptKey(*k), self._clock(), ExecutionId(a.project, a.domain, a.execution), update.is_first)
        batch.points = [Points(text(m.name), m.first, m.steps, m.values, m.at_us) for m in update.metrics if _is_whole(m)]
        batch.parameters = [(text(p.name), text(p.value)) for p in update.parameters]
        if update.deck_uri:
            batch.note = Note(None, None, "", text(update.deck_uri))
        if is_stopped and update.HasField("progress"):  # nobody tells of its end any more
            batch.note = _note(update.progress, update.deck_uri)
        self._add(batch)
        if not is_stopped:
            self._show(work, update)

    def end(self, key: WorkKey, deck_uri: str = "") -> None:
        """An attempt has ended or was stopped: its last progress is kept, and where its deck lies."""
        shown = self._live.get(key.execution, {}).pop(key, None)
        if shown is not None and not self._live[key.execution]:
            del self._live[key.execution]
        if deck_uri or (shown is not None and shown.HasField("progress")):
            progress = shown.progress if shown is not None and shown.HasField("progress") else None
            self._add(_Batch(AttemptKey(*key), self._clock(), note=_note(progress, deck_uri)))

    def live(self, execution: int, keys: tuple[WorkKey, ...] | None = None) -> list[metric_pb2.AttemptMetrics]:
        """The latest of what running attempts of an execution said, of some or of all of them."""
        found = self._live.get(execution, {})
        return [found[key] for key in (found if keys is None else keys) if key in found]

    def _show(self, work: Work, update: metric_pb2.AttemptUpdate) -> None:
        k, a = work.key, work.attempt
        shown = self._live.setdefault(k.execution, {}).get(k)
        if shown is None or update.is_first:
            shown = metric_pb2.AttemptMetrics(node_id=k.node_id, item=k.item + 1, retry_attempt=k.attempt)
            self._live[k.execution][k] = shown
        if update.HasField("progress"):
            shown.progress.CopyFrom(update.progress)
        known = {m.name: m for m in shown.metrics}
        for series in update.metrics:
            if series.values and (series.name in known or len(known) < SHOWN):
                if series.name not in known:
                    known[series.name] = shown.metrics.add(name=series.name, min=math.nan, max=math.nan)
                _go_on(known[series.name], series)
        self._hub.tell(ExecutionId(a.project, a.domain, a.execution), k)

    def _add(self, batch: _Batch) -> None:
        with self._lock:
            self._waiting.append(batch)
        if self._timer is None and self._loop is not None:
            self._timer = self._loop.call_later(WRITE_AFTER_S, self._submit)

    def _submit(self) -> None:
        self._timer = None
        if not self._waiting:
            return
        try:
            future = self._writer.submit(self.write, is_guarded=False)
        except AlulaError as e:
            log.warning("what attempts said last is not written: %s", e)
            return
        future.add_done_callback(self._on_written)

    def _on_written(self, future: Any) -> None:
        if future.exception() is not None and self._loop is not None:
            self._loop.call_soon_threadsafe(self._again)

    def _again(self) -> None:
        if self._timer is None and self._loop is not None:
            self._timer = self._loop.call_later(RETRY_AFTER_S, self._submit)

    # In the writer's thread -------------------------------------------------------------------------------------------

    def write(self, connection: Connection) -> None:
        """Writes what waits, in the transaction under way. What cannot be written at all is dropped, so that it holds nothing up."""
        if not self._waiting:
            return
        with self._lock:
            batches, self._waiting = self._waiting, []
        self._taken += batches
        for batch in batches:
            execute(connection, "SAVEPOINT telemetry")
            try:
                _write(connection, batch)
            except OperationalError:
                raise
            except DBAPIError:
                log.exception("what attempt %s said cannot be written and is dropped", batch.key)
                execute(connection, "ROLLBACK TO SAVEPOINT telemetry")
            execute(connection, "RELEASE SAVEPOINT telemetry")

    def _on_commit(self) -> None:
        measured = {batch.execution for batch in self._taken if batch.points and batch.execution is not None}
        self._taken = []
        loop = self._loop
        if measured and loop is not None:
            for listener in self._listeners:
                loop.call_soon_threadsafe(listener, measured)

    def _on_rollback(self) -> None:
        with self._lock:
            self._waiting[:0], self._taken = self._taken, []


def _write(connection: Connection, batch: _Batch) -> None:
    if batch.is_first:
        rows.forget(connection, batch.key)
    rows.add_points(connection, batch.key, batch.points)
    rows.set_parameters(connection, batch.key, batch.parameters, batch.at)
    if batch.note is not None:
        rows.set_note(connection, batch.key, batch.note, batch.at)


def _go_on(summary: metric_pb2.MetricSummary, series: metric_pb2.MetricSeries) -> None:
    """Makes a summary that of all points up to these."""
    summary.last, summary.last_step, summary.points = series.values[-1], series.steps[-1], series.first + len(series.values)
    numbers = [value for value in (*series.values, summary.min, summary.max) if value == value]
    if numbers:
        summary.min, summary.max = min(numbers), max(numbers)


def _note(progress: metric_pb2.Progress | None, deck_uri: str) -> Note:
    if progress is None:
        return Note(None, None, "", text(deck_uri))
    return Note(progress.done, progress.total, text(progress.message), text(deck_uri))


def _is_whole(series: metric_pb2.MetricSeries) -> bool:
    return len(series.steps) == len(series.values) == len(series.at_us)
