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
"""Nodes of an execution that told metrics, or that told one of those asked for by name; a hundred executions have as many each."""
MAX_WALKED = 128
"""Nodes of an execution that told metrics, of which it is looked whether they told one that is asked for by name."""
MAX_TAKEN = 64
"""Nodes of which it is looked whether they were taken from elsewhere."""
MAX_NAMES = 64
"""Metrics of an attempt, where every one is asked for."""
_NOTHING = "CAST(NULL AS TEXT), CAST(NULL AS DOUBLE PRECISION)"  # for a name and a value
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
    """Execution, node, phase and cache source of nodes that the output cache answered or a recovery took over, of the first of each.

    A row without a node says that an execution has more than are looked at.
    """
    columns = "execution_key, node_id, phase, cache_source"
    first = " UNION ALL ".join(
        f"SELECT * FROM (SELECT {columns}, row_number() OVER (ORDER BY node_id) AS place FROM node_execution "
        f"WHERE execution_key = {key} ORDER BY node_id LIMIT {MAX_TAKEN + 1}) AS n{key}"
        for key in keys
    )
    is_within = f"place <= {MAX_TAKEN}"
    taken = f"{is_within} AND (phase = {int(NodePhase.RECOVERED)} OR length(cache_source) > 0)"
    node_id = f"CASE WHEN {is_within} THEN node_id END AS node_id"
    sql = f"SELECT execution_key, {node_id}, phase, cache_source FROM ({first}) AS n WHERE {taken} OR NOT {is_within}"
    return connection.execute(text(sql)).all()


def last_points(connection: Connection, keys: Sequence[int], names: Sequence[str] | None) -> Sequence[Any]:
    """Execution, node, item, attempt, name and value of the last point of each metric that tasks told, of their last attempts.

    From node to node and name to name the index is entered anew, so that items of maps and points of long series cost nothing.
    A row without a name says that an execution, or an attempt, told more than is looked at.

    Args:
        names: of these alone; None: of every one.
    """
    most = MAX_NODES if names is None else MAX_WALKED
    told = "SELECT min(m.node_id) FROM metric m WHERE m.execution_key"
    last = "SELECT max(m.attempt) FROM metric m WHERE m.execution_key = k AND m.node_id = id AND m.item = -1"
    ctes = [
        f"chosen(k) AS (VALUES {', '.join(f'({key})' for key in keys)})",
        f"node(k, id, place) AS (SELECT k, ({told} = k), 1 FROM chosen UNION ALL "
        f"SELECT k, ({told} = k AND m.node_id > id), place + 1 FROM node WHERE id IS NOT NULL AND place <= {most})",
        f"attempt(k, id, item, attempt) AS (SELECT k, id, -1, ({last}) FROM node WHERE id IS NOT NULL AND place <= {most})",
    ]
    return _last(connection, ctes, {}, names, [f"SELECT k, id, -1, 0, {_NOTHING} FROM node WHERE id IS NOT NULL AND place > {most}"])


def last_points_of(connection: Connection, attempts: Sequence[AttemptKey], names: Sequence[str] | None) -> Sequence[Any]:
    """The same of these attempts."""
    rows = ", ".join(f"({a.execution}, CAST(:id{at} AS TEXT), {a.item}, {a.attempt})" for at, a in enumerate(attempts))
    values = {f"id{at}": a.node_id for at, a in enumerate(attempts)}
    return _last(connection, [f"attempt(k, id, item, attempt) AS (VALUES {rows})"], values, names, [])


def _last(connection: Connection, ctes: list[str], values: dict[str, str], names: Sequence[str] | None, beyond: list[str]) -> Sequence[Any]:
    of = "m.execution_key = k AND m.node_id = id AND m.item = item_ AND m.attempt = attempt_"
    columns = "k, id, item_, attempt_"
    ctes.append(f"known({columns}) AS (SELECT k, id, item, attempt FROM attempt WHERE attempt IS NOT NULL)")
    if names is None:
        first = f"SELECT min(m.name) FROM metric m WHERE {of}"
        ctes.append(
            f"said({columns}, name_, place) AS (SELECT {columns}, ({first}), 1 FROM known UNION ALL "
            f"SELECT {columns}, ({first} AND m.name > name_), place + 1 FROM said WHERE name_ IS NOT NULL AND place <= {MAX_NAMES})"
        )
        beyond = [*beyond, f"SELECT {columns}, {_NOTHING} FROM said WHERE name_ IS NOT NULL AND place > {MAX_NAMES}"]
    else:
        rows = ", ".join(f"(CAST(:name{at} AS TEXT))" for at in range(len(names)))
        ctes.append(f"wanted(name_) AS (VALUES {rows})")
        ctes.append(f"said({columns}, name_, place) AS (SELECT {columns}, name_, 1 FROM known CROSS JOIN wanted)")
        values = values | {f"name{at}": name for at, name in enumerate(names)}
    of = f"{of} AND m.name = name_"
    number = f"SELECT max(m.number) FROM metric m WHERE {of}"
    ctes.append(f"ended({columns}, name_, number_) AS (SELECT {columns}, name_, ({number}) FROM said WHERE place <= {MAX_NAMES})")
    value = f"SELECT m.value FROM metric m WHERE {of} AND m.number = number_"
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql("SET LOCAL jit = off")  # compiling this took longer than running it
    found = [f"SELECT {columns}, name_, ({value}) FROM ended WHERE number_ IS NOT NULL", *beyond]
    return connection.execute(text(f"WITH RECURSIVE {', '.join(ctes)} {' UNION ALL '.join(found)}"), values).all()
