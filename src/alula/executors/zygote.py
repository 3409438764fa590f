"""The executor's side of a zygote: ordering forks and kills, hearing of exits."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from alula.errors import Unavailable
from alula.idl.v1 import worker_pb2

MAX_PACKET = 65536
STOP_TIMEOUT_S = 5.0
NEVER_FORKED = 256  # beside exit statuses: the zygote ended before it obeyed the order


class Zygote:
    """One running `python -m alula.worker`; `modules` are what it imports beforehand."""

    def __init__(
        self,
        python: str,
        log_path: Path,
        environment: Mapping[str, str],
        on_exit: Callable[[int, int], None],
        modules: Sequence[str] = (),
    ) -> None:
        self._python = python
        self._log_path = log_path
        self._environment = dict(environment)
        self._on_exit = on_exit
        self._modules = modules
        self._socket: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.pids: dict[int, int] = {}  # of every worker ordered; 0 until the zygote says

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Starts the process; forks may be ordered at once, they wait in the socket until it has imported.

        Raises:
            Unavailable: the interpreter cannot be started.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        try:
            with self._log_path.open("ab") as log:
                self._process = subprocess.Popen(
                    [self._python, "-m", "alula.worker", str(theirs.fileno()), *self._modules],
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env=self._environment,
                    start_new_session=True,
                )
        except OSError as e:
            ours.close()
            raise Unavailable(f"environment {self._python} cannot be started: {e}; check the path in the image mapping") from e
        finally:
            theirs.close()
        self._socket, self._loop = ours, loop
        loop.add_reader(ours.fileno(), self._receive)

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None and self._socket is not None

    def fork(self, number: int, log_path: Path) -> socket.socket:
        """Orders a worker; returns our end of its channel, usable at once."""
        if self._socket is None:
            raise Unavailable(f"environment {self._python} is not running")
        ours, theirs = socket.socketpair()
        order = worker_pb2.ToZygote(fork=number, log_path=str(log_path)).SerializeToString()
        try:
            socket.send_fds(self._socket, [order], [theirs.fileno()])
        except OSError as e:
            ours.close()
            raise Unavailable(f"environment {self._python} is gone: {e}") from e
        finally:
            theirs.close()
        ours.setblocking(False)
        self.pids[number] = 0
        return ours

    def kill(self, number: int, *, graceful: bool = False) -> None:
        """Kills a worker's whole process group."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.send(worker_pb2.ToZygote(kill=number, graceful=graceful).SerializeToString())

    def _receive(self) -> None:
        if self._socket is None:
            return
        try:
            packet = self._socket.recv(MAX_PACKET)
        except BlockingIOError:
            return
        except OSError:
            packet = b""
        if not packet:
            self._close()
            return
        message = worker_pb2.FromZygote.FromString(packet)
        if message.is_exited:
            self.pids.pop(message.worker, None)
            self._on_exit(message.worker, message.exit_status)
        else:
            self.pids[message.worker] = message.pid

    def _close(self) -> None:
        """The zygote is gone, and with it its workers."""
        if self._socket is not None and self._loop is not None:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()
            self._socket = None
        pids, self.pids = self.pids, {}
        for number, pid in pids.items():
            if pid:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(pid, 9)
            self._on_exit(number, -9 if pid else NEVER_FORKED)

    async def stop(self) -> None:
        """Ends the zygote and every worker; safe twice and before start."""
        self.pids.clear()
        if self._socket is not None and self._loop is not None:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()  # its end closes: it kills its workers and leaves
            self._socket = None
        process, self._process = self._process, None
        if process is None:
            return
        try:
            await asyncio.to_thread(process.wait, STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
