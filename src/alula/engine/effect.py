"""What to do next: the one way out of the engine. Effects are handed out after the turn that made them is durable.

`LookUpCache` is the exception: it only reads, so it is answered inside the turn (a chain of hits is then one commit), unless the
entry's outputs are an object: that is read after the commit, and the answer is an event.
`FillCache` writes, in the transaction of the success that it records.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from alula.engine.event import Failure
from alula.engine.graph import TaskCall
from alula.idl import core
from alula.idl.identifier import EntityId


@dataclass(frozen=True, slots=True)
class LookUpCache:
    node_id: str
    item: int
    call: TaskCall
    inputs: core.LiteralMap


@dataclass(frozen=True, slots=True)
class FillCache:
    node_id: str
    item: int
    attempt: int
    call: TaskCall
    inputs: core.LiteralMap
    outputs: core.LiteralMap
    outputs_uri: str


@dataclass(frozen=True, slots=True)
class ReleaseReservation:
    """The holder of a cache reservation ended without filling the cache: the next in line may compute."""

    node_id: str
    item: int


@dataclass(frozen=True, slots=True)
class Record:
    """What attempts of a task that calls others did before the one that starts.

    Attributes:
        answered: order of the last answer that they were given, 0 if there was none.
        calls: key of each call of theirs, the order of the last answer that they had been given by then, and when by their own clock.
    """

    answered: int = 0
    calls: tuple[tuple[str, int, float], ...] = ()


NO_RECORD = Record()


@dataclass(frozen=True, slots=True)
class StartAttempt:
    """`sliced` names the inputs of which an array item got its own element; empty for an ordinary task."""

    node_id: str
    item: int
    attempt: int
    call: TaskCall
    inputs: core.LiteralMap
    sliced: tuple[str, ...] = ()
    record: Record = NO_RECORD


@dataclass(frozen=True, slots=True)
class StopAttempt:
    node_id: str
    item: int
    attempt: int


@dataclass(frozen=True, slots=True)
class AnswerCall:
    """Tells a running task how a call of its ended.

    Attributes:
        outputs: neither these nor a failure: a traced function is to be run.
        order: grows with every end that the caller is told of; 0: of no call's end.
        is_pending: nothing is known of the end yet; only told to an attempt that goes over what is on record.
        is_given_up: an earlier attempt stopped waiting for it, after the answer before `order`.
        clock_s: when an earlier attempt was given it, or gave it up, by its own clock; 0: not known.
    """

    node_id: str
    item: int
    attempt: int
    key: str
    outputs: core.LiteralMap | None = None
    failure: Failure | None = None
    order: int = 0
    is_pending: bool = False
    is_given_up: bool = False
    clock_s: float = 0.0


@dataclass(frozen=True, slots=True)
class SetTimer:
    """Fire at `at` (µs since the epoch) as `TimerFired` with the same words."""

    at: int
    node_id: str
    item: int
    what: str
    attempt: int


@dataclass(frozen=True, slots=True)
class OpenSignal:
    """A gate waits for this signal; `type` None is an approval (a boolean)."""

    node_id: str
    signal_id: str
    type: core.LiteralType


@dataclass(frozen=True, slots=True)
class LaunchChild:
    """Start an execution of a launch plan under a name that is the same however often this is handed out."""

    node_id: str
    item: int
    name: str
    launch_plan: EntityId
    inputs: core.LiteralMap
    recover_from: str = ""  # name of the child of the execution that this one recovers


@dataclass(frozen=True, slots=True)
class AbortChild:
    node_id: str
    item: int
    name: str
    cause: str


@dataclass(frozen=True, slots=True)
class EndExecution:
    """The execution reached its terminal phase in this turn."""


Effect: TypeAlias = (
    LookUpCache
    | FillCache
    | ReleaseReservation
    | StartAttempt
    | StopAttempt
    | AnswerCall
    | SetTimer
    | OpenSignal
    | LaunchChild
    | AbortChild
    | EndExecution
)
