"""What happens to attempts, whatever kind of node they belong to."""

from __future__ import annotations

from alula.engine import event as ev
from alula.engine.effect import AbortChild, FillCache, ReleaseReservation, StopAttempt
from alula.engine.event import Failure
from alula.engine.graph import TaskCall
from alula.engine.state import Attempt, Node, Turn
from alula.engine.transition import check_attempt
from alula.errors import Internal
from alula.idl import core
from alula.idl.phase import AttemptPhase


def call_of(node: Node) -> TaskCall:
    """The task a task node calls."""
    if node.spec.call is None:
        raise Internal(f'node "{node.id}" is no task node')
    return node.spec.call


def timed_out(call: TaskCall) -> Failure:
    seconds = call.timeout_us / 1e6
    message = f"task {call.id.name} ran longer than its timeout of {seconds:g} s; raise timeout= on the task or make it faster"
    return Failure(code="TimeoutExpired", message=message, is_recoverable=True, is_timeout=True)


def mark_initializing(turn: Turn, attempt: Attempt) -> None:
    """The executor says that what the attempt runs in is being made; what comes late changes nothing."""
    if attempt.phase is AttemptPhase.QUEUED:
        attempt.phase = AttemptPhase.INITIALIZING
        turn.attempts[(attempt.node_id, attempt.item, attempt.number)] = attempt


def mark_started(turn: Turn, attempt: Attempt, event: ev.AttemptStarted) -> None:
    """The executor says that user code began to run."""
    check_attempt(attempt.phase, AttemptPhase.RUNNING, attempt.node_id)
    attempt.phase, attempt.started_at = AttemptPhase.RUNNING, turn.at
    attempt.log_uri, attempt.log_start = event.log_uri, event.log_start
    turn.attempts[(attempt.node_id, attempt.item, attempt.number)] = attempt


def end_attempt(
    turn: Turn, attempt: Attempt, phase: AttemptPhase, *, report: ev.AttemptReport | None = None, failure: Failure | None = None
) -> None:
    """Ends an attempt with what its executor reported of it."""
    check_attempt(attempt.phase, phase, attempt.node_id)
    attempt.phase, attempt.ended_at, attempt.failure = phase, turn.at, failure
    if report is not None:
        attempt.report = report
        if report.started_at:  # else it is known within what passes until a running attempt is recorded as that, or not at all
            attempt.started_at = min(max(report.started_at, attempt.created_at), turn.at)
        if report.log_uri:
            attempt.log_uri, attempt.log_start = report.log_uri, report.log_start
    turn.attempts[(attempt.node_id, attempt.item, attempt.number)] = attempt


def missing_outputs(call: TaskCall, outputs: core.LiteralMap) -> Failure | None:
    """What is wrong with a success that lacks an output its interface declares; whoever would read it could not run."""
    missing = [name for name in call.outputs if name not in outputs.literals]
    if not missing:
        return None
    message = f"task {call.id.name} wrote no output {', '.join(missing)}; its interface declares it"
    return Failure(code="OutputsNotFound", message=message)


def fill_cache(turn: Turn, node: Node, outputs: core.LiteralMap, outputs_uri: str) -> None:
    """A cacheable task node has succeeded: its outputs become the cache's, in the same transaction."""
    call = call_of(node)
    if call.is_cacheable and node.attempt is not None:
        node.cache_status = core.CatalogCacheStatus.CACHE_POPULATED
        inputs = node.inputs or core.LiteralMap()
        turn.effects.append(FillCache(node.id, -1, node.attempt.number, call, inputs, outputs, outputs_uri))
        node.holds_reservation = False


def release_reservation(turn: Turn, node: Node) -> None:
    """Lets the next in line compute what this node did not."""
    if node.holds_reservation:
        node.holds_reservation = False
        turn.effects.append(ReleaseReservation(node.id, -1))


def stop_all(turn: Turn, node: Node) -> None:
    """Stops whatever runs for a node: its attempt, its items, its child execution."""
    cause = f"parent {turn.run.id.name} ended"
    attempt = node.attempt
    if attempt is not None and not attempt.phase.is_terminal:
        turn.effects.append(StopAttempt(node.id, -1, attempt.number))
        end_attempt(turn, attempt, AttemptPhase.ABORTED)
    release_reservation(turn, node)
    if node.child:
        turn.effects.append(AbortChild(node.id, -1, node.child, cause))
    if node.array is None:
        return
    call = node.spec.inner.call if node.spec.inner is not None else None
    for item, live in node.array.calls.items():
        if call is not None and call.is_serialized:
            turn.effects.append(ReleaseReservation(node.id, item))
        if live.child:
            turn.effects.append(AbortChild(node.id, item, live.child, cause))
        else:
            turn.effects.append(StopAttempt(node.id, item, live.number))
        end_attempt(turn, live, AttemptPhase.ABORTED)
    node.array.calls.clear()
    node.array.asking.clear()
    node.array.retry.clear()
