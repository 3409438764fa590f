"""What a running task can ask about itself; outside a run the same calls answer for a run called `local`."""

from __future__ import annotations

import contextvars
import logging
import tempfile
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from alula.sdk.secret import secret


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Bytes that a later attempt of the same task finds again.

    Args:
        target: URI of the folder this attempt writes to, empty if there is none.
        previous: URI of the previous attempt's, empty if there is none.
    """

    target: str
    previous: str

    def read(self) -> bytes | None:
        """What an earlier attempt (or this one) wrote last; None if nothing was."""
        from alula.objectstore import store

        for prefix in (self.target, self.previous):
            if prefix and store.exists(f"{prefix.rstrip('/')}/checkpoint"):
                return bytes(store.get_bytes(f"{prefix.rstrip('/')}/checkpoint"))
        return None

    def write(self, data: bytes) -> None:
        """Keeps `data` for the next attempt; replaces what was there."""
        from alula.objectstore import store

        store.put_bytes(data, f"{self.target.rstrip('/')}/checkpoint")


@dataclass(frozen=True, kw_only=True)
class Context:
    """The attempt that is running.

    Args:
        attempt: 0 for the first.
        item: index in an array node, -1 for an ordinary task.
        raw_output_prefix: URI of the folder for data of this attempt.
    """

    project: str = "local"
    domain: str = "local"
    execution: str = "local"
    node: str = "local"
    attempt: int = 0
    item: int = -1
    task: str = ""
    version: str = ""
    raw_output_prefix: str = ""
    checkpoint_prefix: str = ""
    previous_checkpoint: str = field(default="", repr=False)

    @property
    def logger(self) -> logging.Logger:
        """Logger named after the task."""
        return logging.getLogger(f"alula.task.{self.task or 'local'}")

    @cached_property
    def checkpoint(self) -> Checkpoint:
        return Checkpoint(self.checkpoint_prefix, self.previous_checkpoint)

    def secret(self, name: str) -> str:
        """As `al.secret`."""
        return secret(name)


_current: contextvars.ContextVar[Context | None] = contextvars.ContextVar("alula_context", default=None)
_local: list[Context] = []


def context() -> Context:
    """The attempt that is running in this thread or coroutine."""
    found = _current.get()
    if found is not None:
        return found
    if not _local:
        folder = Path(tempfile.mkdtemp(prefix="alula-local-"))
        _local.append(Context(raw_output_prefix=str(folder / "raw"), checkpoint_prefix=str(folder / "checkpoint")))
    return _local[0]


def enter(of: Context) -> contextvars.Token[Context | None]:
    """Makes `of` the current one; give the token to `leave`."""
    return _current.set(of)


def leave(token: contextvars.Token[Context | None]) -> None:
    _current.reset(token)
