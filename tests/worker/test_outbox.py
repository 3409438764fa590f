"""What a worker sends while an attempt runs, over a real socket."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.worker import tasks

from alula.idl import core
from alula.idl.frames import FrameBuffer, frame
from alula.idl.v1 import metric_pb2, worker_pb2
from alula.worker.loop import work

Messages = Iterator[worker_pb2.FromWorker]


@pytest.fixture
def worker() -> Iterator[Callable[..., Messages]]:
    """Sends attempts of one task to a worker in a process of its own; what it answers."""
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        ours.close()
        try:
            work(theirs)
        finally:
            os._exit(0)
    theirs.close()
    ours.settimeout(20)

    def run(*names: str, **fields: object) -> Messages:
        attempts = [
            worker_pb2.Attempt(handle=n, task=f"{tasks.__name__}:{name}", item=-1, inline_limit_bytes=1000, **fields)  # type: ignore[arg-type]
            for n, name in enumerate(names, 1)
        ]
        ours.sendall(frame(worker_pb2.ToWorker(attempts=attempts).SerializeToString()))
        buffer, reports = FrameBuffer(), 0
        while reports < len(names):
            for payload in buffer.feed(ours.recv(65536)):
                message = worker_pb2.FromWorker.FromString(payload)
                reports += len(message.reports)
                yield message

    yield run
    ours.close()
    os.waitpid(pid, 0)


def points(update: metric_pb2.AttemptUpdate) -> dict[str, list[float]]:
    return {series.name: list(series.values) for series in update.metrics}


def test_updates_come_while_it_runs_and_the_rest_with_the_report(worker: Callable[..., Messages], tmp_path: Path) -> None:
    updates: list[metric_pb2.AttemptUpdate] = []
    for message in worker("talk", env={"GO": str(tmp_path / "go")}):
        updates += message.updates
        if message.updates:
            (tmp_path / "go").touch()  # only now may it end
        updates += [report.update for report in message.reports]
    assert [points(update) for update in updates] == [{"a": [1.0, 2.0]}, {"a": [3.0]}]
    assert [(update.handle, update.is_first) for update in updates] == [(1, True), (1, False)]
    assert [update.metrics[0].first for update in updates] == [0, 2]
    assert updates[0].progress.done == 5


def heard(messages: Messages) -> tuple[list[worker_pb2.Report], list[dict[str, list[float]]]]:
    """The reports, and what each attempt said before or with its own, whichever way it was sent."""
    reports, said = list[worker_pb2.Report](), dict[int, dict[str, list[float]]]()
    for message in messages:
        reports += message.reports
        for update in [*message.updates, *(report.update for report in message.reports)]:
            for name, values in points(update).items():
                said.setdefault(update.handle, {}).setdefault(name, []).extend(values)
    return reports, [said.get(report.handle, {}) for report in reports]


def test_what_a_failing_task_said_is_sent_before_its_error(worker: Callable[..., Messages], tmp_path: Path) -> None:
    (report,), said = heard(worker("talk_and_fail", output_prefix=str(tmp_path)))
    assert core.ErrorDocument.FromString(report.error).error.code == "USER:ValueError"
    assert said == [{"a": [1.0]}]
    assert report.deck_uri == f"{tmp_path}/deck.html"
    assert "before it failed" in (tmp_path / "deck.html").read_text()


def test_a_task_that_says_nothing_sends_nothing(worker: Callable[..., Messages]) -> None:
    (report,) = [report for message in worker("nothing") for report in message.reports]
    assert not report.HasField("update")


def test_a_thread_of_an_earlier_attempt_speaks_for_no_other(worker: Callable[..., Messages], tmp_path: Path) -> None:
    _, said = heard(worker("leave_a_thread", "ask_the_thread", env={"TOLD": str(tmp_path / "told")}))
    assert said == [{"own": [1.0]}, {"next": [1.0]}]
    assert (tmp_path / "told").read_text() == "STRANGER"


def test_a_thread_that_outlives_its_attempt_is_told_so(worker: Callable[..., Messages], tmp_path: Path) -> None:
    _, said = heard(worker("leave_a_copy", "ask_the_thread", env={"TOLD": str(tmp_path / "told")}))
    assert said == [{}, {"next": [1.0]}]
    assert (tmp_path / "told").read_text() == "ENDED"


def test_limits_are_those_of_the_attempt(worker: Callable[..., Messages]) -> None:
    limits = {"max_metrics": 2, "max_parameters": 1, "max_deck_bytes": 100}
    (report,), said = heard(worker("chatter", **limits))
    assert "logged 2 points of at most 2" in core.ErrorDocument.FromString(report.error).error.message
    assert said == [{"a": [0.0, 1.0]}]


def test_a_deck_that_cannot_be_written_takes_no_result_with_it(worker: Callable[..., Messages], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (report,) = [r for m in worker("with_deck", output_prefix=str(tmp_path / "file" / "below")) for r in m.reports]
    assert (report.has_outputs, report.deck_uri) == (True, "")
