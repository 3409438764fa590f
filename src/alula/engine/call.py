"""Calls that a running task makes: each a node beneath its own, found again by a later attempt of the same task.

A call is named by its place in the order of calls (`Origin.key`). An attempt that follows a lost one is in the same
*generation*: it must take the same way, and what it finds at a place must be what was called there before. After a failure of the
task's own a new generation begins: results are kept, calls that had failed are made again, and from the first of those on the task
may take another way.

Every end that the task is told of has its place in an order, and so has every call that it gave up. An attempt that goes over what is
on record is told of them in that order, so that what follows from which ended first is the same again.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import count

from alula.engine import event as ev
from alula.engine import scope
from alula.engine.effect import NO_RECORD, AnswerCall, Record
from alula.engine.event import Failure
from alula.engine.graph import NodeKind, NodeSpec, Origin
from alula.engine.state import Attempt, Node, Run, ScopeState, Turn
from alula.idl import core
from alula.idl.failure import ORDER_CHANGED
from alula.idl.phase import NodePhase

Event = ev.CallMade | ev.CallCancelled | ev.ResultTraced


def on_event(turn: Turn, owner: Node, event: Event) -> None:
    """Takes a call of a live attempt; those of attempts that are over change nothing."""
    attempt = scope.calling_attempt(owner, event.item)
    if attempt is None or attempt.number != event.attempt:
        return
    state = turn.run.scopes.get(owner.id)
    if state is None:
        if isinstance(event, ev.CallCancelled):
            return
        state = scope.open_calls(turn, owner)
    if state.calls is None:
        return  # its graph took over
    _note_clocks(turn, state, event.given)
    match event:
        case ev.CallCancelled():
            _cancel(turn, state, event)
        case ev.CallMade():
            _call(turn, state, attempt, event)
        case ev.ResultTraced():
            _trace(turn, state, attempt, event)


def _note_clocks(turn: Turn, state: ScopeState, given: ev.Given) -> None:
    """Takes down when the task was given answers, by its own clock: its timers ran by that, and shall again."""
    for order, clock_s in given:
        node = state.unclocked.pop(order, None)
        if node is not None:
            node.answer_clock_s = clock_s
            turn.nodes[node.id] = node


def _call(turn: Turn, state: ScopeState, attempt: Attempt, event: ev.CallMade) -> None:
    origin = _origin(event.spec)
    known = _known(turn, state, origin)
    if isinstance(known, Failure):
        _answer(turn, state, attempt, origin, failure=known)
    elif known is not None:
        node = state.called(known)
        if node is not None and node.phase.is_terminal:
            scope.answer(turn, state, node)
        elif event.is_replay:
            _answer(turn, state, attempt, origin, is_pending=True)
    elif event.spec.kind is NodeKind.TRACE:
        if not _recover_traced(turn, state, event.spec):
            _answer(turn, state, attempt, origin)
    else:
        spec = _register(turn, state, event.spec)
        if event.is_replay:
            _answer(turn, state, attempt, origin, is_pending=True)
        turn.run.ready.appendleft((state.id, spec, state.id))  # in this turn: until it has a row, nothing says that it was made


def _trace(turn: Turn, state: ScopeState, attempt: Attempt, event: ev.ResultTraced) -> None:
    origin = _origin(event.spec)
    known = _known(turn, state, origin)
    if isinstance(known, Failure):
        _answer(turn, state, attempt, origin, failure=known)
        return
    node = state.called(known) if known is not None else None
    if node is None:
        spec = _register(turn, state, event.spec)
        node = scope.new_node(turn, state, spec, state.id)
        node.inputs, node.started_at = spec.given, event.started_at
        phase = NodePhase.SUCCEEDED if event.failure is None else NodePhase.FAILED
        scope.end_node(turn, node, phase, outputs=event.outputs, failure=event.failure)
    else:
        scope.answer(turn, state, node)


def _recover_traced(turn: Turn, state: ScopeState, made: NodeSpec) -> bool:
    """Takes a result over that the execution before this one has on record."""
    origin = _origin(made)
    found = turn.run.recovered.get(scope.unique_id(state.prefix, replace(origin, generation=0).node_id))
    if found is None or found.digest != origin.digest:
        return False
    spec = _register(turn, state, made)
    node = scope.new_node(turn, state, spec, state.id)
    node.inputs, node.started_at = spec.given, turn.at
    scope.end_node(turn, node, NodePhase.RECOVERED, outputs=found.outputs, outputs_uri=found.outputs_uri)
    return True


def _known(turn: Turn, state: ScopeState, origin: Origin) -> NodeSpec | Failure | None:
    """The call that stands at this place already, None if there is none that counts, or why this one is refused."""
    calls = state.calls or {}
    spec = calls.get((origin.item, origin.key))
    if spec is None or spec.origin is None:
        return None
    node, now = state.called(spec), _generation(turn.run.nodes[state.id], origin.item)
    is_same = spec.origin.digest == origin.digest
    if spec.origin.generation == now:
        return spec if is_same else _order_changed(spec, origin)
    if is_same and (node is None or not node.phase.is_terminal or (node.phase.is_success and not node.is_given_up)):
        return spec
    has_diverged = any(s.origin is not None and s.origin.generation == now for (item, _), s in calls.items() if item == origin.item)
    return None if is_same or has_diverged else _order_changed(spec, origin)


def _order_changed(known: NodeSpec, origin: Origin) -> Failure:
    was = known.origin.place if known.origin is not None else ""
    name = known.node.metadata.name or known.id
    message = (
        f"{origin.place}: this call is not the one an earlier attempt made here: that was {name} at {was}, with other inputs or "
        "another target. What an async task calls must follow from its inputs and from the results of its calls; take time, chance "
        "and outside state from a task or through al.trace"
    )
    return Failure(code=ORDER_CHANGED, message=message)


def _register(turn: Turn, state: ScopeState, spec: NodeSpec) -> NodeSpec:
    """Puts a call into the record; beyond the caller's first life its id says in which one it was made."""
    origin = _origin(spec)
    generation = _generation(turn.run.nodes[state.id], origin.item)
    spec.origin = replace(origin, generation=generation)
    spec.id = spec.origin.node_id
    if spec.kind is NodeKind.GATE:
        _number_signal(state, spec, origin)
    if state.calls is not None:
        state.calls[origin.item, origin.key] = spec
    state.scope.nodes[spec.id] = spec
    return spec


