"""What a run that was loaded from its rows needs so that it goes on: attempts sent again or counted as lost, timers, children."""

from __future__ import annotations

from alula.control import logfile
from alula.engine import effect as fx
from alula.engine import event as ev
from alula.engine.attempt import call_of
from alula.engine.call import due_answers, record_of
from alula.engine.event import Failure
from alula.engine.graph import NodeKind, TaskCall
from alula.engine.machine import pending_timers
from alula.engine.nodes.array import item_inputs, sliced_names
from alula.engine.state import Attempt, Node, Run
from alula.idl import core
from alula.idl.phase import AttemptPhase

LOST = Failure(
    code="WorkerLost",
    message="the server stopped while this attempt was running; nothing it had not reported is kept",
    kind="SYSTEM",
    is_recoverable=True,
    is_restart=True,
)


def reconcile(run: Run, at: int, *, is_restart: bool) -> tuple[list[object], list[ev.Event]]:
    """Effects to hand out and events to take.

    Args:
        run: as loaded, not stepped since.
        is_restart: the workers of before are gone, so what was recorded as running is lost; else this server still runs it.
    """
    effects: list[object] = list(pending_timers(run))
    events: list[ev.Event] = []
    for node in run.nodes.values():
        if not node.phase.is_terminal:
            _node(run, node, at, is_restart, effects, events)
            if node.has_calls and not is_restart:
                effects += due_answers(run, node)
    events.append(ev.Proceed(at))
    return effects, events


def _node(run: Run, node: Node, at: int, is_restart: bool, effects: list[object], events: list[ev.Event]) -> None:
    inputs = node.inputs or core.LiteralMap()
    if node.spec.kind is NodeKind.TASK and node.closure is None and node.attempt is not None:
        _attempt(node.attempt, call_of(node), inputs, (), record_of(run, node), at, is_restart, effects, events)
    elif node.spec.kind is NodeKind.LAUNCH_PLAN and node.child and node.spec.reference is not None:
        found = run.recovered.get(node.id)
        effects.append(fx.LaunchChild(node.id, -1, node.child, node.spec.reference, inputs, found.child if found else ""))
    elif node.array is not None and node.spec.inner is not None:
        inner = node.spec.inner
        for item, attempt in node.array.calls.items():
            if attempt.child and inner.reference is not None:
                effects.append(fx.LaunchChild(node.id, item, attempt.child, inner.reference, item_inputs(node, item)))
            elif inner.call is not None:
                inputs, record = item_inputs(node, item), record_of(run, node, item)
                _attempt(attempt, inner.call, inputs, sliced_names(node), record, at, is_restart, effects, events)


def _attempt(
    attempt: Attempt,
    call: TaskCall,
    inputs: core.LiteralMap,
    sliced: tuple[str, ...],
    record: fx.Record,
    at: int,
    is_restart: bool,
    effects: list[object],
    events: list[ev.Event],
) -> None:
    """What was only recorded as queued, or as waiting for what it runs in, is sent again under the same number; an executor that has
    it already ignores that."""
    if attempt.phase.is_terminal:
        return
    if attempt.phase in (AttemptPhase.QUEUED, AttemptPhase.INITIALIZING):
        effects.append(fx.StartAttempt(attempt.node_id, attempt.item, attempt.number, call, inputs, sliced, record))
    elif is_restart:
        log_end = logfile.size(attempt.log_uri) if attempt.log_uri else 0
        report = ev.AttemptReport(log_uri=attempt.log_uri, log_start=attempt.log_start, log_end=log_end)
        events.append(ev.AttemptFailed(at, attempt.node_id, attempt.item, attempt.number, LOST, report))
