"""What the running attempt says of itself, sent a few times a second while it runs; the rest goes with its report."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable

from alula.idl.v1 import metric_pb2, worker_pb2
from alula.sdk.context import DEFAULT_LIMITS, Entered
from alula.sdk.journal import Journal, Limits, Said
from alula.worker.link import Link

FLUSH_S = 0.25
_open: list[Outbox] = []  # of this process, if it is a worker


class Outbox:
    """Sends what the journal of the running attempt holds, over the worker's link."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._handle = 0
        self._journal: Journal | None = None  # the last that had something to take
        self._due = threading.Event()
        self._thread: threading.Thread | None = None
        _open[:] = [self]

    def begin(self, handle: int) -> None:
        """The next attempt begins."""
        self._handle = handle

    def wake(self, journal: Journal) -> None:
        self._journal = journal
        self._due.set()
        if self._thread is None:  # with the first word of any attempt: most workers never need it
            self._thread = threading.Thread(target=self._send_now_and_then, name="alula-outbox", daemon=True)
            self._thread.start()

    def _send_now_and_then(self) -> None:
        while True:
            self._due.wait()
            time.sleep(FLUSH_S)  # what else is said meanwhile goes along
            self._due.clear()
            self.flush()

    def flush(self) -> None:
        """Sends what the running attempt said and was not sent yet.

        Under the lock from the taking on: a report that is sent later has all that was said before it.

        The journal of an attempt that has ended is empty: `finish` took what was left.
        """
        with self._link.lock:
            said = self._journal.take() if self._journal is not None else None
            if said is None:
                return
            try:
                self._link.send(worker_pb2.FromWorker(updates=[update_of(said, self._handle)]))
            except OSError:  # the executor is gone, and this process goes with it
                return


def begin(handle: int) -> None:
    """The next attempt of this process begins."""
    if _open:
        _open[0].begin(handle)


def waker() -> Callable[[Journal], None] | None:
    """What the journal of an attempt calls; None outside a worker."""
    return _open[0].wake if _open else None


def limits_of(attempt: worker_pb2.Attempt) -> Limits:
    if not attempt.max_metrics:
        return DEFAULT_LIMITS
    return Limits(attempt.max_metrics, attempt.max_parameters, attempt.max_deck_bytes)


def update_of(said: Said, handle: int) -> metric_pb2.AttemptUpdate:
    """A batch as it is sent."""
    update = metric_pb2.AttemptUpdate(handle=handle, is_first=said.is_first, deck_uri=said.deck_uri)
    for points in said.points:
        update.metrics.add(name=points.name, first=points.first, steps=points.steps, values=points.values, at_us=points.at_us)
    for name, text in said.parameters.items():
        update.parameters.add(name=name, value=text)
    if said.progress is not None:
        update.progress.CopyFrom(metric_pb2.Progress(**said.progress._asdict()))
    return update


def finish(entered: Entered, report: worker_pb2.Report, *, has_deck: bool) -> None:
    """An attempt ends, however it does: its deck is written, and what it said last goes with its report."""
    if entered.made is None and not has_deck:
        return
    context = entered.get()
    if not (has_deck or context.has_journal or context.has_decks):
        return
    if not context.journal.is_own_process:  # a child that the task forked came back
        return
    if has_deck or (context.has_decks and context.decks.is_used):
        try:
            report.deck_uri = context.decks.save()
        except Exception as error:  # noqa: BLE001 - a deck that cannot be written takes no result with it
            sys.stderr.write(f"alula: the deck could not be written: {type(error).__name__}: {error}\n")
    said = context.journal.close()
    if said is not None:
        report.update.CopyFrom(update_of(said, report.handle))
