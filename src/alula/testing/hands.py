"""Running attempts in this process, by what a worker runs them with. One at a time; async tasks that wait make room for others."""

from __future__ import annotations

import asyncio
import contextvars
import os
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from alula.engine import effect as fx
from alula.engine import event as ev
from alula.engine.state import Run
from alula.errors import AlulaError, InvalidInput
from alula.executors.base import WorkKey, failure_of
from alula.idl import core, paths
from alula.idl.v1 import worker_pb2
from alula.sdk.reference import Reference
from alula.sdk.task import Task
from alula.sdk.where import PACKAGE
from alula.testing import fault as faults
from alula.testing.clock import Clock
from alula.testing.loop import BenchLoop, Surroundings, stepped, surroundings
from alula.testing.mock import Hung
from alula.testing.mock import Run as MockRun
from alula.testing.program import Program
from alula.testing.scene import Scene
from alula.worker.answers import GO_ON
from alula.worker.call import Stages, conclude, stages
from alula.worker.driver import Driver
from alula.worker.failure import error_document

NO_LIMIT = 2**31 - 1


@dataclass(slots=True, eq=False)
class Work:
    """One attempt, and what is known of how it went."""

    key: WorkKey
    run: Run
    effect: fx.StartAttempt
    error: BaseException | None = None  # what it raised, as it was raised
    has_run: bool = False


@dataclass(slots=True, eq=False)
class _Live:
    """An attempt of an async task that waits."""

    work: Work
    fault: faults.Fault | None
    steps: Stages
    context: contextvars.Context
    around: Surroundings
    driver: Driver
    task: asyncio.Task[Any]
    is_stopped: bool = False


class Listener(Protocol):
    """Hears of attempts."""

    def on_starting(self, work: Work) -> bool:
        """An attempt is about to run; False if it is not wanted any more."""

    def on_ended(self, work: Work, report: worker_pb2.Report | ev.Failure) -> None: ...
    def on_called(self, work: Work, call: worker_pb2.Call) -> ev.Failure | None: ...
    def has_news(self) -> bool: ...


@dataclass(slots=True)
class _Line:
    """What a driver says, heard at once."""

    hear: Callable[[worker_pb2.Call], None]

    def send(self, message: worker_pb2.FromWorker) -> None:
        for call in message.calls:
            self.hear(call)


