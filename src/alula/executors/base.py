"""What every executor is: it starts attempts, tells when they started and ended, stops them, and finds their logs."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from google.protobuf.message import DecodeError

from alula.engine.event import AttemptReport, Failure
from alula.engine.graph import Demand
from alula.idl import core
from alula.idl.v1 import metric_pb2, source_pb2, worker_pb2

Pool = tuple[str, str, str, str]


class WorkKey(NamedTuple):
    """Names an attempt within this server."""

    execution: int
    node_id: str
    item: int
    attempt: int


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """One attempt, rendered and ready.

    Attributes:
        attempt: what the worker receives; the executor sets `handle`.
        pool: attempts of one pool may share warm interpreters: project, domain, image, code.
        demand: what it is admitted by.
        is_timed: the engine must hear at once that it started, because a timeout runs from there.
        is_async: may call other tasks and wait for them, so nothing may queue behind it.
        environment: the packages it runs with, which may have to be installed first; None: those of the pool's image.
    """

    key: WorkKey
    attempt: worker_pb2.Attempt
    pool: Pool
    demand: Demand
    is_timed: bool = False
    is_async: bool = False
    environment: source_pb2.Environment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How an attempt ended: exactly one of outputs, outputs_uri, futures and failure is there."""

    report: AttemptReport
    outputs: bytes | None = None
    outputs_uri: str = ""
    futures: bytes | None = None
    failure: Failure | None = None


class Listener(Protocol):
    """Hears of attempts, in the event loop."""

    def on_initializing(self, work: Work, reason: str) -> None: ...
    def on_started(self, work: Work, log_uri: str, log_start: int) -> None: ...
    def on_ended(self, work: Work, outcome: Outcome) -> None: ...
    def on_called(self, work: Work, call: worker_pb2.Call) -> None: ...
    def on_update(self, work: Work, update: metric_pb2.AttemptUpdate, *, is_stopped: bool) -> None:
        """An attempt says something of itself, while it runs or, before `on_ended`, with its report.

        Args:
            is_stopped: it was cancelled, and still had something to say.
        """

    def on_stopped(self, work: Work, log_uri: str, log_end: int) -> None:
        """An attempt that was cancelled while it ran writes no more; `log_end` is where its log ends."""


class Executor(Protocol):
    """Where attempts run."""

    async def start(self, listener: Listener) -> None: ...
    async def stop(self) -> None: ...
    def submit(self, work: Work) -> None:
        """Accepts an attempt; it is queued until there is room. One that it has already is ignored."""

    def answer(self, key: WorkKey, answer: worker_pb2.Answer) -> None:
        """Hands an attempt the result of a call it made; one that is not running here any more is not told."""

    def held(self) -> Collection[WorkKey]:
        """Attempts that were handed in, have not ended and were not cancelled."""

    def cancel(self, key: WorkKey) -> None:
        """Stops an attempt, running or queued, and everything it started; says nothing more of it."""


def failure_of(document: bytes) -> Failure:
    """An error document as the engine understands it."""
    try:
        error = core.ErrorDocument.FromString(document).error
    except DecodeError as e:
        message = f"error.pb: expected a serialized ErrorDocument, found something else ({e}); the attempt's log may say what went wrong"
        return Failure(code="ErrorUnreadable", message=message)
    return Failure(
        code=error.code or "Unknown",
        message=error.message,
        kind="SYSTEM" if error.origin == core.ExecutionError.SYSTEM else "USER",
        is_recoverable=error.kind == core.ContainerError.RECOVERABLE,
    )


Clock = Callable[[], int]
