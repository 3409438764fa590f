"""Runs that lose their memory, at any moment, again and again: what the rows say is what they were."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select

from alula.catalog.lookup import Catalog
from alula.control.load import load_run
from alula.database import execution as execution_rows
from alula.database import signal
from alula.database import tables as t
from alula.database.engine import Database, open_database, sqlite_url
from alula.database.run import TurnWriter
from alula.engine import effect as fx
from alula.engine import event as ev
from alula.engine.attempt import call_of
from alula.engine.graph import SYSTEM_RETRIES, NodeKind
from alula.engine.invariant import problems
from alula.engine.machine import pending_timers, step
from alula.engine.nodes.array import item_inputs, sliced_names
from alula.engine.state import Attempt, Node, Run
from alula.idl import admin, core
from alula.idl.identifier import EntityId
from alula.idl.phase import AttemptPhase, ExecutionPhase
from alula.testing.engine_kit.graphs import literals, plain_map
from alula.testing.engine_kit.programs import Program, random_program
from alula.testing.engine_kit.simulate import SECOND, Failed, Simulation, Trouble, reference, reply

INPUTS = literals(a=5)
STORM = Trouble(fails=0.15, lost=0.1, times_out=0.2, repeats=0.2, unstarted=0.2, splits=0.5)
LOST = ev.Failure(code="WorkerLost", message="the server stopped", kind="SYSTEM", is_recoverable=True)
KEYS = itertools.count(1)


class _Library:
    """Knows one workflow."""

    def __init__(self, program: Program) -> None:
        self.graph = program.graph

    def workflow(self, connection: Connection, workflow: EntityId) -> _Library:
        return self


class _Answers:
    """The server's catalog under the simulator's signatures."""

    def __init__(self, connection: Connection) -> None:
        self.catalog, self.connection = Catalog(), connection

    def look_up(self, run: Run, effect: fx.LookUpCache, at: int) -> ev.Event | None:
        return self.catalog.look_up(self.connection, run, effect, at)

    def fill(self, run: Run, effect: fx.FillCache, at: int) -> list[ev.Event]:
        return [event for _, event in self.catalog.fill(self.connection, run, effect, at)]

    def release(self, run: Run, effect: fx.ReleaseReservation, at: int) -> list[ev.Event]:
        return [event for _, event in self.catalog.release(run, effect, at)]


class Durable(Simulation):
    """A simulation whose turns are written as the driver writes them, and whose memory is lost at random."""

    def __init__(
        self, program: Program, connection: Connection, *, crash: float, refuse: float, max_parallelism: int = 0, **more: Any
    ) -> None:
        super().__init__(program.graph, INPUTS, world=program.world, max_parallelism=max_parallelism, **more)
        self.run.key = key = next(KEYS)
        self.run.id = self.run.id._replace(name=f"run{key}")
        self.library: Any = _Library(program)
        self.connection, self.crash, self.refuse = connection, crash, refuse
        self.turns = TurnWriter("sqlite")
        self.catalog = _Answers(connection)
        self.losses = 0
        spec = admin.ExecutionSpec(max_parallelism=max_parallelism)
        values = {
            "key": key,
            "project": "p",
            "domain": "d",
            "name": self.run.id.name,
            "phase": int(ExecutionPhase.QUEUED),
            "created_at": SECOND,
            "spec": spec.SerializeToString(),
            "inputs": INPUTS.SerializeToString(),
        }
        execution_rows.add(connection, "sqlite", values)

    def take(self, event: ev.Event) -> None:
        was_terminal = self.run.is_terminal
        self.connection.exec_driver_sql("BEGIN")
        if isinstance(event, ev.SignalReceived):
            signal.set_value(self.connection, self.run.key, event.signal_id, event.value.SerializeToString(), event.principal, event.at)
        later: list[object] = []
        answers: list[ev.Event] = []
        todo = deque([event])
        while todo:
            current = todo.popleft()
            turn = step(self.run, current, budget=self.random.choice((1, 3, 64)))
            self._check(turn, current)
            self.turns.add(turn, (self.run.key, self.run.sequence, current.at, type(current).__name__, "", -1, 0, ""))
            for effect in turn.effects:
                self._settle(effect, todo, answers, later)
            if turn.more:
                answers.append(ev.Proceed(self.now))
        self.turns.write(self.connection)
        if not isinstance(event, ev.Launched) and not was_terminal and self.random.random() < self.refuse:
            self._refused(event)
            return
        self.connection.exec_driver_sql("COMMIT")
        if not self.run.is_terminal and self.random.random() < self.crash and self._can_lose():
            self._restart()
            return
        self.pending += answers
        for effect in later:
            self._carry_out(effect)

    def _settle(self, effect: object, todo: deque[ev.Event], answers: list[ev.Event], later: list[object]) -> None:
        match effect:
            case fx.LookUpCache():
                found = self.catalog.look_up(self.run, effect, self.now)
                if found is not None:
                    todo.append(found)
            case fx.FillCache():
                answers += self.catalog.fill(self.run, effect, self.now)
            case fx.ReleaseReservation():
                answers += self.catalog.release(self.run, effect, self.now)
            case fx.OpenSignal():
                packed = effect.type.SerializeToString()
                signal.open_signal(self.connection, self.run.key, effect.signal_id, effect.node_id, packed, self.now)
                later.append(effect)
            case _:
                later.append(effect)

    def _load(self) -> None:
        self.losses += 1
        self.turns, self.catalog = TurnWriter("sqlite"), _Answers(self.connection)
        loaded = load_run(self.connection, self.library, self.run.key)
        assert loaded is not None
        assert problems(loaded) == []
        self.run = loaded
        self.published = {i: (n.phase, _packed(n.outputs)) for i, n in loaded.nodes.items() if n.phase.is_terminal}

    def _refused(self, event: ev.Event) -> None:
        """The commit failed: memory is loaded again, workers go on, what was not recorded is told again."""
        self.connection.exec_driver_sql("ROLLBACK")
        self._load()
        self.pending = [e for e in self.pending if not isinstance(e, ev.CacheHit | ev.CacheMissed)]
        self.pending += [event, ev.Proceed(self.now)]

    def _can_lose(self) -> bool:
        """Whether no attempt has used up what the system has for it."""
        for node in self.run.nodes.values():
            for attempt in [*([node.attempt] if node.attempt else []), *(node.array.calls.values() if node.array else ())]:
                if attempt.phase is AttemptPhase.RUNNING and _failures(node, attempt)[1] >= SYSTEM_RETRIES:
                    return False
        return True

    def _restart(self) -> None:
        """The server was killed: nothing that was under way is left but rows."""
        before = _facts(self.run)
        self._load()
        assert _facts(self.run) == before
        self.alive.clear()
        self.timers = pending_timers(self.run)
        self.pending = [ev.Proceed(self.now)]
        for row in self.connection.execute(select(t.signal).where(t.signal.c.execution_key == self.run.key)).all():
            if row.value is None:
                value = reply(row.signal_id, core.LiteralType.FromString(row.type))
                self.pending.append(ev.SignalReceived(self.now, row.signal_id, value))
        for node in list(self.run.nodes.values()):
            if not node.phase.is_terminal:
                self._reconcile(node)

    def _reconcile(self, node: Node) -> None:
        spec, inputs = node.spec, node.inputs or core.LiteralMap()
        if spec.kind is NodeKind.TASK and node.closure is None and node.attempt is not None:
            self._again(node, node.attempt, fx.StartAttempt(node.id, -1, node.attempt.number, call_of(node), inputs))
        elif spec.kind is NodeKind.LAUNCH_PLAN and node.child and spec.reference is not None:
            self.launch_child(fx.LaunchChild(node.id, -1, node.child, spec.reference, inputs))
        elif node.array is not None and spec.inner is not None:
            for item, attempt in list(node.array.calls.items()):
                own = item_inputs(node, item)
                if spec.inner.reference is not None:
                    self.launch_child(fx.LaunchChild(node.id, item, attempt.child, spec.inner.reference, own))
                elif spec.inner.call is not None:
                    start = fx.StartAttempt(node.id, item, attempt.number, spec.inner.call, own, sliced_names(node))
                    self._again(node, attempt, start)

    def _again(self, node: Node, attempt: Attempt, start: fx.StartAttempt) -> None:
        user, system = _failures(node, attempt)
        place = (node.id, attempt.item)
        self.user_left[place], self.system_left[place] = start.call.retries - user, SYSTEM_RETRIES - system
        if attempt.phase is AttemptPhase.QUEUED:
            self.started.discard((*place, attempt.number))
            self.start_attempt(start)
        else:
            self.system_left[place] -= 1
            self.pending.append(ev.AttemptFailed(self.now, *place, attempt.number, LOST))


def _failures(node: Node, attempt: Attempt) -> tuple[int, int]:
    if node.array is None:
        return node.user_failures, node.system_failures
    return node.array.user_failures.get(attempt.item, 0), node.array.system_failures.get(attempt.item, 0)


def _packed(outputs: core.LiteralMap | None) -> bytes | None:
    return outputs.SerializeToString(deterministic=True) if outputs is not None else None


def _facts(run: Run) -> dict[str, Any]:
    """All that must survive: of nodes whose graph is still running, and of those graphs."""
    nodes = {}
    for node in run.nodes.values():
        if node.scope_id not in run.scopes:
            continue
        a = node.attempt
        attempt = (a.number, a.phase, a.created_at, a.started_at, a.ended_at, a.failure, a.task, a.child) if a else None
        times = (node.created_at, node.started_at, node.ended_at, node.user_failures, node.system_failures)
        place = (node.spec.id, node.scope_id, node.parent_id, node.child, node.chosen, node.cache_status, node.cache_reason)
        nodes[node.id] = (node.phase, *times, *place, _packed(node.inputs), _packed(node.outputs), node.failure, attempt, _items(node))
    scopes = {}
    for scope_id, state in run.scopes.items():
        left = {} if state.is_closing else {k: v for k, v in state.remaining.items() if k not in state.nodes}
        scopes[scope_id] = (state.prefix, left, {s for s in state.skipped if s in left}, state.failure, state.is_closing, set(state.nodes))
    head = (run.id, run.phase, run.started_at, run.sequence, plain_map(run.inputs), run.max_parallelism)
    return {"run": head, "nodes": nodes, "scopes": scopes, "signals": {k: v.SerializeToString() for k, v in run.signals.items()}}


def _items(node: Node) -> Any:
    """Items with a record; those the cache answered have none and ask again."""
    state = node.array
    if state is None or node.phase.is_terminal:
        return None
    calls = {i: (a.number, a.phase, a.child) for i, a in state.calls.items()}
    user = {i: n for i, n in state.user_failures.items() if n}
    return (state.size, state.min_successes, state.concurrency, state.sliced, calls, state.failures, user, state.system_failures)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(sqlite_url(tmp_path))
    yield database
    database.close()


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA synchronous=OFF")
        yield connection


def play(connection: Connection, seed: int, *, crash: float, refuse: float) -> int:
    connection.exec_driver_sql("DELETE FROM cache_entry")  # of other programs, whose tasks have the same names
    program = random_program(seed, danger=0.12 if seed % 2 else 0.0)
    simulated = Durable(program, connection, seed=seed, trouble=STORM, crash=crash, refuse=refuse, max_parallelism=seed % 4)
    run = simulated.play()
    try:
        expected = plain_map(reference(program.graph, INPUTS, program.world))
    except Failed:
        expected = None
    found = plain_map(run.outputs) if run.phase is ExecutionPhase.SUCCEEDED else None
    assert found == expected, f"seed {seed}: {run.phase.name} {run.failure}"
    row = execution_rows.by_key(connection, run.key)
    assert (row.phase, row.error_code) == (int(run.phase), run.failure.code if run.failure else "")
    assert load_run(connection, simulated.library, run.key) is None
    return simulated.losses


@pytest.mark.parametrize("batch", range(4))
def test_a_run_that_is_killed_again_and_again_ends_as_it_should(connection: Connection, batch: int) -> None:
    losses = sum(play(connection, seed, crash=0.15, refuse=0.0) for seed in range(batch * 30, (batch + 1) * 30))
    assert losses > 30


@pytest.mark.parametrize("batch", range(3))
def test_a_run_whose_commits_fail_ends_as_it_should(connection: Connection, batch: int) -> None:
    losses = sum(play(connection, seed, crash=0.03, refuse=0.15) for seed in range(batch * 30, (batch + 1) * 30))
    assert losses > 30


def test_an_item_that_is_tried_again_goes_before_those_that_wait_for_what_it_reserved(connection: Connection) -> None:
    assert play(connection, 1487, crash=0.15, refuse=0.0) > 0