@dataclass(slots=True)
class Hands:
    """Runs attempts in the order in which they were asked for."""

    program: Program
    scene: Scene
    clock: Clock
    folder: str
    listener: Listener
    queue: deque[Work] = field(default_factory=deque)
    lives: dict[WorkKey, _Live] = field(default_factory=dict)
    hung: dict[WorkKey, Work] = field(default_factory=dict)
    calls: list[Work] = field(default_factory=list)  # attempts that were begun, in order
    loop: BenchLoop | None = None
    _done: deque[_Live] = field(default_factory=deque)
    _is_ready: bool = False
    _handles: int = 0

    # What the plane asks for ------------------------------------------------------------------------------------------

    def submit(self, work: Work) -> None:
        self.queue.append(work)

    def stop(self, key: WorkKey) -> None:
        """Ends an attempt; nothing more is heard of it."""
        self.queue = deque(work for work in self.queue if work.key != key)
        self.hung.pop(key, None)
        live = self.lives.pop(key, None)
        if live is not None:
            live.is_stopped = self._is_ready = True
            for task in live.around.tasks | {live.task}:
                task.cancel()

    def answer(self, key: WorkKey, answer: worker_pb2.Answer) -> None:
        live = self.lives.get(key)
        if live is not None:
            live.driver.answers.hear(answer)
            self._is_ready = True

    def drop_all(self) -> None:
        """The server has died, and with it every worker."""
        self.queue.clear()
        for key in [*self.hung, *self.lives]:
            self.stop(key)
        self.settle()

    def settle(self) -> None:
        """Lets what was stopped end."""
        while self._is_ready or self._done:
            if self._is_ready:
                self._spin()
            while self._done:
                self._finish(self._done.popleft())

    def close(self) -> None:
        """Ends what still waits; safe twice."""
        if self.loop is not None and not self.loop.is_closed():
            self.drop_all()
            self.loop.end()

    # One after the other ----------------------------------------------------------------------------------------------

    def step(self) -> bool:
        """Runs one attempt, or the coroutines of those that can go on; False if there is nothing to do."""
        if self._done:
            self._finish(self._done.popleft())
        elif self._is_ready:
            self._spin()
        elif self.queue:
            work = self.queue.popleft()
            if self.listener.on_starting(work):
                self._begin(work)
        else:
            return False
        return True

    def _spin(self, *, may_wait: bool = False) -> None:
        self._is_ready = False
        if self.loop is None:
            return
        try:
            self.loop.spin(may_wait=may_wait)
        except SystemExit:  # of a coroutine: its attempt ends with it, the others go on
            self._is_ready = True

    @property
    def is_waiting_for_world(self) -> bool:
        return self.loop is not None and bool(self.lives) and self.loop.is_waiting_for_world

    def wait_for_world(self) -> None:
        self._spin(may_wait=True)

    @property
    def due_at(self) -> int | None:
        """When the next sleep of a coroutine ends."""
        if self.loop is None or not self.lives or self.loop.due_in_s is None:
            return None
        return self.clock() + max(1, int(self.loop.due_in_s * 1e6) + 1)

    def wake(self) -> None:
        """Time has moved to where a coroutine's sleep ends."""
        self._is_ready = True

    def _begin(self, work: Work) -> None:
        found = self.program.entity(work.effect.call.id)
        mock = self.scene.mocks.task(work.effect.call.id.name)
        if mock is None and not isinstance(found, Task):
            name = work.effect.call.id.name
            what = "is registered elsewhere" if isinstance(found, Reference) else "is not known here"
            raise InvalidInput(f'task {name} {what}, so nothing can run it: give mocks={{"{name}": …}}')
        spec = work.run.nodes[work.key.node_id].spec
        node = (work.key.node_id, spec.node.metadata.name)
        fault = self.scene.faults.of_attempt(work.effect.call.id.name, node, work.key.item, work.key.attempt)
        if fault is not None and not fault.is_late:
            self._fail(work, fault)
            return
        self.calls.append(work)
        task, call = mock if mock is not None else (found, None)
        self._run(work, task, call, fault)

    def _fail(self, work: Work, fault: faults.Fault) -> None:
        if fault.kind == "hang":
            self.hung[work.key] = work
        elif fault.error is not None:
            work.error = fault.error
            document = error_document(fault.error, worker="the test").SerializeToString()
            self.listener.on_ended(work, failure_of(document))
        else:
            self.listener.on_ended(work, faults.failure_of(fault))

    def _run(self, work: Work, task: Task[..., Any], mock: MockRun | None, fault: faults.Fault | None) -> None:
        work.has_run = True
        attempt = self._attempt(work)

        def on_error(error: BaseException) -> None:
            work.error = error
            if mock is not None and mock.has_returned:
                raise InvalidInput(f"mock of {getattr(error, 'message', error)}") from error
            if not isinstance(error, Exception | SystemExit | asyncio.CancelledError):
                raise error  # an interrupt, a verdict of pytest, a mock that hangs: no matter of the attempt
            _begin_in_users_code(error)

        steps = stages(attempt, task, on_error)
        context = contextvars.copy_context()
        around, outside = Surroundings(), os.getcwd()  # noqa: PTH109
        try:
            with around:
                coroutine, offload = context.run(next, steps)
        except StopIteration as ended:
            self._report(work, fault, ended.value)
        except Hung:
            self.hung[work.key] = work
        else:
            around.moved_to(outside)
            self._drive(work, fault, attempt, steps, context, around, coroutine, offload)

    def _drive(
        self,
        work: Work,
        fault: faults.Fault | None,
        attempt: worker_pb2.Attempt,
        steps: Stages,
        context: contextvars.Context,
        around: Surroundings,
        coroutine: Any,
        offload: Any,
    ) -> None:
        if self.loop is None:
            self.loop = BenchLoop(self.clock, self.listener.has_news, self._hand_over)
        loop = self.loop
        driver = Driver(attempt, _Line(lambda call: self._on_call(work.key, call)), offload, loop)
        context.run(surroundings.set, around)
        task = context.run(driver.start, stepped(coroutine, around))
        live = self.lives[work.key] = _Live(work, fault, steps, context, around, driver, task)
        task.add_done_callback(lambda _: self._done.append(live))
        self._is_ready = True

    def _hand_over(self, timeout_s: float | None) -> bool:
        return any(live.driver.answers.at_rest(timeout_s) == GO_ON for live in list(self.lives.values()))

    def _on_call(self, key: WorkKey, call: worker_pb2.Call) -> None:
        live = self.lives.get(key)
        if live is None or self.loop is None:
            return
        refused = self.listener.on_called(live.work, call)
        if refused is not None:
            answer = worker_pb2.Answer(key=call.key, code=refused.code, message=refused.message, kind=refused.kind)
            self.loop.call_soon(live.driver.answers.hear, answer)

    def _finish(self, live: _Live) -> None:
        """The coroutine has ended: what it left in the loop ends, then the attempt does."""
        if live.around.tasks:
            for task in live.around.tasks:
                task.cancel()
            self._spin()
        if live.is_stopped or self.lives.pop(live.work.key, None) is None:
            _ = live.task.cancelled() or live.task.exception()  # nobody asks for it
            with live.around:
                live.context.run(live.steps.close)
            return
        go_on: Callable[[Any], Any] = live.steps.send
        value: Any = None
        try:
            value = live.task.result()
            live.driver.check()
        except BaseException as error:  # noqa: BLE001 - the attempt is the boundary, and says so itself
            go_on, value = live.steps.throw, live.driver.refusal or error
        with live.around:
            report = live.context.run(conclude, go_on, value)
        self._report(live.work, live.fault, report)

    def _report(self, work: Work, fault: faults.Fault | None, report: worker_pb2.Report) -> None:
        self.listener.on_ended(work, report if fault is None else faults.failure_of(fault))

    def _attempt(self, work: Work) -> worker_pb2.Attempt:
        key, call, execution = work.key, work.effect.call, work.run.id
        raw = paths.raw_output_prefix(f"{self.folder}/raw", execution, key.node_id, key.attempt, key.item)
        self._handles += 1
        attempt = worker_pb2.Attempt(
            handle=self._handles,
            inputs=work.effect.inputs.SerializeToString(),
            output_prefix=paths.output_prefix(self.folder, execution, key.node_id, key.attempt, key.item),
            raw_output_prefix=raw,
            checkpoint=paths.checkpoint_prefix(raw),
            project=execution.project,
            domain=execution.domain,
            execution=execution.name,
            node=key.node_id,
            retry_attempt=key.attempt,
            item=key.item,
            is_item_sliced=key.item >= 0,
            task_name=call.id.name,
            task_version=call.id.version,
            principal=work.run.principal,
            labels=work.run.labels,
            inline_limit_bytes=NO_LIMIT,
            replay_to=work.effect.record.answered,
            recorded=[worker_pb2.RecordedCall(key=called, after=after, clock_s=at) for called, after, at in work.effect.record.calls],
            env={**self.program.variables_of(call.image), **{e.key: e.value for e in call.template.container.env}},
            secrets=[f"{s.group}/{s.key}" for s in call.template.security_context.secrets],
        )
        attempt.env.update(work.run.envs)
        attempt.env.update(self.scene.secret_environment(call.template.security_context.secrets))
        if key.attempt:
            before = paths.raw_output_prefix(f"{self.folder}/raw", execution, key.node_id, key.attempt - 1, key.item)
            attempt.prev_checkpoint = paths.checkpoint_prefix(before)
        return attempt


