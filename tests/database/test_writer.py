from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select

from alula.database import tables
from alula.database.engine import Database, open_database, sqlite_url
from alula.database.writer import Writer
from alula.errors import FailedPrecondition, Internal, InvalidInput, LimitExceeded, Unavailable

WAIT_S = 10


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(sqlite_url(tmp_path))
    yield database
    database.close()


@pytest.fixture
def writer(database: Database) -> Iterator[Writer]:
    writer = Writer(database)
    writer.start()
    yield writer
    writer.stop()


def put(name: str) -> Any:
    def work(connection: Connection) -> str:
        connection.exec_driver_sql("INSERT INTO setting (name, value) VALUES (?, x'00')", (name,))
        return name

    return work


def names(database: Database) -> list[str]:
    query = "SELECT name FROM setting WHERE name <> 'schema_version' ORDER BY name"
    return database.read(lambda c: [row.name for row in c.exec_driver_sql(query)])


def test_what_a_job_returns_is_there_once_it_is_committed(writer: Writer, database: Database) -> None:
    assert writer.submit(put("a")).result(WAIT_S) == "a"
    assert names(database) == ["a"]


def test_jobs_handed_in_together_are_one_commit_in_order(database: Database) -> None:
    writer = Writer(database)
    futures = [writer.submit(put(name)) for name in "abc"]
    writer.start()
    assert [f.result(WAIT_S) for f in futures] == ["a", "b", "c"]
    assert writer.commits == 1
    writer.stop()


def test_a_guarded_job_that_fails_is_undone_alone(database: Database) -> None:
    def refuse(connection: Connection) -> None:
        put("half")(connection)
        raise InvalidInput("no")

    writer = Writer(database)
    futures: list[Future[Any]] = [writer.submit(put("a")), writer.submit(refuse), writer.submit(put("b"))]
    writer.start()
    with pytest.raises(InvalidInput):
        futures[1].result(WAIT_S)
    assert [futures[0].result(WAIT_S), futures[2].result(WAIT_S)] == ["a", "b"]
    writer.stop()
    assert names(database) == ["a", "b"]


def test_an_unguarded_job_that_fails_undoes_its_batch(database: Database) -> None:
    def refuse(connection: Connection) -> None:
        raise RuntimeError("broken")

    writer = Writer(database)
    futures: list[Future[Any]] = [writer.submit(put("a")), writer.submit(refuse, is_guarded=False)]
    writer.start()
    for future in futures:
        with pytest.raises(Internal, match="broken"):
            future.result(WAIT_S)
    assert writer.submit(put("b")).result(WAIT_S) == "b"
    writer.stop()
    assert names(database) == ["b"]


def test_it_goes_on_after_the_database_ended_the_transaction_by_itself(writer: Writer, database: Database) -> None:
    def lose(connection: Connection) -> None:
        connection.exec_driver_sql("ROLLBACK")  # what SQLite does when the disk is full
        raise RuntimeError("disk")

    with pytest.raises(Internal):
        writer.submit(lose, is_guarded=False).result(WAIT_S)
    assert writer.submit(put("b")).result(WAIT_S) == "b"
    assert names(database) == ["b"]


def test_it_goes_on_after_its_connection_broke(writer: Writer, database: Database) -> None:
    def break_off(connection: Connection) -> None:
        connection.connection.dbapi_connection.close()  # type: ignore[union-attr]
        connection.exec_driver_sql("SELECT 1")

    with pytest.raises((Internal, Unavailable)):
        writer.submit(break_off, is_guarded=False).result(WAIT_S)
    assert writer.submit(put("b")).result(WAIT_S) == "b"


def test_a_job_whose_caller_has_gone_is_not_run_and_hurts_nobody(writer: Writer, database: Database) -> None:
    entered, release = threading.Event(), threading.Event()

    def hold(connection: Connection) -> str:
        entered.set()
        release.wait(WAIT_S)
        return "held"

    held = writer.submit(hold)
    assert entered.wait(WAIT_S)
    dropped = writer.submit(put("dropped"))
    assert (held.cancel(), dropped.cancel()) == (False, True)  # what runs is finished
    release.set()
    assert held.result(WAIT_S) == "held"
    with pytest.raises(CancelledError):
        dropped.result(WAIT_S)
    assert writer.submit(put("b")).result(WAIT_S) == "b"
    assert names(database) == ["b"]


def test_stop_commits_what_was_handed_in_and_refuses_more(database: Database) -> None:
    writer = Writer(database)
    writer.stop()
    writer = Writer(database)
    future = writer.submit(put("a"))
    writer.start()
    writer.stop()
    writer.stop()
    assert future.result(0) == "a"
    with pytest.raises(Unavailable):
        writer.submit(put("b"))


def test_a_database_of_another_version_is_refused(tmp_path: Path) -> None:
    database = open_database(sqlite_url(tmp_path))
    with database.engine.connect() as connection:
        connection.exec_driver_sql("UPDATE setting SET value = x'39' WHERE name = 'schema_version'")
    database.close()
    with pytest.raises(FailedPrecondition, match="has schema version 9"):
        open_database(sqlite_url(tmp_path))


def test_a_database_of_another_kind_is_refused_without_its_password() -> None:
    with pytest.raises(InvalidInput, match="expected sqlite:///FILE or postgresql") as caught:
        open_database("mysql://me:hunter2@host/name")
    assert "hunter2" not in str(caught.value)


# Beyond what PostgreSQL takes in an index, or in a text; SQLite takes both.
WIDE = "".join(chr(0x1F300 + number % 1009) for number in range(0, 100_000, 37))


@pytest.mark.parametrize(("name", "error"), [(WIDE, LimitExceeded), ("a\0b", InvalidInput)])
def test_what_the_database_cannot_take_fails_its_job_alone(database_url: str, name: str, error: type[Exception]) -> None:
    database = open_database(database_url)
    writer = Writer(database)

    def put_it(connection: Connection) -> None:
        connection.execute(insert(tables.setting).values(name=name, value=b""))

    futures = [writer.submit(work) for work in (lambda c: 1, put_it, lambda c: 3)]
    writer.start()
    assert (futures[0].result(WAIT_S), futures[2].result(WAIT_S)) == (1, 3)
    assert writer.commits == 1
    failure = futures[1].exception(WAIT_S)
    assert isinstance(failure, error) if database.dialect == "postgresql" else failure is None
    writer.stop()
    database.close()


def test_a_read_for_what_the_database_cannot_take_is_a_wrong_request(database_url: str) -> None:
    database = open_database(database_url)
    query = select(tables.setting).where(tables.setting.c.name == "a\0b")
    with pytest.raises(InvalidInput, match="NUL"):
        database.read(lambda c: c.execute(query).all())
    database.close()
