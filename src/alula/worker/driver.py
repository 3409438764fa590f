"""Running an async task that calls others: each call is sent to the server and its result awaited in the task's own loop.

Calls are named by where they stand: their position among the calls of one asyncio task, and that task's position among those its
parent made. So an attempt that takes the same way names its calls in the same way, whatever happens to finish first.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import selectors
import sys
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, Protocol, TypeVar, TypeVarTuple, Unpack

from alula.errors import AlulaError, InvalidInput, NonRecoverable, Unsupported
from alula.idl import core
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

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
ORDER_CHANGED = "CallOrderChanged"


class Lane:
    """One asyncio task's place in the order of calls."""

    def __init__(self, path: str = "") -> None:
        self._path = path
        self._calls = self._lanes = 0

    def next_key(self) -> str:
        self._calls += 1
        return f"{self._path}c{self._calls - 1}"

    def branch(self) -> Lane:
        self._lanes += 1
        return Lane(f"{self._path}t{self._lanes - 1}_")


_lane: contextvars.ContextVar[Lane] = contextvars.ContextVar("alula_lane")


class Selector(selectors.DefaultSelector):
    """Says when the loop is about to wait with nothing scheduled."""

    on_block: Callable[[int], None] | None = None

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None and self.on_block is not None:
            self.on_block(len(self.get_map()))
        return super().select(timeout)


class Loop(asyncio.SelectorEventLoop):
    """The loop of async tasks in a worker; counts what runs in threads and gives every task its lane."""

    def __init__(self, selector: Selector | None = None) -> None:
        self.selector = selector or Selector()
        super().__init__(self.selector)
        self.in_threads = 0
        self.own_files = len(self.selector.get_map())
        self.set_task_factory(make_task)

    def run_in_executor(self, executor: Executor | None, func: Callable[[Unpack[Ts]], T], *args: *Ts) -> asyncio.Future[T]:
        future = super().run_in_executor(executor, func, *args)
        self.in_threads += 1
        future.add_done_callback(self._on_thread_done)
        return future

    def _on_thread_done(self, _: Any) -> None:
        self.in_threads -= 1


def make_task(
    loop: asyncio.AbstractEventLoop, coroutine: Any, context: contextvars.Context | None = None, **more: Any
) -> asyncio.Task[Any]:
    """A task of the loop with its own place in the order of calls."""
    found = context if context is not None else contextvars.copy_context()
    lane = found.get(_lane)
    if lane is not None:
        found.run(_lane.set, lane.branch())
    return asyncio.Task(coroutine, loop=loop, context=found, **more)


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
            self._loop.selector.on_block = self._on_block

    def close(self) -> None:
        if isinstance(self._link, Link):
            self._loop.remove_reader(self._link.fileno)
            self._loop.selector.on_block = None

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
        self._link.send(worker_pb2.FromWorker(calls=[message]))
        try:
            return await future
        except asyncio.CancelledError:
            gone = worker_pb2.Call(handle=message.handle, key=message.key, place=message.place, is_cancelled=True)
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
        """Hands an answer to whoever waits for it."""
        self._answers += 1
        future = self._waiting.get(answer.key)
        if future is not None and not future.done():
            future.set_result(answer)

    def _on_block(self, files: int) -> None:
        """The loop has nothing to do but to wait: if it is for our answers alone, the server may lend this place to others."""
        is_ours_alone = files <= self._loop.own_files + 1 and not self._loop.in_threads
        if self._link is not None and self._waiting and is_ours_alone and self._idle_said != self._answers:
            self._idle_said = self._answers
            idle = worker_pb2.Idle(handle=self._attempt.handle, answers=self._answers)
            self._link.send(worker_pb2.FromWorker(idle=[idle]))


def _default_plan(workflow: Workflow[Any, Any]) -> Any:
    from alula.sdk.launch_plan import default_plan

    return default_plan(workflow)
