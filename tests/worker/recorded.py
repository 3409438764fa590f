"""A record that answers an async task's calls at once, and attempts that run against it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

import alula as al
from alula.idl import core
from alula.idl.v1 import worker_pb2
from alula.types.offload import Offload
from alula.worker.driver import Driver
from alula.worker.event_loop import Loop


@al.task
def named(x: int) -> int:
    return x


def ended(key: str, order: int, clock_s: float = 0.0) -> worker_pb2.Answer:
    """A call's result: its order."""
    value = core.Literal(scalar=core.Scalar(primitive=core.Primitive(integer=order)))
    outputs = core.LiteralMap(literals={"o0": value}).SerializeToString()
    return worker_pb2.Answer(key=key, has_outputs=True, outputs=outputs, order=order, clock_s=clock_s)


def given_up(key: str, order: int, clock_s: float = 0.0) -> worker_pb2.Answer:
    return worker_pb2.Answer(key=key, order=order, is_given_up=True, clock_s=clock_s)


@dataclass
class Record:
    """What the server knows, by key; told a little later, in another order than that of the calls."""

    loop: Loop
    answers: dict[str, worker_pb2.Answer]
    calls: list[worker_pb2.Call] = field(default_factory=list)
    idle: threading.Event = field(default_factory=threading.Event)  # the task has said that it only waits
    idle_meanwhile: bool = False
    on_idle: Callable[[], None] = lambda: None
    on_said: Callable[[worker_pb2.Idle], None] = lambda idle: None
    driver: Driver | None = None
    delay_s: float = 0.0

    def send(self, message: worker_pb2.FromWorker) -> None:
        for idle in message.idle:
            self.on_said(idle)
            self.idle.set()
            self.loop.call_soon_threadsafe(self.on_idle)
        for call in message.calls:
            self.calls.append(call)
            if not call.is_cancelled:
                found = self.answers.get(call.key, worker_pb2.Answer(key=call.key, is_pending=True))
                if not found.is_pending or call.is_replay:
                    self._tell(found, self.delay_s + 0.001 * (len(self.calls) % 3))

    def _tell(self, answer: worker_pb2.Answer, after_s: float) -> None:
        """From outside: no clock of the loop hastens it."""

        def tell() -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self.loop.call_soon_threadsafe(self.driver.answers.hear, answer)  # type: ignore[union-attr]

        timer = threading.Timer(after_s, tell)
        timer.daemon = True
        timer.start()

    @property
    def cancelled(self) -> list[tuple[str, int]]:
        return [(call.key, call.after) for call in self.calls if call.is_cancelled]


def drive(
    body: Callable[[], Coroutine[Any, Any, Any]],
    *known: worker_pb2.Answer,
    replay_to: int | None = None,
    early: Sequence[worker_pb2.Answer] = (),
    recorded: Sequence[tuple[str, int, float]] = (),
    delay_s: float = 0.0,
) -> tuple[Any, Record]:
    """Runs a body to its end.

    Args:
        known: answers to what it calls, `delay_s` after the call.
        early: arrive before it calls anything.
        recorded: what an attempt before it called: key, order of the last answer by then, its clock then.
    """
    loop = Loop()
    record = Record(loop, {a.key: a for a in known}, delay_s=delay_s)
    last = max((a.order for a in known), default=0) if replay_to is None else replay_to
    calls = [worker_pb2.RecordedCall(key=key, after=after, clock_s=clock_s) for key, after, clock_s in recorded]
    driver = record.driver = Driver(worker_pb2.Attempt(handle=1, replay_to=last, recorded=calls), record, Offload("."), loop)
    loop.selector.on_rest = driver.on_rest
    for answer in early:
        driver.answers.hear(answer)
    try:
        result = loop.run_until_complete(driver.start(body()))
        driver.check()
        return result, record
    finally:
        loop.close()
