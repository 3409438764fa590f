"""A run driven from a seed: a virtual clock, an executor, a cache and child executions in memory, and every kind of trouble.

What tasks do follows from their names: `boom…` always fails, `list…` gives a list, `spread…` expands to a graph, all others
give an integer that depends on their name and inputs. `reference` says what must come out, without engine, clock or trouble.
"""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from alula.engine import effect as fx
from alula.engine import event as ev
from alula.engine.graph import START, SYSTEM_RETRIES, Graph, NodeKind, NodeSpec, Scope, TaskCall, index_closure
from alula.engine.invariant import problems
from alula.engine.machine import step
from alula.engine.state import Run, Turn
from alula.engine.value import BindingFailed, resolve_bindings
from alula.idl import core
from alula.idl.identifier import ExecutionId
from alula.idl.phase import ExecutionPhase, NodePhase
from alula.testing.engine_kit.graphs import literal, plain_map

SECOND = 1_000_000
Key = tuple[str, int, int]  # node id, item, attempt


class Failed(Exception):
    """A task, and with it a workflow, that cannot succeed."""


def answer(call: TaskCall, inputs: core.LiteralMap) -> core.LiteralMap:
    """What a task gives.

    Raises:
        Failed: it is one that always fails.
    """
    name = call.id.name
    if name.startswith("boom"):
        raise Failed(name)
    total = _sum([v for _, v in sorted(plain_map(inputs).items())])
    value: Any = (total * 31 + zlib.crc32(name.encode())) % 1009
    if name.startswith("list"):
        value = [(value + i) % 7 for i in range(value % 5)]
    return core.LiteralMap(literals={output: literal(value) for output in call.outputs})


def _sum(value: Any) -> int:
    if isinstance(value, list):
        return sum(_sum(v) for v in value)
    return value if isinstance(value, int) else 0


def given(signal_id: str) -> core.Literal:
    """What people answer to a gate that wants a number."""
    return literal(zlib.crc32(signal_id.encode()) % 101)


def reply(signal_id: str, type_: core.LiteralType) -> core.Literal:
    """What people answer to any gate."""
    return literal("reject" not in signal_id) if type_.simple == core.SimpleType.BOOLEAN else given(signal_id)


@dataclass(frozen=True, slots=True)
class World:
    """What lies outside a graph: what dynamic tasks write, and the graphs behind launch plans, by name."""

    expansions: Mapping[str, core.CompiledWorkflowClosure] = field(default_factory=dict)
    plans: Mapping[str, Graph] = field(default_factory=dict)


# --------------------------------------------------------------------------------------------------------------- reference


def reference(graph: Graph, inputs: core.LiteralMap, world: World) -> core.LiteralMap:
    """The outputs of a workflow, worked out node by node.

    Raises:
        Failed: it must end FAILED.
    """
    return _scope_outputs(graph.primary, graph, inputs, world)


def _scope_outputs(scope: Scope, graph: Graph, inputs: core.LiteralMap, world: World) -> core.LiteralMap:
    outputs: dict[str, core.LiteralMap] = {START: inputs, "": inputs}
    left = dict(scope.upstream_count)
    ready = deque([START])
    has_failed = False
    while ready:
        spec_id = ready.popleft()
        spec = scope.nodes[spec_id]
        try:
            bound = resolve_bindings(spec.bindings, outputs.get)
            if spec.kind is NodeKind.END:
                return bound
            if spec.kind is not NodeKind.START:
                outputs[spec_id] = _node_outputs(spec, bound, outputs, graph, world)
        except (Failed, BindingFailed):
            has_failed = True
            continue
        for target in scope.downstream.get(spec_id, ()):
            left[target] -= 1
            if left[target] == 0:
                ready.append(target)
    raise Failed("the end was not reached" if has_failed else "the graph has a hole")


