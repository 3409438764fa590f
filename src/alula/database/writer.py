"""The one writer: a thread that commits together whatever was handed to it while the last commit ran.

A fixed commit window would cost a chain of tasks three quarters of its speed, a commit per job seven times the CPU;
no window at all gives both the latency of the one and most of the throughput of the other.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from alula.database.engine import Database, execute, is_refusal, translate
from alula.errors import AlulaError, Internal, Unavailable

log = logging.getLogger(__name__)
T = TypeVar("T")
Work = Callable[[Connection], Any]
MAX_JOBS = 256


class _Job:
    __slots__ = ("future", "is_guarded", "work")

    def __init__(self, work: Work, is_guarded: bool) -> None:
        self.work = work
        self.is_guarded = is_guarded
        self.future: Future[Any] = Future()


class Writer:
    """Runs jobs in order, many to a transaction; a job's future is resolved after the commit that holds it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._jobs: deque[_Job] = deque()
        self._wake = threading.Condition()
        self._is_stopping = False
        self._thread: threading.Thread | None = None
        self.commits = 0
        self.on_commit: list[Callable[[], None]] = []  # called in the writer's thread, as is the next
        self.on_rollback: list[Callable[[], None]] = []

    def start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="alula-writer", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Commits what was handed in, then ends; safe twice and before start."""
        with self._wake:
            self._is_stopping = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def submit(self, work: Callable[[Connection], T], *, is_guarded: bool = True) -> Future[T]:
        """Hands in a job.

        Args:
            work: runs in the writer's thread and transaction.
            is_guarded: undo this job alone if it raises; an unguarded job that raises undoes its whole batch.
        Returns:
            Resolved after the commit with the job's result, or with its error.
        """
        job = _Job(work, is_guarded)
        with self._wake:
            if self._is_stopping:
                raise Unavailable("the server is stopping; try again when it is back", code="STOPPING")
            self._jobs.append(job)
            self._wake.notify()
        return job.future

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Has a job done from an event loop; returns its result once it is durable."""
        return await asyncio.wrap_future(self.submit(work))

    def _take(self) -> list[_Job]:
        """The next jobs, waiting for some; none when the writer is stopping."""
        while True:
            with self._wake:
                while not self._jobs and not self._is_stopping:
                    self._wake.wait()
                taken = [self._jobs.popleft() for _ in range(min(len(self._jobs), MAX_JOBS))]
            # Whoever asked may have gone (a client that hung up); from here on it can no longer cancel.
            batch = [job for job in taken if job.future.set_running_or_notify_cancel()]
            if batch or not taken:
                return batch

    def _run(self) -> None:
        while batch := self._take():
            try:
                with self._database.engine.connect() as connection:
                    while batch and self._commit(connection, batch):
                        batch = self._take()
            except SQLAlchemyError as e:
                self._fail(batch, translate(e) if isinstance(e, DBAPIError) else Internal(f"the write failed: {e}"))
            if not batch and self._is_stopping:
                return

    def _commit(self, connection: Connection, batch: list[_Job]) -> bool:
        """Runs and commits a batch; False if the connection is spoilt and the next batch needs a fresh one."""
        outcomes: list[tuple[_Job, Any, BaseException | None]] = []
        try:
            self._begin(connection)
            for job in batch:
                outcomes.append(self._run_job(connection, job))
            self._end(connection)
            self.commits += 1
            for listener in self.on_commit:
                listener()
        except Exception as e:
            is_usable = self._undo(connection)
            error = translate(e) if isinstance(e, DBAPIError) else e
            if not isinstance(error, AlulaError):
                log.error("a batch of %d writes failed", len(batch), exc_info=e)
                error = Internal(f"the write failed: {type(e).__name__}: {e}")
            for listener in self.on_rollback:
                listener()
            self._fail(batch, error)
            return is_usable
        for job, result, failure in outcomes:
            if failure is not None:
                job.future.set_exception(failure)
            else:
                job.future.set_result(result)
        return True

    @staticmethod
    def _fail(batch: list[_Job], error: AlulaError) -> None:
        for job in batch:
            if not job.future.done():
                job.future.set_exception(error)

    def _run_job(self, connection: Connection, job: _Job) -> tuple[_Job, Any, BaseException | None]:
        if not job.is_guarded:
            return job, job.work(connection), None
        execute(connection, "SAVEPOINT job")
        try:
            result = job.work(connection)
        except Exception as e:
            if isinstance(e, DBAPIError) and is_refusal(e):
                e = translate(e)
            elif isinstance(e, OperationalError):
                raise  # the disk or the server: the whole batch fails together
            execute(connection, "ROLLBACK TO SAVEPOINT job")
            if not isinstance(e, AlulaError):
                log.exception("a write failed")
                e = Internal(f"the write failed: {type(e).__name__}: {e}")
            return job, None, e
        execute(connection, "RELEASE SAVEPOINT job")
        return job, result, None

    def _begin(self, connection: Connection) -> None:
        connection.begin()
        if self._database.dialect == "sqlite":
            execute(connection, "BEGIN IMMEDIATE")

    def _end(self, connection: Connection) -> None:
        if self._database.dialect == "sqlite":
            execute(connection, "COMMIT")
        connection.commit()

    def _undo(self, connection: Connection) -> bool:
        """Rolls back; False if the driver would not, so that the connection must be thrown away."""
        try:
            if self._database.dialect == "sqlite" and getattr(connection.connection.dbapi_connection, "in_transaction", True):
                execute(connection, "ROLLBACK")  # a full disk may have rolled back already
            connection.rollback()
        except SQLAlchemyError:
            connection.invalidate()
            connection.rollback()
            return False
        return True
