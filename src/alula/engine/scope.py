"""Running a workflow graph: starting nodes when what they wait for has ended, and ending the graph they belong to."""

from __future__ import annotations

from dataclasses import replace

from alula.engine.attempt import fill_cache, release_reservation, stop_all
from alula.engine.effect import AnswerCall, EndExecution
from alula.engine.event import Failure
from alula.engine.graph import END, START, Graph, NodeKind, NodeSpec, Scope
from alula.engine.state import Attempt, Node, Recovered, ScopeState, Turn
from alula.engine.transition import check_execution, check_node
from alula.engine.value import NONE, BindingFailed, resolve_bindings
from alula.idl import core
from alula.idl.digest import digest_inputs
from alula.idl.phase import ExecutionPhase, NodePhase

COUNTED = frozenset({NodeKind.TASK, NodeKind.ARRAY, NodeKind.LAUNCH_PLAN})  # what max_parallelism counts
ABORTED = Failure(code="NodeAborted", message="Workflow aborted.")
GIVEN_UP = Failure(code="NodeAborted", message="given up by the task that called it")


def launch(turn: Turn) -> None:
    """Starts the execution's own graph."""
    run = turn.run
    set_run_phase(turn, ExecutionPhase.RUNNING)
    run.started_at = turn.at
    open_scope(turn, "", "", run.graph.primary, run.graph, run.inputs)


def set_run_phase(turn: Turn, phase: ExecutionPhase) -> None:
    check_execution(turn.run.phase, phase, turn.run.id)
    turn.run.phase = phase
    turn.run_changed = True


def set_phase(turn: Turn, node: Node, phase: NodePhase) -> None:
    """Moves a node along its table and marks it changed."""
    if node.phase is not phase:
        check_node(node.phase, phase, node.id)
        node.phase = phase
    turn.nodes[node.id] = node


def open_scope(turn: Turn, scope_id: str, prefix: str, scope: Scope, graph: Graph, inputs: core.LiteralMap) -> None:
    """Opens a running instance of a graph and makes its first nodes ready."""
    state = ScopeState(id=scope_id, scope=scope, graph=graph, inputs=inputs, prefix=prefix, remaining=dict(scope.upstream_count))
    turn.run.scopes[scope_id] = state
    start = new_node(turn, state, scope.nodes[START], scope_id)
    start.outputs, start.ended_at = inputs, turn.at
    set_phase(turn, start, NodePhase.SUCCEEDED)
    _release_downstream(turn, state, START, is_failed=False)


def accepts(turn: Turn, state: ScopeState, spec: NodeSpec, parent_id: str) -> bool:
    """Whether a ready node may still start: after a failure only independent ones and the failure node may."""
    if parent_id != state.id:  # what a branch chose lives as long as the branch
        return not turn.run.nodes[parent_id].phase.is_terminal
    if state.failure is None or spec is state.scope.failure_node:
        return True
    return state.scope.finishes_independent and not state.is_closing


def new_node(turn: Turn, state: ScopeState, spec: NodeSpec, parent_id: str) -> Node:
    """A node that was just reached; its id is unique in the run."""
    node_id = unique_id(state.prefix if parent_id == state.id else f"{parent_id}-0-", spec.id)
    node = Node(id=node_id, spec=spec, scope_id=state.id, parent_id=parent_id, phase=NodePhase.UNDEFINED, created_at=turn.at)
    turn.run.nodes[node_id] = node
    state.nodes[spec.id] = node
    state.count_made(node)
    return node


def unique_id(prefix: str, spec_id: str) -> str:
    """A node's id, unique in its execution; as Flyte writes it while that stays readable, else a hash of that."""
    plain = prefix + spec_id
    if len(plain) <= 80:
        return plain
    import hashlib  # deep nesting only

    return "f" + hashlib.sha256(plain.encode()).hexdigest()[:31]


