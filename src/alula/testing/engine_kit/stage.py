"""A run on a stage: one event at a time, each answered by everything it changed and wants done, as plain values to compare."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from alula.engine import effect as fx
from alula.engine import event as ev
from alula.engine.graph import Origin, index_call, index_closure
from alula.engine.invariant import problems
from alula.engine.machine import step
from alula.engine.state import Run, Turn
from alula.idl import core
from alula.idl.identifier import ExecutionId
from alula.idl.phase import ExecutionPhase
from alula.testing.engine_kit.graphs import Book, literal, literals, plain, plain_map


@dataclass(frozen=True, slots=True)
class Trace:
    """What one step did.

    Attributes:
        nodes: phase by id, of those that changed.
        attempts: phase by (node id, item, number), of those that changed.
        effects: name and words of each, in order; inputs and outputs as plain values.
        run: the execution's phase, if that changed.
        more: whether it asks to go on.
    """

    nodes: dict[str, str] = field(default_factory=dict)
    attempts: dict[tuple[str, int, int], str] = field(default_factory=dict)
    effects: list[tuple[Any, ...]] = field(default_factory=list)
    run: str = ""
    more: bool = False


NOTHING = Trace()


def trace(turn: Turn) -> Trace:
    """A turn as plain values; start-nodes are left out."""
    return Trace(
        nodes={i: n.phase.name for i, n in turn.nodes.items() if n.spec.id != "start-node"},
        attempts={key: a.phase.name for key, a in turn.attempts.items()},
        effects=[_effect(e) for e in turn.effects],
        run=turn.run.phase.name if turn.run_changed else "",
        more=turn.more,
    )


def _effect(effect: object) -> tuple[Any, ...]:
    match effect:
        case fx.StartAttempt() | fx.LookUpCache():
            words: tuple[Any, ...] = (effect.node_id, effect.item, plain_map(effect.inputs))
            return ("LookUpCache", *words) if isinstance(effect, fx.LookUpCache) else ("StartAttempt", *words, effect.attempt)
        case fx.FillCache():
            return ("FillCache", effect.node_id, effect.item, effect.attempt, plain_map(effect.inputs), plain_map(effect.outputs))
        case fx.LaunchChild():
            return ("LaunchChild", effect.node_id, effect.item, effect.name, plain_map(effect.inputs), effect.recover_from)
        case fx.SetTimer():
            return ("SetTimer", effect.what, effect.node_id, effect.item, effect.attempt, effect.at)
        case fx.OpenSignal():
            return ("OpenSignal", effect.node_id, effect.signal_id)
        case fx.AbortChild():
            return ("AbortChild", effect.node_id, effect.item, effect.name)
        case fx.StopAttempt():
            return ("StopAttempt", effect.node_id, effect.item, effect.attempt)
        case fx.AnswerCall():
            told = effect.failure.code if effect.failure else plain_map(effect.outputs) if effect.outputs is not None else None
            if effect.is_pending or effect.is_given_up:
                told = "pending" if effect.is_pending else "given up"
            return ("AnswerCall", effect.node_id, effect.item, effect.attempt, effect.key, told, effect.order)
        case fx.ReleaseReservation():
            return ("ReleaseReservation", effect.node_id, effect.item)
    return (type(effect).__name__,)


class Stage:
    """A run of one flow of a book. Every event comes one µs after the last; invariants are checked after each."""

    def __init__(self, book: Book, flow: str, *, budget: int = 64, **settings: Any) -> None:
        self.run = Run(
            id=ExecutionId("p", "d", "run"),
            key=1,
            graph=index_closure(book.compile(flow)),
            inputs=literals(**settings.pop("inputs", {})),
            created_at=1,
            phase=ExecutionPhase.QUEUED,
        )
        for name, value in settings.items():
            setattr(self.run, name, value)
        self.at, self.budget = 0, budget

    def take(self, event: ev.Event) -> Trace:
        turn = step(self.run, event, budget=self.budget)
        found = problems(self.run)
        assert not found, f"after {event}: {found}"
        return trace(turn)

    def _now(self) -> int:
        self.at += 1
        return self.at

    def launch(self) -> Trace:
        return self.take(ev.Launched(self._now()))

    def proceed(self) -> Trace:
        return self.take(ev.Proceed(self._now()))

    def initializing(self, node_id: str, attempt: int = 0, item: int = -1) -> Trace:
        return self.take(ev.AttemptInitializing(self._now(), node_id, item, attempt, "what it runs in is made"))

    def started(self, node_id: str, attempt: int = 0, item: int = -1) -> Trace:
        return self.take(ev.AttemptStarted(self._now(), node_id, item, attempt))

    def succeeded(self, node_id: str, attempt: int = 0, item: int = -1, **outputs: Any) -> Trace:
        return self.take(ev.AttemptSucceeded(self._now(), node_id, item, attempt, literals(**outputs)))

    def failed(
        self, node_id: str, attempt: int = 0, item: int = -1, *, code: str = "USER:Bad", kind: str = "USER", is_recoverable: bool = False
    ) -> Trace:
        failure = ev.Failure(code=code, message="bad", kind=kind, is_recoverable=is_recoverable)
        return self.take(ev.AttemptFailed(self._now(), node_id, item, attempt, failure))

    def lost(self, node_id: str, attempt: int = 0, item: int = -1) -> Trace:
        return self.failed(node_id, attempt, item, code="WorkerLost", kind="SYSTEM", is_recoverable=True)

    def expanded(self, node_id: str, closure: core.CompiledWorkflowClosure, attempt: int = 0, item: int = -1) -> Trace:
        return self.take(ev.AttemptExpanded(self._now(), node_id, attempt, closure, item=item))

    def called(self, node_id: str, key: str, target: core.Node, template: core.TaskTemplate | None = None, **words: Any) -> Trace:
        """A running task calls something; `words`: attempt, item, digest, is_replay, and `inputs` as plain values."""
        inputs, item = words.pop("inputs", {}), words.pop("item", -1)
        origin = Origin(item=item, key=key, digest=words.pop("digest", repr(inputs).encode()), place=f"f.py:{key}")
        node = core.Node(id=key)
        node.MergeFrom(target)
        spec = index_call(node, origin, literals(**inputs), task=template)
        return self.take(ev.CallMade(self._now(), node_id, item, words.pop("attempt", 0), spec, words.pop("is_replay", False)))

    def traced(self, node_id: str, key: str, attempt: int = 0, **outputs: Any) -> Trace:
        spec = index_call(core.Node(id=key), Origin(item=-1, key=key, digest=b"t", place=f"f.py:{key}"), core.LiteralMap())
        return self.take(ev.ResultTraced(self._now(), node_id, -1, attempt, spec, 1, literals(**outputs), None))

    def cancelled(self, node_id: str, key: str, attempt: int = 0, after: int = 0) -> Trace:
        return self.take(ev.CallCancelled(self._now(), node_id, -1, attempt, key, after))

    def fired(self, node_id: str, what: str, attempt: int = 0, item: int = -1) -> Trace:
        return self.take(ev.TimerFired(self._now(), node_id, item, what, attempt))

    def hit(self, node_id: str, item: int = -1, **outputs: Any) -> Trace:
        return self.take(ev.CacheHit(self._now(), node_id, item, literals(**outputs), b"source"))

    def missed(self, node_id: str, item: int = -1, *, is_reserved: bool = False) -> Trace:
        return self.take(ev.CacheMissed(self._now(), node_id, item, "new", is_reserved))

    def signal(self, signal_id: str, value: Any) -> Trace:
        return self.take(ev.SignalReceived(self._now(), signal_id, literal(value)))

    def child(self, node_id: str, name: str, phase: ExecutionPhase, item: int = -1, **outputs: Any) -> Trace:
        failure = None if phase is ExecutionPhase.SUCCEEDED else ev.Failure(code="USER:Bad", message="bad")
        return self.take(ev.ChildEnded(self._now(), node_id, item, name, int(phase), literals(**outputs), failure))

    def abort(self) -> Trace:
        return self.take(ev.AbortRequested(self._now(), "enough", "me"))

    def failure(self, node_id: str = "") -> tuple[str, str, str] | None:
        """Code, message and node of a node's failure, or of the execution's."""
        found = self.run.nodes[node_id].failure if node_id else self.run.failure
        return (found.code, found.message, found.node_id) if found is not None else None

    def outputs(self) -> dict[str, Any] | None:
        return plain_map(self.run.outputs) if self.run.outputs is not None else None

    def output(self, node_id: str, name: str = "o0") -> Any:
        outputs = self.run.nodes[node_id].outputs
        return plain(outputs.literals[name]) if outputs is not None else None
