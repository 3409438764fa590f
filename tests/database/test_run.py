from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from alula.database import execution
from alula.database import run as rows
from alula.database.engine import open_database, sqlite_url
from alula.database.run import TurnWriter
from alula.engine import event as ev
from alula.engine.graph import index_closure
from alula.engine.machine import step
from alula.engine.state import Run
from alula.idl import core
from alula.idl.identifier import ExecutionId
from alula.idl.phase import AttemptPhase, ExecutionPhase, NodePhase
from alula.testing.engine_kit.graphs import Book, literals, plain_map


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    database = open_database(sqlite_url(tmp_path))
    with database.engine.connect() as connection:
        yield connection
    database.close()


class Written:
    """A run whose turns are written, several to a write if asked."""

    def __init__(self, connection: Connection, book: Book) -> None:
        graph = index_closure(book.compile("main"))
        self.connection, self.turns = connection, TurnWriter("sqlite")
        self.run = Run(ExecutionId("p", "d", "run"), 1, graph, literals(), created_at=1, phase=ExecutionPhase.QUEUED)
        execution.add(connection, "sqlite", {"key": 1, "project": "p", "domain": "d", "name": "run", "phase": 1, "created_at": 1})

    def take(self, *events: ev.Event) -> None:
        for event in events:
            turn = step(self.run, event)
            item, attempt = getattr(event, "item", -1), getattr(event, "attempt", 0)
            node_id = getattr(event, "node_id", "")
            self.turns.add(turn, (1, self.run.sequence, event.at, type(event).__name__, node_id, item, attempt, ""))
        self.turns.write(self.connection)

    def nodes(self) -> dict[str, NodePhase]:
        return {r.node_id: NodePhase(r.phase) for r in rows.node_rows(self.connection, 1)}

    def attempts(self) -> list[tuple[Any, ...]]:
        found = rows.attempt_rows(self.connection, 1)
        return [(r.node_id, r.item, r.retry_attempt, AttemptPhase(r.phase).name, r.error_code, r.is_recoverable) for r in found]


def test_the_last_state_of_each_row_is_written(connection: Connection) -> None:
    book = Book()
    book.task("add", retries=1)
    book.flow("main", [book.call("n0", "add", a=1)], o0="n0.o0")
    written = Written(connection, book)
    again = ev.Failure(code="USER:Again", message="m", is_recoverable=True)
    report = ev.AttemptReport(queued_us=1, run_us=2, peak_rss_bytes=3, log_uri="file:///log", log_end=9, worker="w")
    written.take(ev.Launched(1))
    written.take(ev.AttemptFailed(2, "n0", -1, 0, again, report), ev.AttemptSucceeded(9, "n0", -1, 1, literals(o0=4), report))
    assert written.nodes() == {"start-node": NodePhase.SUCCEEDED, "n0": NodePhase.SUCCEEDED, "end-node": NodePhase.SUCCEEDED}
    assert written.attempts() == [("n0", -1, 0, "FAILED", "USER:Again", 1), ("n0", -1, 1, "SUCCEEDED", "", 0)]
    row = rows.attempt_rows(connection, 1)[1]
    assert (row.queued_us, row.run_us, row.peak_rss_bytes, row.log_uri, row.log_end, row.worker) == (1, 2, 3, "file:///log", 9, "w")
    run = execution.by_key(connection, 1)
    found = plain_map(core.LiteralMap.FromString(run.outputs))
    assert (run.phase, run.started_at, run.ended_at, run.duration_us, found) == (4, 1, 9, 8, {"o0": 4})


def test_events_are_kept_in_order(connection: Connection) -> None:
    book = Book()
    book.task("add")
    book.flow("main", [book.call("n0", "add", a=1)])
    written = Written(connection, book)
    written.take(ev.Launched(1), ev.AttemptStarted(2, "n0", -1, 0))
    written.take(ev.AttemptSucceeded(3, "n0", -1, 0, literals(o0=1)))
    assert [(r.sequence, r.kind) for r in rows.history(connection, 1)] == [(1, "Launched"), (2, "AttemptStarted"), (3, "AttemptSucceeded")]
    assert rows.last_sequence(connection, 1) == 3


def test_an_items_outputs_are_in_its_attempts_row(connection: Connection) -> None:
    book = Book()
    book.task("add")
    book.flow("main", [book.array("n0", book.call("", "add", a=".a"), a=[1, 2])])
    written = Written(connection, book)
    written.take(ev.Launched(1), ev.AttemptSucceeded(2, "n0", 1, 0, literals(o0=5)))
    found = [(r.item, r.outputs and plain_map(core.LiteralMap.FromString(r.outputs))) for r in rows.attempt_rows(connection, 1)]
    assert found == [(0, None), (1, {"o0": 5})]


def test_a_dynamic_graph_that_begins_and_ends_in_one_write_is_kept(connection: Connection) -> None:
    book = Book()
    book.task("spread", inputs=())
    book.task("add")
    book.flow("main", [book.call("n0", "spread")])
    closure = book.expand("spread", [book.call("dn0", "add", a=1)], o0="dn0.o0")
    written = Written(connection, book)
    done = literals(o0=1)
    written.take(ev.Launched(1), ev.AttemptExpanded(2, "n0", 0, closure), ev.AttemptSucceeded(3, "n0-0-dn0", -1, 0, done))
    assert rows.dynamic_closures(connection, 1) == {"n0": closure.SerializeToString()}


def test_only_executions_without_an_end_are_live(connection: Connection) -> None:
    book = Book()
    book.task("add")
    book.flow("main", [book.call("n0", "add", a=1)])
    written = Written(connection, book)
    written.take(ev.Launched(1))
    assert [r.key for r in rows.live_executions(connection)] == [1]
    written.take(ev.AbortRequested(2, "enough", "me"))
    row = execution.by_key(connection, 1)
    assert (list(rows.live_executions(connection)), row.abort_cause, row.abort_principal) == ([], "enough", "me")
