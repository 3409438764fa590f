"""Rows of what attempts said: points of metrics, parameters, progress and decks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, and_, func, select

from alula.database import tables as t
from alula.database.engine import execute, insert_sql

ATTEMPT = ("execution_key", "node_id", "item", "attempt")
METRIC = (*ATTEMPT, "name", "number", "step", "value", "at")
_ALL = (t.metric, t.parameter, t.attempt_note)

# PostgreSQL takes a whole series in one statement; row by row it would hold the writer up twenty times as long.
_SERIES = (
    f"INSERT INTO metric ({', '.join(METRIC)}) SELECT %s, %s, %s, %s, %s, %s + o - 1, s, v, a "
    "FROM unnest(%s::bigint[], %s::double precision[], %s::bigint[]) WITH ORDINALITY AS u(s, v, a, o) ON CONFLICT DO NOTHING"
)


class AttemptKey(NamedTuple):
    """Names an attempt: item −1 for an ordinary task."""

    execution: int
    node_id: str
    item: int
    attempt: int


class Points(NamedTuple):
    """Consecutive points of one metric, columns of one length; `first` is the number of the first."""

    name: str
    first: int
    steps: Sequence[int]
    values: Sequence[float]
    at_us: Sequence[int]


class Note(NamedTuple):
    """How far an attempt was last, and where its deck lies; None and empty: not said."""

    done: float | None
    total: float | None
    message: str
    deck_uri: str


def forget(connection: Connection, key: AttemptKey) -> None:
    """Removes what an earlier run of an attempt under the same number said."""
    mark = _mark(connection)
    where = " AND ".join(f"{column}={mark}" for column in ATTEMPT)
    for table in _ALL:
        execute(connection, f"DELETE FROM {table.name} WHERE {where}", [tuple(key)])


def add_points(connection: Connection, key: AttemptKey, points: Sequence[Points]) -> None:
    """Inserts points; those that are there already stay, so that a batch may be written again."""
    if connection.dialect.name == "sqlite":
        rows = [
            (*key, p.name, p.first + number, step, _finite(value), at)
            for p in points
            for number, (step, value, at) in enumerate(zip(p.steps, p.values, p.at_us, strict=True))
        ]
        if rows:
            execute(connection, insert_sql(t.metric, METRIC, "sqlite", ignore=True), rows)
        return
    for p in points:
        columns = (list(p.steps), [_finite(value) for value in p.values], list(p.at_us))
        execute(connection, _SERIES, [(*key, p.name, p.first, *columns)])


def set_parameters(connection: Connection, key: AttemptKey, parameters: Sequence[tuple[str, str]], at: int) -> None:
    columns = (*ATTEMPT, "name", "value", "at")
    tail = " ON CONFLICT (execution_key, node_id, item, attempt, name) DO UPDATE SET value = excluded.value, at = excluded.at"
    if parameters:
        execute(connection, _insert(connection, t.parameter, columns) + tail, [(*key, name, value, at) for name, value in parameters])


def set_note(connection: Connection, key: AttemptKey, note: Note, at: int) -> None:
    """Writes an attempt's note; what it does not say stays as it was."""
    columns = (*ATTEMPT, *Note._fields, "at")
    tail = (
        " ON CONFLICT (execution_key, node_id, item, attempt) DO UPDATE SET done = COALESCE(excluded.done, attempt_note.done),"
        " total = CASE WHEN excluded.done IS NULL THEN attempt_note.total ELSE excluded.total END,"
        " message = CASE WHEN excluded.done IS NULL THEN attempt_note.message ELSE excluded.message END,"
        " deck_uri = CASE WHEN excluded.deck_uri = '' THEN attempt_note.deck_uri ELSE excluded.deck_uri END, at = excluded.at"
    )
    execute(connection, _insert(connection, t.attempt_note, columns) + tail, [(*key, *note, at)])


def summaries(connection: Connection, key: int, node_id: str = "") -> Sequence[Any]:
    """Per attempt and metric: count, range, last value and step."""
    m = t.metric.c
    grouped = (
        select(m.node_id, m.item, m.attempt, m.name, func.count().label("points"), func.min(m.value).label("min"))
        .add_columns(func.max(m.value).label("max"), func.max(m.number).label("number"))
        .where(*_of(t.metric, key, node_id))
        .group_by(m.node_id, m.item, m.attempt, m.name)
        .subquery()
    )
    g = grouped.c
    same = and_(m.execution_key == key, m.node_id == g.node_id, m.item == g.item, m.attempt == g.attempt, m.name == g.name)
    columns = (g.node_id, g.item, g.attempt, g.name, g.points, g.min, g.max, m.value.label("last"), m.step.label("last_step"))
    joined = grouped.join(t.metric, and_(same, m.number == g.number))
    return connection.execute(select(*columns).select_from(joined).order_by(g.node_id, g.item, g.attempt, g.name)).all()


