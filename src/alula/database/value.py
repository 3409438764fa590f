"""Values of many executions at once, each kind in one statement whose cost grows with what is shown, not with what is on record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, select, text

from alula.database import tables as t
from alula.database.metric import AttemptKey
from alula.idl.identifier import ExecutionId
from alula.idl.phase import NodePhase

MAX_NODES = 16
"""Nodes of an execution that told metrics, of which each is looked at; a hundred executions have as many each."""
MAX_TAKEN = 64
"""Nodes of which it is looked whether they were taken from elsewhere."""
MAX_NAMES = 64
"""Metrics of an attempt, where every one is asked for."""
_IDS = ("key", "project", "domain", "name", "source")


def rows_of(connection: Connection, ids: Sequence[ExecutionId], blobs: Iterable[str]) -> dict[ExecutionId, Row[Any]]:
    """Key, name and source of executions, with their `inputs` and `outputs` if these are among `blobs`."""
    e, columns = t.execution.c, (*_IDS, *blobs)
    names: dict[tuple[str, str], list[str]] = {}
    for each in ids:
        names.setdefault((each.project, each.domain), []).append(each.name)
    found: dict[ExecutionId, Row[Any]] = {}
    for (project, domain), some in names.items():
        query = select(*(e[column] for column in columns)).where(e.project == project, e.domain == domain, e.name.in_(some))
        found |= {ExecutionId(row.project, row.domain, row.name): row for row in connection.execute(query)}
    return found


def taken_nodes(connection: Connection, keys: Sequence[int]) -> Sequence[Any]:
    """Execution, node, phase and cache source of nodes that the output cache answered or a recovery took over, of the first of each."""
    columns = "execution_key, node_id, phase, cache_source"
    first = " UNION ALL ".join(
        f"SELECT * FROM (SELECT {columns} FROM node_execution WHERE execution_key = {key} ORDER BY node_id LIMIT {MAX_TAKEN}) AS n{key}"
        for key in keys
    )
    taken = f"phase = {int(NodePhase.RECOVERED)} OR length(cache_source) > 0"
    return connection.execute(text(f"SELECT * FROM ({first}) AS n WHERE {taken}")).all()


def last_points(connection: Connection, keys: Sequence[int], names: Sequence[str] | None) -> Sequence[Any]:
    """Execution, node, item, attempt, name and value of the last point of each metric that tasks told, of their last attempts.

    From node to node and name to name the index is entered anew, so that items of maps and points of long series cost nothing.

    Args:
        names: of these alone; None: of every one.
    """
    told = "SELECT min(m.node_id) FROM metric m WHERE m.execution_key"
    last = "SELECT max(m.attempt) FROM metric m WHERE m.execution_key = k AND m.node_id = id AND m.item = -1"
    ctes = [
        f"chosen(k) AS (VALUES {', '.join(f'({key})' for key in keys)})",
        f"node(k, id, place) AS (SELECT k, ({told} = k), 1 FROM chosen UNION ALL "
        f"SELECT k, ({told} = k AND m.node_id > id), place + 1 FROM node WHERE id IS NOT NULL AND place < {MAX_NODES})",
        f"attempt(k, id, item, attempt) AS (SELECT k, id, -1, ({last}) FROM node WHERE id IS NOT NULL)",
    ]
    return _last(connection, ctes, {}, names)


def last_points_of(connection: Connection, attempts: Sequence[AttemptKey], names: Sequence[str] | None) -> Sequence[Any]:
    """The same of these attempts."""
    rows = ", ".join(f"({a.execution}, CAST(:id{at} AS TEXT), {a.item}, {a.attempt})" for at, a in enumerate(attempts))
    values = {f"id{at}": a.node_id for at, a in enumerate(attempts)}
    return _last(connection, [f"attempt(k, id, item, attempt) AS (VALUES {rows})"], values, names)


def _last(connection: Connection, ctes: list[str], values: dict[str, str], names: Sequence[str] | None) -> Sequence[Any]:
    of = "m.execution_key = k AND m.node_id = id AND m.item = item_ AND m.attempt = attempt_"
    columns = "k, id, item_, attempt_"
    ctes.append(f"known({columns}) AS (SELECT k, id, item, attempt FROM attempt WHERE attempt IS NOT NULL)")
    if names is None:
        first = f"SELECT min(m.name) FROM metric m WHERE {of}"
        ctes.append(
            f"said({columns}, name_, place) AS (SELECT {columns}, ({first}), 1 FROM known UNION ALL "
            f"SELECT {columns}, ({first} AND m.name > name_), place + 1 FROM said WHERE name_ IS NOT NULL AND place < {MAX_NAMES})"
        )
    else:
        rows = ", ".join(f"(CAST(:name{at} AS TEXT))" for at in range(len(names)))
        ctes += [f"wanted(name_) AS (VALUES {rows})", f"said({columns}, name_) AS (SELECT {columns}, name_ FROM known CROSS JOIN wanted)"]
        values = values | {f"name{at}": name for at, name in enumerate(names)}
    of = f"{of} AND m.name = name_"
    ctes.append(f"ended({columns}, name_, number_) AS (SELECT {columns}, name_, (SELECT max(m.number) FROM metric m WHERE {of}) FROM said)")
    value = f"SELECT m.value FROM metric m WHERE {of} AND m.number = number_"
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql("SET LOCAL jit = off")  # compiling this took longer than running it
    sql = f"WITH RECURSIVE {', '.join(ctes)} SELECT {columns}, name_, ({value}) FROM ended WHERE number_ IS NOT NULL"
    return connection.execute(text(sql), values).all()
