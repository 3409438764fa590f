"""How an attempt ended: what its worker reported, or what the end of its worker means."""

from __future__ import annotations

from alula.engine.event import AttemptReport, Failure
from alula.executors import memory
from alula.executors.base import Outcome, failure_of
from alula.executors.worker import Flight, Worker
from alula.executors.zygote import NEVER_FORKED
from alula.idl.v1 import worker_pb2


def reported(worker: Worker, flight: Flight, report: worker_pb2.Report, now: float) -> Outcome:
    """What a worker says of an attempt that ran to its end.

    Args:
        worker: which has counted the attempt as done.
        now: the loop's time.
    """
    begun_at, times = flight.head_at or flight.sent_at, report.times
    provisioning_us = int(flight.provisioned_s * 1e6)
    if worker.done == 1:  # what is not the attempt's own was spent on making the worker
        spent_us = times.import_us + times.read_us + times.run_us + times.write_us
        provisioning_us += max(0, int((now - begun_at) * 1e6) - spent_us)
    details = AttemptReport(
        queued_us=max(0, int((begun_at - flight.queued_at) * 1e6)),
        provisioning_us=provisioning_us,
        started_at=report.started_at_us,
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


def lost(worker: Worker, flight: Flight, status: int, now: float, log_end: int) -> Outcome:
    """What is known of an attempt whose worker ended while it ran it.

    Args:
        status: the worker's exit status.
        now: the loop's time.
        log_end: where the worker's log ends.
    """
    report = AttemptReport(
        queued_us=int((flight.head_at - flight.queued_at) * 1e6),
        run_us=int((now - flight.head_at) * 1e6),
        log_uri=str(worker.log_path),
        log_start=worker.log_end,
        log_end=log_end,
        worker=str(worker.number),
    )
    return Outcome(report=report, failure=worker.verdict or died(status))


def refused(failure: Failure, waited_s: float = 0.0) -> Outcome:
    """What is known of an attempt that no worker got.

    Args:
        waited_s: how long it waited for what it was to run in.
    """
    return Outcome(report=AttemptReport(provisioning_us=int(waited_s * 1e6)), failure=failure)


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