def _number_signal(state: ScopeState, spec: NodeSpec, origin: Origin) -> None:
    """Gives a signal whose name another call of this task has a number, once: later attempts find it by the place of the call."""
    others = [s for (item, key), s in (state.calls or {}).items() if item == origin.item and key != origin.key]
    taken = {_signal_of(s.node) for s in others if s.kind is NodeKind.GATE}
    name = _signal_of(spec.node)
    number = next(n for n in count(1) if not name or _numbered(name, n) not in taken)
    if number == 1:
        return
    spec.node, given = core.Node(), spec.node
    spec.node.CopyFrom(given)  # the event may be taken again
    gate = spec.node.gate_node
    condition = gate.approve if gate.HasField("approve") else gate.signal
    condition.signal_id = _numbered(name, number)
    spec.node.metadata.name = _numbered(spec.node.metadata.name, number)


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name}-{number}"


def _signal_of(node: core.Node) -> str:
    return node.gate_node.approve.signal_id or node.gate_node.signal.signal_id


def _generation(owner: Node, item: int) -> int:
    if item < 0:
        return owner.user_failures
    return owner.array.user_failures.get(item, 0) if owner.array is not None else 0


def _cancel(turn: Turn, state: ScopeState, event: ev.CallCancelled) -> None:
    spec = (state.calls or {}).get((event.item, event.key))
    node = state.called(spec) if spec is not None else None
    if node is None or node.is_given_up:
        return
    state.unclocked.pop(node.answer_order, None)
    node.answer_order = event.after + 1  # also of what has ended meanwhile: the task did not hear of it
    node.answer_clock_s = event.clock_s
    if node.phase.is_terminal:
        turn.nodes[node.id] = node
    else:
        scope.abort_node(turn, node, scope.GIVEN_UP)


def _answer(
    turn: Turn, state: ScopeState, attempt: Attempt, origin: Origin, *, failure: Failure | None = None, is_pending: bool = False
) -> None:
    turn.effects.append(AnswerCall(state.id, origin.item, attempt.number, origin.key, failure=failure, is_pending=is_pending))


def _origin(spec: NodeSpec) -> Origin:
    return spec.origin or Origin(item=-1, key=spec.id, digest=b"", place="")


def charge_loss(turn: Turn, node: Node, failure: Failure, item: int = -1) -> None:
    """Counts a failure of the system; for a task that calls others a loss after progress is the first one again.

    A server that stops while the task has something to wait for is not counted: such a wait may outlast any number of restarts.
    """
    state, array = turn.run.scopes.get(node.id), node.array
    made, ended = (state.made.get(item, 0), state.ended.get(item, 0)) if state is not None else (0, 0)
    if failure.is_restart and ended < made:
        return
    if item < 0 or array is None:
        node.system_failures = 1 if ended > node.calls_at_loss else node.system_failures + 1
        node.calls_at_loss = ended
    else:
        array.system_failures[item] = 1 if ended > array.calls_at_loss.get(item, 0) else array.system_failures.get(item, 0) + 1
        array.calls_at_loss[item] = ended


def due_answers(run: Run, owner: Node) -> list[AnswerCall]:
    """Every answer that the live attempts of a node may not have heard, in order, after the runs were loaded anew."""
    turn = Turn(run, 0)
    state = run.scopes.get(owner.id)
    if state is not None and state.calls is not None:
        called = [node for spec in state.calls.values() if (node := state.called(spec)) is not None and node.phase.is_terminal]
        for node in sorted(called, key=lambda n: n.answer_order):
            scope.answer(turn, state, node)
    return [e for e in turn.effects if isinstance(e, AnswerCall)]


def record_of(run: Run, owner: Node, item: int = -1) -> Record:
    """What attempts of a task, or of an item of a map, did before the next one."""
    state = run.scopes.get(owner.id)
    if state is None or state.calls is None or not state.made.get(item):
        return NO_RECORD  # most items of a map begin here: going over the calls of all others for each would be quadratic
    now = _generation(owner, item)
    origins = [spec.origin for (of, _), spec in state.calls.items() if of == item and spec.origin is not None]
    return Record(state.last_answer, tuple((one.key, one.after, one.clock_s) for one in origins if one.generation == now))