def _begin_in_users_code(error: BaseException) -> None:
    """Leaves our frames out of a traceback, up to the first of the user's."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(PACKAGE):
        trace = trace.tb_next
    if trace is not None:
        error.__traceback__ = trace


def outcome(work: Work, report: worker_pb2.Report | ev.Failure, at: int, expand: Callable[[Work, bytes], Any]) -> ev.Event:
    """What the engine hears of an attempt's end; `expand` compiles what a dynamic task wrote."""
    k = work.key
    if isinstance(report, ev.Failure):
        return ev.AttemptFailed(at, k.node_id, k.item, k.attempt, report)
    times = report.times
    details = ev.AttemptReport(
        import_us=times.import_us,
        read_us=times.read_us,
        run_us=times.run_us,
        write_us=times.write_us,
        deck_uri=report.deck_uri,
        worker="the test's process",
    )
    if report.error:
        return ev.AttemptFailed(at, k.node_id, k.item, k.attempt, failure_of(report.error), details)
    if report.futures:
        try:
            closure = expand(work, report.futures)
        except AlulaError as error:
            message = f"the graph that the dynamic task built: {error.message}"
            return ev.AttemptFailed(
                at, k.node_id, k.item, k.attempt, ev.Failure(code="DynamicWorkflowBuildFailed", message=message), details
            )
        return ev.AttemptExpanded(at, k.node_id, k.attempt, closure, details, k.item)
    return ev.AttemptSucceeded(at, k.node_id, k.item, k.attempt, core.LiteralMap.FromString(report.outputs), details)