def prepare_node(turn: Turn, state: ScopeState, spec: NodeSpec, parent_id: str) -> Node | None:
    """Makes a node whose upstream nodes have ended and binds its inputs; None if it needs nothing more or must wait."""
    node = new_node(turn, state, spec, parent_id)
    if spec.kind is NodeKind.END:
        _reach_end(turn, state, node)
        return None
    try:
        if spec.given is not None:
            node.inputs = spec.given
        else:
            node.inputs = resolve_bindings(spec.bindings, lambda node_id: _outputs_of(state, node_id))
        if spec is state.scope.failure_node:
            _add_error(node, state)
    except BindingFailed as e:
        end_node(turn, node, NodePhase.FAILED, failure=Failure(code="BindingResolutionFailure", message=str(e), kind="SYSTEM"))
        return None
    found = recovered(turn, node)
    if found is not None and found.closure is None and not found.child:
        node.started_at, node.deck_uri = turn.at, found.deck_uri
        end_node(turn, node, NodePhase.RECOVERED, outputs=found.outputs, outputs_uri=found.outputs_uri)
        return None
    if spec.kind in COUNTED and turn.run.max_parallelism > 0:
        if turn.run.waiting or not turn.run.has_room:
            set_phase(turn, node, NodePhase.QUEUED)
            turn.run.waiting.append(node.id)
            return None
        take_slot(turn, node)
    return node


def recovered(turn: Turn, node: Node) -> Recovered | None:
    """What the execution before this one has of a node, if that counts for what the node is now: the same call, the same inputs."""
    found, origin = turn.run.recovered.get(node.id), node.spec.origin
    if found is None or (origin is not None and found.digest != origin.digest):
        return None  # or the task calls something else at this place now
    if found.inputs_digest and found.inputs_digest != digest_inputs(node.inputs or core.LiteralMap()):
        return None
    return found


def take_slot(turn: Turn, node: Node) -> None:
    """Counts a node against the execution's max_parallelism until it ends, or until it only waits for its own graph."""
    if turn.run.max_parallelism > 0 and node.spec.kind in COUNTED:
        node.holds_slot = True
        turn.run.slots_used += 1


def free_slot(turn: Turn, node: Node) -> None:
    if node.holds_slot:
        node.holds_slot = False
        turn.run.slots_used -= 1


def _outputs_of(state: ScopeState, spec_id: str) -> core.LiteralMap | None:
    if spec_id in ("", START):
        return state.inputs
    node = state.nodes.get(spec_id)
    if node is None or node.outputs is None or not node.spec.aliases:
        return node.outputs if node is not None else None
    aliased = core.LiteralMap()
    aliased.CopyFrom(node.outputs)
    for alias, name in node.spec.aliases:
        if name in node.outputs.literals:
            aliased.literals[alias].CopyFrom(node.outputs.literals[name])
    return aliased


def _add_error(node: Node, state: ScopeState) -> None:
    """A failure node may ask for the error beside the workflow's inputs: any input of type ERROR that is not bound."""
    if node.inputs is None or state.failure is None:
        return
    reference = node.spec.reference
    of_workflow = state.graph.subs.get(reference) if reference is not None else None
    template = node.spec.call.template if node.spec.call else of_workflow.template if of_workflow else None
    target = template.interface.inputs.variables if template else {}
    error = core.Error(failed_node_id=node.id, message=state.failure.message)
    literal = core.Literal(scalar=core.Scalar(error=error))
    for name, variable in target.items():
        kind = variable.type
        if kind.WhichOneof("type") == "union_type":
            kinds = [v for v in kind.union_type.variants if v.simple == core.SimpleType.ERROR and v.WhichOneof("type") == "simple"]
            if kinds:
                union = core.Scalar(union=core.Union(value=literal, type=kinds[0]))
                node.inputs.literals[name].CopyFrom(core.Literal(scalar=union))
        elif kind.WhichOneof("type") == "simple" and kind.simple == core.SimpleType.ERROR:
            node.inputs.literals[name].CopyFrom(literal)


