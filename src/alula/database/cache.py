"""Rows of the output cache. A key is the digest of everything that decides a task's outputs; see catalog/key.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, select

from alula.database import tables as t
from alula.database.engine import insert_sql, update_sql

CHANGING = ("source", "created_at", "outputs_uri", "outputs")
_AT_ONCE = 500  # keys in a statement
COLUMNS = ("cache_key", "project", "domain", "task_name", "cache_version", "interface_digest", "input_digests", *CHANGING)


def find(connection: Connection, key: bytes) -> Row[Any] | None:
    c = t.cache_entry.c
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    sql = f"SELECT {c.outputs.name}, {c.outputs_uri.name}, {c.source.name} FROM {t.cache_entry.name} WHERE {c.cache_key.name}={mark}"
    return connection.exec_driver_sql(sql, (key,)).one_or_none()


def put(connection: Connection, values: tuple[Any, ...]) -> None:
    """Writes an entry, over an older one of the same key; `values` are those of COLUMNS."""
    dialect = connection.dialect.name
    head = len(COLUMNS) - len(CHANGING)
    changed = connection.exec_driver_sql(update_sql(t.cache_entry, CHANGING, ("cache_key",), dialect), (*values[head:], values[0]))
    if not changed.rowcount:
        connection.exec_driver_sql(insert_sql(t.cache_entry, COLUMNS, dialect), values)


def latest(connection: Connection, project: str, domain: str, task_name: str, limit: int = 1) -> Sequence[Any]:
    """The newest entries of a task, whatever their key: what a miss is explained by."""
    c = t.cache_entry.c
    where = (c.project == project, c.domain == domain, c.task_name == task_name)
    columns = (c.cache_key, c.cache_version, c.interface_digest, c.input_digests)
    return connection.execute(select(*columns).where(*where).order_by(c.created_at.desc()).limit(limit)).all()


def before(connection: Connection, project: str, domain: str, task_name: str, at: int, limit: int) -> Sequence[Any]:
    """The entries of a task that were there at an instant, in µs, the newest first."""
    c = t.cache_entry.c
    where = (c.project == project, c.domain == domain, c.task_name == task_name, c.created_at <= at)
    columns = (c.cache_version, c.interface_digest, c.input_digests, c.source)
    return connection.execute(select(*columns).where(*where).order_by(c.created_at.desc()).limit(limit)).all()


def keys_of(connection: Connection, project: str, domain: str, task_name: str, cache_version: str = "") -> list[bytes]:
    """Keys of a task's entries; of every cache version if none is named."""
    c = t.cache_entry.c
    where = [c.project == project, c.domain == domain, c.task_name == task_name]
    if cache_version:
        where.append(c.cache_version == cache_version)
    return list(connection.execute(select(c.cache_key).where(*where)).scalars())


def sources_of(connection: Connection, project: str, domain: str, task_name: str) -> Sequence[Any]:
    """Key and source of each of a task's entries."""
    c = t.cache_entry.c
    where = (c.project == project, c.domain == domain, c.task_name == task_name)
    return connection.execute(select(c.cache_key, c.source).where(*where)).all()


def present(connection: Connection, keys: Sequence[bytes]) -> list[bytes]:
    """Those keys that have an entry."""
    c, found = t.cache_entry.c, list[bytes]()
    for start in range(0, len(keys), _AT_ONCE):
        found += connection.execute(select(c.cache_key).where(c.cache_key.in_(keys[start : start + _AT_ONCE]))).scalars()
    return found


def remove(connection: Connection, keys: Sequence[bytes]) -> None:
    """Removes entries."""
    for start in range(0, len(keys), _AT_ONCE):
        connection.execute(delete(t.cache_entry).where(t.cache_entry.c.cache_key.in_(keys[start : start + _AT_ONCE])))
