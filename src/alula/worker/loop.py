"""A warm worker: one attempt at a time, in the order received, results sent together when nothing more is waiting."""

from __future__ import annotations

import os
import resource
import socket
import sys
import time

from alula.idl.v1 import worker_pb2
from alula.worker import foreign, stray
from alula.worker.call import run as run_ours
from alula.worker.link import Link
from alula.worker.lookout import Lookout
from alula.worker.outbox import Outbox

FLUSH_AFTER_S = 0.001


def work(channel: socket.socket) -> None:
    """Runs attempts until the executor closes its end."""
    link = Link(channel)
    flushed_at = time.monotonic()
    pid = os.getpid()
    Outbox(link)  # what attempts say while they run
    lookout = Lookout(link)
    while True:
        if not link.queue:
            link.flush()
        if not link.receive(is_blocking=not link.queue):
            return
        while (attempt := link.take()) is not None:
            if attempt.handle in link.cancelled:
                link.cancelled.discard(attempt.handle)
                link.report(worker_pb2.Report(handle=attempt.handle))  # never begun: its place is free again
                continue
            if attempt.may_be_followed or link.is_laden:
                lookout.begin(is_followed=attempt.may_be_followed)
            report = _run(attempt, link)
            lookout.end()
            if os.getpid() != pid:  # user code forked and its child came back here: the channel is its parent's alone
                os._exit(0)
            link.report(report)
            now = time.monotonic()
            if now - flushed_at > FLUSH_AFTER_S:
                flushed_at = now
                link.flush()
                if not link.receive(is_blocking=False):
                    return


def _run(attempt: worker_pb2.Attempt, link: Link) -> worker_pb2.Report:
    log_start = os.fstat(1).st_size
    started_at = time.time_ns() // 1000
    if attempt.notice:
        sys.stderr.write(attempt.notice + "\n")
    report = run_ours(attempt, link) if attempt.task else foreign.run(attempt)
    report.handle = attempt.handle
    report.started_at_us = started_at
    stray.end_strays()
    sys.stdout.flush()
    sys.stderr.flush()
    report.log_start, report.log_end = log_start, os.fstat(1).st_size
    report.peak_rss_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return report