def end_node(
    turn: Turn,
    node: Node,
    phase: NodePhase,
    *,
    outputs: core.LiteralMap | None = None,
    outputs_uri: str = "",
    failure: Failure | None = None,
) -> None:
    """Ends a node and tells whatever it belongs to: its branch or its graph."""
    run = turn.run
    set_phase(turn, node, phase)
    if failure is not None and not failure.node_id:
        failure = replace(failure, node_id=node.id)
    node.outputs, node.outputs_uri, node.failure, node.ended_at = outputs, outputs_uri, failure, turn.at
    free_slot(turn, node)
    release_reservation(turn, node)
    state = run.scopes[node.scope_id]
    if state.calls is not None:
        state.count_ended(node)
        state.order_answer(node)
        answer(turn, state, node)
    elif node.parent_id != node.scope_id:
        _end_branch(turn, run.nodes[node.parent_id], node)
    elif node.spec is state.scope.failure_node:
        if failure is not None:
            state.failure = failure
        _close_failed(turn, state)
    elif phase.is_success:
        _release_downstream(turn, state, node.spec.id, is_failed=False)
    elif failure is not None and phase is not NodePhase.ABORTED:
        _on_failure(turn, state, node, failure)


def open_calls(turn: Turn, owner: Node) -> ScopeState:
    """Opens the place for what a running task calls; its own slot is free for them from now on."""
    template = core.WorkflowTemplate()
    empty = Scope(template=template, nodes={}, downstream={}, upstream_count={})
    state = ScopeState(id=owner.id, scope=empty, graph=Graph(primary=empty), inputs=core.LiteralMap(), prefix=f"{owner.id}-0-", calls={})
    turn.run.scopes[owner.id] = state
    owner.has_calls = True
    owner.started_at = owner.started_at or turn.at
    set_phase(turn, owner, NodePhase.RUNNING)
    free_slot(turn, owner)
    return state


def answer(turn: Turn, state: ScopeState, node: Node) -> None:
    """Tells the attempt that made a call how it ended; one whose attempt is over is told when it is called again."""
    origin = node.spec.origin
    attempt = calling_attempt(turn.run.nodes[state.id], origin.item) if origin is not None else None
    if origin is None or attempt is None:
        return
    named = (state.id, origin.item, attempt.number, origin.key)
    if node.is_given_up or node.phase is NodePhase.ABORTED:
        turn.effects.append(AnswerCall(*named, order=node.answer_order, is_given_up=True, clock_s=node.answer_clock_s))
        return
    failure, outputs = node.failure, node.outputs
    if failure is None and outputs is None:
        outputs = core.LiteralMap()
    turn.effects.append(AnswerCall(*named, outputs, failure, node.answer_order, clock_s=node.answer_clock_s))


def calling_attempt(owner: Node, item: int) -> Attempt | None:
    """The live attempt of a task node or of an array item."""
    attempt = owner.attempt if item < 0 else owner.array.calls.get(item) if owner.array is not None else None
    return attempt if attempt is not None and not attempt.phase.is_terminal else None


def close_calls(turn: Turn, owner: Node, item: int = -1) -> None:
    """The caller has ended for good: what it called and did not wait for ends too. Items of a map share one place."""
    state = turn.run.scopes.get(owner.id)
    if state is None or state.calls is None:
        return
    for key in [k for k in state.calls if k[0] == item]:
        node = state.called(state.calls.pop(key))
        if node is not None and not node.phase.is_terminal:
            abort_node(turn, node, GIVEN_UP)
    if item < 0:
        abort_live(turn, state, GIVEN_UP)
        turn.run.scopes.pop(owner.id, None)


def _end_branch(turn: Turn, parent: Node, child: Node) -> None:
    if parent.phase.is_terminal or child.phase is NodePhase.ABORTED:
        return
    if child.phase.is_success:
        end_node(turn, parent, NodePhase.SUCCEEDED, outputs=child.outputs, outputs_uri=child.outputs_uri)
    else:
        end_node(turn, parent, NodePhase.FAILED, failure=child.failure)


