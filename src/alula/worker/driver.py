"""Running an async task that calls others: each call is sent to the server and its result awaited in the task's own loop.

Calls are named by where they stand: their position among the calls of one asyncio task, and that task's position among those its
parent made. So an attempt that takes the same way names its calls in the same way, whatever happens to finish first.

Answers are handed to the task one at a time, each when everything that followed from the one before has come to rest, and by their
order on record. So an attempt that goes over what one before it did hears the same in the same order: `asyncio.wait`, `as_completed`
and races give what they gave then.
"""

from __future__ import annotations

import asyncio
import contextvars
import heapq
import os
import selectors
import sys
import threading
import time
import weakref
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Executor
from itertools import count
from typing import Any, Protocol, TypeVar, TypeVarTuple, Unpack

from alula.errors import AlulaError, InvalidInput, NonRecoverable, Unsupported
from alula.idl import core
from alula.idl.failure import ORDER_CHANGED
from alula.idl.v1 import worker_pb2
from alula.sdk.caller import Call, Traced, calling, label
from alula.sdk.entity import Entity
from alula.sdk.environment import images_here
from alula.sdk.gate import Gate
from alula.sdk.graph import Node
from alula.sdk.interface import Interface
from alula.sdk.reference import Reference
from alula.sdk.serialize import Serializer, Settings, node_metadata
from alula.sdk.workflow import Workflow
from alula.types.offload import Offload
from alula.worker.failure import error_document
from alula.worker.link import Link
from alula.worker.remote_error import remote_error
from alula.worker.stray import running_children

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
WATCH_S = 1.0  # between looks at whether what a task started beside its loop has ended
MAX_TURNS = 1_000  # of a loop that never rests, before an answer is handed over all the same
MAX_LEAPS = 100_000  # timers that are let run before a task is taken to no longer give up what it gave up


class Lane:
    """One asyncio task's place in the order of calls."""

    def __init__(self, path: str = "", numbers: Iterator[int] | None = None) -> None:
        self._path = path
        self._calls = self._lanes = 0
        self.numbers = numbers or count()  # of all tasks of the attempt

    def next_key(self) -> str:
        self._calls += 1
        return f"{self._path}c{self._calls - 1}"

    def branch(self) -> Lane:
        self._lanes += 1
        return Lane(f"{self._path}t{self._lanes - 1}_", self.numbers)


_lane: contextvars.ContextVar[Lane] = contextvars.ContextVar("alula_lane")


class Selector(selectors.DefaultSelector):
    """Says when the loop is about to wait, and goes on at once if that gave it something to do.

    Attributes:
        on_rest: given how long the loop would wait, None without end; whether there is something to do now.
    """

    on_rest: Callable[[float | None], bool] | None = None
    _turns = 0  # since the loop last had nothing to do

    def select(self, timeout: float | None = None) -> Any:
        if self.on_rest is None:
            return super().select(timeout)
        if timeout is not None and timeout <= 0:
            self._turns += 1
            if self._turns < MAX_TURNS:
                return super().select(timeout)
        self._turns = 0
        return [] if self.on_rest(timeout) else super().select(timeout)


class Loop(asyncio.SelectorEventLoop):
    """The loop of async tasks in a worker; counts what runs in threads and gives every task its lane."""

    def __init__(self, selector: Selector | None = None) -> None:
        self.selector = selector or Selector()
        self._ahead_s = 0.0
        super().__init__(self.selector)
        self.in_threads = 0
        self.pool_threads: weakref.WeakSet[threading.Thread] = weakref.WeakSet()  # what runs in them is counted in `in_threads`
        self.own_files = len(self.selector.get_map())
        self.set_task_factory(make_task)

    def time(self) -> float:
        return super().time() + self._ahead_s

    def leap(self, seconds: float) -> bool:
        """Moves its clock on, so that timers are due at once; False if its clock is not its own to move."""
        self._ahead_s += seconds
        return True

    @property
    def waits_for_world(self) -> bool:
        """Whether something may come that is neither a timer nor an answer: from a thread or through a socket."""
        return bool(self.in_threads) or len(self.selector.get_map()) > self.own_files

    def run_in_executor(self, executor: Executor | None, func: Callable[[Unpack[Ts]], T], *args: *Ts) -> asyncio.Future[T]:
        before = set(threading.enumerate())
        future = super().run_in_executor(executor, func, *args)
        self.pool_threads.update(set(threading.enumerate()) - before)
        self.in_threads += 1
        future.add_done_callback(self._on_thread_done)
        return future

    def _on_thread_done(self, _: Any) -> None:
        self.in_threads -= 1


