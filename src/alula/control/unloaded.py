"""Live executions that could not be loaded from their rows, and what happens to them until they can."""

from __future__ import annotations

from dataclasses import dataclass, field

from alula.engine.event import Event
from alula.errors import Unavailable
from alula.idl.identifier import ExecutionId


@dataclass(slots=True, eq=False)
class Unloaded:
    """One of them; as long as it is the same object, nobody has touched the rows.

    Attributes:
        reason: why it could not be loaded.
        is_restart: its workers went with the server of before; else this server may still run its attempts.
        events: what came for it meanwhile.
    """

    id: ExecutionId
    reason: str
    is_restart: bool
    events: list[Event] = field(default_factory=list)


def not_here(uri: str) -> bytes:
    """What reads outputs where the writer's transaction would wait for the object store: nothing.

    Raises:
        Unavailable: always; the execution is loaded again outside the transaction.
    """
    raise Unavailable(f"its outputs at {uri} are still to be read")


def reason_of(error: Exception) -> str:
    """An error as the reason of an `Unloaded`."""
    return str(error) if hasattr(error, "code") else f"{type(error).__name__}: {error}"
