"""What pages show at a glance: counts by place and person, names with their versions and last executions, items of a map."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple
from unicodedata import normalize

from sqlalchemy import ColumnElement, Connection, Row, bindparam, case, func, select, text, tuple_

from alula.database import tables as t
from alula.database.entity import TABLES
from alula.database.search import ENDED
from alula.engine.graph import END, START, NodeKind
from alula.idl import core
from alula.idl.identifier import LAUNCH_PLAN, TASK, WORKFLOW
from alula.idl.phase import TERMINAL_EXECUTION, AttemptPhase, ExecutionPhase

MAX_COUNTED = 200_000
"""Executions that an overview looks at, the newest ones."""
MAX_RUNS = 100_000
"""Executions of a name that are counted by version, the newest ones."""
MAX_NODES = 1_000
"""Nodes in which a task's last runs are looked for, the newest ones that ran it: those of archived executions are none."""
RECENT = 20
_PREFIX = {TASK: "task", WORKFLOW: "workflow", LAUNCH_PLAN: "launch_plan"}
_LIVE = ", ".join(str(int(phase)) for phase in sorted(set(ExecutionPhase) - TERMINAL_EXECUTION))
_SHOWN = "e.parent_key = 0 AND e.state = 0"


def live_counts(connection: Connection) -> Sequence[Any]:
    """Project, domain, principal, number and last launch of executions without a terminal phase."""
    hint = "INDEXED BY execution_phase" if connection.dialect.name == "sqlite" else ""
    newest = f"SELECT * FROM execution e {hint} WHERE e.phase IN ({_LIVE}) AND {_SHOWN} LIMIT {MAX_COUNTED}"
    sql = f"SELECT project, domain, principal, count(*), max(created_at) FROM ({newest}) AS e GROUP BY project, domain, principal"
    return connection.execute(text(sql)).all()


def ended_counts(connection: Connection, since: int) -> Sequence[Any]:
    """Project, domain, principal, phase, number and last launch of those that were launched since then and have ended."""
    hint = "INDEXED BY execution_search" if connection.dialect.name == "sqlite" else ""
    columns = "e.project, e.domain, e.principal, e.phase, e.created_at"
    newest = f"SELECT {columns} FROM execution e {hint} WHERE e.created_at >= :since AND e.{ENDED} AND {_SHOWN}"
    newest = f"{newest} ORDER BY e.created_at DESC LIMIT {MAX_COUNTED}"
    grouped = "project, domain, principal, phase"
    sql = f"SELECT {grouped}, count(*), max(created_at) FROM ({newest}) AS e GROUP BY {grouped}"
    return connection.execute(text(sql), {"since": since}).all()


def active_projects(connection: Connection) -> dict[str, str]:
    """Names of the projects that are not archived, by id."""
    p = t.project.c
    return {row.id: row.name for row in connection.execute(select(p.id, p.name).where(p.state == 0))}


def named_counts(connection: Connection, resource_type: int) -> Sequence[Any]:
    """Project, domain and number of names that are neither archived nor the system's."""
    n = t.named_entity.c
    where = (n.resource_type == resource_type, n.state == 0)
    return connection.execute(select(n.project, n.domain, func.count()).where(*where).group_by(n.project, n.domain)).all()


def name_page(
    connection: Connection, resource_type: int, project: str, domain: str, part: str, state: int, after: str, limit: int
) -> Sequence[Row[Any]]:
    """Named entities by name; `part` is in the name, whatever the case."""
    n = t.named_entity.c
    where = [n.resource_type == resource_type, n.project == project, n.domain == domain, n.state == state, n.name > after]
    if not part.isascii():
        where.append(n.name.in_(_names_with(connection, where, part, limit)))
    elif part:
        where.append(func.lower(n.name).contains(part.lower(), autoescape=True))
    return connection.execute(select(t.named_entity).where(*where).order_by(n.name).limit(limit)).all()


def _names_with(connection: Connection, where: list[ColumnElement[bool]], part: str, limit: int) -> list[str]:
    """Names that hold a text, whatever the case, also of letters that are not ASCII: SQLite folds none, PostgreSQL those of its locale."""
    n, wanted = t.named_entity.c, _folded(part)
    names = connection.execute(select(n.name).where(*where).order_by(n.name)).scalars()
    return list(islice((name for name in names if wanted in _folded(name)), limit))


def _folded(text: str) -> str:
    return normalize("NFC", normalize("NFC", text).casefold())


def _name_is(table: Any) -> tuple[ColumnElement[bool], ...]:
    c = table.c
    return (c.project == bindparam("project"), c.domain == bindparam("domain"), c.name == bindparam("name"))


