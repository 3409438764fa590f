"""What happened to an execution: the one way into the engine. Instants (`at`) are µs since the epoch, UTC."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from alula.idl import core

if TYPE_CHECKING:
    from alula.engine.graph import NodeSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why an attempt, a node or an execution failed.

    `kind` is "USER" or "SYSTEM" and says which retry budget pays; `is_recoverable` whether the same code may be tried again.
    """

    code: str
    message: str
    kind: str = "USER"
    is_recoverable: bool = False
    node_id: str = ""
    is_timeout: bool = False
    is_restart: bool = False  # the server went away, and its workers with it


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptReport:
    """What is known of an ended attempt beside its result; instants and spans in µs, sizes in bytes."""

    started_at: int = 0  # 0: not known
    queued_us: int = 0
    provisioning_us: int = 0
    import_us: int = 0
    read_us: int = 0
    run_us: int = 0
    write_us: int = 0
    peak_rss_bytes: int = 0
    log_uri: str = ""
    log_start: int = 0
    log_end: int = 0
    deck_uri: str = ""
    worker: str = ""


NO_REPORT = AttemptReport()


@dataclass(frozen=True, slots=True)
class Launched:
    at: int


@dataclass(frozen=True, slots=True)
class Proceed:
    """Go on starting nodes that a bounded turn left waiting."""

    at: int


@dataclass(frozen=True, slots=True)
class CacheHit:
    at: int
    node_id: str
    item: int
    outputs: core.LiteralMap
    source: bytes  # serialised CacheSource


@dataclass(frozen=True, slots=True)
class CacheMissed:
    """`is_reserved`: this node holds the reservation and must release it."""

    at: int
    node_id: str
    item: int
    reason: str
    is_reserved: bool = False


@dataclass(frozen=True, slots=True)
class AttemptInitializing:
    """What the attempt runs in is being made; its own time has not begun."""

    at: int
    node_id: str
    item: int
    attempt: int
    reason: str


@dataclass(frozen=True, slots=True)
class AttemptStarted:
    at: int
    node_id: str
    item: int
    attempt: int
    log_uri: str = ""
    log_start: int = 0


@dataclass(frozen=True, slots=True)
class AttemptSucceeded:
    at: int
    node_id: str
    item: int
    attempt: int
    outputs: core.LiteralMap
    report: AttemptReport = NO_REPORT
    outputs_uri: str = ""


@dataclass(frozen=True, slots=True)
class AttemptExpanded:
    """A dynamic task wrote a graph instead of outputs; it was compiled on the way in."""

    at: int
    node_id: str
    attempt: int
    closure: core.CompiledWorkflowClosure
    report: AttemptReport = NO_REPORT
    item: int = -1


@dataclass(frozen=True, slots=True)
class AttemptFailed:
    at: int
    node_id: str
    item: int
    attempt: int
    failure: Failure
    report: AttemptReport = NO_REPORT


Given: TypeAlias = tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class CallMade:
    """A running task calls something: a child of its node. `spec` carries the inputs and where the call stands.

    Attributes:
        is_replay: the attempt goes over what is on record, and is told at once if nothing is known of the call's end.
        given: order of each answer that the task was given since it last called something, and when by its own clock.
    """

    at: int
    node_id: str
    item: int
    attempt: int
    spec: NodeSpec
    is_replay: bool = False
    given: Given = ()


@dataclass(frozen=True, slots=True)
class CallCancelled:
    """The task no longer wants the result of a call.

    Attributes:
        after: order of the last answer that it had been given.
        clock_s: when, by its own clock.
        given: as of `CallMade`.
    """

    at: int
    node_id: str
    item: int
    attempt: int
    key: str
    after: int
    clock_s: float = 0.0
    given: Given = ()


@dataclass(frozen=True, slots=True)
class ResultTraced:
    """A traced function of a running task has returned or raised: a checkpoint. It began at `started_at`."""

    at: int
    node_id: str
    item: int
    attempt: int
    spec: NodeSpec
    started_at: int
    outputs: core.LiteralMap | None
    failure: Failure | None
    given: Given = ()


@dataclass(frozen=True, slots=True)
class DeckPublished:
    """A running attempt wrote its deck before its end."""

    at: int
    node_id: str
    item: int
    attempt: int
    uri: str


@dataclass(frozen=True, slots=True)
class TimerFired:
    """`what` is `attempt`, `gate` or `sleep`; `attempt` guards against a timer of an earlier attempt."""

    at: int
    node_id: str
    item: int
    what: str
    attempt: int


@dataclass(frozen=True, slots=True)
class SignalReceived:
    at: int
    signal_id: str
    value: core.Literal
    principal: str = ""  # who gave it


@dataclass(frozen=True, slots=True)
class ChildEnded:
    """The execution that a launch plan node started has ended; `phase` is the IDL's execution phase."""

    at: int
    node_id: str
    item: int
    name: str
    phase: int
    outputs: core.LiteralMap | None
    failure: Failure | None


@dataclass(frozen=True, slots=True)
class AbortRequested:
    at: int
    cause: str
    principal: str


Event: TypeAlias = (
    Launched
    | Proceed
    | CacheHit
    | CacheMissed
    | AttemptInitializing
    | AttemptStarted
    | AttemptSucceeded
    | AttemptExpanded
    | AttemptFailed
    | CallMade
    | CallCancelled
    | ResultTraced
    | DeckPublished
    | TimerFired
    | SignalReceived
    | ChildEnded
    | AbortRequested
)
