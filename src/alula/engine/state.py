"""Where an execution stands: one `Run` with its nodes, scopes and array items. Rows in the database hold the same facts."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from alula.engine.event import AttemptReport, Failure
from alula.engine.graph import Graph, NodeSpec, Scope
from alula.idl import core
from alula.idl.identifier import EntityId, ExecutionId
from alula.idl.phase import AttemptPhase, ExecutionPhase, NodePhase


@dataclass(slots=True, eq=False)
class Attempt:
    """One attempt of a task node or of an array item, as it will be a row. Instants in µs since the epoch, 0: not yet."""

    node_id: str
    item: int
    number: int
    phase: AttemptPhase
    created_at: int
    task: EntityId | None = None
    started_at: int = 0
    ended_at: int = 0
    failure: Failure | None = None
    report: AttemptReport | None = None
    log_uri: str = ""
    log_start: int = 0
    child: str = ""  # name of the execution an item of a launch plan map started
    cache_status: int = 0  # core.CatalogCacheStatus, of items alone: a task node has its own
    cache_source: bytes = b""  # likewise
    system_failures: int = 0  # charged to an item so far, of items alone
    is_new: bool = True


@dataclass(slots=True, eq=False)
class ArrayState:
    """The items of one array node. `phases[i]` is an `AttemptPhase`; QUEUED items beyond `next_item` were not started."""

    size: int
    min_successes: int
    concurrency: int  # items in flight at most, > 0
    calls: dict[int, Attempt] = field(default_factory=dict)  # live attempts by item
    outputs: dict[int, core.LiteralMap] = field(default_factory=dict)
    failures: dict[int, Failure] = field(default_factory=dict)
    user_failures: dict[int, int] = field(default_factory=dict)
    system_failures: dict[int, int] = field(default_factory=dict)
    calls_at_loss: dict[int, int] = field(default_factory=dict)  # how many calls of an item had ended when its worker was last lost
    tries: dict[int, int] = field(default_factory=dict)  # attempts that have failed, whether charged or not
    next_item: int = 0
    asking: set[int] = field(default_factory=set)  # items that wait for the cache's answer
    retry: deque[int] = field(default_factory=deque)
    hits: int = 0  # items the output cache answered
    sliced: tuple[str, ...] = ()  # inputs of which each item receives its own element

    @property
    def in_flight(self) -> int:
        return len(self.calls) + len(self.asking)

    @property
    def done(self) -> int:
        return len(self.outputs) + len(self.failures)


@dataclass(slots=True, eq=False)
class Node:
    """One node execution. `id` is unique in the run, `spec.id` in its workflow; instants in µs since the epoch."""

    id: str
    spec: NodeSpec
    scope_id: str
    parent_id: str
    phase: NodePhase
    created_at: int
    started_at: int = 0
    ended_at: int = 0
    inputs: core.LiteralMap | None = None
    outputs: core.LiteralMap | None = None
    outputs_uri: str = ""
    failure: Failure | None = None
    attempt: Attempt | None = None  # the latest
    user_failures: int = 0
    system_failures: int = 0
    cache_status: int = 0  # core.CatalogCacheStatus
    cache_reason: str = ""
    cache_source: bytes = b""  # serialised CacheSource on a hit
    is_asking: bool = False  # waits for the cache's answer
    holds_reservation: bool = False
    child: str = ""  # name of the execution a launch plan node started
    chosen: str = ""  # id of the node a branch took
    closure: core.CompiledWorkflowClosure | None = None  # what a dynamic task expanded to
    is_closure_new: bool = False  # not a row yet
    has_calls: bool = False  # its task has called others while it ran
    calls_at_loss: int = 0  # how many of them had ended when its worker was last lost
    answer_order: int = 0  # of a call: its end's place among the answers to its caller, even; odd: given up after the one before
    answer_clock_s: float = 0.0  # when its caller was given that answer, or gave it up, by the caller's own clock; 0: not known
    array: ArrayState | None = None
    deck_uri: str = ""
    holds_slot: bool = False  # counts against the execution's max_parallelism
    is_new: bool = True

    @property
    def is_given_up(self) -> bool:
        """Whether the task that called it stopped waiting for it, however it ended."""
        return self.answer_order % 2 == 1


@dataclass(slots=True, eq=False)
class ScopeState:
    """One running instance of a workflow graph (the execution's own, a sub-workflow's, a dynamic task's), or a running task's calls."""

    id: str  # unique id of the node that opened it, "" for the execution itself
    scope: Scope
    graph: Graph
    inputs: core.LiteralMap
    prefix: str  # prepended to spec ids to make node ids unique
    nodes: dict[str, Node] = field(default_factory=dict)  # by spec id, those that were reached
    remaining: dict[str, int] = field(default_factory=dict)  # upstream nodes still to end, for nodes not yet reached
    skipped: set[str] = field(default_factory=set)  # not yet reached, but downstream of a failure
    failure: Failure | None = None
    is_closing: bool = False  # the failure node is running, or the end was reached
    calls: dict[tuple[int, str], NodeSpec] | None = None  # of a running task: the latest call by item and key; None: a graph
    last_answer: int = 0  # order of the latest answer to the task
    made: dict[int, int] = field(default_factory=dict)  # calls of a running task, by item
    ended: dict[int, int] = field(default_factory=dict)  # of these
    unclocked: dict[int, Node] = field(default_factory=dict)  # by order: calls whose answer's clock is not known

    def count_made(self, node: Node) -> None:
        """Counts a node if it is a call."""
        if (origin := node.spec.origin) is not None:
            self.made[origin.item] = self.made.get(origin.item, 0) + 1

    def count_ended(self, node: Node) -> None:
        """Counts an end, if it is a call's."""
        if (origin := node.spec.origin) is not None:
            self.ended[origin.item] = self.ended.get(origin.item, 0) + 1

    def order_answer(self, node: Node) -> None:
        """Gives the end of a call its place among the answers; what has one keeps it."""
        if not node.answer_order:
            self.last_answer += 2
            node.answer_order = self.last_answer
            self.unclocked[self.last_answer] = node

    def called(self, spec: NodeSpec) -> Node | None:
        """The node of a call, None while it waits for its turn."""
        return self.nodes.get(spec.id)


@dataclass(slots=True, eq=False)
class Recovered:
    """What an earlier execution's successful node is worth to a recovery."""

    outputs: core.LiteralMap
    outputs_uri: str = ""
    deck_uri: str = ""
    digest: bytes = b""  # of what was called with which inputs, for a call that a task made
    inputs_digest: bytes = b""  # of the inputs it had, if it counts for the same inputs only
    closure: core.CompiledWorkflowClosure | None = None
    attempt: int = 0  # the attempt that expanded to `closure`: it is in the ids of the graph's nodes
    child: str = ""


@dataclass(slots=True, eq=False)
class Run:
    """One execution in memory; `step` advances it in place."""

    id: ExecutionId
    key: int  # primary key of its row
    graph: Graph
    inputs: core.LiteralMap
    created_at: int
    max_parallelism: int = 0  # nodes that may run at once, 0: no limit
    overwrite_cache: bool = False
    anew: frozenset[str] = frozenset()  # nodes that are computed whatever the cache holds
    is_interruptible: bool | None = None
    envs: dict[str, str] = field(default_factory=dict)  # environment that the execution's spec adds to every attempt
    parent: tuple[int, str, int] = (0, "", -1)  # key, node id and item of what launched it, key 0: a person
    principal: str = ""  # who launched it, empty if that is not known
    labels: dict[str, str] = field(default_factory=dict)
    raw_root: str = ""  # where attempts offload data to, empty: the server's own place
    recovered: dict[str, Recovered] = field(default_factory=dict)
    phase: ExecutionPhase = ExecutionPhase.UNDEFINED
    started_at: int = 0
    ended_at: int = 0
    outputs: core.LiteralMap | None = None
    failure: Failure | None = None
    abort_cause: str = ""
    abort_principal: str = ""
    nodes: dict[str, Node] = field(default_factory=dict)
    scopes: dict[str, ScopeState] = field(default_factory=dict)
    ready: deque[tuple[str, NodeSpec, str]] = field(default_factory=deque)  # (scope id, spec, parent id) to start next
    waiting: deque[str] = field(default_factory=deque)  # ids of nodes that wait for a parallelism slot, oldest first
    filling: deque[str] = field(default_factory=deque)  # ids of array nodes with items left to start
    slots_used: int = 0
    signals: dict[str, core.Literal] = field(default_factory=dict)  # what was given so far, the last value of each
    sequence: int = 0  # number of events taken
    is_new: bool = True

    @property
    def is_terminal(self) -> bool:
        return self.phase.is_terminal

    @property
    def has_room(self) -> bool:
        """Whether another node that counts may run."""
        return not self.max_parallelism or self.slots_used < self.max_parallelism


@dataclass(slots=True, eq=False)
class Turn:
    """Everything one step changed and wants done; `more` says that a bounded step left ready nodes behind."""

    run: Run
    at: int
    nodes: dict[str, Node] = field(default_factory=dict)
    attempts: dict[tuple[str, int, int], Attempt] = field(default_factory=dict)
    effects: list[object] = field(default_factory=list)
    run_changed: bool = False
    more: bool = False
    budget: int = 64  # nodes and items this turn may still start
