"""Opening a database: SQLite in the home folder or PostgreSQL by URL, its schema made on first use."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Dialect, Engine, Table, create_engine, event, inspect
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.pool import QueuePool

from alula.database import tables
from alula.errors import AlulaError, Exhausted, FailedPrecondition, InvalidInput, LimitExceeded, Unavailable

T = TypeVar("T")
SCHEMA_VERSION = 7
_NUL = "a name or a text of this request has the character NUL (\\x00) in it, which none may have; leave it out"
LOCK = 4_252_985_441  # PostgreSQL advisory lock of whoever owns the executions
LOCK_NOT_AVAILABLE = "55P03"  # as an SQLSTATE
PROGRAM_LIMIT = "54"  # begins those of what is larger than PostgreSQL takes, for instance for an entry of an index
RELEASE_S = 3


@dataclass(slots=True, eq=False)
class Database:
    """An open database.

    Attributes:
        engine: SQLAlchemy engine; reads use its pool, the one writer its own connection.
        url: where it is, without the password.
        readers: threads that reads run in, so that the event loop never waits for a disk.
        guard: holds a PostgreSQL database for this server alone; the home folder's lock does that for SQLite.
    """

    engine: Engine
    url: str
    readers: ThreadPoolExecutor
    guard: Connection | None = None

    @property
    def dialect(self) -> str:
        return self.engine.dialect.name

    def read(self, query: Callable[[Connection], T]) -> T:
        """Runs a read in this thread, in a transaction of its own.

        Raises:
            Unavailable: the database does not answer.
        """
        try:
            with self.engine.connect() as connection:
                return query(connection)
        except DBAPIError as e:
            raise translate(e) from e

    async def aread(self, query: Callable[[Connection], T]) -> T:
        """Runs a read in one of the readers' threads.

        Raises:
            Unavailable: the database does not answer.
        """
        return await asyncio.get_running_loop().run_in_executor(self.readers, self.read, query)

    def close(self) -> None:
        self.readers.shutdown(wait=True, cancel_futures=True)
        if self.guard is not None:
            self.guard.close()
            self.guard = None
        self.engine.dispose()


def ping(connection: Connection) -> None:
    """Asks for nothing: whether the database answers."""
    connection.exec_driver_sql("SELECT 1")


def translate(error: DBAPIError) -> AlulaError:
    """What a driver's error means to people."""
    text = str(error.orig)
    if "NUL (0x00)" in text:
        return InvalidInput(_NUL)
    if is_refusal(error):
        kind = LimitExceeded if _state(error).startswith(PROGRAM_LIMIT) else InvalidInput
        return kind(f"the database cannot take a name, text or number of this request: {text.partition(chr(10))[0]}")
    if "disk is full" in text or "No space left" in text:
        return Exhausted(f"the disk that holds the database is full ({text}); free some space, nothing was half written", code="DISK_FULL")
    if "readonly" in text or "unable to open" in text:
        return Unavailable(f"the database cannot be written ({text}); check the owner and mode of the home folder", code="DATABASE")
    return Unavailable(f"the database does not answer: {text}", code="DATABASE")


def is_refusal(error: DBAPIError) -> bool:
    """Whether what was asked is wrong (too large, a NUL, a number out of range), while the database is well."""
    return isinstance(error, DataError) or _state(error).startswith(PROGRAM_LIMIT)


def _state(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlstate", None) or ""


def open_database(url: str) -> Database:
    """Opens `sqlite:///FILE` or `postgresql://…` and creates the schema if the database is empty.

    Raises:
        Unavailable: it cannot be reached or opened.
    """
    if url.startswith("postgres://"):
        url = "postgresql://" + url.removeprefix("postgres://")
    if url.startswith("postgresql://"):
        url = "postgresql+psycopg://" + url.removeprefix("postgresql://")
    is_sqlite = url.startswith("sqlite:///")
    if not is_sqlite and not url.startswith("postgresql+psycopg://"):
        scheme = url.partition(":")[0]  # no more of it: the rest may hold a password
        raise InvalidInput(f'database "{scheme}:…": expected sqlite:///FILE or postgresql://USER@HOST/NAME')
    options: dict[str, Any] = {"connect_args": {"check_same_thread": False, "timeout": 30}} if is_sqlite else {"pool_pre_ping": True}
    engine = create_engine(url, poolclass=QueuePool, pool_size=8, max_overflow=8, **options)
    if is_sqlite:
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "before_cursor_execute", _refuse_nul)
    readers = ThreadPoolExecutor(4, thread_name_prefix="alula-read")
    database = Database(engine, engine.url.render_as_string(hide_password=True), readers)
    try:
        if not is_sqlite:
            database.guard = _take_alone(engine)
        _create_schema(engine)
    except DBAPIError as e:
        database.close()
        raise translate(e) from e
    except AlulaError:
        database.close()
        raise
    return database


def _refuse_nul(connection: Connection, cursor: Any, statement: str, values: Any, context: Any, is_many: bool) -> None:
    """PostgreSQL knows no text with NUL; SQLite would look for it and say that there is none."""
    if statement.startswith("SELECT") and any(isinstance(value, str) and "\x00" in value for value in values):
        raise InvalidInput(_NUL)


