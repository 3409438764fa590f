"""Opening databases: the schema is the tables', and what cannot be worked with is refused by name."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.dialects import postgresql, sqlite

from alula.database import engine, tables
from alula.database.engine import open_database, schema_script, schema_statements
from alula.errors import FailedPrecondition, Unavailable


@pytest.mark.parametrize(("name", "dialect"), [("sqlite", sqlite.dialect()), ("postgresql", postgresql.dialect())])
def test_the_script_is_what_the_tables_say(name: str, dialect: object) -> None:
    assert schema_script(name) == [" ".join(s.split()) for s in schema_statements(dialect)]  # type: ignore[arg-type]


def test_a_fresh_database_has_every_table_and_column(database_url: str) -> None:
    database = open_database(database_url)
    try:
        found = inspect(database.engine)
        for table in tables.metadata.sorted_tables:
            assert {c["name"] for c in found.get_columns(table.name)} == {c.name for c in table.c}
    finally:
        database.close()


def test_an_index_that_came_later_is_made_when_a_database_is_opened(database_url: str) -> None:
    database = open_database(database_url)
    with database.engine.begin() as connection:
        connection.exec_driver_sql("DROP INDEX task_execution_task")
    database.close()
    database = open_database(database_url)
    try:
        assert "task_execution_task" in {index["name"] for index in inspect(database.engine).get_indexes("task_execution")}
    finally:
        database.close()


def test_another_schema_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    open_database(url).close()
    changed = create_engine(url)
    with changed.begin() as connection:
        connection.execute(text("UPDATE setting SET value = x'3939' WHERE name = 'schema_version'"))
    changed.dispose()
    with pytest.raises(FailedPrecondition, match="schema version 99"):
        open_database(url)


def test_a_second_server_on_the_same_postgresql_is_refused(postgres: str) -> None:
    first = open_database(postgres)
    try:
        with pytest.raises(Unavailable, match="another alula server"):
            open_database(postgres)
    finally:
        first.close()
    open_database(postgres).close()


def test_a_folder_that_is_not_there_is_named() -> None:
    with pytest.raises(Unavailable, match="unable to open"):
        open_database("sqlite:////no/such/folder/x.db")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_restart_waits_for_the_lock_of_the_server_before(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL lets go of it a moment after that server has gone; one that is alive is named after a while."""
    first = open_database(database_url)
    monkeypatch.setattr(engine, "RELEASE_S", 1)
    with pytest.raises(Unavailable, match="in use by another") as refused:
        open_database(database_url)
    assert refused.value.code == "DATABASE_IN_USE"
    monkeypatch.setattr(engine, "RELEASE_S", 30)
    waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    with ThreadPoolExecutor(1) as pool:
        second = pool.submit(open_database, database_url)
        while not first.read(lambda c: c.execute(waiting).scalar()):
            pass
        first.close()
        second.result(20).close()