class NumberedTask(asyncio.Task[Any]):
    """A task whose place in a set does not hang on where in memory it lies: `asyncio.wait` gives sets, and bodies go over them."""

    def __init__(self, number: int, coroutine: Any, **words: Any) -> None:
        self._number = number  # first: the loop keeps its tasks in a set
        super().__init__(coroutine, **words)

    def __hash__(self) -> int:
        return self._number


def make_task(
    loop: asyncio.AbstractEventLoop, coroutine: Any, context: contextvars.Context | None = None, **more: Any
) -> asyncio.Task[Any]:
    """A task of the loop with its own place in the order of calls."""
    found = context if context is not None else contextvars.copy_context()
    lane = found.get(_lane)
    if lane is None:
        return asyncio.Task(coroutine, loop=loop, context=found, **more)
    found.run(_lane.set, lane.branch())
    return NumberedTask(next(lane.numbers), coroutine, loop=loop, context=found, **more)


_loops: list[Loop] = []


def _loop() -> Loop:
    if not _loops or _loops[0].is_closed():
        _loops[:] = [Loop()]
    return _loops[0]


def drive(attempt: worker_pb2.Attempt, link: Link | None, offload: Offload, coroutine: Coroutine[Any, Any, T]) -> T:
    """Runs an async task to its end.

    Args:
        link: to the server; None where there is none (a container's command), so that calls are refused.
    Raises:
        NonRecoverable: it called something else than an attempt before it.
    """
    loop = _loop()
    driver = Driver(attempt, link, offload, loop)
    task = driver.start(coroutine)
    driver.open()
    try:
        result = loop.run_until_complete(task)
    finally:
        try:
            _cancel_rest(loop)  # what is ended may still call, and must then hear the answer
        finally:
            driver.close()
    driver.check()
    return result


def _cancel_rest(loop: Loop) -> None:
    """What the task left running in its loop must not go on in the next attempt."""
    rest = asyncio.all_tasks(loop)
    for task in rest:
        task.cancel()
    if rest:
        loop.run_until_complete(asyncio.gather(*rest, return_exceptions=True))


class Sender(Protocol):
    """Takes what a running task says to the server."""

    def send(self, message: worker_pb2.FromWorker) -> None: ...


