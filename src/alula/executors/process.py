"""The `process` executor: warm interpreters on this machine, one attempt at a time each.

Attempts wait in one queue per pool and execution, both taken in rotation, so that a large fan-out does not delay a small run. A
worker belongs to one pool; short attempts are sent a few ahead so that no worker waits for the server. Admission is by cpu,
memory and devices; the memory limit is watched and an offender is named OOM.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import os
import secrets
import shutil
import sys
from collections import deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from alula.engine.event import AttemptReport, Failure
from alula.engine.graph import Demand
from alula.errors import AlulaError, Internal
from alula.executors import memory
from alula.executors.base import Listener, Outcome, Work, WorkKey, failure_of
from alula.executors.channel import Channel
from alula.executors.environment import Environments, variables
from alula.executors.zygote import NEVER_FORKED, Zygote
from alula.idl.v1 import metric_pb2, worker_pb2
from alula.provision.folder import Upkeep
from alula.provision.spec import key_of

log = logging.getLogger(__name__)

PREFETCH = 8  # attempts sent ahead to a worker of short ones; past 16 nothing is left to gain
SHORT_US = 3_000  # attempts below this are sent ahead
ANNOUNCE_S = 0.02  # attempts that outlive this are recorded as RUNNING
TICK_S = 0.02
KILL_AFTER_S = 0.5  # between the polite signal and the other one
MAX_ATTEMPTS = 20_000  # a worker is replaced after this many
SEEN_EVERY = 64
MAX_RSS_BYTES = 2 << 30  # and beyond this much memory of its own when it is idle
MAX_IDLE = 32  # workers kept for tasks that only wait for their calls
EVICT_AFTER_S = 60.0  # and how long each is kept
FLYTEKIT = ("flytekit.bin.entrypoint",)  # 1.5 s to import, so it is done once and forked

Pool = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Settings of the process executor.

    Attributes:
        root: folder for logs, bundles and work folders.
        cpu_m: thousandths of a core that may be asked for at once; 0: what this machine has.
        mem_bytes: memory that may be asked for at once; 0: what this machine has.
        gpus: devices that may be asked for at once.
        images: interpreter by image name; others run in `python`.
        python: interpreter of the default environment.
        upkeep: how long environments that were built for tasks are kept.
    """

    root: Path
    cpu_m: int = 0
    mem_bytes: int = 0
    gpus: int = 0
    images: Mapping[str, str] = field(default_factory=dict)
    python: str = sys.executable
    upkeep: Upkeep = field(default_factory=Upkeep)


@dataclass(slots=True, eq=False)
class _Flying:
    work: Work
    queued_at: float
    sent_at: float
    head_at: float = 0.0
    is_announced: bool = False
    is_cancelled: bool = False
    is_evicted: bool = False  # its worker was taken away while it only waited; it runs anew once it is answered
    answers: int = 0  # sent to it
    provisioned_s: float = 0.0  # it waited for what it runs in


@dataclass(slots=True, eq=False)
class _Worker:
    number: int
    pool: Pool
    zygote: Zygote
    channel: Channel
    log_path: Path
    work_dir: Path  # its own: code and files of one attempt are never seen by another that runs at the same time
    flying: dict[int, _Flying] = field(default_factory=dict)  # by handle, in order of running
    reserved: Demand = field(default_factory=Demand)
    done: int = 0
    unseen: int = 0  # messages since its memory was last looked at
    is_doomed: bool = False  # gets no more work
    is_killed: bool = False  # because its attempt was cancelled, not for anything it did
    idle_since: float = 0.0  # its attempt only waits for calls; 0: it works
    verdict: Failure | None = None  # why we killed it
    log_end: int = 0

    @property
    def head(self) -> _Flying | None:
        return next(iter(self.flying.values()), None)

    @property
    def is_driving(self) -> bool:
        """Whether it runs a task that may wait for others, so that nothing may be sent behind it."""
        head = self.head
        return head is not None and head.work.is_async


