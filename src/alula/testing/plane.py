"""A control plane in memory: events in, the engine's steps, effects out, and time that moves when all are waiting."""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from typing import Any

from alula.catalog.lookup import Catalog, Elsewhere
from alula.compiler.closure import compile_dynamic, references
from alula.compiler.launch_plan import resolve_inputs
from alula.control.call import answer_of, call_event, call_spec, cancel_event
from alula.control.launch import make_run, merge
from alula.control.reconcile import reconcile
from alula.engine import effect as fx
from alula.engine import event as ev
from alula.engine.machine import step
from alula.engine.state import Attempt, Node, Run, Turn
from alula.engine.story import detail_of
from alula.errors import AlulaError, Internal, InvalidInput
from alula.executors.base import WorkKey
from alula.idl import admin, core
from alula.idl.identifier import LAUNCH_PLAN, TASK, EntityId, ExecutionId
from alula.idl.literal import describe_type
from alula.idl.phase import ExecutionPhase
from alula.idl.v1 import metric_pb2, worker_pb2
from alula.sdk.reference import Reference
from alula.testing.answer import After, Gate, answer_to, literal_of
from alula.testing.cache import Entries
from alula.testing.clock import Clock
from alula.testing.hands import Hands, Work, outcome
from alula.testing.ledger import Happened, Ledger
from alula.testing.program import SETTINGS, Program
from alula.testing.read import values_of
from alula.testing.scene import Scene
from alula.types.offload import Offload

MAX_NAPS = 100_000  # sleeps of coroutines in a row without anything else happening: nothing will


