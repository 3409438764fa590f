"""What a running task can ask about itself; outside a run the same calls answer for a run called `local`."""

from __future__ import annotations

import atexit
import contextvars
import json
import logging
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alula.errors import FailedPrecondition
from alula.sdk.checkpoint import Checkpoint
from alula.sdk.journal import Journal, Limits, Progress
from alula.sdk.secret import secret

if TYPE_CHECKING:
    from alula.sdk.deck import Decks

DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, kw_only=True)
class Context:
    """The attempt that is running.

    Args:
        node: id of the node execution.
        attempt: 0 for the first.
        item: index in an array node, -1 for an ordinary task.
        principal: who launched the execution, empty if the server does not know.
        labels: the execution's.
        output_prefix: URI of the folder for the attempt's outputs and its deck.
        raw_output_prefix: URI of the folder for data of this attempt; whatever the task puts there is kept.
        checkpoint_prefix: URI of the folder for its checkpoint.
    """

    project: str = "local"
    domain: str = "local"
    execution: str = "local"
    node: str = "local"
    attempt: int = 0
    item: int = -1
    task: str = ""
    version: str = ""
    principal: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    output_prefix: str = ""
    raw_output_prefix: str = ""
    checkpoint_prefix: str = ""
    earlier_checkpoints: Callable[[], Sequence[str]] = field(default=tuple, repr=False, compare=False)
    limits: Limits = field(default=DEFAULT_LIMITS, repr=False, compare=False)
    wake: Callable[[Journal], None] | None = field(default=None, repr=False, compare=False)

    @property
    def logger(self) -> logging.Logger:
        """Logger named after the task: lines with time, level and what is given as `extra`, in the attempt's log.

        `al.context().logger.info("epoch done", extra={"loss": 0.25})`
        """
        from alula.sdk.log import logger_of

        return logger_of(self.task)

    @cached_property
    def checkpoint(self) -> Checkpoint:
        """What a later attempt finds again."""
        return Checkpoint(self.checkpoint_prefix, self.earlier_checkpoints())

    @cached_property
    def journal(self) -> Journal:
        """Metrics, parameters and progress as they were logged; for reading use the properties below."""
        return Journal(self.limits, self.wake)

    @cached_property
    def decks(self) -> Decks:
        """The sections of the attempt's deck."""
        from alula.sdk.deck import Decks

        item = f", item {self.item}" if self.item >= 0 else ""
        return Decks(
            uri=f"{self.output_prefix.rstrip('/')}/deck.html",
            title=self.task or "local",
            where=f"{self.project}/{self.domain}/{self.execution}, node {self.node}{item}, attempt {self.attempt}",
            max_bytes=self.limits.max_deck_bytes,
            journal=lambda: self.journal,
        )

    @property
    def metrics(self) -> dict[str, list[tuple[int, float]]]:
        """(step, value) of every point this attempt has logged, by metric."""
        return {name: list(zip(series.steps, series.values, strict=True)) for name, series in self.journal.series.items()}

    @property
    def parameters(self) -> dict[str, Any]:
        """What it logged by `al.log_param`."""
        return {name: json.loads(text) for name, text in self.journal.parameters.items()}

    @property
    def progress(self) -> Progress | None:
        """The last `al.progress`."""
        return self.journal.progress

    @property
    def has_journal(self) -> bool:
        """Whether the attempt has said anything: its journal is made with the first word."""
        return "journal" in self.__dict__

    @property
    def has_decks(self) -> bool:
        return "decks" in self.__dict__

    def forget(self) -> None:
        """Forgets metrics, parameters, progress and decks of a run called `local`, for instance between two tests."""
        if self.execution != "local":
            raise FailedPrecondition("forget(): what an execution has logged stays on record; only a local run forgets")
        self.__dict__.pop("journal", None)
        self.__dict__.pop("decks", None)

    def secret(self, name: str) -> str:
        """As `al.secret`."""
        return secret(name)


class Entered:
    """An attempt that is running. Its context is made when it is first asked for: most tasks never ask."""

    __slots__ = ("_make", "is_ended", "made", "token")

    def __init__(self, make: Callable[[], Context]) -> None:
        self._make = make
        self.made: Context | None = None
        self.is_ended = False
        self.token: contextvars.Token[Entered | None] | None = None

    def get(self) -> Context:
        if self.made is None:
            with _MAKING:
                self.made = self.made or self._make()
                if self.is_ended:  # a thread that outlives it asks for the first time
                    self.made.journal.close()
        return self.made


_MAKING = threading.Lock()
_current: contextvars.ContextVar[Entered | None] = contextvars.ContextVar("alula_context", default=None)
_running: list[Entered] = []  # of a worker: one attempt at a time
_strangers: set[threading.Thread] = set()  # older than the attempt
_local: list[Context] = []


def context() -> Context:
    """The attempt that is running, in its own thread, its coroutines and the threads it starts.

    Raises:
        FailedPrecondition: in a worker, from a thread that an earlier attempt left behind.
    """
    found = _current.get()
    if found is not None:
        return found.get()
    if _running:
        if _strangers and threading.current_thread() in _strangers:
            raise FailedPrecondition(
                "this thread is older than the attempt that runs now, and belongs to none; start threads within the task", code="STRANGER"
            )
        return _running[0].get()
    if not _local:
        folder = Path(tempfile.mkdtemp(prefix="alula-local-"))
        made = Context(output_prefix=str(folder), raw_output_prefix=str(folder / "raw"), checkpoint_prefix=str(folder / "checkpoint"))
        _local.append(made)
        atexit.register(_leave_local, made)
    return _local[0]


def _leave_local(of: Context) -> None:
    if of.has_decks and of.decks.is_used:
        of.decks.save()


def enter(make: Callable[[], Context]) -> Entered:
    """Begins an attempt, whose context `make` makes; give what this returns to `leave`."""
    entered = Entered(make)
    _running[:] = [entered]
    if threading.active_count() > 1:
        _strangers.update(thread for thread in threading.enumerate() if thread is not threading.current_thread())
    entered.token = _current.set(entered)
    return entered


def leave(entered: Entered) -> None:
    entered.is_ended = True
    if entered.made is not None:
        entered.made.journal.close()
    if entered.token is not None:
        _current.reset(entered.token)
    _running.clear()
    _strangers.clear()


def set_aside() -> tuple[list[Entered], set[threading.Thread]]:
    """Puts the attempt that runs aside while another has its turn in this process; `take_up` makes it the running one again."""
    kept = list(_running), set(_strangers)
    _running.clear()
    _strangers.clear()
    return kept


def take_up(kept: tuple[list[Entered], set[threading.Thread]]) -> None:
    """Goes on where `set_aside` left."""
    _running[:] = kept[0]
    _strangers.update(kept[1])
