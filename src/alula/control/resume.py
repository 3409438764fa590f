"""After a restart: every live execution is loaded, its timers set, its attempts sent again or counted as lost."""

from __future__ import annotations

import asyncio
import logging

from sqlalchemy import Connection

from alula.control.clock import Clock
from alula.control.dispatch import Dispatch
from alula.control.drive import Driver
from alula.control.library import Library
from alula.control.load import load_run
from alula.database import run as rows
from alula.database.engine import Database
from alula.database.writer import Writer
from alula.engine import effect as fx
from alula.engine import event as ev
from alula.engine.attempt import call_of
from alula.engine.event import Failure
from alula.engine.graph import NodeKind, TaskCall
from alula.engine.nodes.array import item_inputs, sliced_names
from alula.engine.state import Attempt, Node, Run
from alula.errors import AlulaError
from alula.idl import core
from alula.idl.phase import AttemptPhase

log = logging.getLogger(__name__)
LOST = Failure(
    code="WorkerLost",
    message="the server stopped while this attempt was running; nothing it had not reported is kept",
    kind="SYSTEM",
    is_recoverable=True,
)


class Resumer:
    """The use case of coming back."""

    def __init__(self, database: Database, writer: Writer, library: Library, driver: Driver, dispatch: Dispatch, clock: Clock) -> None:
        self._database = database
        self._writer = writer
        self._library = library
        self._driver = driver
        self._dispatch = dispatch
        self._clock = clock

    async def resume(self) -> int:
        """Takes up every live execution; their number."""
        runs = await asyncio.wrap_future(self._writer.submit(self._load, is_guarded=False))
        for run in runs:
            self.take_up(run)
        if runs:
            log.info("took up %d executions", len(runs))
        return len(runs)

    def take_up(self, run: Run) -> None:
        """Lets one loaded execution go on."""
        for node in list(run.nodes.values()):
            if not node.phase.is_terminal:
                self._reconcile(run, node)
        self._driver.rearm(run)

    def take_up_again(self, run: Run) -> None:
        """The same after a commit that failed: this server still runs what it had started, so that is stopped first."""
        for node in run.nodes.values():
            for attempt in [node.attempt] if node.attempt else []:
                self._dispatch.stop_attempt(run, fx.StopAttempt(node.id, attempt.item, attempt.number))
            for attempt in list(node.array.calls.values()) if node.array else []:
                self._dispatch.stop_attempt(run, fx.StopAttempt(node.id, attempt.item, attempt.number))
        self.take_up(run)

    def _load(self, connection: Connection) -> list[Run]:
        found = []
        for row in rows.live_executions(connection):
            try:
                run = load_run(connection, self._library, row.key)
            except AlulaError:
                log.exception("execution %s/%s/%s cannot be loaded; it stays as it is", row.project, row.domain, row.name)
                continue
            if run is not None:
                self._driver.adopt(run)
                found.append(run)
        return found

    def _reconcile(self, run: Run, node: Node) -> None:
        """What was recorded as started is lost; what was only recorded as queued is sent again under the same number."""
        if node.spec.kind is NodeKind.TASK and node.closure is None and node.attempt is not None:
            self._attempt(run, node.attempt, call_of(node), node.inputs or core.LiteralMap(), ())
        elif node.spec.kind is NodeKind.LAUNCH_PLAN and node.child and node.spec.reference is not None:
            inputs = node.inputs or core.LiteralMap()
            self._dispatch.launch_child(run, fx.LaunchChild(node.id, -1, node.child, node.spec.reference, inputs))
        elif node.array is not None and node.spec.inner is not None:
            for item, attempt in list(node.array.calls.items()):
                if attempt.child and node.spec.inner.reference is not None:
                    child = fx.LaunchChild(node.id, item, attempt.child, node.spec.inner.reference, item_inputs(node, item))
                    self._dispatch.launch_child(run, child)
                elif node.spec.inner.call is not None:
                    self._attempt(run, attempt, node.spec.inner.call, item_inputs(node, item), sliced_names(node))

    def _attempt(self, run: Run, attempt: Attempt, call: TaskCall, inputs: core.LiteralMap, sliced: tuple[str, ...]) -> None:
        if attempt.phase.is_terminal:
            return
        if attempt.phase is AttemptPhase.QUEUED:
            self._dispatch.start_attempt(run, fx.StartAttempt(attempt.node_id, attempt.item, attempt.number, call, inputs, sliced))
        else:
            lost = ev.AttemptFailed(self._clock(), attempt.node_id, attempt.item, attempt.number, LOST)
            self._driver.post(run.key, lost)
