"""A worker as the executor knows it, and the attempts it was sent: one runs, short ones may wait behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from alula.engine.event import Failure
from alula.engine.graph import Demand
from alula.executors import memory
from alula.executors.base import Pool, Work
from alula.executors.channel import Channel
from alula.executors.zygote import Zygote

MAX_ATTEMPTS = 20_000  # a worker is replaced after this many
MAX_RSS_BYTES = 2 << 30  # and beyond this much memory of its own when it is idle
MAX_LEFT = 0.75  # of an attempt's limit may be in a worker already
MAX_EXCESS = 5  # a child that is about to become another program still has its memory in common with its parent
SEEN_EVERY = 64


@dataclass(slots=True, eq=False)
class Flight:
    """One attempt on its way, from one worker to the next if it has to be; instants are the loop's, in seconds.

    Attributes:
        sent_at: when its worker got it.
        head_at: when it came first in its worker, which is when it began; 0: not yet.
        worker: who has it; None: it waits.
        handle: its name between the executor and that worker.
        is_announced: it was said that it started.
        is_evicted: its worker was taken away while it only waited; it runs anew once it is answered.
        answers: sent to it.
        provisioned_s: how long it waited for what it runs in.
    """

    work: Work
    queued_at: float
    sent_at: float = 0.0
    head_at: float = 0.0
    worker: Worker | None = None
    handle: int = 0
    is_announced: bool = False
    is_cancelled: bool = False
    is_evicted: bool = False
    answers: int = 0
    provisioned_s: float = 0.0


@dataclass(slots=True, eq=False)
class Worker:
    """One forked interpreter; it belongs to one pool for life.

    Attributes:
        work_dir: its own: code and files of one attempt are never seen by another that runs at the same time.
        flying: what it was sent, by handle, in order of running.
        reserved: what of the machine is kept for it while it has anything.
        unseen: messages since its memory was last looked at.
        is_doomed: it gets no more work.
        is_killed: because its attempt was cancelled, not for anything it did.
        idle_since: from when on its attempt only waits for calls; 0: it works.
        is_timed: it waits for a timer, too, which would be lost with it.
        excess: looks in a row that found it and what it started together, but not it alone, above its limit.
        verdict: why it was killed, if for something it did.
    """

    number: int
    pool: Pool
    zygote: Zygote
    channel: Channel
    log_path: Path
    work_dir: Path
    flying: dict[int, Flight] = field(default_factory=dict)
    reserved: Demand = field(default_factory=Demand)
    done: int = 0
    unseen: int = 0
    is_doomed: bool = False
    is_killed: bool = False
    idle_since: float = 0.0
    is_timed: bool = False
    excess: int = 0
    verdict: Failure | None = None
    log_end: int = 0

    @property
    def head(self) -> Flight | None:
        return next(iter(self.flying.values()), None)

    @property
    def pid(self) -> int:
        """Its process; 0 until the zygote has said it, and once it has ended."""
        return self.zygote.pids.get(self.number, 0)

    def is_worn(self, *, is_short: bool) -> bool:
        """Whether an idle worker should be replaced.

        Args:
            is_short: it gets short attempts, and reading /proc costs more than one of those: its memory is looked at now and then.
        """
        if self.done >= MAX_ATTEMPTS:
            return True
        self.unseen += 1
        if self.unseen < SEEN_EVERY and is_short:
            return False
        self.unseen = 0
        return memory.rss_bytes(self.pid) > MAX_RSS_BYTES

    def is_heavy_for(self, demand: Demand) -> bool:
        """Whether what it ran before left so much memory in it (imported frameworks) that an attempt's limit is nearly used up."""
        limit = demand.mem_limit_bytes
        return bool(limit and self.done) and memory.rss_bytes(self.pid) > limit * MAX_LEFT

    def evict(self) -> None:
        """Ends it while its attempt only waits for its calls; the attempt is kept for its next answer."""
        if (head := self.head) is not None:
            head.is_evicted, head.answers = True, 0
            self.is_doomed = True
            self.zygote.kill(self.number)

    def check_memory(self) -> None:
        """Kills it if it uses more than its attempts may."""
        limit = self.reserved.mem_limit_bytes
        if not limit or self.verdict is not None:
            return
        if memory.tree_rss_bytes(self.pid) <= limit:
            self.excess = 0
            return
        used = memory.pss_bytes(self.pid)
        if used <= limit:
            used = memory.tree_bytes(self.pid)  # a process that was forked shares what it has not written to
            self.excess = self.excess + 1 if used > limit else 0
            if self.excess < MAX_EXCESS:
                return
        message = f"out of memory: the task used {used / 2**20:.0f} MiB, its limit is {limit / 2**20:.0f} MiB; ask for more with mem="
        self.verdict = Failure(code="OOM", message=message, is_recoverable=True)
        self.is_doomed = True
        self.zygote.kill(self.number)
