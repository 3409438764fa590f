"""The loop of a worker process, over a real socket."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.server.harness import literals
from tests.worker import tasks

from alula.idl import core
from alula.idl.frames import FrameBuffer, frame
from alula.idl.v1 import worker_pb2
from alula.worker import lookout
from alula.worker.loop import work


class Executor:
    """The other end of a worker's channel."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel, self._buffer = channel, FrameBuffer()
        self._reports: list[worker_pb2.Report] = []

    def send(self, *attempts: worker_pb2.Attempt) -> None:
        self._channel.sendall(frame(worker_pb2.ToWorker(attempts=attempts).SerializeToString()))

    def hear(self, count: int) -> list[worker_pb2.Report]:
        """The next reports."""
        while len(self._reports) < count:
            for payload in self._buffer.feed(self._channel.recv(65536)):
                self._reports += worker_pb2.FromWorker.FromString(payload).reports
        heard, self._reports = self._reports[:count], self._reports[count:]
        return heard


@pytest.fixture
def long_s() -> float:
    """From when on an attempt counts as long; none does that ends by itself, however busy the machine."""
    return 60


@pytest.fixture
def executor(monkeypatch: pytest.MonkeyPatch, long_s: float) -> Iterator[Executor]:
    """With a worker of its own."""
    monkeypatch.setattr(lookout, "LONG_S", long_s)
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:  # the worker
        ours.close()
        try:
            work(theirs)
        finally:
            os._exit(0)
    theirs.close()
    ours.settimeout(20)
    yield Executor(ours)
    ours.close()
    os.waitpid(pid, 0)


def attempt(handle: int, task: str, **inputs: object) -> worker_pb2.Attempt:
    return worker_pb2.Attempt(
        handle=handle, task=f"{tasks.__name__}:{task}", item=-1, inline_limit_bytes=1000, inputs=literals(**inputs).SerializeToString()
    )


def test_a_forked_child_leaves_the_channel_to_its_parent(executor: Executor) -> None:
    for handle in (1, 2, 3):
        executor.send(attempt(handle, "split"))
    reports = executor.hear(3)
    assert [r.handle for r in reports] == [1, 2, 3]
    values = [core.LiteralMap.FromString(r.outputs).literals["o0"].scalar.primitive.integer for r in reports]
    assert all(value > 0 for value in values), "a child answered for its parent"


@pytest.mark.parametrize("long_s", [1.5])
def test_what_waits_behind_a_long_attempt_is_given_back_and_what_was_done_before_it_is_told(executor: Executor, tmp_path: Path) -> None:
    until = tmp_path / "go on"
    executor.send(
        attempt(1, "inc", x=1), attempt(2, "inc", x=2), attempt(3, "holds", path=str(until)), attempt(4, "inc", x=4), attempt(5, "inc", x=5)
    )
    told = executor.hear(4)  # while it runs
    assert [(report.handle, report.is_returned) for report in told] == [(1, False), (2, False), (4, True), (5, True)]
    assert all(report.has_outputs != report.is_returned for report in told)
    until.touch()
    [long] = executor.hear(1)
    assert (long.handle, long.is_returned, long.has_outputs) == (3, False, True)
    executor.send(attempt(6, "inc", x=6))  # what was given back is forgotten
    assert [report.handle for report in executor.hear(1)] == [6]


@pytest.mark.parametrize("long_s", [0.05])
def test_what_comes_while_an_attempt_runs_that_others_may_wait_behind_is_given_back(executor: Executor, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    long = attempt(1, "reads", path=str(pipe))
    long.may_be_followed = True
    executor.send(long)
    with pipe.open("w"):  # stands as soon as the attempt has begun
        executor.send(attempt(2, "inc", x=2))
        executor.send(attempt(3, "inc", x=3))
        assert [(report.handle, report.is_returned) for report in executor.hear(2)] == [(2, True), (3, True)]
    [report] = executor.hear(1)
    assert (report.handle, report.is_returned) == (1, False)