_COUNTS = {kind: select(func.count(), func.max(table.c.key)).where(*_name_is(table)) for kind, table in TABLES.items()}
_LIGHT = {
    kind: [c for c in table.c if c.name in ("key", "version", "created_at", "short_description", "spec", "state")]
    for kind, table in TABLES.items()
}
_BY_KEY = {kind: select(*_LIGHT[kind]).where(table.c.key == bindparam("of")) for kind, table in TABLES.items()}
_ACTIVE = select(*_LIGHT[LAUNCH_PLAN]).where(*_name_is(t.launch_plan), t.launch_plan.c.state == 1)


def versions(connection: Connection, resource_type: int, place: tuple[str, str, str]) -> tuple[int, Row[Any] | None]:
    """How many versions a name has, and the latest of them."""
    count, key = connection.execute(_COUNTS[resource_type], _names(place)).one()
    return count, connection.execute(_BY_KEY[resource_type], {"of": key}).one_or_none() if count else None


def active_version(connection: Connection, place: tuple[str, str, str]) -> Row[Any] | None:
    """The launch plan of a name that is active."""
    return connection.execute(_ACTIVE, _names(place)).one_or_none()


def version_page(
    connection: Connection, resource_type: int, place: tuple[str, str, str], before: int | None, limit: int
) -> Sequence[Row[Any]]:
    """Versions of a name, newest first; `before` is the key of the last one of the page before."""
    table = TABLES[resource_type]
    where = list(_name_is(table)) + ([] if before is None else [table.c.key < before])
    query = select(*_LIGHT[resource_type]).where(*where).order_by(table.c.key.desc()).limit(limit)
    return connection.execute(query, _names(place)).all()


def sources(connection: Connection, resource_type: int, place: tuple[str, str, str], wanted: Sequence[str]) -> dict[str, Row[Any]]:
    """Where versions of a name came from, by version."""
    c = t.version_source.c
    where = (c.resource_type == resource_type, *_name_is(t.version_source), c.version.in_(list(wanted)))
    return {row.version: row for row in connection.execute(select(t.version_source).where(*where), _names(place))}


def recent_runs(connection: Connection, resource_type: int, place: tuple[str, str, str]) -> Sequence[Row[Any]]:
    """The last executions of a name, newest first."""
    sql = f"SELECT name, phase, created_at, duration_us FROM {_of_name(resource_type)} ORDER BY created_at DESC LIMIT {RECENT}"
    return connection.execute(text(sql), _names(place)).all()


_NEWEST_ATTEMPTS = (
    "SELECT key, execution_key, node_id FROM task_execution WHERE task_name = :name AND task_project = :project AND task_domain = :domain "
    "AND item < 1 AND retry_attempt = 0 ORDER BY key DESC LIMIT :most"
)
_TASK_RUNS = text(
    "SELECT e.name, n.node_id, n.phase, n.created_at, n.duration_us "
    f"FROM ({_NEWEST_ATTEMPTS}) AS a JOIN execution e ON e.key = a.execution_key "
    "JOIN node_execution n ON n.execution_key = a.execution_key AND n.node_id = a.node_id "
    f"WHERE e.project = :project AND e.domain = :domain AND e.state = 0 ORDER BY a.key DESC LIMIT {RECENT}"
)


def task_runs(connection: Connection, place: tuple[str, str, str]) -> Sequence[Row[Any]]:
    """Execution, node, phase, begin and duration of the newest nodes that ran a task within executions of its place, newest first.

    A map is one run, known by its first item.
    """
    found: Sequence[Row[Any]] = ()
    for most in (2 * RECENT, MAX_NODES):  # few of the newest are of archived executions, as a rule
        found = connection.execute(_TASK_RUNS, {**_names(place), "most": most}).all()
        if len(found) == RECENT:
            break
    return found


def run_counts(connection: Connection, resource_type: int, place: tuple[str, str, str]) -> tuple[dict[str, tuple[int, int]], bool]:
    """Number of executions and the last launch by version, and whether there are more than were counted."""
    version = f"{_PREFIX[resource_type]}_version"
    newest = f"SELECT {version} AS version, created_at FROM {_of_name(resource_type)} ORDER BY created_at DESC LIMIT {MAX_RUNS}"
    sql = f"SELECT version, count(*), max(created_at) FROM ({newest}) AS e GROUP BY version"
    found = {row[0]: (row[1], row[2]) for row in connection.execute(text(sql), _names(place))}
    return found, sum(count for count, _ in found.values()) >= MAX_RUNS


def _of_name(resource_type: int) -> str:
    prefix = _PREFIX[resource_type]
    where = f"{prefix}_name = :name AND {prefix}_project = :project AND {prefix}_domain = :domain"
    return f"execution WHERE {where}" + (" AND task_name <> ''" if resource_type == TASK else "")


def _names(place: tuple[str, str, str]) -> dict[str, str]:
    return dict(zip(("project", "domain", "name"), place, strict=True))


_n = t.node_execution.c
_c = t.task_execution.c
_NODE: list[ColumnElement[Any]] = [_n.node_id, _n.spec_node_id, _n.scope_id, _n.kind, _n.phase, _n.duration_us, _n.cache_status]


