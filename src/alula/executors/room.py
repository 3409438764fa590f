"""Admission: what of this machine is left for another attempt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from alula.engine.event import Failure
from alula.engine.graph import Demand
from alula.executors.worker import Worker

MAX_TIMED = 64  # workers whose core is lent while their task waits for calls and for timers


class Room:
    """What the workers on this machine leave of its cores, memory and devices.

    Args:
        capacity: all there is.
        workers: those there are, by number; it is looked at anew for each question.
    """

    def __init__(self, capacity: Demand, workers: Mapping[int, Worker]) -> None:
        self.capacity = capacity
        self._workers = workers

    def refusal(self, demand: Demand) -> Failure | None:
        """Memory and devices beyond the machine can never be had; cores can: the work is only slower."""
        wanted, there = demand.mem_bytes, self.capacity.mem_bytes
        if wanted > there:
            return _too_much(f"{wanted / 2**30:.1f} GiB of memory", f"{there / 2**30:.1f} GiB", "mem")
        if demand.gpu > self.capacity.gpu:
            return _too_much(f"{demand.gpu} gpus", str(self.capacity.gpu), "gpu")
        return None

    def reservation(self, demand: Demand) -> Demand:
        """What is kept for an attempt: one core if it does not say, never more cores than there are."""
        cpu = min(demand.cpu_m or 1000, self.capacity.cpu_m)
        return Demand(cpu_m=cpu, mem_bytes=demand.mem_bytes, gpu=demand.gpu, mem_limit_bytes=demand.mem_limit_bytes)

    def has(self, demand: Demand, worker: Worker | None) -> bool:
        """Whether an attempt may be sent to a worker, None: to a new one; behind others only if it needs what they do."""
        wanted = self.reservation(demand)
        if worker is not None and worker.flying:
            return worker.reserved == wanted
        cpu = mem = gpu = timed = 0
        for other in self._workers.values():
            if other is not worker and other.flying:
                is_lent = bool(other.idle_since)  # what waits for its calls computes nothing
                if is_lent and other.is_timed:  # but it cannot be taken away: of such there are so many, and no more
                    timed += 1
                    is_lent = timed <= MAX_TIMED
                cpu += 0 if is_lent else other.reserved.cpu_m
                mem += other.reserved.mem_bytes
                gpu += other.reserved.gpu
        has = self.capacity
        return cpu + wanted.cpu_m <= has.cpu_m and mem + wanted.mem_bytes <= has.mem_bytes and gpu + wanted.gpu <= has.gpu

    def is_short_of(self, demands: Iterable[Demand]) -> bool:
        """Whether any of these lacks memory or devices."""
        busy = [w.reserved for w in self._workers.values() if w.flying]
        mem_left = self.capacity.mem_bytes - sum(d.mem_bytes for d in busy)
        gpu_left = self.capacity.gpu - sum(d.gpu for d in busy)
        return any(wanted.mem_bytes > mem_left or wanted.gpu > gpu_left for wanted in demands)

    @property
    def is_crowded(self) -> bool:
        """Whether there are so many workers that an idle one should go before another comes."""
        return len(self._workers) >= 2 * max(2, self.capacity.cpu_m // 1000)


def _too_much(wanted: str, there: str, setting: str) -> Failure:
    message = f"the task asks for {wanted}, this machine's executor has {there}; ask for less or raise --{setting}"
    return Failure(code="ResourcesUnavailable", message=message)
