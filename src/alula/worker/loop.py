"""A warm worker: one attempt at a time, in the order received, results sent together when nothing more is waiting."""

from __future__ import annotations

import os
import resource
import socket
import sys
import time

from alula.idl.frames import FrameBuffer, frame
from alula.idl.v1 import worker_pb2
from alula.worker import foreign
from alula.worker.call import run as run_ours

FLUSH_AFTER_S = 0.001
CHUNK = 1 << 18


def work(channel: socket.socket) -> None:
    """Runs attempts until the executor closes its end."""
    buffer = FrameBuffer()
    queue: list[worker_pb2.Attempt] = []
    cancelled: set[int] = set()
    results = worker_pb2.FromWorker()
    flushed_at = time.monotonic()
    pid = os.getpid()
    while True:
        if not queue and results.reports:
            channel.sendall(frame(results.SerializeToString()))
            results = worker_pb2.FromWorker()
        if not _receive(channel, buffer, queue, cancelled, is_blocking=not queue):
            return
        while queue:
            attempt = queue.pop(0)
            if attempt.handle in cancelled:
                cancelled.discard(attempt.handle)
                results.reports.append(worker_pb2.Report(handle=attempt.handle))  # never begun: its place is free again
                continue
            report = _run(attempt)
            if os.getpid() != pid:  # user code forked and its child came back here: the channel is its parent's alone
                os._exit(0)
            results.reports.append(report)
            now = time.monotonic()
            if now - flushed_at > FLUSH_AFTER_S:
                flushed_at = now
                channel.sendall(frame(results.SerializeToString()))
                results = worker_pb2.FromWorker()
                if not _receive(channel, buffer, queue, cancelled, is_blocking=False):
                    return


def _receive(
    channel: socket.socket, buffer: FrameBuffer, queue: list[worker_pb2.Attempt], cancelled: set[int], *, is_blocking: bool
) -> bool:
    """Takes in what has arrived; False when the other end is closed."""
    try:
        data = channel.recv(CHUNK, 0 if is_blocking else socket.MSG_DONTWAIT)
    except BlockingIOError:
        return True
    if not data:
        return False
    for payload in buffer.feed(data):
        message = worker_pb2.ToWorker.FromString(payload)
        queue.extend(message.attempts)
        cancelled.update(message.cancelled)
    return True


def _run(attempt: worker_pb2.Attempt) -> worker_pb2.Report:
    log_start = os.fstat(1).st_size
    started_at = time.time_ns() // 1000
    if attempt.notice:
        sys.stderr.write(attempt.notice + "\n")
    report = run_ours(attempt) if attempt.task else foreign.run(attempt)
    report.handle = attempt.handle
    report.started_at_us = started_at
    sys.stdout.flush()
    sys.stderr.flush()
    report.log_start, report.log_end = log_start, os.fstat(1).st_size
    report.peak_rss_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return report
