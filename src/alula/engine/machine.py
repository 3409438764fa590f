"""`step`: one event into one run gives changed rows and effects. No clock, no IO, no randomness: time is in the event.

A step advances the run in place and returns a `Turn`. If the turn cannot be made durable the run is dropped and loaded
again from its rows, so the memory never runs ahead of the record for longer than one commit.
"""

from __future__ import annotations

from typing import assert_never

from alula.engine import call, scope
from alula.engine import event as ev
from alula.engine.effect import EndExecution, ReleaseReservation, SetTimer
from alula.engine.graph import NodeKind
from alula.engine.nodes import array, branch, gate, launch_plan, task, workflow
from alula.engine.state import Node, Run, Turn
from alula.errors import Internal
from alula.idl.phase import ExecutionPhase, NodePhase

TURN_BUDGET = 64


def step(run: Run, event: ev.Event, *, budget: int = TURN_BUDGET) -> Turn:
    """Advances a run by one event.

    Args:
        run: the run, changed in place.
        event: what happened, with its instant.
        budget: nodes and array items that may be started; when it is used up `Turn.more` asks for a `Proceed`.
    Returns:
        What changed and what is to be done once that is durable. A stale or late event gives an empty turn.
    Raises:
        Internal: an impossible transition; the run must be dropped and loaded again.
    """
    turn = Turn(run, event.at, budget=budget)
    run.sequence += 1
    if run.is_terminal:
        return turn
    _dispatch(turn, event)
    _start_ready(turn)
    return turn


def _dispatch(turn: Turn, event: ev.Event) -> None:
    run = turn.run
    match event:
        case ev.Launched():
            scope.launch(turn)
        case ev.Proceed():
            pass
        case ev.AbortRequested():
            _abort(turn, event)
        case ev.SignalReceived():
            run.signals[event.signal_id] = event.value
            for node in [n for n in _live(run) if n.spec.kind is NodeKind.GATE]:
                if not node.phase.is_terminal:  # an earlier gate's rejection may have ended it
                    gate.on_signal(turn, node, event.signal_id, event.value)
        case (
            ev.AttemptSucceeded()
            | ev.AttemptFailed()
            | ev.AttemptInitializing()
            | ev.AttemptStarted()
            | ev.AttemptExpanded()
            | ev.DeckPublished()
            | ev.CacheHit()
            | ev.CacheMissed()
            | ev.CallMade()
            | ev.CallCancelled()
            | ev.ResultTraced()
            | ev.TimerFired()
            | ev.ChildEnded()
        ):
            owner = run.nodes.get(event.node_id)
            if owner is not None and not owner.phase.is_terminal:
                _on_node_event(turn, owner, event)
            elif isinstance(event, ev.CacheMissed) and event.is_reserved:  # it was its turn to compute, but it has ended
                turn.effects.append(ReleaseReservation(event.node_id, event.item))
        case _:
            assert_never(event)


def _on_node_event(turn: Turn, node: Node, event: ev.Event) -> None:
    kind = node.spec.kind
    if isinstance(event, ev.CallMade | ev.CallCancelled | ev.ResultTraced):
        call.on_event(turn, node, event)
    elif isinstance(event, ev.TimerFired) and event.what in ("gate", "sleep"):
        gate.on_timer(turn, node, event)
    elif kind is NodeKind.ARRAY:
        array.on_event(turn, node, event)
    elif kind is NodeKind.TASK:
        task.on_event(turn, node, event)
    elif kind is NodeKind.LAUNCH_PLAN and isinstance(event, ev.ChildEnded):
        launch_plan.on_child_ended(turn, node, event)


def _start_ready(turn: Turn) -> None:
    run = turn.run
    while turn.budget > 0 and not run.is_terminal:
        if run.ready:
            scope_id, spec, parent_id = run.ready.popleft()
            state = run.scopes.get(scope_id)
            if state is not None and scope.accepts(turn, state, spec, parent_id):
                turn.budget -= 1
                made = scope.prepare_node(turn, state, spec, parent_id)
                if made is not None:
                    _enter(turn, made)
        elif run.waiting and run.has_room:
            node = run.nodes[run.waiting.popleft()]
            if not node.phase.is_terminal:
                turn.budget -= 1
                scope.take_slot(turn, node)
                _enter(turn, node)
        elif run.filling:
            node_id = run.filling.popleft()
            node = run.nodes[node_id]
            if not node.phase.is_terminal and array.fill(turn, node):
                run.filling.append(node_id)
        else:
            break
    turn.more = not run.is_terminal and bool(run.ready or run.filling or (run.waiting and run.has_room))


def _enter(turn: Turn, node: Node) -> None:
    """Hands a node with its inputs to its kind."""
    match node.spec.kind:
        case NodeKind.TASK:
            task.start(turn, node)
        case NodeKind.ARRAY:
            array.start(turn, node)
        case NodeKind.BRANCH:
            branch.start(turn, node)
        case NodeKind.GATE:
            gate.start(turn, node)
        case NodeKind.LAUNCH_PLAN:
            launch_plan.start(turn, node)
        case NodeKind.SUBWORKFLOW:
            workflow.start(turn, node)
        case NodeKind.START | NodeKind.END | NodeKind.TRACE:
            raise Internal(f'node "{node.id}" is an end of its graph or a trace; it is never entered')
        case unknown:
            assert_never(unknown)


def _abort(turn: Turn, event: ev.AbortRequested) -> None:
    run = turn.run
    run.abort_cause, run.abort_principal = event.cause, event.principal
    for state in list(run.scopes.values()):
        if state.id == "":
            scope.abort_live(turn, state)
    run.ready.clear()
    run.filling.clear()
    run.waiting.clear()
    scope.set_run_phase(turn, ExecutionPhase.ABORTED)
    run.ended_at = turn.at
    turn.effects.append(EndExecution())


def _live(run: Run) -> list[Node]:
    return [n for n in run.nodes.values() if not n.phase.is_terminal]


def pending_timers(run: Run) -> list[SetTimer]:
    """The timers a run that was just loaded needs; those of attempts come back when the attempts do."""
    timers = []
    for node in _live(run):
        if node.spec.kind is NodeKind.GATE and node.phase is NodePhase.RUNNING:
            timers += gate.timers(node)
    return timers