def _node_outputs(
    spec: NodeSpec, inputs: core.LiteralMap, outputs: dict[str, core.LiteralMap], graph: Graph, world: World
) -> core.LiteralMap:
    if spec.call is not None:
        expansion = world.expansions.get(spec.call.id.name)
        return answer(spec.call, inputs) if expansion is None else reference(index_closure(expansion), inputs, world)
    if spec.kind is NodeKind.BRANCH:
        for condition, then in spec.cases:
            var, bound = condition.comparison.left_value.var, condition.comparison.right_value.primitive.integer
            if inputs.literals[var].scalar.primitive.integer > bound:
                return _node_outputs(then, resolve_bindings(then.bindings, outputs.get), outputs, graph, world)
        if spec.otherwise is None:
            raise Failed(spec.id)
        return _node_outputs(spec.otherwise, resolve_bindings(spec.otherwise.bindings, outputs.get), outputs, graph, world)
    if spec.kind is NodeKind.GATE:
        case = spec.node.gate_node.WhichOneof("condition")
        if case == "approve" and "reject" in spec.id:
            raise Failed(spec.id)
        return core.LiteralMap(literals={"o0": given(spec.id)}) if case == "signal" else inputs if case == "approve" else core.LiteralMap()
    if spec.kind is NodeKind.ARRAY and spec.inner is not None:
        return _array_outputs(spec, spec.inner, inputs, graph, world)
    if spec.reference is None:
        raise Failed(spec.id)
    if spec.kind is NodeKind.LAUNCH_PLAN:
        return reference(world.plans[spec.reference.name], inputs, world)
    return _scope_outputs(graph.subs[spec.reference], graph, inputs, world)


def _array_outputs(spec: NodeSpec, inner: NodeSpec, inputs: core.LiteralMap, graph: Graph, world: World) -> core.LiteralMap:
    bound = set(spec.node.array_node.bound_inputs)
    lists = {k: v.collection.literals for k, v in inputs.literals.items() if k not in bound}
    size = len(next(iter(lists.values()))) if lists else 1
    found: list[core.LiteralMap | None] = []
    for item in range(size):
        own = core.LiteralMap(literals={k: lists[k][item] if k in lists else v for k, v in inputs.literals.items()})
        try:
            found.append(_node_outputs(inner, own, {}, graph, world))
        except Failed:
            found.append(None)
    ratio = spec.node.array_node.min_success_ratio if spec.node.array_node.WhichOneof("success_criteria") else 1.0
    if sum(f is not None for f in found) < ratio * size - 1e-6:
        raise Failed(spec.id)
    result = core.LiteralMap()
    for name in inner.outputs:
        result.literals[name].collection.literals.extend(f.literals[name] if f is not None else literal(None) for f in found)
        result.literals[name].collection.SetInParent()
    return result


# -------------------------------------------------------------------------------------------------------------- simulation


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """How often, in [0, 1], things go wrong. Failures of attempts stay within the budgets, so that they never decide the end."""

    fails: float = 0.0  # recoverable user failures, per attempt
    lost: float = 0.0  # system failures, per attempt
    times_out: float = 0.0  # per attempt that has a timeout
    repeats: float = 0.0  # reports that come twice
    unstarted: float = 0.0  # attempts whose start is never reported
    abort: float = 0.0  # per event
    splits: float = 0.0  # steps with a budget of 1 to 3


NO_TROUBLE = Trouble()


class MemoryCatalog:
    """A cache with single-flight, as the server's answers within a turn."""

    def __init__(self) -> None:
        self.entries: dict[bytes, core.LiteralMap] = {}
        self._owners: dict[bytes, tuple[str, int]] = {}
        self._waiting: dict[bytes, list[tuple[str, int]]] = {}

    @staticmethod
    def _key(effect: fx.LookUpCache | fx.FillCache) -> bytes:
        return effect.call.id.name.encode() + b":" + effect.inputs.SerializeToString(deterministic=True)

    def look_up(self, run: Run, effect: fx.LookUpCache, at: int) -> ev.Event | None:
        key, caller = self._key(effect), (effect.node_id, effect.item)
        if key in self.entries:
            return ev.CacheHit(at, *caller, self.entries[key], b"")
        if effect.call.is_serialized and self._owners.setdefault(key, caller) != caller:
            self._waiting.setdefault(key, []).append(caller)
            return None
        return ev.CacheMissed(at, *caller, "no entry", effect.call.is_serialized)

    def fill(self, run: Run, effect: fx.FillCache, at: int) -> list[ev.Event]:
        key = self._key(effect)
        self.entries[key] = effect.outputs
        self._owners.pop(key, None)
        return [ev.CacheHit(at, *caller, effect.outputs, b"") for caller in self._waiting.pop(key, ())]

    def release(self, run: Run, effect: fx.ReleaseReservation, at: int) -> list[ev.Event]:
        for key in [k for k, owner in self._owners.items() if owner == (effect.node_id, effect.item)]:
            del self._owners[key]
            if self._waiting.get(key):
                self._owners[key] = caller = self._waiting[key].pop(0)
                return [ev.CacheMissed(at, *caller, "the first one failed", True)]
        return []


