"""Looking for executions: one walk through the index that holds all that may be asked for, in the order in which they are shown.

Where few meet one of the conditions, an index of its own leads to them (`access_path.py`). Written as text, since SQLite must be told
which index to take: by its own choice it takes the one of the phase, and reads every row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from alula.database import access_path
from alula.database.access_path import AccessPath
from alula.idl.phase import TERMINAL_EXECUTION

FRONT = 4_000
"""Executions in front of an order that are asked for a label, before all are."""
_AT_ONCE = 500
MAX_TOTAL = 100_000
"""Up to here a total is counted."""
ENDED = f"phase IN ({', '.join(str(int(phase)) for phase in sorted(TERMINAL_EXECUTION))})"


class Wanted(NamedTuple):
    """Conditions that an execution must meet, all of them; None and empty: not asked.

    `equal` are columns of the index, by name; labels are keys with a value, or None for any.
    """

    equal: Mapping[str, str | int]
    phases: Sequence[int] = ()
    users: Sequence[str] = ()
    prefix: str = ""
    created_from: int | None = None
    created_before: int | None = None
    min_us: int = 0
    max_us: int = 0
    labels: Sequence[tuple[str, str | None]] = ()


class Order(NamedTuple):
    """A column of the index, and whether the largest comes first."""

    column: str
    is_descending: bool


class _Statement:
    """Conditions as text, and what is bound in them."""

    def __init__(self, dialect: str) -> None:
        self.conditions: list[str] = []
        self.values: dict[str, Any] = {}
        self.is_sqlite = dialect == "sqlite"

    def bind(self, value: Any) -> str:
        name = f"v{len(self.values)}"
        self.values[name] = value
        return f":{name}"

    def add(self, wanted: Wanted) -> None:
        for column, value in wanted.equal.items():
            self.conditions.append(f"e.{column} = {self.bind(value)}")
        for column, several in (("phase", wanted.phases), ("principal", wanted.users)):
            if several:
                self.conditions.append(f"e.{column} IN ({', '.join(self.bind(value) for value in several)})")
        for comparison, at in ((">=", wanted.created_from), ("<", wanted.created_before)):
            if at is not None:
                self.conditions.append(f"e.created_at {comparison} {self.bind(at)}")
        for comparison, span in ((">=", wanted.min_us), ("<=", wanted.max_us)):
            if span:
                self.conditions += [f"e.duration_us {comparison} {self.bind(span)}", f"e.{ENDED}"]
        if wanted.prefix:
            if self.is_sqlite:  # by bytes, as it compares; faster than a pattern
                self.conditions += [f"e.name >= {self.bind(wanted.prefix)}", f"e.name < {self.bind(access_path.prefix_end(wanted.prefix))}"]
            else:
                self.conditions.append(f"starts_with(e.name, {self.bind(wanted.prefix)})")

    def label(self, alias: str, key: str, value: str | None) -> str:
        found = f"{alias}.key = {self.bind(key)}"
        return found if value is None else f"{found} AND {alias}.value = {self.bind(value)}"

    def source(self, wanted: Wanted, path: AccessPath | None) -> str:
        """The tables, and the conditions of labels and of the access path."""
        driver = path.label if path is not None else None
        of = "e.key" if driver is None else "l.execution_key"
        for label in wanted.labels:
            if label != driver:
                condition = f"o.execution_key = {of} AND {self.label('o', *label)}"
                self.conditions.append(f"EXISTS (SELECT 1 FROM execution_label o WHERE {condition})")
        if path is None:
            return "execution e" + (" INDEXED BY execution_search" if self.is_sqlite else "")
        self.values |= path.values
        self.conditions = [*path.conditions, *self.conditions]
        if driver is None:
            return path.source
        join = "CROSS JOIN" if self.is_sqlite else "JOIN"  # SQLite's way of saying which comes first
        self.conditions.append("e.key = l.execution_key")
        return f"{path.source} {join} execution e" + ("" if self.is_sqlite else " ON true")


def _path(connection: Connection, wanted: Wanted, *, is_page: bool) -> AccessPath | None:
    return access_path.fewest(connection, wanted.equal, wanted.phases, wanted.prefix, wanted.labels, is_page=is_page)


def _prefer_walk(connection: Connection, wanted: Wanted) -> None:
    """PostgreSQL takes a page out of order for four times as dear as one in order, and would read all rows rather than the index.

    With labels it is right: it would look for each row that has one.
    """
    if connection.dialect.name == "postgresql" and not wanted.labels:
        connection.exec_driver_sql("SET LOCAL random_page_cost = 1.1")


def page(connection: Connection, wanted: Wanted, order: Order, limit: int, after: tuple[int, int] | None) -> list[tuple[int, int]]:
    """Keys of executions with what they are ordered by.

    Args:
        after: what an execution is ordered by, and its key: those behind it.
    """
    _prefer_walk(connection, wanted)
    in_walk = order.column == "created_at"
    path = _path(connection, wanted, is_page=in_walk)
    if path is None and len(wanted.labels) == 1 and not in_walk:
        found = _from_front(connection, wanted, order, limit, after)
        if found is not None:
            return found
    return _read(connection, wanted, path, order, limit, after)


def _read(
    connection: Connection, wanted: Wanted, path: AccessPath | None, order: Order, limit: int, after: tuple[int, int] | None
) -> list[tuple[int, int]]:
    statement = _Statement(connection.dialect.name)
    statement.add(wanted)
    tables = statement.source(wanted, path)
    if after is not None:
        comparison = "<" if order.is_descending else ">"
        statement.conditions.append(f"(e.{order.column}, e.key) {comparison} ({statement.bind(after[0])}, {statement.bind(after[1])})")
    where = " AND ".join(statement.conditions) or "1 = 1"
    direction = "DESC" if order.is_descending else "ASC"
    sql = (
        f"SELECT e.key, e.{order.column} FROM {tables} WHERE {where} ORDER BY e.{order.column} {direction}, e.key {direction} LIMIT {limit}"
    )
    return [(row[0], row[1]) for row in connection.execute(text(sql), statement.values)]


def _from_front(
    connection: Connection, wanted: Wanted, order: Order, limit: int, after: tuple[int, int] | None
) -> list[tuple[int, int]] | None:
    """A page in an order that no walk has, of a label that many have: only those in front are asked for it; None: they are not enough."""
    front = max(FRONT, limit)
    ordered = _read(connection, wanted._replace(labels=()), None, order, front, after)
    found: list[tuple[int, int]] = []
    for start in range(0, len(ordered), _AT_ONCE):
        some = ordered[start : start + _AT_ONCE]
        statement = _Statement(connection.dialect.name)
        condition = statement.label("o", *wanted.labels[0])
        keys = ", ".join(str(key) for key, _ in some)
        sql = f"SELECT o.execution_key FROM execution_label o WHERE o.execution_key IN ({keys}) AND {condition}"
        labelled = set(connection.execute(text(sql), statement.values).scalars())
        found += [each for each in some if each[0] in labelled]
        if len(found) >= limit:
            return found[:limit]
    return found if len(ordered) < front else None


def total(connection: Connection, wanted: Wanted) -> int:
    """How many there are, at most one more than MAX_TOTAL."""
    _prefer_walk(connection, wanted)
    statement = _Statement(connection.dialect.name)
    statement.add(wanted)
    tables = statement.source(wanted, _path(connection, wanted, is_page=False))
    where = " AND ".join(statement.conditions) or "1 = 1"
    sql = f"SELECT count(*) FROM (SELECT 1 FROM {tables} WHERE {where} LIMIT {MAX_TOTAL + 1}) AS found"
    return int(connection.execute(text(sql), statement.values).scalar_one())
