"""Rows of where versions came from and who registered them, and of the environments that tasks run in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, insert, select

from alula.database import tables as t
from alula.idl.identifier import EntityId
from alula.idl.v1 import source_pb2


def add(connection: Connection, entity: EntityId, source: source_pb2.Source | None, author: str) -> None:
    """Records where a version that is new came from, as far as anything is known of it.

    Args:
        source: None if none was sent.
        author: who registered it.
    """
    known = source or source_pb2.Source()
    values = {"commit_id": known.commit, "branch": known.branch, "is_dirty": int(known.is_dirty)}
    if source is not None or author:
        row = {**entity._asdict(), **values, "is_known": int(source is not None), "author": author}
        connection.execute(insert(t.version_source).values(**row))


def find(connection: Connection, entity: EntityId) -> source_pb2.Source | None:
    """Where a version came from, if that is known."""
    c = t.version_source.c
    where = [c[name] == value for name, value in entity._asdict().items()]
    row = connection.execute(select(t.version_source).where(*where)).one_or_none()
    return view(row) if row is not None and row.is_known else None


def view(row: Any) -> source_pb2.Source:
    return source_pb2.Source(commit=row.commit_id, branch=row.branch, is_dirty=bool(row.is_dirty))


def add_environments(connection: Connection, environments: Iterable[source_pb2.Environment], at: int) -> None:
    """Records the environments that are not known yet; those that are stay as they were."""
    c = t.environment.c
    for each in environments:
        if connection.execute(select(c.image).where(c.image == each.image)).one_or_none() is None:
            values = {"lock_digest": each.lock_digest, "created_at": at, "content": each.SerializeToString()}
            connection.execute(insert(t.environment).values(image=each.image, **values))


def environments(connection: Connection) -> list[source_pb2.Environment]:
    """Every environment."""
    return [source_pb2.Environment.FromString(row.content) for row in connection.execute(select(t.environment.c.content))]