def _take_alone(engine: Engine) -> Connection:
    """A connection that holds the database's lock for as long as it is open: an execution has one owner.

    PostgreSQL lets go of the lock of a server that has just ended a moment after it, so that is waited for.
    """
    connection = engine.connect()
    try:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{RELEASE_S}s'")
        connection.exec_driver_sql(f"SELECT pg_advisory_lock({LOCK})")
        connection.commit()
    except DBAPIError as e:
        connection.close()
        if _state(e) != LOCK_NOT_AVAILABLE:
            raise
        message = "the database is in use by another alula server; stop it, or give this one a database of its own"
        raise Unavailable(message, code="DATABASE_IN_USE") from e
    return connection


def sqlite_url(home: Path) -> str:
    return f"sqlite:///{home / 'alula.db'}"


def _configure_sqlite(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # transactions are ours: BEGIN IMMEDIATE in the writer, autocommit reads
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000", "cache_size=-32000", "temp_store=MEMORY"):
        connection.execute(f"PRAGMA {pragma}")


def schema_statements(dialect: Dialect) -> list[str]:
    """The DDL of a fresh database, in order; `scripts/generate_schema.py` writes it to `schema/`."""
    from sqlalchemy.schema import CreateIndex, CreateTable  # a running server reads the script instead

    found = []
    for table in tables.metadata.sorted_tables:
        found.append(str(CreateTable(table, if_not_exists=True).compile(dialect=dialect)))
        here = (i for i in table.indexes if i.info.get("dialect", dialect.name) == dialect.name)
        indexes = sorted(here, key=lambda i: str(i.name))
        found += [str(CreateIndex(i, if_not_exists=True).compile(dialect=dialect)) for i in indexes]
    return found


def schema_script(dialect: str) -> list[str]:
    """The statements of the script that belongs to a dialect."""
    text = (Path(__file__).parent / "schema" / f"{dialect}.sql").read_text()
    return [line.removesuffix(";") for line in text.splitlines()]


def _create_schema(engine: Engine) -> None:
    dialect = engine.dialect.name
    with engine.connect() as connection:
        if inspect(connection).has_table("setting"):
            _check_version(connection)
            _add_indexes(connection)
            return
        if dialect == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        for statement in schema_script(dialect):
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql(f"INSERT INTO setting (name, value) VALUES ('schema_version', {_bytes_literal(engine)})")
        if dialect == "sqlite":
            connection.exec_driver_sql("COMMIT")
        else:
            connection.commit()


def _add_indexes(connection: Connection) -> None:
    """Those that came into the schema after the database was made: without one every read that needs it would go through a table."""
    for statement in schema_script(connection.dialect.name):
        if statement.startswith("CREATE INDEX"):
            connection.exec_driver_sql(statement)
    connection.commit()


def _check_version(connection: Connection) -> None:
    found = connection.exec_driver_sql("SELECT value FROM setting WHERE name = 'schema_version'").scalar()
    version = bytes(found).decode(errors="replace") if found is not None else "none"
    if version != str(SCHEMA_VERSION):
        raise FailedPrecondition(
            f"the database has schema version {version}, this version of Alula expects {SCHEMA_VERSION}; "
            "start the version that made it, or choose another database with --database or --home",
            code="SCHEMA_VERSION",
        )


def _bytes_literal(engine: Engine) -> str:
    text = str(SCHEMA_VERSION).encode().hex()
    return f"x'{text}'" if engine.dialect.name == "sqlite" else f"'\\x{text}'"


@lru_cache(maxsize=256)
def insert_sql(table: Table, columns: tuple[str, ...], dialect: str, *, ignore: bool = False) -> str:
    """A positional INSERT for `exec_driver_sql` with tuples: the writer's way, measured three times as fast as Core's.

    Args:
        ignore: leave an existing row alone instead of failing.
    """
    mark = "?" if dialect == "sqlite" else "%s"
    tail = " ON CONFLICT DO NOTHING" if ignore else ""
    return f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({', '.join([mark] * len(columns))}){tail}"


@lru_cache(maxsize=256)
def update_sql(table: Table, columns: tuple[str, ...], where: tuple[str, ...], dialect: str) -> str:
    """A positional UPDATE: values of `columns`, then of `where`."""
    mark = "?" if dialect == "sqlite" else "%s"
    changes = ", ".join(f"{c}={mark}" for c in columns)
    return f"UPDATE {table.name} SET {changes} WHERE {' AND '.join(f'{c}={mark}' for c in where)}"


def execute(connection: Connection, statement: str, rows: Sequence[tuple[Any, ...]] = ()) -> int:
    """Runs a positional statement on the driver itself, for the writer's hot path: SQLAlchemy's own way costs five times as much.

    Args:
        rows: one execution each; none: once, without parameters.
    Returns:
        The number of rows changed, as far as the driver counts it.
    Raises:
        DBAPIError: as SQLAlchemy would raise it.
    """
    dialect = connection.dialect
    raw = connection.connection.dbapi_connection
    if raw is None:
        raise Unavailable("the database connection is closed", code="DATABASE")
    cursor = raw.cursor()
    try:
        if len(rows) > 1:
            cursor.executemany(statement, rows)
        elif rows:
            cursor.execute(statement, rows[0])
        else:
            cursor.execute(statement)
        return int(cursor.rowcount)
    except dialect.loaded_dbapi.Error as e:
        raise DBAPIError.instance(statement, None, e, dialect.loaded_dbapi.Error, dialect=dialect) from e
    finally:
        cursor.close()
