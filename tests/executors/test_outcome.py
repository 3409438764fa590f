"""How an attempt ended, from its worker's report or its worker's end."""

from __future__ import annotations

import pytest
from tests.executors.samples import worker

from alula.engine.event import Failure
from alula.engine.graph import Demand
from alula.executors import outcome
from alula.executors.zygote import NEVER_FORKED
from alula.idl.v1 import worker_pb2


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (NEVER_FORKED, "EnvironmentFailed", "SYSTEM"),
        (-9, "WorkerLost", "SYSTEM"),
        (-15, "WorkerLost", "SYSTEM"),
        (-11, "WorkerCrashed", "USER"),
        (3, "WorkerCrashed", "USER"),
    ],
)
def test_a_kill_is_the_systems_and_a_crash_the_users(monkeypatch: pytest.MonkeyPatch, status: int, code: str, kind: str) -> None:
    monkeypatch.setattr("alula.executors.memory.kernel_killed", lambda: False)
    found = outcome.died(status)
    assert (found.code, found.kind, found.is_recoverable) == (code, kind, True)


def test_a_kill_of_the_kernels_is_for_want_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alula.executors.memory.kernel_killed", lambda: True)
    assert outcome.died(-9).code == "OOM"
    assert outcome.died(-15).code == "WorkerLost"


def test_what_a_new_workers_first_attempt_did_not_use_itself_went_into_making_the_worker() -> None:
    one = worker(1, Demand())
    flight = one.flying[1]
    flight.provisioned_s = 1.0
    report = worker_pb2.Report(handle=1, started_at_us=77, outputs=b"x", times=worker_pb2.AttemptTimes(import_us=200_000, run_us=300_000))
    found = []
    for one.done in (1, 2):
        found.append(outcome.reported(one, flight, report, 4.0))
    assert [each.report.provisioning_us for each in found] == [1_500_000, 1_000_000]
    assert (found[0].report.started_at, found[0].report.queued_us) == (77, 2_000_000)
    assert (found[0].outputs, found[0].failure) == (b"x", None)


def test_an_attempt_that_was_lost_ran_until_now_and_is_what_its_worker_was_killed_for() -> None:
    one = worker(1, Demand())
    one.log_end = 7
    one.verdict = Failure(code="OOM", message="too much")
    found = outcome.lost(one, one.flying[1], -9, 3.5, 9)
    assert (found.report.queued_us, found.report.run_us) == (2_000_000, 500_000)
    assert (found.report.log_start, found.report.log_end, found.failure) == (7, 9, one.verdict)