class Plane:
    """One execution with its child executions, from launch to end.

    Args:
        entries: of the output cache: those of tasks that ran, and those of mocks, which must not be taken for the others.
    """

    def __init__(self, *, program: Program, scene: Scene, clock: Clock, entries: tuple[Entries, Entries], folder: str) -> None:
        self.program, self.scene, self.clock = program, scene, clock
        self._entries, self._folder = entries, folder
        self.hands = Hands(program, scene, clock, folder, self)
        self.runs: dict[str, Run] = {}  # by name, those that have ended too
        self.mocked: dict[str, ev.ChildEnded] = {}  # child executions that a mock stands for
        self.specs: dict[str, admin.ExecutionSpec] = {}
        self.history: list[Happened] = []
        self.nodes: dict[tuple[int, str], Node] = {}  # in the order in which they were reached
        self.spans: dict[tuple[int, str], tuple[int, int]] = {}  # by which event of the history a node was reached, and by which it ended
        self.attempts: dict[WorkKey, Attempt] = {}
        self.errors: dict[WorkKey, BaseException] = {}
        self.updates: dict[WorkKey, metric_pb2.AttemptUpdate] = {}  # what attempts have said of themselves
        self.ledger = Ledger()
        self.commits = self.crashes = 0
        self.root = ""
        self._keys: dict[int, str] = {}
        self._catalogs = [Catalog(one) for one in entries]
        self._inbox: deque[tuple[int, ev.Event]] = deque()
        self._timers: list[tuple[int, int, int, fx.SetTimer]] = []
        self._people: list[tuple[int, int, int, str, core.Literal]] = []  # answers on their way
        self._order = itertools.count()
        self._naps = 0
        self.waiting: dict[tuple[int, str], tuple[Gate, fx.OpenSignal]] = {}  # gates that nobody has answered
        self._record: Any = None
        if scene.faults.has_crashes:
            from alula.testing.record import Record

            self._record = Record(program)

    # From outside -----------------------------------------------------------------------------------------------------

    def launch(self, name: str, plan_id: EntityId, inputs: core.LiteralMap, spec: admin.ExecutionSpec) -> None:
        """Begins the execution.

        Raises:
            InvalidInput: its inputs are not those of the launch plan.
        """
        self.root = name
        self._launch(name, plan_id, inputs, spec, (0, "", -1))

    @property
    def run(self) -> Run:
        return self.runs[self.root]

    def play(self) -> None:
        """Goes on until the execution has ended, or nothing is left that could bring it on."""
        while True:
            if self._inbox:
                self._take(*self._inbox.popleft())
            elif self.run.is_terminal or not (self._fire_due() or self._hear_people() or self.hands.step() or self._pass_time()):
                break
        self.hands.settle()

    def ask_again(self) -> None:
        """Asks those who did not answer a gate once more, as the scene has it now."""
        for (key, _), (_, effect) in list(self.waiting.items()):
            self._ask(self.runs[self._keys[key]], effect)

    def close(self) -> None:
        self.hands.close()
        if self._record is not None:
            self._record.close()

    # Steps ------------------------------------------------------------------------------------------------------------

    def _take(self, key: int, event: ev.Event) -> None:
        """One event with all that is answered within its turn: a commit."""
        run = self.runs[self._keys[key]]
        if run.is_terminal:
            return
        self._naps = 0
        pending, later, answers = deque([event]), list[object](), list[tuple[int, ev.Event]]()
        while pending:
            current = pending.popleft()
            turn = step(run, current)
            self._note(turn, current)
            for effect in turn.effects:
                self._settle(turn, effect, pending, later, answers)
            if turn.more:
                answers.append((key, ev.Proceed(turn.at)))
        self.commits += 1
        if self._record is not None:
            self._record.commit(run, event)
            if self.scene.faults.crashes(self.commits) and not self.run.is_terminal:
                self._crash()
                return
        self._inbox += answers
        for effect in later:
            self._carry_out(run, effect)

    def _note(self, turn: Turn, event: ev.Event) -> None:
        run = turn.run
        place = (getattr(event, "node_id", ""), getattr(event, "item", -1), getattr(event, "attempt", 0))
        self.history.append(Happened(event.at, run.id.name, type(event).__name__, *place, detail_of(event)))
        for node_id, node in turn.nodes.items():
            self.nodes[run.key, node_id] = node
            begin, end = self.spans.get((run.key, node_id), (len(self.history), 0))
            self.spans[run.key, node_id] = (begin, len(self.history) if node.phase.is_terminal and not end else end)
        for (node_id, item, number), attempt in turn.attempts.items():
            self.attempts[WorkKey(run.key, node_id, item, number)] = attempt
        self.ledger.note(turn)
        if self._record is not None:
            self._record.add(turn, event)

    def _settle(
        self, turn: Turn, effect: object, pending: deque[ev.Event], later: list[object], answers: list[tuple[int, ev.Event]]
    ) -> None:
        run, nowhere = turn.run, None
        match effect:
            case fx.LookUpCache():
                found = self._catalog(effect).look_up(nowhere, run, effect, turn.at)  # type: ignore[arg-type]  # the entries want no connection
                if isinstance(found, Elsewhere):
                    raise Internal("an entry of a bench has no outputs elsewhere")
                if found is not None:
                    pending.append(found)
            case fx.FillCache():
                answers += self._catalog(effect).fill(nowhere, run, effect, turn.at)  # type: ignore[arg-type]
            case fx.ReleaseReservation():
                for catalog in self._catalogs:
                    answers += catalog.release(run, effect, turn.at)
            case fx.OpenSignal():
                if self._record is not None:
                    self._record.open_signal(run, effect, turn.at)
                self._ask(run, effect)
            case fx.EndExecution():
                self.ledger.end(run)
                for catalog in self._catalogs:
                    answers += catalog.forget(run, turn.at)
                key, node_id, item = run.parent
                if key:
                    ended = ev.ChildEnded(turn.at, node_id, item, run.id.name, int(run.phase), run.outputs, run.failure)
                    answers.append((key, ended))
            case _:
                later.append(effect)

    def _catalog(self, effect: fx.LookUpCache | fx.FillCache) -> Catalog:
        return self._catalogs[effect.call.id.name in self.scene.mocks]

    def _carry_out(self, run: Run, effect: object) -> None:
        match effect:
            case fx.StartAttempt():
                self.hands.submit(Work(WorkKey(run.key, effect.node_id, effect.item, effect.attempt), run, effect))
            case fx.StopAttempt():
                self.hands.stop(WorkKey(run.key, effect.node_id, effect.item, effect.attempt))
            case fx.AnswerCall():
                self.hands.answer(WorkKey(run.key, effect.node_id, effect.item, effect.attempt), answer_of(effect))
            case fx.SetTimer():
                heapq.heappush(self._timers, (effect.at, next(self._order), run.key, effect))
            case fx.LaunchChild():
                self._launch_child(run, effect)
            case fx.AbortChild():
                child = self.runs.get(effect.name)
                if child is not None:
                    self._inbox.append((child.key, ev.AbortRequested(self.clock(), effect.cause, "")))
            case _:
                raise Internal(f"nobody carries out {type(effect).__name__}")

    # Time -------------------------------------------------------------------------------------------------------------

    def _next_timer(self) -> tuple[int, int, int, fx.SetTimer] | None:
        """The next timer that still matters."""
        while self._timers and not self._matters(self._timers[0][2], self._timers[0][3]):
            heapq.heappop(self._timers)
        return self._timers[0] if self._timers else None

    def _matters(self, key: int, timer: fx.SetTimer) -> bool:
        run = self.runs[self._keys[key]]
        node = run.nodes.get(timer.node_id)
        if node is None or node.phase.is_terminal or run.is_terminal:
            return False
        if timer.what != "attempt":
            return True
        attempt = node.attempt if timer.item < 0 else node.array.calls.get(timer.item) if node.array is not None else None
        return attempt is not None and attempt.number == timer.attempt and not attempt.phase.is_terminal

    def _fire_due(self) -> bool:
        """Fires what is due by now."""
        is_any = False
        while (found := self._next_timer()) is not None and found[0] <= self.clock():
            _, _, key, timer = heapq.heappop(self._timers)
            self._inbox.append((key, ev.TimerFired(self.clock(), timer.node_id, timer.item, timer.what, timer.attempt)))
            is_any = True
        return is_any

    def _pass_time(self) -> bool:
        """Everybody waits: goes to the next instant at which something is due. False if there is none."""
        if self.hands.is_waiting_for_world:
            self.hands.wait_for_world()
            return True
        timer, nap = self._next_timer(), self.hands.due_at
        due = [at for at in (timer[0] if timer else None, self._people[0][0] if self._people else None, nap) if at is not None]
        if not due:
            return False
        at = min(due)
        if timer is not None and timer[0] == at and self._is_unanswered(timer[2], timer[3]) and self.scene.unanswered == "wait":
            return False
        if at == nap:
            self._naps += 1
            if self._naps > MAX_NAPS:
                return False
            self.hands.wake()
        self.clock.jump(at)
        return True

    def _is_unanswered(self, key: int, timer: fx.SetTimer) -> bool:
        return timer.what == "gate" and any(k == key and effect.node_id == timer.node_id for (k, _), (_, effect) in self.waiting.items())

    # Gates ------------------------------------------------------------------------------------------------------------

    def _ask(self, run: Run, effect: fx.OpenSignal) -> None:
        node = run.nodes[effect.node_id]
        if node.phase.is_terminal:
            return  # its answer was there before
        kind = "signal" if node.spec.node.gate_node.WhichOneof("condition") == "signal" else "approve"
        values = values_of(None, node.inputs)
        value = next(iter(values.values()), None)
        timeout_s, expected = node.spec.timeout_us / 1e6, describe_type(effect.type)
        gate = Gate(name=effect.signal_id, node=node.id, kind=kind, value=value, type=expected, timeout_s=timeout_s)
        self.waiting[run.key, node.id] = (gate, effect)
        is_answered, value = answer_to(self.scene.answers, gate)
        if not is_answered:
            return
        at = self.clock()
        if isinstance(value, After):
            at, value = at + value.wait_us, value.value
        del self.waiting[run.key, node.id]
        heapq.heappush(self._people, (at, next(self._order), run.key, effect.signal_id, literal_of(gate, value, effect.type)))

    def _hear_people(self) -> bool:
        if not self._people or self._people[0][0] > self.clock():
            return False
        _, _, key, signal_id, literal = heapq.heappop(self._people)
        self._inbox.append((key, ev.SignalReceived(self.clock(), signal_id, literal)))
        return True

    # Attempts ---------------------------------------------------------------------------------------------------------

    def on_starting(self, work: Work) -> bool:
        k = work.key
        self.ledger.start(k)
        self._take(k.execution, ev.AttemptStarted(self.clock(), k.node_id, k.item, k.attempt))
        attempt = self.attempts.get(k)
        return attempt is not None and not attempt.phase.is_terminal and not self._has_crashed_since(work)

    def _has_crashed_since(self, work: Work) -> bool:
        return self.runs[work.run.id.name] is not work.run

    def on_ended(self, work: Work, report: worker_pb2.Report | ev.Failure) -> None:
        self._fire_due()  # time may have passed meanwhile, and its timeout with it
        if work.error is not None:
            self.errors[work.key] = work.error
        if isinstance(report, worker_pb2.Report) and report.HasField("update"):
            self.updates[work.key] = report.update
        self._inbox.append((work.key.execution, outcome(work, report, self.clock(), self._expand)))

    def on_called(self, work: Work, call: worker_pb2.Call) -> ev.Failure | None:
        k = work.key
        if call.is_cancelled:
            self._inbox.append((k.execution, cancel_event(k, call, self.clock())))
            return None
        try:
            spec = call_spec(None, self.program, k, call)  # type: ignore[arg-type]  # a program wants no connection
        except AlulaError as error:
            return ev.Failure(code=error.code, message=f"{call.place}: {error.message}", kind=error.kind)
        if call.is_traced:
            call.started_at_us = self.clock()
        self._inbox.append((k.execution, call_event(k, call, spec, self.clock())))
        return None

    def has_news(self) -> bool:
        return bool(self._inbox)

    def _expand(self, work: Work, futures: bytes) -> core.CompiledWorkflowClosure:
        spec = core.DynamicJobSpec.FromString(futures)
        probe = admin.WorkflowSpec(template=core.WorkflowTemplate(nodes=spec.nodes), sub_workflows=spec.subworkflows)
        plans = {i: self.program.plan_interface(None, i) for i in references(probe)[1]}
        call = work.effect.call
        return compile_dynamic(spec, call.id._replace(resource_type=TASK).to_proto(), call.template.interface, plans)

    # Executions -------------------------------------------------------------------------------------------------------

    def _launch(
        self, name: str, plan_id: EntityId, inputs: core.LiteralMap, spec: admin.ExecutionSpec, parent: tuple[int, str, int]
    ) -> None:
        plan = self.program.launch_plan(None, plan_id._replace(resource_type=LAUNCH_PLAN))
        resolved = resolve_inputs(plan.closure.expected_inputs, plan.spec.fixed_inputs, inputs)
        merge(spec, plan.spec)
        key = len(self._keys) + 1
        run = make_run(ExecutionId(SETTINGS.project, SETTINGS.domain, name), key, spec, resolved, self.clock())
        run.graph, run.parent = self.program.workflow(None, plan.workflow).graph, parent
        self.runs[name], self.specs[name], self._keys[key] = run, spec, name
        if self._record is not None:
            self._record.begin(run, spec, plan.workflow)
        self._take(key, ev.Launched(self.clock()))

    def _launch_child(self, run: Run, effect: fx.LaunchChild) -> None:
        name, plan = effect.name, effect.launch_plan
        if name in self.mocked:
            self._inbox.append((run.key, self.mocked[name]))
        elif name in self.runs:
            child = self.runs[name]
            if child.is_terminal:  # it ended, and its parent died before it heard of that
                self._end_child(run, effect, child.phase, child.outputs, child.failure)
        elif plan.name in self.scene.mocks:
            self._mock_child(run, effect)
        elif isinstance(self.program.entity(plan), Reference):
            raise InvalidInput(f'launch plan {plan.name} is registered elsewhere, so nothing can run it: give mocks={{"{plan.name}": …}}')
        else:
            spec = admin.ExecutionSpec()
            spec.CopyFrom(self.specs[run.id.name])
            try:
                self._launch(name, plan, effect.inputs, spec, (run.key, effect.node_id, effect.item))
            except AlulaError as error:
                message = f"launch plan {plan.name} could not be launched: {error.message}"
                failure = ev.Failure(code=error.code, message=message, kind=error.kind)
                self._end_child(run, effect, ExecutionPhase.FAILED, None, failure)

    def _mock_child(self, run: Run, effect: fx.LaunchChild) -> None:
        entity = self.program.entity(effect.launch_plan)
        values = values_of(entity.interface, effect.inputs)
        offload = Offload(f"{self._folder}/raw/{effect.name}")
        try:
            outputs = self.scene.mocks.outputs(effect.launch_plan.name, values, offload)
        except InvalidInput:
            raise
        except Exception as error:  # noqa: BLE001 - a mock that raises is an execution that fails
            failure = ev.Failure(code=f"USER:{type(error).__name__}", message=f"{type(error).__name__}: {error}")
            self._end_child(run, effect, ExecutionPhase.FAILED, None, failure)
        else:
            self._end_child(run, effect, ExecutionPhase.SUCCEEDED, outputs, None)

    def _end_child(
        self, run: Run, effect: fx.LaunchChild, phase: ExecutionPhase, outputs: core.LiteralMap | None, failure: ev.Failure | None
    ) -> None:
        ended = ev.ChildEnded(self.clock(), effect.node_id, effect.item, effect.name, int(phase), outputs, failure)
        if effect.name not in self.runs:
            self.mocked[effect.name] = ended
        self._inbox.append((run.key, ended))

    # Crashes ----------------------------------------------------------------------------------------------------------

    def _crash(self) -> None:
        """Nothing that was under way is left but rows, and the people outside."""
        self.crashes += 1
        self._inbox.clear()
        self._timers.clear()
        self.hands.drop_all()
        self._inbox.clear()  # what dying coroutines said on their way out was heard by nobody
        self._catalogs = [Catalog(one) for one in self._entries]
        for name, run in list(self.runs.items()):
            if run.is_terminal:
                continue
            loaded = self._record.load(run.key)
            if loaded is None:
                raise Internal(f"execution {name} is live and has no rows")
            self.runs[name] = loaded
            self.ledger.compare(loaded)
        for run in [r for r in self.runs.values() if not r.is_terminal]:
            effects, events = reconcile(run, self.clock(), is_restart=True)
            self._inbox += [(run.key, event) for event in events]
            for effect in effects:
                self._carry_out(run, effect)