class _Queue:
    """Attempts of one execution in one pool; those that may wait for others come after those that do not."""

    __slots__ = ("drivers", "plain")

    def __init__(self) -> None:
        self.plain: deque[_Flying] = deque()
        self.drivers: deque[_Flying] = deque()

    def __bool__(self) -> bool:
        return bool(self.plain or self.drivers)

    def __iter__(self) -> Iterator[_Flying]:
        yield from self.plain
        yield from self.drivers

    def _of(self, flying: _Flying) -> deque[_Flying]:
        return self.drivers if flying.work.is_async else self.plain

    def append(self, flying: _Flying) -> None:
        self._of(flying).append(flying)

    def put_back(self, flying: _Flying) -> None:
        self._of(flying).appendleft(flying)

    def remove(self, flying: _Flying) -> None:
        self._of(flying).remove(flying)

    @property
    def head(self) -> _Flying:
        return self.plain[0] if self.plain else self.drivers[0]

    def take(self) -> _Flying:
        return self.plain.popleft() if self.plain else self.drivers.popleft()


class ProcessExecutor:
    """Runs attempts in warm local processes; see the module's docstring."""

    def __init__(self, config: Config, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self._config = config
        self._loop = loop or asyncio.get_event_loop()
        cores = os.cpu_count() or 1
        self.capacity = Demand(cpu_m=config.cpu_m or cores * 1000, mem_bytes=config.mem_bytes or memory.machine_bytes(), gpu=config.gpus)
        self._listener: Listener | None = None
        self._zygotes: dict[tuple[str, tuple[str, ...]], Zygote] = {}  # by interpreter and what it imports beforehand
        self._workers: dict[int, _Worker] = {}
        self._queues: dict[Pool, dict[int, _Queue]] = {}
        self._evicted: dict[WorkKey, _Flying] = {}
        self._waiting = 0
        self._keys: dict[WorkKey, tuple[_Worker | None, int]] = {}
        self._next = 1
        self._durations: dict[Pool, float] = {}
        self._ticker: asyncio.TimerHandle | None = None
        self._is_pumping = False
        self._log_folder = config.root / "logs"
        self._work_folder = config.root / "work"
        self._token = secrets.token_hex(4)  # a container's server has the same pid every time, and must not write on in an old log
        self.environments = Environments(
            config.root / "environments",
            config.upkeep,
            on_building=self._on_building,
            on_ready=self._on_provisioned,
            on_failed=self._on_unprovisioned,
            release=self._release,
            in_use=self._environments_in_use,
        )

    @property
    def worker_count(self) -> int:
        return len(self._workers)

    @property
    def running_count(self) -> int:
        return sum(1 for w in self._workers.values() if w.flying)

    @property
    def queued_count(self) -> int:
        return self._waiting + self.environments.waiting_count

    @property
    def evicted_count(self) -> int:
        """Attempts whose worker was taken away while they wait for what they called."""
        return len(self._evicted)

    async def start(self, listener: Listener) -> None:
        """Starts the default environment, so that the first attempt finds it warm."""
        self._listener = listener
        self._log_folder.mkdir(parents=True, exist_ok=True)
        await asyncio.to_thread(shutil.rmtree, self._work_folder, ignore_errors=True)  # of a server that was killed
        await asyncio.to_thread(memory.kernel_killed)  # kills of before are not ours
        self._zygote(self._config.python)
        self.environments.start()
        self._tick()

    async def stop(self) -> None:
        """Kills whatever runs; safe twice and before start."""
        if self._ticker is not None:
            self._ticker.cancel()
            self._ticker = None
        self._listener = None
        await self.environments.stop()
        for worker in self._workers.values():
            worker.channel.close()
        self._workers.clear()
        await asyncio.gather(*(z.stop() for z in self._zygotes.values()))
        self._zygotes.clear()

    # Queueing ---------------------------------------------------------------------------------------------------------

    def submit(self, work: Work) -> None:
        if work.key in self._keys or work.key in self._evicted:
            return  # handed in already
        now = self._loop.time()
        if (problem := self._impossible(work.demand)) is not None:
            self._end(_Flying(work, now, now), Outcome(report=AttemptReport(), failure=problem))
            return
        if work.environment is not None and not self.environments.is_ready(work.environment):
            self._keys[work.key] = (None, 0)
            self.environments.wait(work)
            return
        self._enqueue(_Flying(work, now, 0.0))

    def _on_building(self, work: Work, reason: str) -> None:
        if self._listener is not None:
            self._listener.on_initializing(work, reason)

    def _on_provisioned(self, work: Work, waited_s: float) -> None:
        if work.environment is not None:
            work.attempt.notice = f"alula: waited {waited_s:.1f} s for environment {work.environment.name} to be built on this machine"
        self._enqueue(_Flying(work, self._loop.time(), 0.0, provisioned_s=waited_s))

    def _on_unprovisioned(self, work: Work, waited_s: float, failure: Failure) -> None:
        now = self._loop.time()
        self._end(_Flying(work, now, now), Outcome(report=AttemptReport(provisioning_us=int(waited_s * 1e6)), failure=failure))

    def _enqueue(self, flying: _Flying, *, is_first: bool = False) -> None:
        work = flying.work
        queue = self._queues.setdefault(work.pool, {}).setdefault(work.key.execution, _Queue())
        if is_first:
            queue.put_back(flying)
        else:
            queue.append(flying)
        self._keys[work.key] = (None, 0)
        self._waiting += 1
        self._schedule_pump()

    def _impossible(self, demand: Demand) -> Failure | None:
        """Memory and devices beyond the machine can never be had; cores can: the work is only slower."""
        wanted, there = demand.mem_bytes, self.capacity.mem_bytes
        if wanted > there:
            return _too_much(f"{wanted / 2**30:.1f} GiB of memory", f"{there / 2**30:.1f} GiB", "mem")
        if demand.gpu > self.capacity.gpu:
            return _too_much(f"{demand.gpu} gpus", str(self.capacity.gpu), "gpu")
        return None

    def _schedule_pump(self) -> None:
        if not self._is_pumping:
            self._is_pumping = True
            self._loop.call_soon(self._pump)

    def _pump(self) -> None:
        """Hands queued attempts to workers as far as there is room."""
        self._is_pumping = False
        for pool in list(self._queues):
            self._feed(pool)
            while self._queues.get(pool) and self._grow(pool):
                self._feed(pool)
        if self._queues:
            self._evict_for_room()
        if len(self._queues) > 1:  # another pool is the first to get what becomes free next
            first = next(iter(self._queues))
            self._queues[first] = self._queues.pop(first)

    def _feed(self, pool: Pool) -> None:
        # Nothing is sent ahead while another pool waits: a worker that is never idle would never leave it room.
        is_ahead = self._durations.get(pool, SHORT_US) < SHORT_US and len(self._queues) == 1
        window = PREFETCH if is_ahead else 1
        workers = [w for w in self._workers.values() if w.pool == pool and not w.is_doomed and len(w.flying) < window]
        workers.sort(key=lambda w: len(w.flying))
        batches: dict[int, list[worker_pb2.Attempt]] = {}
        while workers and (queues := self._queues.get(pool)):
            for worker in list(workers):
                flying = self._next_in(pool, queues, worker)
                if flying is None:
                    workers.remove(worker)
                    if not queues:
                        break
                    continue
                batches.setdefault(worker.number, []).append(self._assign(worker, flying))
                if len(worker.flying) >= window:
                    workers.remove(worker)
        for number, attempts in batches.items():
            self._workers[number].channel.send(worker_pb2.ToWorker(attempts=attempts))

    def _next_in(self, pool: Pool, queues: dict[int, _Queue], worker: _Worker) -> _Flying | None:
        """The next attempt in rotation over executions, if this worker may take it."""
        if not queues:
            self._queues.pop(pool, None)
            return None
        execution = next(iter(queues))
        flying = queues[execution].head
        if worker.flying and (flying.work.is_async or worker.is_driving):
            return None
        if not self._has_room(flying.work.demand, worker):
            return None
        queue = queues.pop(execution)
        queue.take()
        if queue:
            queues[execution] = queue  # to the end of the rotation
        if not queues:
            self._queues.pop(pool, None)
        self._waiting -= 1
        return flying

    def _effective(self, demand: Demand) -> Demand:
        cpu = min(demand.cpu_m or 1000, self.capacity.cpu_m)
        return Demand(cpu_m=cpu, mem_bytes=demand.mem_bytes, gpu=demand.gpu, mem_limit_bytes=demand.mem_limit_bytes)

    def _has_room(self, demand: Demand, worker: _Worker | None) -> bool:
        wanted = self._effective(demand)
        cpu = mem = gpu = 0
        for other in self._workers.values():
            if other is not worker and other.flying:
                cpu += 0 if other.idle_since else other.reserved.cpu_m  # what waits for its calls computes nothing
                mem += other.reserved.mem_bytes
                gpu += other.reserved.gpu
        if worker is not None and worker.flying:
            return worker.reserved == wanted
        has = self.capacity
        return cpu + wanted.cpu_m <= has.cpu_m and mem + wanted.mem_bytes <= has.mem_bytes and gpu + wanted.gpu <= has.gpu

    def _assign(self, worker: _Worker, flying: _Flying) -> worker_pb2.Attempt:
        now = self._loop.time()
        handle = self._next
        self._next += 1
        attempt = flying.work.attempt
        attempt.handle = handle
        attempt.work_dir = str(worker.work_dir)
        flying.sent_at = now
        if not worker.flying:
            worker.reserved = self._effective(flying.work.demand)
            flying.head_at = now
        worker.flying[handle] = flying
        self._keys[flying.work.key] = (worker, handle)
        return attempt

    # Workers ----------------------------------------------------------------------------------------------------------

    def _zygote(self, python: str, modules: tuple[str, ...] = (), *, is_built: bool = False) -> Zygote:
        found = self._zygotes.get((python, modules))
        if found is not None and found.is_alive:
            return found
        self._log_folder.mkdir(parents=True, exist_ok=True)  # again: somebody may have tidied up while the server runs
        path = self._log_folder / f"environment-{len(self._zygotes)}.log"
        inherited = worker_environment(self._config.root)
        zygote = Zygote(python, path, variables(inherited, Path(python)) if is_built else inherited, self._on_exit, modules)
        zygote.start(self._loop)
        self._zygotes[python, modules] = zygote
        return zygote

    def _environments_in_use(self) -> set[str]:
        """Keys of environments that attempts run in, wait for or will come back to."""
        flying = [f for w in self._workers.values() for f in w.flying.values()]
        queued = [f for queues in self._queues.values() for queue in queues.values() for f in queue]
        return {key_of(f.work.environment) for f in (*flying, *queued, *self._evicted.values()) if f.work.environment is not None}

    async def _release(self, key: str) -> None:
        """Ends what idles in an environment that is being removed."""
        folder = str(self.environments.root / key) + os.sep
        ending = [names for names in self._zygotes if names[0].startswith(folder)]
        zygotes = [self._zygotes.pop(names) for names in ending]
        for worker in [w for w in self._workers.values() if w.zygote in zygotes]:
            self._retire(worker)
        await asyncio.gather(*(zygote.stop() for zygote in zygotes))

    def _grow(self, pool: Pool) -> bool:
        """Forks a worker for a pool that has work, retiring an idle one of another pool if the machine is full."""
        queues = self._queues.get(pool)
        if not queues:
            return False
        flying = next(iter(queues.values())).head
        if not self._has_room(flying.work.demand, None):
            return False
        if any(w.pool == pool and not w.flying and not w.is_doomed for w in self._workers.values()):
            return False
        limit = max(2, self.capacity.cpu_m // 1000)
        if len(self._workers) >= limit * 2:
            idle = next((w for w in self._workers.values() if not w.flying and not w.is_doomed), None)
            if idle is not None:
                self._retire(idle)
        try:
            self._fork(pool, flying.work)
        except AlulaError as e:
            if flying.work.environment is not None:
                self.environments.forget(flying.work.environment)
            self._refuse(pool, e)
            return False
        return True

    def _fork(self, pool: Pool, work: Work) -> None:
        number = self._next
        self._next += 1
        modules = FLYTEKIT if is_flytekit(work.attempt) else ()
        if work.environment is None:
            zygote = self._zygote(self._config.images.get(pool[2], self._config.python), modules)
        else:
            zygote = self._zygote(self.environments.python(work.environment), modules, is_built=True)
        self._log_folder.mkdir(parents=True, exist_ok=True)
        path = self._log_folder / f"worker-{self._token}-{number}.log"
        channel = Channel(self._loop, zygote.fork(number, path))
        worker = _Worker(number, pool, zygote, channel, path, self._work_folder / str(number))
        channel.open(lambda message: self._on_message(worker, message), lambda: self._on_closed(worker))
        self._workers[number] = worker

    def _refuse(self, pool: Pool, error: AlulaError) -> None:
        for queue in (self._queues.pop(pool, None) or {}).values():
            for flying in queue:
                self._waiting -= 1
                self._end(flying, Outcome(report=AttemptReport(), failure=Failure(code=error.code, message=error.message, kind="SYSTEM")))

    def _retire(self, worker: _Worker) -> None:
        worker.is_doomed = True
        worker.channel.close()
        self._workers.pop(worker.number, None)
        worker.zygote.kill(worker.number, graceful=True)
        self._clear(worker)

    def _clear(self, worker: _Worker) -> None:
        if worker.work_dir.exists():
            self._loop.run_in_executor(None, functools.partial(shutil.rmtree, worker.work_dir, ignore_errors=True))

    # Results ----------------------------------------------------------------------------------------------------------

    def _on_message(self, worker: _Worker, message: worker_pb2.FromWorker) -> None:
        now = self._loop.time()
        for call in message.calls:
            caller = worker.flying.get(call.handle)
            if caller is not None and not caller.is_cancelled and self._listener is not None:
                self._listener.on_called(caller.work, call)
        for idle in message.idle:
            waiting = worker.flying.get(idle.handle)
            if waiting is not None and waiting.answers == idle.answers:  # else an answer is on its way
                worker.idle_since = now
        if message.reports:
            worker.idle_since = 0.0
        for update in message.updates:
            self._tell(worker.flying.get(update.handle), update)
        for report in message.reports:
            flying = worker.flying.pop(report.handle, None)
            if flying is None:
                continue
            worker.done += 1
            worker.log_end = report.log_end
            times = report.times
            spent = times.import_us + times.read_us + times.run_us + times.write_us
            pool = worker.pool
            self._durations[pool] = self._durations.get(pool, SHORT_US) * 0.7 + (times.read_us + times.run_us + times.write_us) * 0.3
            if (head := worker.head) is not None:
                head.head_at = now
            if report.HasField("update"):
                self._tell(flying, report.update)
            if not flying.is_cancelled:
                self._end(flying, self._outcome(worker, flying, report, spent))
            elif report.log_end:
                self._stopped(worker, flying, report.log_end)
        if not worker.flying and (worker.done >= MAX_ATTEMPTS or self._is_bloated(worker)):
            self._retire(worker)
        self._schedule_pump()

    def _tell(self, flying: _Flying | None, update: metric_pb2.AttemptUpdate) -> None:
        if flying is not None and self._listener is not None:
            self._listener.on_update(flying.work, update, is_stopped=flying.is_cancelled)

    def _is_bloated(self, worker: _Worker) -> bool:
        """Looked at now and then: reading /proc costs more than a small attempt."""
        worker.unseen += 1
        if worker.unseen < SEEN_EVERY and self._durations.get(worker.pool, 0) < SHORT_US:
            return False
        worker.unseen = 0
        return memory.rss_bytes(self._pid(worker)) > MAX_RSS_BYTES

    def _outcome(self, worker: _Worker, flying: _Flying, report: worker_pb2.Report, spent_us: int) -> Outcome:
        is_first = worker.done == 1
        waited_us = int(((flying.head_at or flying.sent_at) - flying.queued_at) * 1e6)
        in_worker_us = int((self._loop.time() - (flying.head_at or flying.sent_at)) * 1e6)
        times = report.times
        details = AttemptReport(
            queued_us=max(0, waited_us),
            provisioning_us=int(flying.provisioned_s * 1e6) + (max(0, in_worker_us - spent_us) if is_first else 0),
            import_us=times.import_us,
            read_us=times.read_us,
            run_us=times.run_us,
            write_us=times.write_us,
            peak_rss_bytes=report.peak_rss_bytes,
            log_uri=str(worker.log_path),
            log_start=report.log_start,
            log_end=report.log_end,
            deck_uri=report.deck_uri,
            worker=str(worker.number),
        )
        if report.error:
            return Outcome(report=details, failure=failure_of(report.error))
        if report.futures:
            return Outcome(report=details, futures=report.futures)
        if report.outputs_uri:
            return Outcome(report=details, outputs_uri=report.outputs_uri)
        return Outcome(report=details, outputs=report.outputs)

    def _end(self, flying: _Flying, outcome: Outcome) -> None:
        self._keys.pop(flying.work.key, None)
        if self._listener is None:
            raise Internal("the executor has no listener")
        self._listener.on_ended(flying.work, outcome)

    def _stopped(self, worker: _Worker, flying: _Flying, log_end: int) -> None:
        if self._listener is not None and flying.is_announced:
            self._listener.on_stopped(flying.work, str(worker.log_path), log_end)

    def _on_closed(self, worker: _Worker) -> None:
        """The worker's end of the channel closed: it is dying; its exit status says more."""
        worker.is_doomed = True

    def _on_exit(self, number: int, status: int) -> None:
        worker = self._workers.get(number)
        if worker is None:
            return
        worker.is_doomed = True
        worker.channel.drain()
        self._workers.pop(number, None)
        worker.channel.close()
        self._clear(worker)
        log_end = worker.log_path.stat().st_size if worker.log_path.exists() else 0
        for position, flying in reversed(list(enumerate(worker.flying.values()))):  # so that what goes back keeps its order
            if flying.is_cancelled:
                self._keys.pop(flying.work.key, None)
                if position == 0:
                    self._stopped(worker, flying, log_end)
            elif flying.is_evicted:
                self._keys.pop(flying.work.key, None)
                self._evicted[flying.work.key] = flying
                if flying.answers:  # it was answered while it was being taken away
                    self._revive(flying.work.key)
            elif position == 0 and not worker.is_killed:
                report = AttemptReport(
                    queued_us=int((flying.head_at - flying.queued_at) * 1e6),
                    run_us=int((self._loop.time() - flying.head_at) * 1e6),
                    log_uri=str(worker.log_path),
                    log_start=worker.log_end,
                    log_end=log_end,
                    worker=str(number),
                )
                self._end(flying, Outcome(report=report, failure=worker.verdict or died(status)))
            else:  # sent ahead and never begun, or begun behind the attempt that its worker was killed for
                self._enqueue(flying, is_first=True)
        worker.flying.clear()
        self._schedule_pump()

    # Waiting for calls ------------------------------------------------------------------------------------------------

    def answer(self, key: WorkKey, answer: worker_pb2.Answer) -> None:
        worker, handle = self._keys.get(key, (None, 0))
        flying = worker.flying.get(handle) if worker is not None else self._evicted.get(key)
        if flying is not None:  # if it runs anew, it goes over what it has heard in the same order
            flying.work.attempt.replay_to = max(flying.work.attempt.replay_to, answer.order)
        if worker is None or flying is None:
            self._revive(key)
            return
        flying.answers += 1
        worker.idle_since = 0.0
        if not flying.is_evicted:
            answer.handle = handle
            worker.channel.send(worker_pb2.ToWorker(answers=[answer]))

    def _revive(self, key: WorkKey) -> None:
        """What was evicted runs anew: it makes its calls again and finds their results."""
        flying = self._evicted.pop(key, None)
        if flying is not None:
            flying.is_evicted, flying.answers = False, 0
            self._enqueue(flying)

    def _evict_for_room(self) -> None:
        """Work waits for memory, devices or a place that tasks hold which only wait themselves: the oldest of those give way."""
        idle = sorted((w for w in self._workers.values() if w.idle_since and not w.is_doomed), key=lambda w: w.idle_since)
        if not idle:
            return
        if len(idle) > MAX_IDLE:
            self._evict(idle[0])
            return
        busy = [w.reserved for w in self._workers.values() if w.flying]
        mem_left = self.capacity.mem_bytes - sum(d.mem_bytes for d in busy)
        gpu_left = self.capacity.gpu - sum(d.gpu for d in busy)
        heads = [next(iter(queues.values())).head.work.demand for queues in self._queues.values() if queues]
        is_short = any(wanted.mem_bytes > mem_left or wanted.gpu > gpu_left for wanted in heads)
        holder = next((w for w in idle if w.reserved.mem_bytes or w.reserved.gpu), None)
        if is_short and holder is not None:
            self._evict(holder)

    def _evict(self, worker: _Worker) -> None:
        head = worker.head
        if head is not None:
            head.is_evicted, head.answers = True, 0
            worker.is_doomed = True
            worker.zygote.kill(worker.number)

    # Stopping ---------------------------------------------------------------------------------------------------------

    def held(self) -> Collection[WorkKey]:
        return [*self._keys, *self._evicted]

    def cancel(self, key: WorkKey) -> None:
        self._evicted.pop(key, None)
        worker, handle = self._keys.pop(key, (None, 0))
        if worker is None:
            if not self.environments.cancel(key):
                self._unqueue(key)
            return
        flying = worker.flying.get(handle)
        if flying is None:
            return
        flying.is_cancelled = True
        if worker.head is flying:
            self._kill(worker)
        else:  # it keeps its place until the worker says that it left it out, or is found to have begun it
            worker.channel.send(worker_pb2.ToWorker(cancelled=[handle]))

    def _unqueue(self, key: WorkKey) -> None:
        for pool, queues in list(self._queues.items()):
            queue = queues.get(key.execution)
            found = next((f for f in queue if f.work.key == key), None) if queue else None
            if queue is None or found is None:
                continue
            queue.remove(found)
            self._waiting -= 1
            if not queue:
                del queues[key.execution]
            if not queues:
                del self._queues[pool]
            return

    def _kill(self, worker: _Worker) -> None:
        worker.is_doomed = worker.is_killed = True
        worker.zygote.kill(worker.number, graceful=True)
        self._loop.call_later(KILL_AFTER_S, worker.zygote.kill, worker.number)

    # Watching ---------------------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        """Announces attempts that run for a while, and looks at the memory of those with a limit."""
        self._ticker = self._loop.call_later(TICK_S if self._workers else TICK_S * 10, self._tick)
        now = self._loop.time()
        for worker in list(self._workers.values()):
            head = worker.head
            if head is None:
                continue
            if worker.idle_since and now - worker.idle_since > EVICT_AFTER_S and not worker.is_doomed:
                self._evict(worker)
            if head.is_cancelled and not worker.is_killed and now - head.head_at > ANNOUNCE_S:
                self._kill(worker)  # the cancellation came after the worker had begun it
            if not head.is_announced and (head.work.is_timed or now - head.head_at > ANNOUNCE_S):
                head.is_announced = True
                if self._listener is not None and not head.is_cancelled:
                    self._listener.on_started(head.work, str(worker.log_path), worker.log_end)
            if worker.reserved.mem_limit_bytes and worker.verdict is None:
                self._check_memory(worker, worker.reserved.mem_limit_bytes)

    def _check_memory(self, worker: _Worker, limit: int) -> None:
        used = memory.tree_rss_bytes(self._pid(worker))
        if used <= limit:
            return
        message = f"out of memory: the task used {used / 2**20:.0f} MiB, its limit is {limit / 2**20:.0f} MiB; ask for more with mem="
        worker.verdict = Failure(code="OOM", message=message, is_recoverable=True)
        worker.is_doomed = True
        worker.zygote.kill(worker.number)

    def _pid(self, worker: _Worker) -> int:
        return worker.zygote.pids.get(worker.number, 0)


def _too_much(wanted: str, there: str, setting: str) -> Failure:
    message = f"the task asks for {wanted}, this machine's executor has {there}; ask for less or raise --{setting}"
    return Failure(code="ResourcesUnavailable", message=message)


def is_flytekit(attempt: worker_pb2.Attempt) -> bool:
    """Whether an attempt's command is one of flytekit's entry points."""
    return bool(attempt.args) and Path(attempt.args[0]).name.startswith("pyflyte-")


def died(status: int) -> Failure:
    """What the end of a worker in the middle of an attempt means: killed from outside is the system's, a crash the user's."""
    if status == NEVER_FORKED:
        message = "the environment's interpreter ended before it could run the task; environment-*.log among the server's logs says why"
        return Failure(code="EnvironmentFailed", message=message, kind="SYSTEM", is_recoverable=True)
    if status in (-9, -15):
        if status == -9 and memory.kernel_killed():
            return Failure(code="OOM", message="out of memory: the kernel killed the worker; ask for more with mem=", is_recoverable=True)
        return Failure(code="WorkerLost", message=f"the worker was killed by signal {-status}", kind="SYSTEM", is_recoverable=True)
    how = f"was ended by signal {-status}" if status < 0 else f"ended itself with exit code {status}"
    return Failure(code="WorkerCrashed", message=f"the worker {how} while it ran the task; its log says more", is_recoverable=True)


def worker_environment(root: Path) -> dict[str, str]:
    """What workers inherit: the server's environment, where code bundles are kept, and where secrets are read."""
    environment = dict(os.environ)
    environment["ALULA_BUNDLE_CACHE"] = str(root / "bundles")
    environment["PYTHONUNBUFFERED"] = "1"
    secrets = root / "secrets"
    environment.setdefault("FLYTE_SECRETS_DEFAULT_DIR", str(secrets))
    return environment
