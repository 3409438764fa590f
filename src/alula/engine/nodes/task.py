"""Task nodes: cache first, then attempts until one succeeds or a budget is spent; a dynamic task's graph afterwards."""

from __future__ import annotations

from alula.engine import call as calls
from alula.engine import event as ev
from alula.engine import scope
from alula.engine.attempt import call_of, end_attempt, fill_cache, mark_initializing, mark_started, missing_outputs, timed_out
from alula.engine.effect import LookUpCache, SetTimer, StartAttempt, StopAttempt
from alula.engine.event import Failure
from alula.engine.graph import index_closure
from alula.engine.retry import exhausted, may_retry
from alula.engine.state import Attempt, Node, Turn
from alula.errors import Internal
from alula.idl import core
from alula.idl.phase import AttemptPhase, NodePhase


def start(turn: Turn, node: Node) -> None:
    """Begins with the cache, else with the first attempt."""
    call, run = call_of(node), turn.run
    found = scope.recovered(turn, node)
    if found is not None and found.closure is not None:
        _resume_dynamic(turn, node, found.closure, found.attempt)
        return
    scope.set_phase(turn, node, NodePhase.QUEUED)
    is_anew = run.overwrite_cache or node.id in run.anew
    if call.is_cacheable and not is_anew:
        if node.inputs is None:
            raise Internal(f'node "{node.id}" has no inputs')
        node.is_asking = True
        turn.effects.append(LookUpCache(node.id, -1, call, node.inputs))
        return
    if call.is_cacheable:
        node.cache_status = core.CatalogCacheStatus.CACHE_SKIPPED
        node.cache_reason = "the execution was launched with overwrite_cache" if run.overwrite_cache else "the rerun begins here"
    start_attempt(turn, node)


def _resume_dynamic(turn: Turn, node: Node, closure: core.CompiledWorkflowClosure, attempt: int) -> None:
    """A recovered dynamic task whose graph is known: its body does not run again, the graph's finished nodes neither."""
    node.started_at = turn.at
    scope.set_phase(turn, node, NodePhase.QUEUED)
    _open_dynamic(turn, node, closure, attempt=attempt)


def start_attempt(turn: Turn, node: Node) -> None:
    number = node.attempt.number + 1 if node.attempt else 0
    call = call_of(node)
    node.attempt = Attempt(node_id=node.id, item=-1, number=number, phase=AttemptPhase.QUEUED, created_at=turn.at, task=call.id)
    turn.attempts[(node.id, -1, number)] = node.attempt
    turn.nodes[node.id] = node
    inputs, record = node.inputs or core.LiteralMap(), calls.record_of(turn.run, node)
    turn.effects.append(StartAttempt(node.id, -1, number, call, inputs, record=record))


def on_event(turn: Turn, node: Node, event: ev.Event) -> None:
    match event:
        case ev.CacheHit():
            if node.is_asking:
                node.is_asking = False
                node.cache_status, node.cache_source = core.CatalogCacheStatus.CACHE_HIT, event.source
                node.started_at = turn.at
                scope.end_node(turn, node, NodePhase.SUCCEEDED, outputs=event.outputs)
        case ev.CacheMissed():
            if node.is_asking:
                node.is_asking = False
                node.cache_status, node.cache_reason = core.CatalogCacheStatus.CACHE_MISS, event.reason
                node.holds_reservation = event.is_reserved
                start_attempt(turn, node)
        case ev.DeckPublished():
            if node.attempt is not None and node.attempt.number == event.attempt and not node.attempt.phase.is_terminal:
                node.deck_uri = event.uri
                turn.nodes[node.id] = node
        case ev.AttemptInitializing():
            if node.attempt is not None and node.attempt.number == event.attempt:
                mark_initializing(turn, node.attempt)
        case ev.AttemptStarted() | ev.AttemptSucceeded() | ev.AttemptFailed() | ev.AttemptExpanded() | ev.TimerFired():
            attempt = node.attempt
            if attempt is not None and attempt.number == event.attempt and not attempt.phase.is_terminal:
                _on_attempt_event(turn, node, attempt, event)
        case _:
            pass


