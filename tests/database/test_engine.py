"""Opening databases: the schema is the tables', and what cannot be worked with is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.dialects import postgresql, sqlite

from alula.database import tables
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


def test_another_schema_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    open_database(url).close()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE setting SET value = x'3939' WHERE name = 'schema_version'"))
    engine.dispose()
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