def _release_downstream(turn: Turn, state: ScopeState, spec_id: str, *, is_failed: bool) -> None:
    """Counts an ended node off its successors; those without anything left to wait for become ready, or are skipped."""
    stack = [(spec_id, is_failed)]
    while stack:
        source, failed = stack.pop()
        for target in state.scope.downstream.get(source, ()):
            state.remaining[target] -= 1
            if failed:
                state.skipped.add(target)
            if state.remaining[target] > 0:
                continue
            spec = state.scope.nodes[target]
            if target not in state.skipped:
                turn.run.ready.append((state.id, spec, state.id))
                continue
            node = new_node(turn, state, spec, state.id)
            node.ended_at = turn.at
            set_phase(turn, node, NodePhase.SKIPPED)
            if target == END:
                _fail_scope(turn, state)
            else:
                stack.append((target, True))


def _on_failure(turn: Turn, state: ScopeState, node: Node, failure: Failure) -> None:
    state.failure = failure
    if state.scope.finishes_independent and node.spec.kind is not NodeKind.END:
        _release_downstream(turn, state, node.spec.id, is_failed=True)
    else:
        abort_live(turn, state)
        _fail_scope(turn, state)


def _fail_scope(turn: Turn, state: ScopeState) -> None:
    """The graph has failed and nothing of it runs any more: its failure node runs, if it has one, then it ends."""
    if state.is_closing:
        return
    state.is_closing = True
    if state.id == "":
        set_run_phase(turn, ExecutionPhase.FAILING)
    failure_node = state.scope.failure_node
    if failure_node is not None:
        turn.run.ready.append((state.id, failure_node, state.id))
    else:
        _close_failed(turn, state)


def _close_failed(turn: Turn, state: ScopeState) -> None:
    run = turn.run
    if state.id == "":
        run.failure, run.ended_at = state.failure, turn.at
        set_run_phase(turn, ExecutionPhase.FAILED)
        turn.effects.append(EndExecution())
        return
    del run.scopes[state.id]
    owner = run.nodes[state.id]
    failure = state.failure or Failure(code="Unknown", message="the workflow failed without a cause", kind="SYSTEM")
    end_node(turn, owner, NodePhase.FAILED, failure=failure)


def _reach_end(turn: Turn, state: ScopeState, end: Node) -> None:
    run = turn.run
    end.started_at = turn.at
    try:
        outputs = resolve_bindings(end.spec.bindings, lambda node_id: _outputs_of(state, node_id))
    except BindingFailed as e:
        end_node(turn, end, NodePhase.FAILED, failure=Failure(code="BindingResolutionFailure", message=str(e), kind="SYSTEM"))
        return
    for binding in end.spec.bindings:
        if binding.var not in outputs.literals:
            outputs.literals[binding.var].CopyFrom(NONE)  # an Optional input that nobody gave, handed on as it is
    end.outputs, end.ended_at = outputs, turn.at
    set_phase(turn, end, NodePhase.SUCCEEDED)
    if state.id == "":
        run.outputs, run.ended_at = outputs, turn.at
        set_run_phase(turn, ExecutionPhase.SUCCEEDED)
        turn.effects.append(EndExecution())
        return
    del run.scopes[state.id]
    owner = run.nodes[state.id]
    if owner.spec.kind is NodeKind.TASK:
        fill_cache(turn, owner, outputs, "")
    end_node(turn, owner, NodePhase.SUCCEEDED, outputs=outputs)


def abort_live(turn: Turn, state: ScopeState, failure: Failure = ABORTED) -> None:
    """Ends every live node of a graph as ABORTED, with all that runs beneath it."""
    for node in [n for n in state.nodes.values() if not n.phase.is_terminal]:
        abort_node(turn, node, failure)


def abort_node(turn: Turn, node: Node, failure: Failure = ABORTED) -> None:
    """Ends one live node as ABORTED without telling its graph, which is ending itself.

    Args:
        failure: why, recorded with it and with all beneath it.
    """
    run = turn.run
    stop_all(turn, node)
    inner = run.scopes.pop(node.id, None)
    if inner is not None:
        abort_live(turn, inner, failure)
    free_slot(turn, node)
    node.failure, node.ended_at = failure, turn.at
    set_phase(turn, node, NodePhase.ABORTED)
    if (state := run.scopes.get(node.scope_id)) is not None:
        state.count_ended(node)
