"""Running an async task that calls others: each call is sent to the server and its result awaited in the task's own loop.

Calls are named by where they stand: their position among the calls of one asyncio task, and that task's position among those its
parent made. So an attempt that takes the same way names its calls in the same way, whatever happens to finish first.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import sys
import threading
import time
from collections.abc import Coroutine
from typing import Any, Protocol, TypeVar

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
from alula.worker.answers import GO_ON, Answers
from alula.worker.event_loop import Lane, Loop, cancel_rest, current_lane, shared_loop
from alula.worker.failure import error_document
from alula.worker.link import Link
from alula.worker.remote_error import remote_error
from alula.worker.stray import running_children

T = TypeVar("T")
WORTH_LENDING_S = 0.05  # a core; a timer that fires sooner than that comes first
WATCH_S = 1.0  # between looks at whether what a task started beside its loop has ended


def drive(attempt: worker_pb2.Attempt, link: Link | None, offload: Offload, coroutine: Coroutine[Any, Any, T]) -> T:
    """Runs an async task to its end.

    Args:
        link: to the server; None where there is none (a container's command), so that calls are refused.
    Raises:
        NonRecoverable: it called something else than an attempt before it.
    """
    loop = shared_loop()
    driver = Driver(attempt, link, offload, loop)
    task = driver.start(coroutine)
    driver.open()
    try:
        result = loop.run_until_complete(task)
    except Exception as error:
        if driver.refusal is not None and driver.refusal is not error:
            raise driver.refusal from None  # whatever the task made of it
        raise
    finally:
        try:
            cancel_rest(loop)  # what is ended may still call, and must then hear the answer
        finally:
            driver.close()
    driver.check()
    return result


class Sender(Protocol):
    """Takes what a running task says to the server."""

    def send(self, message: worker_pb2.FromWorker) -> None: ...


class Driver:
    """One attempt of an async task: the `Caller` of what it calls."""

    def __init__(self, attempt: worker_pb2.Attempt, link: Sender | None, offload: Offload, loop: Loop) -> None:
        self._attempt, self._link, self._offload, self._loop = attempt, link, offload, loop
        self._serializer = Serializer(Settings(attempt.project, attempt.domain, attempt.task_version, images=images_here()))
        self.answers = Answers(loop, int(attempt.replay_to), attempt.recorded)
        self._unstarted: dict[str, Call] = {}  # by key
        self._idle_said = -1
        self._threads, self._processes = set(threading.enumerate()), running_children()  # of before
        self.refusal: AlulaError | None = None  # of a call that is not the one on record
        self._root = f"{attempt.bundle_path.rstrip('/')}/" if attempt.bundle_path else ""

    def start(self, coroutine: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Has the loop run the task's coroutine, its calls carried out by this driver."""
        with calling(self):
            context = contextvars.copy_context()
        context.run(current_lane.set, Lane())
        return asyncio.Task(coroutine, loop=self._loop, context=context)

    def open(self) -> None:
        if isinstance(self._link, Link):
            self._link.flush()  # results of before: who waits for them may be what this task will call
            self._loop.add_reader(self._link.fileno, self._receive)
            self._loop.own_files += 1
            self._loop.selector.on_rest, self._loop.selector.on_wake = self.on_rest, self.on_wake
            for answer in self._link.take_answers(self._attempt.handle):  # arrived with the attempt
                self.answers.hear(answer)

    def close(self) -> None:
        if isinstance(self._link, Link):
            self._loop.remove_reader(self._link.fileno)
            self._loop.own_files -= 1
            self._loop.selector.on_rest, self._loop.selector.on_wake = None, None
            self._loop.run_clock()

    def check(self) -> None:
        """Says what was written and never awaited; raises what the task must not go on after, even if it caught it."""
        for call in self._unstarted.values():
            sys.stderr.write(f"alula: {call.place}: the call of {call.what} was never awaited, so nothing ran; write `await` before it\n")
        if self.refusal is not None:
            raise self.refusal

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
        key = current_lane.get().next_key()
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
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():  # a later attempt must give it up too, however long it takes then
                message.error = error_document(asyncio.CancelledError("the task stopped waiting for it")).SerializeToString()
                self._send(message, self._gone(message))
            raise
        except Exception as error:  # noqa: BLE001 - what a traced function raises is its result, put on record like any other
            message.error = error_document(error).SerializeToString()
        return message

    def _make(self, what: str, node: core.Node, inputs: core.LiteralMap, interface: Interface, place: str) -> Call:
        node.metadata.name = label(node.metadata.name)
        key = current_lane.get().next_key()
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
            self.refusal = NonRecoverable(answer.message, code=ORDER_CHANGED)
            return self.refusal
        return remote_error(answer.code, answer.message, answer.kind, what)

    # The wire ---------------------------------------------------------------------------------------------------------

    async def _ask(self, message: worker_pb2.Call) -> worker_pb2.Answer:
        if self._link is None:
            raise Unsupported("an async task that runs as a container's command cannot call other tasks; run it on the process executor")
        if asyncio.get_running_loop() is not self._loop:
            raise Unsupported(f"{message.place}: this call was awaited in another event loop; await it in the task's own coroutines")
        with self.answers.expected(message) as future:
            self._send(message)
            try:
                return await future
            except asyncio.CancelledError:
                self._send(self._gone(message))
                raise

    def _gone(self, message: worker_pb2.Call) -> worker_pb2.Call:
        gone = worker_pb2.Call(handle=message.handle, key=message.key, place=message.place, is_cancelled=True)
        self.answers.stamp(gone)
        return gone

    def _send(self, *calls: worker_pb2.Call) -> None:
        if self._link is not None:
            self._link.send(worker_pb2.FromWorker(calls=calls))

    def _receive(self) -> None:
        link = self._link
        if not isinstance(link, Link) or not link.receive(is_blocking=False):
            sys.stderr.flush()
            os._exit(1)  # the server has gone, and with it everything this attempt could be told
        for answer in link.take_answers(self._attempt.handle):
            self.answers.hear(answer)

    def on_rest(self, timeout_s: float | None) -> float | None:
        """The loop is about to wait: the next answer is handed over, else the server may lend this place to others meanwhile.

        Returns:
            How long the loop may wait, as `Answers.at_rest` says.
        """
        wait_s = self.answers.at_rest(timeout_s)
        if wait_s is not None and wait_s < WORTH_LENDING_S:
            return wait_s
        is_idle = wait_s == timeout_s and self.answers.is_awaited and not self._loop.is_waiting_for_world
        if self._link is not None and is_idle and self._idle_said != self.answers.count:
            if self._has_helpers():
                if timeout_s is not None and timeout_s <= WATCH_S:
                    return wait_s
                self._loop.call_later(WATCH_S, lambda: None)  # the loop comes to rest again, and looks again
                return GO_ON
            self._idle_said = self.answers.count
            idle = worker_pb2.Idle(handle=self._attempt.handle, answers=self.answers.count, is_timed=timeout_s is not None)
            self._link.send(worker_pb2.FromWorker(idle=[idle]))
        return wait_s

    def on_wake(self, has_events: bool) -> None:
        """The loop has waited: if no answer ended that, a timer did, and the task takes its core again."""
        if self._link is not None and not has_events and self._idle_said == self.answers.count:
            self._idle_said = -1
            self._link.send(worker_pb2.FromWorker(idle=[worker_pb2.Idle(handle=self._attempt.handle, is_over=True)]))

    def _has_helpers(self) -> bool:
        """Whether a thread or a process that the task started is at work: it would be taken away with this worker."""
        known = self._threads | set(self._loop.pool_threads)
        if any(not thread.daemon and thread not in known for thread in threading.enumerate()):
            return True
        return not running_children() <= self._processes


def _default_plan(workflow: Workflow[Any, Any]) -> Any:
    from alula.sdk.launch_plan import default_plan

    return default_plan(workflow)