def first_nodes(connection: Connection, key: int, limit: int) -> Sequence[Row[Any]]:
    """Nodes of an execution in the order in which they were reached, without the start and end nodes."""
    ends = (NodeKind.START.value, NodeKind.END.value)
    where = (_n.execution_key == key, _n.kind.not_in(ends), _n.spec_node_id.not_in((START, END)))
    return connection.execute(select(*_NODE).where(*where).order_by(_n.key).limit(limit)).all()


def attempt_page(
    connection: Connection,
    key: int,
    node_ids: Sequence[str],
    items: tuple[int, int] | None,
    after: tuple[str, int, int] | None,
    limit: int,
) -> Sequence[Row[Any]]:
    """Attempts of an execution by node, item and number, without their outputs.

    Args:
        node_ids: of these nodes alone; none: of every one.
        items: of these alone, the first and the last of them; -1 stands for a node that is no map.
        after: node, item and number of the last one of the page before.
    """
    where = [_c.execution_key == key, *([_c.node_id.in_(list(node_ids))] if node_ids else [])]
    where += [_c.item.between(*items)] if items is not None else []
    order = (_c.node_id, _c.item, _c.retry_attempt)
    if after is not None:
        where.append(tuple_(*order) > tuple_(*after))
    columns = [column for column in _c if column.name != "outputs"]
    return connection.execute(select(*columns).where(*where).order_by(*order).limit(limit)).all()


class ItemSpan(NamedTuple):
    """Attempts at items of a node that have started, without those that the cache answered; µs since the epoch, 0: none."""

    attempts: int
    first_start: int
    last_end: int
    running: int


_HIT = core.CatalogCacheStatus.CACHE_HIT
FAILED_ATTEMPT = (AttemptPhase.FAILED, AttemptPhase.RETRYABLE_FAILED)
_IS_FAILED = func.sum(case((_c.phase.in_(FAILED_ATTEMPT), 1), else_=0))


def _started(key: int, node_id: str) -> tuple[ColumnElement[bool], ...]:
    return (_c.execution_key == key, _c.node_id == node_id, _c.item >= 0, _c.started_at > 0, _c.cache_status != _HIT)


def item_span(connection: Connection, key: int, node_id: str) -> ItemSpan:
    """From when to when the items of a node ran."""
    running = func.sum(case((_c.ended_at == 0, 1), else_=0))
    query = select(func.count(), func.min(_c.started_at), func.max(_c.ended_at), running).where(*_started(key, node_id))
    return ItemSpan(*(value or 0 for value in connection.execute(query).one()))


def item_stretches(
    connection: Connection, key: int, node_id: str, begin: int, width: int
) -> tuple[dict[int, int], dict[int, tuple[int, int]]]:
    """By stretch of so many µs, counted from an instant: how many attempts started in it; how many ended, and of them how many failed."""
    start, end = (_c.started_at - begin) // width, (_c.ended_at - begin) // width
    where = _started(key, node_id)
    started = connection.execute(select(start, func.count()).where(*where).group_by(start))
    ended = connection.execute(select(end, func.count(), _IS_FAILED).where(*where, _c.ended_at > 0).group_by(end))
    return {row[0]: row[1] for row in started}, {row[0]: (row[1], row[2]) for row in ended}


def item_ends(connection: Connection, key: int, node_id: str, error_length: int) -> Iterator[Any]:
    """Every attempt at an item of a node with its times and the beginning of its error, the last one of an item last.

    They come from the database a thousand at a time: all errors of a large map would be tens of megabytes.
    """
    columns = (_c.item, _c.phase, _c.started_at, _c.ended_at, _c.cache_status, _c.error_code, _error(error_length))
    where = (_c.execution_key == key, _c.node_id == node_id, _c.item >= 0)
    query = select(*columns).where(*where).order_by(_c.item, _c.retry_attempt)
    yield from connection.execute(query, execution_options={"yield_per": 1000})


def item_errors(connection: Connection, key: int, node_id: str, items: Sequence[int], error_length: int) -> dict[int, str]:
    """The beginning of the error of each item's last attempt."""
    where = (_c.execution_key == key, _c.node_id == node_id, _c.item.in_(list(items)))
    query = select(_c.item, _error(error_length)).where(*where).order_by(_c.item, _c.retry_attempt)
    return {row.item: row.error_message for row in connection.execute(query)}


def _error(length: int) -> ColumnElement[str]:
    return func.substr(_c.error_message, 1, length).label("error_message")


def item_states(connection: Connection, key: int, node_id: str) -> Sequence[tuple[int, int, int]]:
    """Item, phase and cache status of every attempt at an item of a node, the last one of an item last."""
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    where = f"execution_key = {mark} AND node_id = {mark} AND item >= 0"
    sql = f"SELECT item, phase, cache_status FROM task_execution WHERE {where} ORDER BY item, retry_attempt"
    return connection.exec_driver_sql(sql, (key, node_id)).fetchall()
