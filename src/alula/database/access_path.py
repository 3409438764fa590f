"""Access paths to executions beside the walk through all of them: an index that finds what meets one condition, if few do.

SQLite is told which one to take; PostgreSQL knows how many rows meet what, but for labels and for the beginning of a name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from alula.database.execution import places

FEW = 20_000
"""Executions up to which their rows are read one by one; beyond it the walk looks at all of them.

With a label; with anything else only if all that are found must be looked at: to be ordered by duration, or counted.
"""
FEW_OF_SEVERAL = 200_000
"""With a label, where other labels are asked for, too: these are looked at before any row is read."""
FEW_OF_A_PAGE = 5_000
"""With anything else, where the walk may end as soon as a page is full."""
MAX_PLACES = 64
"""Projects and domains that are looked into for names; beyond it the walk is sooner done."""
_NAMES = "sqlite_autoindex_execution_1"  # as SQLite calls the index of project, domain and name
_BY_COLUMN = {"workflow_name": "execution_workflow", "launch_plan_name": "execution_launch_plan"}

Label = tuple[str, str | None]


class AccessPath(NamedTuple):
    """An index and a condition.

    `source` gives executions as `e`; of a label (`label`) its rows as `l`, to which they are joined. `values` are bound in the conditions.
    """

    source: str
    conditions: tuple[str, ...]
    values: Mapping[str, Any]
    few: int
    label: Label | None = None


def fewest(
    connection: Connection,
    equal: Mapping[str, str | int],
    phases: Sequence[int],
    prefix: str,
    labels: Sequence[Label],
    *,
    is_page: bool,
) -> AccessPath | None:
    """The access path with the fewest executions, if they are few enough to be looked at one by one; None: the walk is better.

    Args:
        equal: columns with the value that is wanted.
        prefix: names begin with it.
        is_page: the newest or oldest of them are wanted, not all.
    """
    found, least = None, 0
    paths = [*_by_label(labels)]
    if connection.dialect.name == "sqlite":
        paths += _by_condition(connection, equal, phases, prefix, FEW_OF_A_PAGE if is_page else FEW)
    elif prefix:
        paths.append(_by_prefix(prefix, FEW_OF_A_PAGE if is_page else FEW))
    for path in paths:
        limit = path.few + 1 if found is None else min(path.few + 1, least)
        sql = f"SELECT count(*) FROM (SELECT 1 FROM {path.source} WHERE {' AND '.join(path.conditions)} LIMIT {limit}) AS found"
        count = connection.execute(text(sql), dict(path.values)).scalar_one()
        if count < limit:
            found, least = path, count
    return found


def _by_label(labels: Sequence[Label]) -> Iterator[AccessPath]:
    few = FEW if len(labels) == 1 else FEW_OF_SEVERAL
    for label in labels:
        key, value = label
        if value is None:
            yield AccessPath("execution_label l", ("l.key = :path_key",), {"path_key": key}, few, label)
        else:
            yield AccessPath("execution_label l", ("l.key = :path_key", "l.value = :path"), {"path_key": key, "path": value}, few, label)


def _by_condition(
    connection: Connection, equal: Mapping[str, str | int], phases: Sequence[int], prefix: str, few: int
) -> Iterator[AccessPath]:
    for column, index in _BY_COLUMN.items():
        if column in equal:
            yield AccessPath(f"execution e INDEXED BY {index}", (f"e.{column} = :path",), {"path": equal[column]}, few)
    if "task_name" in equal:  # the index holds no others, and must be told that none is asked for
        conditions = ("e.task_name = :path", "e.task_name <> ''")
        yield AccessPath("execution e INDEXED BY execution_task", conditions, {"path": equal["task_name"]}, few)
    if phases:
        yield AccessPath(
            "execution e INDEXED BY execution_phase", (f"e.phase IN ({', '.join(str(int(each)) for each in phases)})",), {}, few
        )
    project, domain = equal.get("project"), equal.get("domain")
    if project is not None and domain is not None:
        conditions = ("e.project = :path_project", "e.domain = :path_domain")
        yield AccessPath("execution e INDEXED BY execution_created", conditions, {"path_project": project, "path_domain": domain}, few)
    if prefix:
        among = [place for place in places(connection) if project in (None, place[0]) and domain in (None, place[1])]
        if 0 < len(among) <= MAX_PLACES:
            yield _by_name(among, prefix, few)


def _by_name(among: Sequence[tuple[str, str]], prefix: str, few: int) -> AccessPath:
    values = {f"path_{number}_{part}": name for number, place in enumerate(among) for part, name in zip("pd", place, strict=True)}
    rows = ", ".join(f"(:path_{number}_p, :path_{number}_d)" for number in range(len(among)))
    conditions = ("e.project = p.column1", "e.domain = p.column2", "e.name >= :path", "e.name < :path_end")
    source = f"(VALUES {rows}) AS p CROSS JOIN execution e INDEXED BY {_NAMES}"
    return AccessPath(source, conditions, values | {"path": prefix, "path_end": prefix_end(prefix)}, few)


def _by_prefix(prefix: str, few: int) -> AccessPath:
    """On PostgreSQL. The fence, OFFSET, keeps it from the walk, which it would take for the order."""
    within = 'n.name COLLATE "C" >= :path AND n.name COLLATE "C" < :path_end'
    source = f"(SELECT * FROM execution n WHERE {within} OFFSET 0) AS e"
    return AccessPath(source, ("TRUE",), {"path": prefix, "path_end": prefix_end(prefix)}, few)


def prefix_end(prefix: str) -> str:
    """A text behind every one that begins so, as SQLite compares: by bytes."""
    return prefix + "\U0010ffff"
