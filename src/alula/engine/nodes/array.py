"""Array nodes: one task or launch plan over many items; each item retried on its own, a bounded number in flight."""

from __future__ import annotations

import math

from alula.engine import call as calls
from alula.engine import event as ev
from alula.engine import scope
from alula.engine.attempt import end_attempt, mark_initializing, mark_started, missing_outputs, stop_all, timed_out
from alula.engine.effect import FillCache, LaunchChild, LookUpCache, ReleaseReservation, SetTimer, StartAttempt, StopAttempt
from alula.engine.event import Failure
from alula.engine.graph import NodeSpec
from alula.engine.nodes.launch_plan import child_failure, child_name
from alula.engine.retry import exhausted, may_retry
from alula.engine.state import ArrayState, Attempt, Node, Turn
from alula.engine.value import NONE
from alula.errors import Internal
from alula.idl import core
from alula.idl.phase import AttemptPhase, ExecutionPhase, NodePhase

WINDOW = 512  # items in flight when the author sets no concurrency: enough to keep every worker fed
FLOAT32_ERROR = 2**-23  # 0.1 arrives as 0.10000000149: of ten items still one
REPORTED = 10  # failed items named in the node's error


def _inner(node: Node) -> NodeSpec:
    if node.spec.inner is None:
        raise Internal(f'node "{node.id}" is no array node')
    return node.spec.inner


def sliced_names(node: Node) -> tuple[str, ...]:
    """Inputs of which each item receives its own element; bound inputs and plain values go to every item whole."""
    bound = set(node.spec.node.array_node.bound_inputs)
    inputs = (node.inputs or core.LiteralMap()).literals
    return tuple(sorted(k for k, v in inputs.items() if k not in bound and v.WhichOneof("value") == "collection"))


def _stored_list(node: Node) -> str:
    """An input of which each item would get its own element, were its list not an object in the store; empty if there is none."""
    bound = set(node.spec.node.array_node.bound_inputs)
    for name, literal in sorted((node.inputs or core.LiteralMap()).literals.items()):
        if name not in bound and literal.offloaded_metadata.inferred_type.WhichOneof("type") == "collection_type":
            return name
    return ""


def successes_needed(size: int, array: core.ArrayNode) -> int:
    """Smallest number of successes that lets an array node succeed.

    Args:
        size: items, ≥ 0.
        array: `min_successes` or `min_success_ratio` (float32 on the wire), both absent: all items.
    """
    case = array.WhichOneof("success_criteria")
    if case == "min_successes":
        return min(size, int(array.min_successes))
    if case == "min_success_ratio" and array.min_success_ratio < 1:
        return math.ceil(size * array.min_success_ratio * (1 - FLOAT32_ERROR))
    return size


def new_state(node: Node) -> ArrayState:
    """The items of a node whose lists agree in length, none of them started."""
    array, sliced = node.spec.node.array_node, sliced_names(node)
    size = len((node.inputs or core.LiteralMap()).literals[sliced[0]].collection.literals) if sliced else 1
    limit = int(array.parallelism) if array.WhichOneof("parallelism_option") else 0
    return ArrayState(size=size, min_successes=successes_needed(size, array), concurrency=limit or WINDOW, sliced=sliced)


def start(turn: Turn, node: Node) -> None:
    """Counts the items and begins to start them."""
    inputs = (node.inputs or core.LiteralMap()).literals
    lengths = {name: len(inputs[name].collection.literals) for name in sliced_names(node)}
    node.started_at = turn.at
    stored = _stored_list(node)
    if stored:
        message = f'map "{node.id}": {stored} is a stream that is stored by itself and cannot be gone over; return list[T] where it is made'
        scope.end_node(turn, node, NodePhase.FAILED, failure=Failure(code="OffloadedList", message=message))
        return
    if len(set(lengths.values())) > 1:
        stated = ", ".join(f"{k}: {v}" for k, v in lengths.items())
        failure = Failure(code="InvalidArrayLength", message=f'map "{node.id}": its lists differ in length ({stated}); make them equal')
        scope.end_node(turn, node, NodePhase.FAILED, failure=failure)
        return
    node.array = new_state(node)
    scope.set_phase(turn, node, NodePhase.RUNNING)
    if node.array.size == 0:
        _finish(turn, node, node.array)
    else:
        turn.run.filling.append(node.id)


def fill(turn: Turn, node: Node) -> bool:
    """Starts items while there is room; True if the turn's budget ended it with room left."""
    state = node.array
    if state is None:
        return False
    while state.in_flight < state.concurrency:
        if turn.budget <= 0:
            return bool(state.retry) or state.next_item < state.size
        if state.retry:
            item = state.retry.popleft()
        elif state.next_item < state.size:
            item = state.next_item
            state.next_item += 1
        else:
            return False
        if item in state.outputs or item in state.failures:
            continue
        turn.budget -= 1
        _start_item(turn, node, state, item)
    return False


