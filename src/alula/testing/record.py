"""The record of a run whose server crashes: rows in a SQLite in memory, written as the server writes them and loaded as it loads them."""

from __future__ import annotations

from alula.control.load import load_run
from alula.database import execution as execution_rows
from alula.database import signal
from alula.database.engine import schema_script
from alula.database.run import TurnWriter
from alula.engine import effect as fx
from alula.engine import event as ev
from alula.engine.state import Run, Turn
from alula.engine.story import detail_of
from alula.idl import admin
from alula.idl.identifier import EntityId
from alula.idl.phase import ExecutionPhase
from alula.testing.program import Program


class Record:
    """Rows of executions, kept for as long as this object is."""

    def __init__(self, program: Program) -> None:
        from sqlalchemy import create_engine
        from sqlalchemy.pool import StaticPool

        self._program = program
        self._engine = create_engine("sqlite://", poolclass=StaticPool)
        self._connection = self._engine.connect()
        for statement in schema_script("sqlite"):
            self._connection.exec_driver_sql(statement)
        self._turns = TurnWriter("sqlite")

    def begin(self, run: Run, spec: admin.ExecutionSpec, workflow: EntityId) -> None:
        """A new execution."""
        parent_key, parent_node, parent_item = run.parent
        values = {
            "key": run.key,
            "project": run.id.project,
            "domain": run.id.domain,
            "name": run.id.name,
            "phase": int(ExecutionPhase.QUEUED),
            "created_at": run.created_at,
            "spec": spec.SerializeToString(),
            "inputs": run.inputs.SerializeToString(),
            "parent_key": parent_key,
            "parent_node": parent_node,
            "parent_item": parent_item,
            **{f"workflow_{part}": getattr(workflow, part) for part in ("project", "domain", "name", "version")},
        }
        execution_rows.add(self._connection, "sqlite", values)

    def add(self, turn: Turn, event: ev.Event) -> None:
        item, attempt = getattr(event, "item", -1), getattr(event, "attempt", 0)
        words = (type(event).__name__, getattr(event, "node_id", ""), item, attempt, detail_of(event))
        self._turns.add(turn, (turn.run.key, turn.run.sequence, event.at, *words))

    def open_signal(self, run: Run, effect: fx.OpenSignal, at: int) -> None:
        signal.open_signal(self._connection, run.key, effect.signal_id, effect.node_id, effect.type.SerializeToString(), at)

    def commit(self, run: Run, event: ev.Event) -> None:
        """Writes what was added, and the signal that the event gave."""
        if isinstance(event, ev.SignalReceived):
            signal.set_value(self._connection, run.key, event.signal_id, event.value.SerializeToString(), event.principal, event.at)
        self._turns.write(self._connection)
        self._connection.commit()

    def load(self, key: int) -> Run | None:
        """The run as its rows say; None if it has ended."""
        self._turns = TurnWriter("sqlite")
        return load_run(self._connection, self._program, key)

    def close(self) -> None:
        self._connection.close()
        self._engine.dispose()
