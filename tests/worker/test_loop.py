"""The loop of a worker process, over a real socket."""

from __future__ import annotations

import os
import socket

from tests.worker import tasks

from alula.idl import core
from alula.idl.frames import FrameBuffer, frame
from alula.idl.v1 import worker_pb2
from alula.worker.loop import work


def test_a_forked_child_leaves_the_channel_to_its_parent() -> None:
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:  # the worker
        ours.close()
        try:
            work(theirs)
        finally:
            os._exit(0)
    theirs.close()
    ours.settimeout(10)
    attempts = [worker_pb2.Attempt(handle=n, task=f"{tasks.__name__}:split", item=-1, inline_limit_bytes=1000) for n in (1, 2, 3)]
    for attempt in attempts:
        ours.sendall(frame(worker_pb2.ToWorker(attempts=[attempt]).SerializeToString()))
    buffer, reports = FrameBuffer(), list[worker_pb2.Report]()
    while len(reports) < len(attempts):
        for payload in buffer.feed(ours.recv(65536)):
            reports += worker_pb2.FromWorker.FromString(payload).reports
    ours.close()
    os.waitpid(pid, 0)
    assert [r.handle for r in reports] == [1, 2, 3]
    values = [core.LiteralMap.FromString(r.outputs).literals["o0"].scalar.primitive.integer for r in reports]
    assert all(value > 0 for value in values), "a child answered for its parent"