class Driver:
    """One attempt of an async task: the `Caller` of what it calls."""

    def __init__(self, attempt: worker_pb2.Attempt, link: Sender | None, offload: Offload, loop: Loop) -> None:
        self._attempt, self._link, self._offload, self._loop = attempt, link, offload, loop
        self._serializer = Serializer(Settings(attempt.project, attempt.domain, attempt.task_version, images=images_here()))
        self._waiting: dict[str, asyncio.Future[worker_pb2.Answer]] = {}
        self._unstarted: dict[str, Call] = {}  # by key
        self._answers = 0
        self._idle_said = -1
        self._held: list[tuple[int, int, worker_pb2.Answer]] = []  # by order: arrived, and not handed over yet
        self._unheard: set[str] = set()  # calls made while going over the record, of which the server has not said what it knows
        self._replay_to, self._given = int(attempt.replay_to), 0  # orders: of the last answer on record, of the last handed over
        self._leaps = 0  # since then
        self._threads, self._processes = set(threading.enumerate()), running_children()  # of before
        self._fatal: AlulaError | None = None
        self._root = f"{attempt.bundle_path.rstrip('/')}/" if attempt.bundle_path else ""

    def start(self, coroutine: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Has the loop run the task's coroutine, its calls carried out by this driver."""
        with calling(self):
            context = contextvars.copy_context()
        context.run(_lane.set, Lane())
        return asyncio.Task(coroutine, loop=self._loop, context=context)

    def open(self) -> None:
        if isinstance(self._link, Link):
            self._link.flush()  # results of before: who waits for them may be what this task will call
            self._loop.add_reader(self._link.fileno, self._receive)
            self._loop.own_files += 1
            self._loop.selector.on_rest = self.on_rest

    def close(self) -> None:
        if isinstance(self._link, Link):
            self._loop.remove_reader(self._link.fileno)
            self._loop.own_files -= 1
            self._loop.selector.on_rest = None

    def check(self) -> None:
        """Says what was written and never awaited; raises what the task must not go on after, even if it caught it."""
        for call in self._unstarted.values():
            sys.stderr.write(f"alula: {call.place}: the call of {call.what} was never awaited, so nothing ran; write `await` before it\n")
        if self._fatal is not None:
            raise self._fatal

    # What the task calls ----------------------------------------------------------------------------------------------

    def call(self, entity: Entity, values: dict[str, Any], place: str) -> Call:
        """See `Caller`."""
        what = f"{entity.kind} {entity.label}"
        node, inputs = self._node(entity, values), self._literals(entity.interface, values, what, place)
        return self._make(what, node, inputs, entity.interface, place)

    def _node(self, entity: Entity, values: dict[str, Any]) -> core.Node:
        overrides = entity._overrides
        origin = entity.origin
        target = _default_plan(origin) if isinstance(origin, Workflow) else origin
        traced = Node(target, (overrides.name if overrides else None) or entity.label, entity.interface, values, "")
        if overrides is not None:
            traced.overrides = overrides
        node = core.Node(metadata=node_metadata(traced))
        self._serializer.entity_target(target, traced.overrides, node)
        if isinstance(target, Reference):
            node.metadata.name = node.metadata.name or target.label
        return node

    def gate(self, gate: Gate, interface: Interface, values: dict[str, Any], place: str) -> Call:
        """See `Caller`. A name that the task has used before gets a number from the engine, so that each wait has its own answer."""
        traced = Node(gate, gate.signal or "sleep", interface, values, place)
        node = core.Node(metadata=node_metadata(traced))
        gate.serialize(traced, node, self._serializer)
        what = f"gate {traced.name}"
        return self._make(what, node, self._literals(interface, values, what, place), interface, place)

    def trace(self, traced: Traced[..., Any], values: dict[str, Any], place: str) -> Call:
        """See `Caller`."""
        what = f"trace {traced.label}"
        inputs = self._literals(traced.interface, values, what, place)
        node = core.Node(metadata=core.NodeMetadata(name=label(traced.label)))
        key = _lane.get().next_key()
        message = self._message(key, node, inputs, place)

        async def start() -> Any:
            self._unstarted.pop(key, None)
            answer = await self._ask(message)
            if not answer.has_outputs and not answer.code:
                answer = await self._ask(await self._run_traced(traced, values, message))
            return self._result(answer, traced.interface, what)

        return self._remember(key, Call(what, place, start))

    async def _run_traced(self, traced: Traced[..., Any], values: dict[str, Any], asked: worker_pb2.Call) -> worker_pb2.Call:
        message = worker_pb2.Call()
        message.CopyFrom(asked)
        message.is_traced, message.started_at_us = True, time.time_ns() // 1000
        try:
            with calling(None):
                result = traced.function(**values)
                if asyncio.iscoroutine(result):
                    result = await result
            outputs = self._outputs(traced.interface, result, f"trace {traced.label}")
            message.outputs = outputs.SerializeToString()
        except Exception as error:  # noqa: BLE001 - what a traced function raises is its result, put on record like any other
            message.error = error_document(error).SerializeToString()
        return message

    def _make(self, what: str, node: core.Node, inputs: core.LiteralMap, interface: Interface, place: str) -> Call:
        node.metadata.name = label(node.metadata.name)
        key = _lane.get().next_key()
        message = self._message(key, node, inputs, place)

        async def start() -> Any:
            self._unstarted.pop(key, None)
            return self._result(await self._ask(message), interface, what)

        return self._remember(key, Call(what, place, start))

    def _remember(self, key: str, call: Call) -> Call:
        self._unstarted[key] = call
        return call

    def _message(self, key: str, node: core.Node, inputs: core.LiteralMap, place: str) -> worker_pb2.Call:
        return worker_pb2.Call(
            handle=self._attempt.handle,
            key=key,
            node=node.SerializeToString(),
            inputs=inputs.SerializeToString(),
            place=place.removeprefix(self._root),
        )

    # Values -----------------------------------------------------------------------------------------------------------

    def _literals(self, interface: Interface, values: dict[str, Any], what: str, place: str) -> core.LiteralMap:
        made = core.LiteralMap()
        for name, value in values.items():
            try:
                made.literals[name].CopyFrom(interface.inputs[name].converter.to_literal(value, self._offload))
            except InvalidInput as error:
                raise InvalidInput(f"{place}: {what}, input {name!r}: {error.message}", code=error.code) from error
        return made

    def _outputs(self, interface: Interface, result: Any, what: str) -> core.LiteralMap:
        made = core.LiteralMap()
        for (name, port), value in zip(interface.outputs.items(), interface.unpack(result, what), strict=True):
            made.literals[name].CopyFrom(port.converter.to_literal(value, self._offload))
        return made

    def _result(self, answer: worker_pb2.Answer, interface: Interface, what: str) -> Any:
        if answer.code:
            raise self._error(answer, what)
        literals = core.LiteralMap.FromString(answer.outputs).literals
        values = [
            port.converter.to_python(literals[name], self._offload) if name in literals else None
            for name, port in interface.outputs.items()
        ]
        return interface.pack(values)

    def _error(self, answer: worker_pb2.Answer, what: str) -> BaseException:
        if answer.code == ORDER_CHANGED:
            self._fatal = NonRecoverable(answer.message, code=ORDER_CHANGED)
            return self._fatal
        return remote_error(answer.code, answer.message, answer.kind, what)

    # The wire ---------------------------------------------------------------------------------------------------------

    async def _ask(self, message: worker_pb2.Call) -> worker_pb2.Answer:
        if self._link is None:
            raise Unsupported("an async task that runs as a container's command cannot call other tasks; run it on the process executor")
        if asyncio.get_running_loop() is not self._loop:
            raise Unsupported(f"{message.place}: this call was awaited in another event loop; await it in the task's own coroutines")
        future = self._waiting[message.key] = self._loop.create_future()
        if self._given < self._replay_to:
            message.is_replay = True
            self._unheard.add(message.key)
        self._link.send(worker_pb2.FromWorker(calls=[message]))
        try:
            return await future
        except asyncio.CancelledError:
            gone = worker_pb2.Call(handle=message.handle, key=message.key, place=message.place, is_cancelled=True, after=self._given)
            self._link.send(worker_pb2.FromWorker(calls=[gone]))
            raise
        finally:
            self._waiting.pop(message.key, None)

    def _receive(self) -> None:
        link = self._link
        if not isinstance(link, Link) or not link.receive(is_blocking=False):
            sys.stderr.flush()
            os._exit(1)  # the server has gone, and with it everything this attempt could be told
        for answer in link.take_answers(self._attempt.handle):
            self.hear(answer)

    def hear(self, answer: worker_pb2.Answer) -> None:
        """Takes an answer in; how a call ended is handed over by `hand_over`."""
        self._answers += 1
        self._unheard.discard(answer.key)
        if answer.order:
            heapq.heappush(self._held, (answer.order, self._answers, answer))
        elif not answer.is_pending:
            self._give(answer)

    def _give(self, answer: worker_pb2.Answer) -> None:
        future = self._waiting.get(answer.key)
        if future is not None and not future.done():
            future.set_result(answer)

    def hand_over(self, timeout_s: float | None) -> bool:
        """Hands the next answer to whoever waits for it; called when all that followed from the last one has come to rest.

        Args:
            timeout_s: until the next timer, None if there is none.
        Returns:
            Whether the task has something to do now.
        """
        while self._held and not self._unheard:  # what stands before these on record may still be on its way
            order, _, answer = self._held[0]
            future = self._waiting.get(answer.key)
            if future is None or future.done():
                self._move_to(order)
            elif not answer.is_given_up:
                self._move_to(order)
                future.set_result(answer)
                return True
            elif self._loop.waits_for_world:
                return False  # from there came what made the task give it up
            elif timeout_s is not None and self._leaps < MAX_LEAPS:
                self._leaps += 1
                return self._loop.leap(timeout_s)
            else:
                self._move_to(order)
                future.set_result(_still_wanted(answer))
                return True
        return False

    def _move_to(self, order: int) -> None:
        heapq.heappop(self._held)
        self._given, self._leaps = max(self._given, order // 2 * 2), 0

    def on_rest(self, timeout_s: float | None) -> bool:
        """The loop is about to wait: the next answer is handed over, else the server may lend this place to others meanwhile."""
        if self.hand_over(timeout_s):
            return True
        only_waits = timeout_s is None and self._waiting and not self._held and not self._loop.waits_for_world
        if self._link is not None and only_waits and self._idle_said != self._answers:
            if self._works_elsewhere():
                self._loop.call_later(WATCH_S, lambda: None)  # the loop comes to rest again, and looks again
                return True
            self._idle_said = self._answers
            idle = worker_pb2.Idle(handle=self._attempt.handle, answers=self._answers)
            self._link.send(worker_pb2.FromWorker(idle=[idle]))
        return False

    def _works_elsewhere(self) -> bool:
        """Whether a thread or a process that the task started is at work: it would be taken away with this worker."""
        known = self._threads | set(self._loop.pool_threads)
        if any(not thread.daemon and thread not in known for thread in threading.enumerate()):
            return True
        return not running_children() <= self._processes


def _still_wanted(answer: worker_pb2.Answer) -> worker_pb2.Answer:
    message = (
        "an earlier attempt stopped waiting for this call, and this one goes on waiting. When a call is given up must follow from the "
        "task's inputs, the results of its calls and timeouts; take outside state from a task or through al.trace"
    )
    return worker_pb2.Answer(key=answer.key, code=ORDER_CHANGED, message=message)


def _default_plan(workflow: Workflow[Any, Any]) -> Any:
    from alula.sdk.launch_plan import default_plan

    return default_plan(workflow)