def item_inputs(node: Node, item: int) -> core.LiteralMap:
    """What one item receives: its own element of every sliced list, all else as it is."""
    sliced = node.array.sliced if node.array is not None else sliced_names(node)
    result = core.LiteralMap()
    for name, literal in (node.inputs or core.LiteralMap()).literals.items():
        result.literals[name].CopyFrom(literal.collection.literals[item] if name in sliced else literal)
    return result


def _start_item(turn: Turn, node: Node, state: ArrayState, item: int) -> None:
    inner, inputs = _inner(node), item_inputs(node, item)
    if inner.reference is not None:
        name = child_name(turn.run.id.name, node.id, 0, item)
        attempt = _new_attempt(turn, node, state, item)
        attempt.phase, attempt.started_at, attempt.child = AttemptPhase.RUNNING, turn.at, name
        turn.effects.append(LaunchChild(node.id, item, name, inner.reference, inputs))
        return
    call = inner.call
    if call is None:
        raise Internal(f'array node "{node.id}" runs neither a task nor a launch plan')
    is_anew = turn.run.overwrite_cache or node.id in turn.run.anew
    if call.is_cacheable and not is_anew and item not in state.tries:
        state.asking.add(item)
        turn.effects.append(LookUpCache(node.id, item, call, inputs))
        return
    _start_attempt(turn, node, state, item, inputs)


def _new_attempt(turn: Turn, node: Node, state: ArrayState, item: int) -> Attempt:
    number = state.tries.get(item, 0)
    call = _inner(node).call
    attempt = Attempt(
        node_id=node.id, item=item, number=number, phase=AttemptPhase.QUEUED, created_at=turn.at, task=call.id if call else None
    )
    state.calls[item] = attempt
    turn.attempts[(node.id, item, number)] = attempt
    return attempt


def _start_attempt(turn: Turn, node: Node, state: ArrayState, item: int, inputs: core.LiteralMap) -> None:
    call = _inner(node).call
    if call is None:
        raise Internal(f'array node "{node.id}" runs no task')
    attempt = _new_attempt(turn, node, state, item)
    turn.effects.append(StartAttempt(node.id, item, attempt.number, call, inputs, state.sliced, calls.record_of(turn.run, node, item)))


def on_event(turn: Turn, node: Node, event: ev.Event) -> None:
    state = node.array
    item = getattr(event, "item", -1)
    if state is None or item < 0:
        return
    if isinstance(event, ev.CacheHit | ev.CacheMissed):
        _on_cache(turn, node, state, event)
        return
    attempt = state.calls.get(item)
    if attempt is None:
        return
    if isinstance(event, ev.ChildEnded):
        if event.name == attempt.child:
            _on_child_ended(turn, node, state, attempt, event)
    elif isinstance(event, ev.AttemptInitializing):
        if attempt.number == event.attempt:
            mark_initializing(turn, attempt)
    elif (
        isinstance(event, ev.AttemptStarted | ev.AttemptSucceeded | ev.AttemptExpanded | ev.AttemptFailed | ev.TimerFired)
        and attempt.number == event.attempt
    ):
        _on_attempt_event(turn, node, state, attempt, event)


def _on_cache(turn: Turn, node: Node, state: ArrayState, event: ev.CacheHit | ev.CacheMissed) -> None:
    item = event.item
    if item in state.asking:
        state.asking.remove(item)
        if isinstance(event, ev.CacheHit):
            found = _new_attempt(turn, node, state, item)  # nothing ran: it is how the item shows where its value is from
            found.cache_status, found.cache_source = core.CatalogCacheStatus.CACHE_HIT, event.source
            end_attempt(turn, found, AttemptPhase.SUCCEEDED)
            state.hits += 1
            _end_item(turn, node, state, item, outputs=event.outputs)
        else:
            _start_attempt(turn, node, state, item, item_inputs(node, item))
    elif isinstance(event, ev.CacheMissed) and event.is_reserved and (item in state.outputs or item in state.failures):
        turn.effects.append(ReleaseReservation(node.id, item))


def _on_attempt_event(
    turn: Turn,
    node: Node,
    state: ArrayState,
    attempt: Attempt,
    event: ev.AttemptStarted | ev.AttemptSucceeded | ev.AttemptExpanded | ev.AttemptFailed | ev.TimerFired,
) -> None:
    item, call = attempt.item, _inner(node).call
    if call is None:
        return
    match event:
        case ev.AttemptStarted() if attempt.phase is AttemptPhase.RUNNING:
            pass  # told twice: its timeout runs from the first time
        case ev.AttemptStarted():
            mark_started(turn, attempt, event)
            if call.timeout_us:
                turn.effects.append(SetTimer(turn.at + call.timeout_us, node.id, item, "attempt", attempt.number))
        case ev.AttemptSucceeded():
            missing = missing_outputs(call, event.outputs)
            if missing is not None:
                end_attempt(turn, attempt, AttemptPhase.FAILED, report=event.report, failure=missing)
                _on_item_failed(turn, node, state, item, missing)
                return
            end_attempt(turn, attempt, AttemptPhase.SUCCEEDED, report=event.report)
            if call.is_cacheable:
                attempt.cache_status = core.CatalogCacheStatus.CACHE_POPULATED
                inputs = item_inputs(node, item)
                turn.effects.append(FillCache(node.id, item, attempt.number, call, inputs, event.outputs, event.outputs_uri))
            _end_item(turn, node, state, item, outputs=event.outputs)
        case ev.AttemptExpanded():
            message = f"task {call.id.name} is dynamic; a map runs plain tasks, wrap it in a launch plan to map over it"
            failure = Failure(code="DynamicInArray", message=message)
            end_attempt(turn, attempt, AttemptPhase.FAILED, report=event.report, failure=failure)
            _on_item_failed(turn, node, state, item, failure)
        case ev.AttemptFailed():
            end_attempt(turn, attempt, AttemptPhase.FAILED, report=event.report, failure=event.failure)
            _on_item_failed(turn, node, state, item, event.failure)
        case ev.TimerFired():
            turn.effects.append(StopAttempt(node.id, item, attempt.number))
            failure = timed_out(call)
            end_attempt(turn, attempt, AttemptPhase.FAILED, failure=failure)
            _on_item_failed(turn, node, state, item, failure)


