"""The workers of this machine: forked from a zygote of the right interpreter, replaced, killed, and cleared away once they have ended."""

from __future__ import annotations

import asyncio
import functools
import itertools
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from alula.errors import AlulaError
from alula.executors.base import Work
from alula.executors.channel import Channel
from alula.executors.environment import Environments, variables
from alula.executors.worker import Worker
from alula.executors.zygote import Zygote
from alula.idl.v1 import worker_pb2

KILL_AFTER_S = 0.5  # between the polite signal and the other one
BUNDLES = "bundles"  # where workers put code together, beneath the root
FLYTEKIT = ("flytekit.bin.entrypoint",)  # 1.5 s to import, so it is done once and forked


class Fleet:
    """Workers by number, and one zygote for each interpreter and what it imports beforehand.

    Args:
        loop: where all of this happens.
        root: folder for logs and work folders.
        python: interpreter of the default environment.
        images: interpreter by image name; others run in `python`.
        environments: those that tasks bring along.
        numbers: where its workers' numbers come from.
        on_message: a worker says something.
        on_exit: a worker has ended, with its exit status; all it said has been heard, and it is in `workers` no more.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        *,
        root: Path,
        python: str,
        images: Mapping[str, str],
        environments: Environments,
        numbers: Iterator[int],
        on_message: Callable[[Worker, worker_pb2.FromWorker], None],
        on_exit: Callable[[Worker, int], None],
    ) -> None:
        self._loop = loop
        self._root, self._log_folder, self._work_folder = root, root / "logs", root / "work"
        self._python, self._images, self._environments = python, images, environments
        self._numbers = numbers
        self._on_message, self._on_exit = on_message, on_exit
        self._zygotes: dict[tuple[str, tuple[str, ...]], Zygote] = {}
        self._zygote_numbers = itertools.count()
        self._token = secrets.token_hex(4)  # a container's server has the same pid every time, and must not write on in an old log
        self.workers: dict[int, Worker] = {}

    async def start(self) -> None:
        """Starts the default environment, so that the first attempt finds it warm."""
        self._log_folder.mkdir(parents=True, exist_ok=True)
        await asyncio.to_thread(shutil.rmtree, self._work_folder, ignore_errors=True)  # of a server that was killed
        self._zygote(self._python)

    async def stop(self) -> None:
        """Ends every worker and zygote; safe twice and before start."""
        for worker in self.workers.values():
            worker.channel.close()
        self.workers.clear()
        await asyncio.gather(*(z.stop() for z in self._zygotes.values()))
        self._zygotes.clear()

    def fork(self, work: Work) -> None:
        """Makes a worker of an attempt's pool.

        Raises:
            AlulaError: the interpreter cannot be had.
        """
        number = next(self._numbers)
        try:
            zygote = self._zygote_for(work)
            self._log_folder.mkdir(parents=True, exist_ok=True)
            path = self._log_folder / f"worker-{self._token}-{number}.log"
            channel = Channel(self._loop, zygote.fork(number, path))
        except AlulaError:
            if work.environment is not None:
                self._environments.forget(work.environment)
            raise
        worker = Worker(number, work.pool, zygote, channel, path, self._work_folder / str(number))
        channel.open(lambda message: self._on_message(worker, message), lambda: _doom(worker))
        self.workers[number] = worker

    def _zygote_for(self, work: Work) -> Zygote:
        modules = FLYTEKIT if is_flytekit(work.attempt) else ()
        if work.environment is None:
            _, _, image, _ = work.pool
            return self._zygote(self._images.get(image, self._python), modules)
        return self._zygote(self._environments.python(work.environment), modules, is_built=True)

    def _zygote(self, python: str, modules: tuple[str, ...] = (), *, is_built: bool = False) -> Zygote:
        found = self._zygotes.get((python, modules))
        if found is not None and found.is_alive:
            return found
        self._log_folder.mkdir(parents=True, exist_ok=True)  # again: somebody may have tidied up while the server runs
        path = self._log_folder / f"environment-{next(self._zygote_numbers)}.log"
        inherited = worker_environment(self._root)
        zygote = Zygote(python, path, variables(inherited, Path(python)) if is_built else inherited, self._ended, modules)
        zygote.start(self._loop)
        self._zygotes[python, modules] = zygote
        return zygote

    def retire(self, worker: Worker) -> None:
        """Has an idle worker leave."""
        worker.is_doomed = True
        worker.channel.close()
        self.workers.pop(worker.number, None)
        worker.zygote.kill(worker.number, graceful=True)
        self._clear(worker)

    def retire_idle(self) -> None:
        """Has one idle worker leave, if there is any."""
        idle = next((w for w in self.workers.values() if not w.flying and not w.is_doomed), None)
        if idle is not None:
            self.retire(idle)

    async def release(self, folder: Path) -> None:
        """Ends what idles in an environment that is being removed."""
        ending = [names for names in self._zygotes if names[0].startswith(str(folder) + os.sep)]
        zygotes = [self._zygotes.pop(names) for names in ending]
        for worker in [w for w in self.workers.values() if w.zygote in zygotes]:
            self.retire(worker)
        await asyncio.gather(*(zygote.stop() for zygote in zygotes))

    def kill(self, worker: Worker) -> None:
        """Ends a worker for what it runs being cancelled: politely, and soon the other way."""
        worker.is_doomed = worker.is_killed = True
        worker.zygote.kill(worker.number, graceful=True)
        self._loop.call_later(KILL_AFTER_S, worker.zygote.kill, worker.number)

    def _ended(self, number: int, status: int) -> None:
        worker = self.workers.get(number)
        if worker is None:
            return
        worker.is_doomed = True
        worker.channel.drain()
        self.workers.pop(number, None)
        worker.channel.close()
        self._clear(worker)
        self._on_exit(worker, status)

    def _clear(self, worker: Worker) -> None:
        if worker.work_dir.exists():
            self._loop.run_in_executor(None, functools.partial(shutil.rmtree, worker.work_dir, ignore_errors=True))


def _doom(worker: Worker) -> None:
    """The worker's end of the channel closed: it is dying; its exit status says more."""
    worker.is_doomed = True


def is_flytekit(attempt: worker_pb2.Attempt) -> bool:
    """Whether an attempt's command is one of flytekit's entry points."""
    return bool(attempt.args) and Path(attempt.args[0]).name.startswith("pyflyte-")


def worker_environment(root: Path) -> dict[str, str]:
    """What workers inherit: the server's environment, where code bundles are kept, and where secrets are read."""
    environment = dict(os.environ)
    environment["ALULA_BUNDLE_CACHE"] = str(root / BUNDLES)
    environment["PYTHONUNBUFFERED"] = "1"
    environment.setdefault("FLYTE_SECRETS_DEFAULT_DIR", str(root / "secrets"))
    return environment