class Simulation:
    """One run from launch to end, in an order and with troubles that follow from the seed."""

    def __init__(
        self,
        graph: Graph,
        inputs: core.LiteralMap,
        *,
        world: World | None = None,
        seed: int = 0,
        trouble: Trouble = NO_TROUBLE,
        **settings: Any,
    ) -> None:
        self.run = Run(id=ExecutionId("p", "d", "run"), key=1, graph=graph, inputs=inputs, created_at=SECOND, phase=ExecutionPhase.QUEUED)
        for name, value in settings.items():
            setattr(self.run, name, value)
        self.world, self.trouble, self.random = world or World(), trouble, Random(seed)
        self.now = SECOND
        self.catalog: Any = MemoryCatalog()
        self.pending: list[ev.Event] = [ev.Launched(SECOND)]
        self.timers: list[fx.SetTimer] = []
        self.started: set[Key] = set()
        self.alive: set[Key] = set()  # attempts that may still report
        self.children: set[str] = set()
        self.user_left: dict[tuple[str, int], int] = {}
        self.system_left: dict[tuple[str, int], int] = {}
        self.published: dict[str, tuple[NodePhase, bytes | None]] = {}
        self.peak = 0  # most slots used at once
        self.ends = 0
        self.is_aborted = False
        self.after_step: Callable[[Turn, ev.Event], None] = lambda turn, event: None

    def play(self, max_events: int = 20_000) -> Run:
        """Until the run has ended and everything late has come in.

        Raises:
            AssertionError: an invariant broke, or the run stands still.
        """
        for _ in range(max_events):
            event = self._next()
            if event is None:
                break
            self.take(event)
        assert self.run.is_terminal, f"it stands still as {self.run.phase.name}: {problems(self.run)}"
        assert self.ends == 1, f"it ended {self.ends} times"
        return self.run

    def _next(self) -> ev.Event | None:
        if self.trouble.abort and not self.is_aborted and self.random.random() < self.trouble.abort:
            self.is_aborted = True
            return ev.AbortRequested(self.now, "enough", "me")
        due = [t for t in self.timers if self._may_fire(t)]
        if due and (not self.pending or self.random.random() < 0.1):
            timer = min(due, key=lambda t: t.at)
            self.timers.remove(timer)
            self.now = max(self.now, timer.at)
            return ev.TimerFired(self.now, timer.node_id, timer.item, timer.what, timer.attempt)
        if not self.pending:
            return None
        self.now += 1 + self.random.randrange(1000)
        event = self.pending.pop(self.random.randrange(len(self.pending)))
        if self.random.random() < self.trouble.repeats and not isinstance(event, ev.Launched):
            self.pending.append(event)
        return event

    def _may_fire(self, timer: fx.SetTimer) -> bool:
        """Sleeps always; timeouts of attempts within the budget, else only when it no longer matters; a gate's only then."""
        node = self.run.nodes.get(timer.node_id)
        if timer.what == "sleep" or self.run.is_terminal or node is None or node.phase.is_terminal:
            return True
        if timer.what == "gate":
            return False
        if (timer.node_id, timer.item, timer.attempt) not in self.alive:
            return True
        if self.user_left.get((timer.node_id, timer.item), 0) > 0 and self.random.random() < self.trouble.times_out:
            self.user_left[timer.node_id, timer.item] -= 1
            return True
        return False

    def take(self, event: ev.Event) -> None:
        """One event with everything that is answered within its turn."""
        answers = deque([event])
        while answers:
            current = answers.popleft()
            was_terminal = self.run.is_terminal
            budget = self.random.randint(1, 3) if self.random.random() < self.trouble.splits else 64
            turn = step(self.run, current, budget=budget)
            assert not (was_terminal and (turn.effects or turn.nodes or turn.attempts)), f"{current} had an effect after the end"
            self._check(turn, current)
            self.after_step(turn, current)
            for effect in turn.effects:
                answers += self._carry_out(effect)
            if turn.more:
                self.pending.append(ev.Proceed(self.now))

    def _check(self, turn: Turn, event: ev.Event) -> None:
        found = problems(self.run)
        assert not found, f"after {event}: {found}"
        self.peak = max(self.peak, self.run.slots_used)
        for node in turn.nodes.values():
            if node.phase.is_terminal:
                outputs = node.outputs.SerializeToString(deterministic=True) if node.outputs is not None else None
                stands = self.published.setdefault(node.id, (node.phase, outputs))
                assert stands == (node.phase, outputs), f"{node.id} changed after its end, by {event}"

    def _carry_out(self, effect: object) -> list[ev.Event]:
        match effect:
            case fx.LookUpCache():
                found = self.catalog.look_up(self.run, effect, self.now)
                return [found] if found is not None else []
            case fx.FillCache():
                self.pending += self.catalog.fill(self.run, effect, self.now)
            case fx.ReleaseReservation():
                self.pending += self.catalog.release(self.run, effect, self.now)
            case fx.StartAttempt():
                self.start_attempt(effect)
            case fx.StopAttempt():
                self.alive.discard((effect.node_id, effect.item, effect.attempt))
            case fx.SetTimer():
                self.timers.append(effect)
            case fx.OpenSignal():
                value = (
                    literal("reject" not in effect.node_id) if effect.type.simple == core.SimpleType.BOOLEAN else given(effect.signal_id)
                )
                self.pending.append(ev.SignalReceived(self.now, effect.signal_id, value))
            case fx.LaunchChild():
                self.launch_child(effect)
            case fx.EndExecution():
                self.ends += 1
        return []

    def start_attempt(self, effect: fx.StartAttempt) -> None:
        key = (effect.node_id, effect.item, effect.attempt)
        assert key not in self.started, f"attempt {key} was started twice"
        self.started.add(key)
        self.alive.add(key)
        if (effect.item + effect.attempt) % 2:
            self.pending.append(ev.AttemptInitializing(self.now, *key, "what it runs in is made"))
        if self.random.random() >= self.trouble.unstarted:
            self.pending.append(ev.AttemptStarted(self.now, *key))
        self.pending.append(self._outcome(key, effect))

    def _outcome(self, key: Key, effect: fx.StartAttempt) -> ev.Event:
        place = key[:2]
        user = self.user_left.setdefault(place, effect.call.retries)
        system = self.system_left.setdefault(place, SYSTEM_RETRIES)
        if system and self.random.random() < self.trouble.lost:
            self.system_left[place] -= 1
            failure = ev.Failure(code="WorkerLost", message="gone", kind="SYSTEM", is_recoverable=True)
            return ev.AttemptFailed(self.now, *key, failure)
        if user and self.random.random() < self.trouble.fails:
            self.user_left[place] -= 1
            return ev.AttemptFailed(self.now, *key, ev.Failure(code="USER:Recoverable", message="again", is_recoverable=True))
        expansion = self.world.expansions.get(effect.call.id.name)
        if expansion is not None:
            return ev.AttemptExpanded(self.now, effect.node_id, effect.attempt, expansion)
        try:
            return ev.AttemptSucceeded(self.now, *key, answer(effect.call, effect.inputs))
        except Failed:
            return ev.AttemptFailed(self.now, *key, ev.Failure(code="USER:RuntimeError", message="boom"))

    def launch_child(self, effect: fx.LaunchChild) -> None:
        """Launching a name twice is launching it once."""
        outputs: core.LiteralMap | None = None
        failure: ev.Failure | None = None
        try:
            outputs = reference(self.world.plans[effect.launch_plan.name], effect.inputs, self.world)
        except Failed:
            failure = ev.Failure(code="USER:RuntimeError", message="the child failed")
        self.children.add(effect.name)
        phase = ExecutionPhase.SUCCEEDED if failure is None else ExecutionPhase.FAILED
        self.pending.append(ev.ChildEnded(self.now, effect.node_id, effect.item, effect.name, int(phase), outputs, failure))
