"""Workers whose task only waits for what it called: how long they are kept, and which of them gives way to work that waits."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from alula.engine.graph import Demand
from alula.executors.room import Room
from alula.executors.worker import Worker

MAX_IDLE = 32  # workers kept for tasks that only wait for their calls
EVICT_AFTER_S = 60.0  # and how long each is kept
SETTLED_S = 0.2  # one that was idle for less may be answered any moment: a result on record, a cache hit


def is_overdue(worker: Worker, now: float) -> bool:
    """Whether a worker has idled for long enough to be taken away."""
    return _may_go(worker) and now - worker.idle_since > EVICT_AFTER_S


def _may_go(worker: Worker) -> bool:
    return bool(worker.idle_since) and not worker.is_timed and not worker.is_doomed


def next_to_go(workers: Collection[Worker], room: Room, wanted: Iterable[Demand], now: float) -> Worker | None:
    """The one that gives way where work waits for memory, devices or a place that tasks hold which only wait themselves.

    Args:
        workers: all there are.
        wanted: what the work that waits asks for.
    Returns:
        The one that has idled longest, of those that hold anything unless there are too many; None if it would help nobody.
    """
    settled = (w for w in workers if _may_go(w) and now - w.idle_since >= SETTLED_S)
    idle = sorted(settled, key=lambda w: w.idle_since)
    if len(idle) > MAX_IDLE:
        return idle[0]
    holder = next((w for w in idle if w.reserved.mem_bytes or w.reserved.gpu), None)
    return holder if holder is not None and room.is_short_of(wanted) else None