def parameters(connection: Connection, key: int, node_id: str = "") -> Sequence[Row[Any]]:
    c = t.parameter.c
    return connection.execute(
        select(t.parameter).where(*_of(t.parameter, key, node_id)).order_by(c.node_id, c.item, c.attempt, c.name)
    ).all()


def notes(connection: Connection, key: int, node_id: str = "") -> Sequence[Row[Any]]:
    return connection.execute(select(t.attempt_note).where(*_of(t.attempt_note, key, node_id))).all()


class Wanted(NamedTuple):
    """Which points of a metric: those from a number on, and of these those between two steps and two instants, ends included."""

    name: str
    first: int = 0
    steps: tuple[int | None, int | None] = (None, None)
    at_us: tuple[int | None, int | None] = (None, None)


class Extent(NamedTuple):
    """How many points there are, and the numbers of the first and the last."""

    points: int
    first: int
    last: int


_m = t.metric.c
_POINT = (_m.number, _m.step, _m.value, _m.at)


def names(connection: Connection, key: AttemptKey) -> list[str]:
    """Metrics of an attempt: one look into the index for each, however many points they have."""
    found: list[str] = []
    first = select(func.min(_m.name)).where(*_attempt(key))
    name = connection.execute(first).scalar()
    while name is not None:
        found.append(name)
        name = connection.execute(first.where(_m.name > name)).scalar()
    return found


def extent(connection: Connection, key: AttemptKey, wanted: Wanted) -> Extent:
    """Of the points that are wanted."""
    row = connection.execute(select(func.count(), func.min(_m.number), func.max(_m.number)).where(*_points(key, wanted))).one()
    return Extent(row[0], row[1] or 0, row[2] or 0)


def series(connection: Connection, key: AttemptKey, wanted: Wanted) -> Sequence[Any]:
    """Number, step, value and instant of points, in order."""
    return connection.execute(select(*_POINT).where(*_points(key, wanted)).order_by(_m.number)).all()


def thinned(connection: Connection, key: AttemptKey, wanted: Wanted, extent: Extent, stretches: int) -> Sequence[Any]:
    """Of so many stretches of a series the lowest and the highest point each, one that is no number, and the ends; in order; 0: the ends.

    The database chooses them: of a hundred thousand points a few hundred are carried. What came behind the extent since it was counted is
    left out: whoever asks for what follows the points of this answer must not get it twice.
    """
    where = [*_points(key, wanted), _m.number <= extent.last]
    ends = select(*_POINT).where(*where, _m.number.in_((extent.first, extent.last)))
    chosen = [*_of_stretches(connection, where, extent, stretches), ends] if stretches else [ends]
    found = {row[0]: row for query in chosen for row in connection.execute(query)}
    return [found[number] for number in sorted(found)]


def _of_stretches(connection: Connection, where: list[ColumnElement[bool]], extent: Extent, stretches: int) -> list[Select[Any]]:
    width = max(1, -(-(extent.last - extent.first + 1) // stretches))
    stretch = (_m.number - extent.first) // width
    if connection.dialect.name == "sqlite":
        # SQLite takes the other columns from the row that is the lowest or highest.
        chosen = [select(_m.number, _m.step, pick(_m.value), _m.at).where(*where).group_by(stretch) for pick in (func.min, func.max)]
        return [*chosen, select(func.min(_m.number), _m.step, _m.value, _m.at).where(*where, _m.value.is_(None)).group_by(stretch)]
    ordered = (_m.value.asc().nulls_last(), _m.value.desc().nulls_last())
    chosen = [select(*_POINT).distinct(stretch).where(*where).order_by(stretch, value, _m.number) for value in ordered]
    return [*chosen, select(*_POINT).distinct(stretch).where(*where, _m.value.is_(None)).order_by(stretch, _m.number)]


def _attempt(key: AttemptKey) -> list[ColumnElement[bool]]:
    return [_m.execution_key == key.execution, _m.node_id == key.node_id, _m.item == key.item, _m.attempt == key.attempt]


def _points(key: AttemptKey, wanted: Wanted) -> list[ColumnElement[bool]]:
    where = [*_attempt(key), _m.name == wanted.name, *([_m.number >= wanted.first] if wanted.first else [])]
    for column, (least, most) in ((_m.step, wanted.steps), (_m.at, wanted.at_us)):
        where += [] if least is None else [column >= least]
        where += [] if most is None else [column <= most]
    return where


def value_of(stored: float | None) -> float:
    return math.nan if stored is None else float(stored)


def _of(table: Table, key: int, node_id: str) -> list[ColumnElement[bool]]:
    where = [table.c.execution_key == key]
    return [*where, table.c.node_id == node_id] if node_id else where


def _finite(value: float) -> float | None:
    return value if value == value else None


def _mark(connection: Connection) -> str:
    return "?" if connection.dialect.name == "sqlite" else "%s"


def _insert(connection: Connection, table: Table, columns: tuple[str, ...]) -> str:
    return insert_sql(table, columns, connection.dialect.name)
