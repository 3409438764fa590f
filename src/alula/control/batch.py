"""What a transaction of the writer's thread leaves to the event loop."""

from __future__ import annotations

from dataclasses import dataclass, field

from alula.engine.event import Event
from alula.engine.state import Run
from alula.idl.identifier import ExecutionId


@dataclass(frozen=True, slots=True)
class Change:
    """What watchers hear after a commit: which nodes changed, whether the execution did, and the run once it has ended."""

    key: int
    execution: ExecutionId
    is_execution: bool
    nodes: tuple[str, ...]
    ended: Run | None = None
    phase: int = 0  # of the execution, if it changed
    is_asking: bool = False  # a gate waits for an answer, or has got it
    tried: tuple[str, ...] = ()  # nodes of which attempts changed, at items of a map above all, and not they themselves

    @property
    def is_terminal(self) -> bool:
        return self.ended is not None


@dataclass(slots=True)
class Batch:
    """What one transaction leaves to be done once it is durable.

    Attributes:
        answers: events for executions, by key.
    """

    effects: list[tuple[Run, object]] = field(default_factory=list)
    answers: list[tuple[int, Event]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
