"""The zygote: a single-threaded parent that has imported what every worker needs and forks warm workers in a millisecond.

It speaks with the executor over a SOCK_SEQPACKET socket, one message a packet, a worker's socket travelling beside its fork
order. When the executor's end closes (the server is gone, however it went) every worker's process group is killed, and whatever its
user code had started outside of it.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import os
import select
import signal
import socket
import sys
from collections.abc import Sequence

from alula.idl.v1 import worker_pb2
from alula.worker import stray

PR_SET_PDEATHSIG = 1
MAX_PACKET = 65536


def serve(fd: int, modules: Sequence[str] = ()) -> None:
    """Runs until the executor's end of the socket closes.

    Args:
        fd: the socket.
        modules: imported once for all workers; one that is missing is left to the attempt that needs it.
    """
    control = socket.socket(fileno=fd)
    _preload(modules)
    read_end, write_end = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    for ignored in (signal.SIGINT, signal.SIGTERM):  # the executor ends us, by closing its end
        signal.signal(ignored, signal.SIG_IGN)
    workers: dict[int, int] = {}  # number → pid
    stray.adopt()
    try:
        while True:
            readable, _, _ = select.select([control.fileno(), read_end], [], [])
            if read_end in readable:
                with contextlib.suppress(BlockingIOError):
                    os.read(read_end, 4096)
                _reap(control, workers)
                stray.end_orphans(workers.values())  # what a worker that has ended left outside of its group
            if control.fileno() in readable and not _obey(control, workers):
                return
    finally:
        for pid in workers.values():
            end(pid, signal.SIGKILL)
        stray.end_all()


def _preload(modules: Sequence[str]) -> None:
    """What every worker needs; done once, shared by all of them."""
    import alula.worker.call
    import alula.worker.loop  # noqa: F401

    for name in modules:
        try:
            importlib.import_module(name)
        except ImportError as e:
            sys.stderr.write(f"{name} cannot be imported here: {e}\n")
    gc.collect()
    gc.freeze()


def _obey(control: socket.socket, workers: dict[int, int]) -> bool:
    packet, fds, _, _ = socket.recv_fds(control, MAX_PACKET, 1)
    if not packet:
        return False
    order = worker_pb2.ToZygote.FromString(packet)
    if order.fork:
        pid = _fork(control, order, fds[0])
        workers[order.fork] = pid
        os.close(fds[0])
        control.send(worker_pb2.FromZygote(worker=order.fork, pid=pid).SerializeToString())
    elif order.kill in workers:
        end(workers[order.kill], signal.SIGTERM if order.graceful else signal.SIGKILL)
    return True


def _fork(control: socket.socket, order: worker_pb2.ToZygote, fd: int) -> int:
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        control.close()
        signal.set_wakeup_fd(-1)
        for name in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM):
            signal.signal(name, signal.SIG_DFL)
        os.setsid()  # a process group of its own: whatever user code starts dies with it
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        stray.adopt()
        if os.getppid() != parent:
            os._exit(1)
        _redirect(order.log_path)
        from alula.worker.loop import work

        work(socket.socket(fileno=fd))
        code = 0
    except BaseException:  # noqa: BLE001 - the last frame of a forked process: it must never run its parent's code
        import traceback

        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _redirect(log_path: str) -> None:
    null = os.open(os.devnull, os.O_RDONLY)
    out = os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(null, 0)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.close(null)
    os.close(out)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - the process's own streams, open as long as it lives
    sys.stdout = open(1, "w", buffering=1, closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115


def _reap(control: socket.socket, workers: dict[int, int]) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        code = os.waitstatus_to_exitcode(status)
        for number in [n for n, p in workers.items() if p == pid]:
            del workers[number]
            _end_group(pid, signal.SIGKILL)  # what the worker left running in its group
            control.send(worker_pb2.FromZygote(worker=number, pid=pid, is_exited=True, exit_status=code).SerializeToString())


def end(pid: int, number: int) -> None:
    """Sends a signal to a worker that was not waited for yet, with all that it started."""
    if not _end_group(pid, number):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)  # forked a moment ago: it does not lead its group yet


def _end_group(pid: int, number: int) -> bool:
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True
