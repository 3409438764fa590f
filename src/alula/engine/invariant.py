"""What is true of every run between two steps. Checked in tests, and on demand when a run looks wrong."""

from __future__ import annotations

from alula.engine.graph import NodeKind
from alula.engine.state import ArrayState, Node, Run
from alula.idl.phase import NodePhase


def problems(run: Run) -> list[str]:
    """Everything that cannot be, in words; empty for a sound run."""
    found = _slots(run)
    live = [n for n in run.nodes.values() if not n.phase.is_terminal]
    if run.is_terminal:
        found += [f"{n.id} is {n.phase.name} though the execution ended {run.phase.name}" for n in live]
        if not run.ended_at:
            found.append("it has ended without an instant")
        return found
    for node in live:
        found += _node(run, node)
    for scope_id, state in run.scopes.items():
        if scope_id and run.nodes[scope_id].phase.is_terminal:
            found.append(f"the graph of {scope_id} runs on after its end")
        found += [f"{state.id or 'the graph'}: {k} waits for {v} nodes" for k, v in state.remaining.items() if v < 0]
    if run.nodes and not is_going(run):
        found.append(f"nothing is under way and nothing is due: {sorted(n.id for n in live)}")
    return found


def is_going(run: Run) -> bool:
    """Whether the run moves on: something is due within it, or something outside will answer."""
    if run.ready or run.filling or (run.waiting and run.has_room):
        return True
    return any(_is_waited_for(n) for n in run.nodes.values() if not n.phase.is_terminal)


def _is_waited_for(node: Node) -> bool:
    if node.spec.kind is NodeKind.GATE:
        return True
    if node.array is not None:
        return node.array.in_flight > 0
    return node.is_asking or bool(node.child) or (node.attempt is not None and not node.attempt.phase.is_terminal)


def _slots(run: Run) -> list[str]:
    holders = [n.id for n in run.nodes.values() if n.holds_slot]
    found = [f"{i} holds a slot after its end" for i in holders if run.nodes[i].phase.is_terminal]
    if len(holders) != run.slots_used:
        found.append(f"{run.slots_used} slots are counted, {len(holders)} are held: {holders}")
    if run.max_parallelism and run.slots_used > run.max_parallelism:
        found.append(f"{run.slots_used} slots are used of {run.max_parallelism}")
    return found


def _node(run: Run, node: Node) -> list[str]:
    found = []
    if node.phase is NodePhase.UNDEFINED:
        found.append(f"{node.id} was made and never begun")
    if node.outputs is not None:
        found.append(f"{node.id} has outputs before its end")
    if node.scope_id not in run.scopes:
        found.append(f"{node.id} outlived its graph")
    if node.parent_id != node.scope_id and run.nodes[node.parent_id].phase.is_terminal:
        found.append(f"{node.id} outlived its branch")
    if node.id in run.waiting and (node.holds_slot or node.phase is not NodePhase.QUEUED):
        found.append(f"{node.id} waits for a slot as {node.phase.name}, holding one: {node.holds_slot}")
    if node.array is not None:
        found += _array(node.id, node.array)
    return found


def _array(node_id: str, state: ArrayState) -> list[str]:
    found = []
    places = [set(state.calls), set(state.asking), set(state.outputs), set(state.failures), set(state.retry)]
    if len(set().union(*places)) != sum(len(p) for p in places):
        found.append(f"{node_id}: an item is in two places: {places}")
    if state.in_flight > state.concurrency:
        found.append(f"{node_id}: {state.in_flight} items in flight of {state.concurrency}")
    if any(a.phase.is_terminal for a in state.calls.values()):
        found.append(f"{node_id}: an ended attempt is in flight")
    if len(state.failures) > state.size - state.min_successes or state.done >= state.size:
        found.append(f"{node_id}: it should have ended: {state.done} of {state.size} done, {len(state.failures)} failed")
    return found