def _on_child_ended(turn: Turn, node: Node, state: ArrayState, attempt: Attempt, event: ev.ChildEnded) -> None:
    if event.phase == ExecutionPhase.SUCCEEDED:
        end_attempt(turn, attempt, AttemptPhase.SUCCEEDED)
        _end_item(turn, node, state, attempt.item, outputs=event.outputs or core.LiteralMap())
    else:
        failure = child_failure(event)
        end_attempt(turn, attempt, AttemptPhase.FAILED, failure=failure)
        _end_item(turn, node, state, attempt.item, failure=failure)


def _on_item_failed(turn: Turn, node: Node, state: ArrayState, item: int, failure: Failure) -> None:
    call = _inner(node).call
    state.tries[item] = state.tries.get(item, 0) + 1
    if failure.kind == "SYSTEM":
        calls.charge_loss(turn, node, failure, item)
    else:
        state.user_failures[item] = state.user_failures.get(item, 0) + 1
    if item in state.calls:
        state.calls[item].system_failures = state.system_failures.get(item, 0)
    user, system = state.user_failures.get(item, 0), state.system_failures.get(item, 0)
    retries = call.retries if call else 0
    if may_retry(failure, retries=retries, user_failures=user, system_failures=system):
        state.calls.pop(item, None)
        # Before all others: they may wait for the reservation that it holds, and would keep its place meanwhile.
        state.retry.appendleft(item)
        _refill(turn, node)
        return
    if call is not None and call.is_serialized:
        turn.effects.append(ReleaseReservation(node.id, item))
    _end_item(turn, node, state, item, failure=exhausted(failure, retries=retries, user_failures=user, system_failures=system))


def _refill(turn: Turn, node: Node) -> None:
    if node.id not in turn.run.filling:
        turn.run.filling.append(node.id)


def _end_item(
    turn: Turn, node: Node, state: ArrayState, item: int, *, outputs: core.LiteralMap | None = None, failure: Failure | None = None
) -> None:
    if item in state.outputs or item in state.failures:
        return
    state.calls.pop(item, None)
    scope.close_calls(turn, node, item)
    if failure is None:
        state.outputs[item] = outputs or core.LiteralMap()
    else:
        state.failures[item] = failure
    if len(state.failures) > state.size - state.min_successes:
        _fail(turn, node, state)
    elif state.done == state.size:
        _finish(turn, node, state)
    else:
        _refill(turn, node)


def _finish(turn: Turn, node: Node, state: ArrayState) -> None:
    """Collects the items' outputs into lists; an item that was allowed to fail gives None."""
    outputs = core.LiteralMap()
    for name in _inner(node).outputs:
        collection = outputs.literals[name].collection
        collection.SetInParent()
        for item in range(state.size):
            found = state.outputs.get(item)
            collection.literals.append(found.literals[name] if found is not None and name in found.literals else NONE)
    call = _inner(node).call
    if call is not None and call.is_cacheable and state.size:
        is_hit = state.hits == state.size
        node.cache_status = core.CatalogCacheStatus.CACHE_HIT if is_hit else core.CatalogCacheStatus.CACHE_POPULATED
        node.cache_reason = f"{state.hits} of {state.size} items came from the cache"
    scope.close_calls(turn, node)
    scope.end_node(turn, node, NodePhase.SUCCEEDED, outputs=outputs)


def _fail(turn: Turn, node: Node, state: ArrayState) -> None:
    stop_all(turn, node)
    scope.close_calls(turn, node)
    named = sorted(state.failures)[:REPORTED]
    lines = [f"[{i}]: {state.failures[i].code}: {state.failures[i].message}" for i in named]
    if len(state.failures) > REPORTED:
        lines.append(f"… and {len(state.failures) - REPORTED} more")
    first = state.failures[named[0]]
    message = f'map "{node.id}": {len(state.failures)} of {state.size} items failed, {state.min_successes} must succeed\n' + "\n".join(
        lines
    )
    scope.end_node(turn, node, NodePhase.FAILED, failure=Failure(code=first.code, message=message, kind=first.kind))
