"""Every live execution in memory, and loading it again from its rows.

If a commit fails, memory has run ahead of the record: the next job of the writer loads every run again before anything else. A
commit may have reached the database all the same; what would have followed it is made up for then.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Set

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from alula.control.batch import Batch, Change
from alula.control.clock import Clock
from alula.control.inbox import Inbox
from alula.control.reconcile import reconcile
from alula.control.stop import running
from alula.control.unloaded import Unloaded, reason_of
from alula.database import execution as executions
from alula.database import run as run_rows
from alula.engine import event as ev
from alula.engine.state import Run
from alula.errors import Unavailable
from alula.idl.identifier import ExecutionId

log = logging.getLogger(__name__)


class Live:
    """The live executions of this server; for the writer's thread, but for counting and listing.

    Args:
        inbox: their events.
        load: loads a run from its rows, within the transaction; None if it has ended.
        keep_only: told after a failed commit which attempts the record wants, by execution, node, item and number, and which
            executions are not loaded, whose attempts are wanted too; called in the writer's thread, as is the next.
        announce: told of an end whose commit was reported as lost.
    Attributes:
        runs: by key; the dict is another after `refresh`.
        unloaded: those that could not be loaded, by key.
        endings: of transactions that are not known to be committed, by key.
        is_stale: a commit failed since the runs were loaded.
    """

    def __init__(
        self,
        inbox: Inbox,
        clock: Clock,
        load: Callable[[Connection, int], Run | None],
        *,
        keep_only: Callable[[Set[tuple[int, str, int, int]], Set[int]], None],
        announce: Callable[[Change], None],
    ) -> None:
        self._inbox, self._clock, self._load = inbox, clock, load
        self._keep_only, self._announce = keep_only, announce
        self._unreconciled: dict[int, bool] = {}  # whether the workers of before are gone
        self.runs: dict[int, Run] = {}
        self.unloaded: dict[int, Unloaded] = {}
        self.endings: dict[int, Change] = {}
        self.is_stale = False

    @property
    def is_due(self) -> bool:
        """Whether a turn is needed even if no event waits."""
        return self.is_stale or bool(self._unreconciled)

    def on_commit(self) -> None:
        if self.endings and not self.is_stale:
            self.endings = {}

    def expect(self, connection: Connection) -> Batch:
        """Notes what a server of before left; the executions are taken up once they are loaded."""
        for row in run_rows.live_executions(connection):
            self.unloaded[row.key] = Unloaded(ExecutionId(row.project, row.domain, row.name), "", is_restart=True)
        return Batch()

    def take_up(self, loaded: dict[int, tuple[Unloaded, Run | None]], events: list[tuple[int, ev.Event]]) -> Batch:
        """Takes runs that were loaded outside the transaction; every one is reconciled before any is stepped.

        Args:
            loaded: by key what was to be loaded, and the run or None if it has ended; one that changed since is left out.
            events: to take after that.
        """
        batch = Batch()
        for key, (found, run) in loaded.items():
            if self.unloaded.get(key) is not found:
                continue
            del self.unloaded[key]
            if run is None:
                continue
            self.runs[key] = run
            if found.is_restart:
                self._reconcile(batch, run, is_restart=True)
                batch.answers += [(key, event) for event in found.events]
            else:
                self._inbox.put_back([(key, found.events)])
                self._unreconciled[key] = False
        batch.answers += events
        return batch

    def keep(self, key: int, event: ev.Event) -> None:
        """An event of an execution that is not in `runs`: it has ended, or the event waits until it is loaded."""
        if (found := self.unloaded.get(key)) is not None:
            found.events.append(event)

    def reconcile(self, batch: Batch) -> None:
        """Finds out what runs that were loaded again are to go on with, once the reports of before the failed commit were taken."""
        for key in [k for k in self._unreconciled if k not in self._inbox]:
            is_restart = self._unreconciled.pop(key)
            if key in self.runs:
                self._reconcile(batch, self.runs[key], is_restart=is_restart)

    def _reconcile(self, batch: Batch, run: Run, *, is_restart: bool) -> None:
        effects, events = reconcile(run, self._clock(), is_restart=is_restart)
        batch.effects += [(run, effect) for effect in effects]
        batch.answers += [(run.key, event) for event in events]

    def refresh(self, connection: Connection) -> bool:
        """After a failed commit: every run as its rows say, those included that the lost transaction would have ended.

        Returns:
            Whether anything was loaded; else memory agrees with the record.
        """
        if not self.is_stale:
            return False
        found: list[Run | None] = []
        unloaded: dict[int, Unloaded] = {}
        for row in run_rows.live_executions(connection):
            try:
                found.append(self._load(connection, row.key))
            except DBAPIError:
                raise
            except Exception as e:  # as after a restart: one that cannot be loaded must not hold up the others
                name, trace = f"{row.project}/{row.domain}/{row.name}", not isinstance(e, Unavailable)
                log.error("execution %s is loaded later: %s", name, reason_of(e), exc_info=trace)
                missing = Unloaded(ExecutionId(row.project, row.domain, row.name), reason_of(e), is_restart=False)
                unloaded[row.key] = self.unloaded.get(row.key, missing)
        self.runs = {run.key: run for run in found if run is not None}
        self._unreconciled = dict.fromkeys(self.runs, False)
        for key in self.unloaded.keys() & self.runs.keys():
            self._inbox.put_back([(key, self.unloaded[key].events)])
            self._unreconciled[key] = self.unloaded[key].is_restart
        self.unloaded = unloaded
        self._make_up(connection)
        self.is_stale = False
        return True

    def _make_up(self, connection: Connection) -> None:
        """A commit that failed may have reached the database all the same: what would have followed it is done now."""
        attempts = {(run.key, a.node_id, a.item, a.number) for run in self.runs.values() for a in running(run)}
        self._keep_only(attempts, set(self.unloaded))
        for key, change in self.endings.items():
            if key not in self.runs and key not in self.unloaded:
                self._announce(change)
        self.endings = {}
        for run in self.runs.values():
            if run.parent[0] and not executions.is_awaited(connection, *run.parent[:2]):
                self._inbox.put(run.key, orphaned(self._clock()))


def orphaned(at: int) -> ev.AbortRequested:
    """What happens to an execution whose parent's node no longer waits for it."""
    return ev.AbortRequested(at, "the node that launched it has ended", "")