def _on_attempt_event(
    turn: Turn,
    node: Node,
    attempt: Attempt,
    event: ev.AttemptStarted | ev.AttemptSucceeded | ev.AttemptFailed | ev.AttemptExpanded | ev.TimerFired,
) -> None:
    match event:
        case ev.AttemptStarted() if attempt.phase is AttemptPhase.RUNNING:
            pass  # told twice: its timeout runs from the first time
        case ev.AttemptStarted():
            mark_started(turn, attempt, event)
            node.started_at = node.started_at or turn.at
            scope.set_phase(turn, node, NodePhase.RUNNING)
            if timeout := call_of(node).timeout_us:
                turn.effects.append(SetTimer(turn.at + timeout, node.id, -1, "attempt", attempt.number))
        case ev.AttemptSucceeded():
            _on_succeeded(turn, node, attempt, event)
        case ev.AttemptExpanded():
            end_attempt(turn, attempt, AttemptPhase.SUCCEEDED, report=event.report)
            scope.close_calls(turn, node)
            node.deck_uri = event.report.deck_uri
            _open_dynamic(turn, node, event.closure, attempt=attempt.number)
        case ev.AttemptFailed():
            end_attempt(turn, attempt, AttemptPhase.FAILED, report=event.report, failure=event.failure)
            node.deck_uri = event.report.deck_uri or node.deck_uri
            _on_failed(turn, node, event.failure)
        case ev.TimerFired():
            turn.effects.append(StopAttempt(node.id, -1, attempt.number))
            failure = timed_out(call_of(node))
            end_attempt(turn, attempt, AttemptPhase.FAILED, failure=failure)
            _on_failed(turn, node, failure)


def _on_succeeded(turn: Turn, node: Node, attempt: Attempt, event: ev.AttemptSucceeded) -> None:
    call = call_of(node)
    failure = missing_outputs(call, event.outputs)
    node.deck_uri = event.report.deck_uri
    if failure is not None:
        end_attempt(turn, attempt, AttemptPhase.FAILED, report=event.report, failure=failure)
        _on_failed(turn, node, failure)
        return
    end_attempt(turn, attempt, AttemptPhase.SUCCEEDED, report=event.report)
    _note_start(node, attempt)
    fill_cache(turn, node, event.outputs, event.outputs_uri)
    scope.close_calls(turn, node)
    scope.end_node(turn, node, NodePhase.SUCCEEDED, outputs=event.outputs, outputs_uri=event.outputs_uri)


def _note_start(node: Node, attempt: Attempt) -> None:
    """A node began when its first attempt did."""
    begun = attempt.started_at or attempt.created_at
    node.started_at = min(node.started_at or begun, begun)


def _on_failed(turn: Turn, node: Node, failure: Failure) -> None:
    call = call_of(node)
    if failure.kind == "SYSTEM":
        calls.charge_loss(turn, node, failure)
    else:
        node.user_failures += 1
    if node.attempt is not None:
        _note_start(node, node.attempt)
    user, system = node.user_failures, node.system_failures
    if may_retry(failure, retries=call.retries, user_failures=user, system_failures=system):
        scope.set_phase(turn, node, NodePhase.RUNNING)  # and so it stays: a retry is an attempt more, not a node anew
        start_attempt(turn, node)
        return
    last = exhausted(failure, retries=call.retries, user_failures=user, system_failures=system)
    scope.close_calls(turn, node)
    scope.end_node(turn, node, NodePhase.FAILED, failure=last)


def _open_dynamic(turn: Turn, node: Node, closure: core.CompiledWorkflowClosure, *, attempt: int) -> None:
    node.closure, node.is_closure_new = closure, True
    node.started_at = node.started_at or turn.at
    scope.set_phase(turn, node, NodePhase.DYNAMIC_RUNNING)
    scope.free_slot(turn, node)  # its own nodes need slots now; with one slot they would never get it
    graph = index_closure(closure)
    scope.open_scope(turn, node.id, f"{node.id}-{attempt}-", graph.primary, graph, node.inputs or core.LiteralMap())
