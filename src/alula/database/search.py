"""Looking for executions: one walk through the index that holds all that may be asked for, in the order in which they are shown.

Written as text, since SQLite must be told which index to take: by its own choice it takes the one of the phase, and reads every row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from alula.idl.phase import TERMINAL_EXECUTION

FEW = 20_000
"""Executions with a label up to which their rows are read one by one; beyond it the walk asks of each whether it has the label."""
FEW_OF_SEVERAL = 200_000
"""The same where other labels are asked for, too: these are looked at before any row is read."""
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
                last = wanted.prefix + "\U0010ffff"  # behind every name that begins so
                self.conditions += [f"e.name >= {self.bind(wanted.prefix)}", f"e.name < {self.bind(last)}"]
            else:
                self.conditions.append(f"starts_with(e.name, {self.bind(wanted.prefix)})")

    def label(self, alias: str, key: str, value: str | None) -> str:
        found = f"{alias}.key = {self.bind(key)}"
        return found if value is None else f"{found} AND {alias}.value = {self.bind(value)}"

    def source(self, wanted: Wanted, driver: int | None) -> str:
        """The tables, and the conditions of labels."""
        of = "e.key" if driver is None else "l.execution_key"
        others = [label for number, label in enumerate(wanted.labels) if number != driver]
        for label in others:
            condition = f"o.execution_key = {of} AND {self.label('o', *label)}"
            self.conditions.append(f"EXISTS (SELECT 1 FROM execution_label o WHERE {condition})")
        if driver is None:
            return "execution e" + (" INDEXED BY execution_search" if self.is_sqlite else "")
        self.conditions.insert(0, self.label("l", *wanted.labels[driver]))
        join = "CROSS JOIN" if self.is_sqlite else "JOIN"  # SQLite's way of saying which comes first
        self.conditions.append("e.key = l.execution_key")
        return f"execution_label l {join} execution e" + ("" if self.is_sqlite else " ON true")


def _driver(connection: Connection, wanted: Wanted) -> int | None:
    """The label that so few executions have that these are looked at one by one."""
    fewest, found = (FEW if len(wanted.labels) == 1 else FEW_OF_SEVERAL) + 1, None
    for number, (key, value) in enumerate(wanted.labels):
        statement = _Statement(connection.dialect.name)
        condition = statement.label("l", key, value)
        sql = f"SELECT count(*) FROM (SELECT 1 FROM execution_label l WHERE {condition} LIMIT {fewest}) AS found"
        count = connection.execute(text(sql), statement.values).scalar_one()
        if count < fewest:
            fewest, found = count, number
    return found


def page(connection: Connection, wanted: Wanted, order: Order, limit: int, after: tuple[int, int] | None) -> list[tuple[int, int]]:
    """Keys of executions with what they are ordered by.

    Args:
        after: what an execution is ordered by, and its key: those behind it.
    """
    statement = _Statement(connection.dialect.name)
    statement.add(wanted)
    tables = statement.source(wanted, _driver(connection, wanted))
    if after is not None:
        comparison = "<" if order.is_descending else ">"
        statement.conditions.append(f"(e.{order.column}, e.key) {comparison} ({statement.bind(after[0])}, {statement.bind(after[1])})")
    where = " AND ".join(statement.conditions) or "1 = 1"
    direction = "DESC" if order.is_descending else "ASC"
    sql = (
        f"SELECT e.key, e.{order.column} FROM {tables} WHERE {where} ORDER BY e.{order.column} {direction}, e.key {direction} LIMIT {limit}"
    )
    return [(row[0], row[1]) for row in connection.execute(text(sql), statement.values)]


def total(connection: Connection, wanted: Wanted) -> int:
    """How many there are, at most one more than MAX_TOTAL."""
    statement = _Statement(connection.dialect.name)
    statement.add(wanted)
    tables = statement.source(wanted, _driver(connection, wanted))
    where = " AND ".join(statement.conditions) or "1 = 1"
    sql = f"SELECT count(*) FROM (SELECT 1 FROM {tables} WHERE {where} LIMIT {MAX_TOTAL + 1}) AS found"
    return int(connection.execute(text(sql), statement.values).scalar_one())
