"""Fills a home folder with executions as a large team would have left them, for benches and for looking at lists.

`python -m scripts.fill_database N --home FOLDER [--database URL]`: versions are registered and a few executions really run; the
other rows are like those of theirs, over the last 90 days, with other names, people, labels, phases and durations. A million takes
less than two minutes on SQLite. The same N gives the same rows, but for the instants.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from alula.control.follow import Follower
from alula.control.launch import Origin
from alula.control.platform import Platform
from alula.control.query import Query
from alula.database import entity
from alula.database import execution as executions
from alula.database import tables as t
from alula.database.engine import execute, insert_sql
from alula.database.metric import METRIC
from alula.idl import admin
from alula.idl.identifier import TASK as TASK_KIND
from alula.idl.identifier import EntityId, ExecutionId
from alula.idl.phase import ExecutionPhase
from alula.sdk.discover import entities, load_file
from alula.sdk.serialize import Settings, serialize
from alula.server.assemble import make_platform
from alula.server.config import ServerConfig
from alula.server.home import open_home

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = ("hello", "batch_map", "caching")
TASK = "search"  # a program with a task that is launched by itself
VERSIONS = tuple(f"v{number}" for number in range(1, 13))
PLACES = (("default", "development"), ("default", "production"), ("flytesnacks", "development"), ("flytesnacks", "staging"))
PLACE_WEIGHTS = (60, 25, 14, 1)
USERS = ("ada", "grace", "alan", "edsger", "barbara", "donald", "margaret", "ken", "frances", "radia", "linus", "katherine")
TEAMS, PURPOSES = ("vision", "speech", "ranking", "search"), ("nightly", "tuning", "backfill", "debug")
MODES = (0, 0, 0, 0, 1, 5)
DAY_US = 86_400_000_000
DAYS = 90
BATCH = 5_000
WITH_NODES = 200  # one in so many has its nodes, attempts and events, ...
NEWEST = 500  # ... and so have the newest, with metrics: they are what one looks at
METRICS, POINTS = ("accuracy", "loss", "rate"), 200
ERRORS = (
    ("ValueError", "USER", "could not convert string to float: 'n/a'"),
    ("OutOfMemory", "USER", "task train used 4.1 GiB of the 4 GiB that it asked for; ask for more with resources=al.Resources(mem=…)"),
    ("WorkerLost", "SYSTEM", "the worker ended with signal 9 before it reported"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """An execution that really ran: what others are made like."""

    row: dict[str, Any]
    spec: admin.ExecutionSpec
    nodes: list[dict[str, Any]]
    attempts: list[dict[str, Any]]
    events: list[dict[str, Any]]


async def _models(platform: Platform) -> list[Model]:
    query = Query(platform.settings.store, lambda: "")
    follower = Follower(platform, query)
    ids: list[ExecutionId] = []
    for program in (*PROGRAMS, TASK):
        found = entities(load_file(ROOT / "examples" / f"{program}.py"))
        for project, domain in PLACES:
            for version in VERSIONS:
                await platform.registrar.register(serialize(found, Settings(project, domain, version)))
                if program == TASK:
                    task = EntityId(TASK_KIND, project, domain, found[-1].name, version)
                    await platform.write(lambda c, i=task: platform.registrar.ensure_single_task(c, i))  # type: ignore[misc]
            for request in serialize(found, Settings(project, domain, VERSIONS[-1])).launch_plans:
                plan = EntityId.from_proto(request.id)
                await platform.write(lambda c, i=plan: entity.activate(c, i, entity.ACTIVE, platform.clock()))  # type: ignore[misc]
            last = serialize(found, Settings(project, domain, VERSIONS[-1]))
            target = last.launch_plans[0].id if last.launch_plans else last.tasks[-1].id
            request = admin.ExecutionCreateRequest(project=project, domain=domain, spec=admin.ExecutionSpec(launch_plan=target))
            if program == TASK:
                request.inputs.literals["target"].scalar.primitive.float_value = 0.9
            ended = await follower.run(request, Origin(principal=USERS[0]))
            if ended.closure.phase != ExecutionPhase.SUCCEEDED:
                raise SystemExit(f"{target.name}: {ended.closure.error.message}")
            ids.append(ExecutionId.from_proto(ended.id))
    return [await platform.read(lambda c, i=one: _model(c, i)) for one in ids]  # type: ignore[misc]


def _model(connection: Connection, execution: ExecutionId) -> Model:
    row = dict(executions.get(connection, execution)._mapping)

    def of(table: Any) -> list[dict[str, Any]]:
        rows = connection.execute(select(table).where(table.c.execution_key == row["key"]).order_by(table.c.key))
        return [{name: value for name, value in each._mapping.items() if name != "key"} for each in rows]

    spec = admin.ExecutionSpec.FromString(row["spec"])
    return Model(row=row, spec=spec, nodes=of(t.node_execution), attempts=of(t.task_execution), events=of(t.event))


class _Filler:
    """Makes rows of one table each, and writes them a batch at a time."""

    def __init__(self, connection: Connection, models: Sequence[Model], count: int, first_key: int, now: int) -> None:
        self._connection, self._dialect = connection, connection.dialect.name
        self._random = random.Random(count)
        self._by_place = {place: [m for m in models if (m.row["project"], m.row["domain"]) == place] for place in PLACES}
        self._count, self._first, self._now = count, first_key, now
        self._specs: dict[tuple[int, str, str, tuple[tuple[str, str], ...], int], bytes] = {}
        m = models[0]
        self._columns = {
            "execution": (t.execution, tuple(m.row)),
            "label": (t.execution_label, ("execution_key", "key", "value")),
            "tag": (t.execution_tag, ("execution_key", "name")),
            "node": (t.node_execution, tuple(m.nodes[0])),
            "attempt": (t.task_execution, tuple(m.attempts[0])),
            "event": (t.event, tuple(m.events[0])),
            "metric": (t.metric, METRIC),
        }
        self._rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in self._columns}

    def batches(self) -> Iterator[int]:
        """Writes everything; yields how many executions there are so far."""
        for number in range(self._count):
            self._add(number)
            if (number + 1) % BATCH == 0 or number + 1 == self._count:
                for name, rows in self._rows.items():
                    if rows:
                        table, columns = self._columns[name]
                        execute(self._connection, insert_sql(table, columns, self._dialect), rows)
                        rows.clear()
                yield number + 1

    def _add(self, number: int) -> None:
        r, key = self._random, self._first + number
        [place] = r.choices(PLACES, PLACE_WEIGHTS)
        models = self._by_place[place]
        model = models[min(int(r.expovariate(1.2)), len(models) - 1)]
        user = USERS[min(int(r.expovariate(0.35)), len(USERS) - 1)]
        age = (self._count - number) / self._count
        created = self._now - int(DAYS * DAY_US * age) - r.randrange(1_000_000)
        version = VERSIONS[max(0, len(VERSIONS) - 1 - int(age * len(VERSIONS)) - r.randrange(2))]
        phase, spent = self._outcome()
        labels = self._labels()
        values = {
            **model.row,
            "key": key,
            "name": f"f{number:07x}{r.randrange(1 << 48):012x}",
            "phase": int(phase),
            "state": int(r.random() < 0.05),
            "mode": r.choice(MODES),
            "created_at": created,
            "started_at": created + 800,
            "ended_at": created + 800 + spent,
            "updated_at": created + 800 + spent,
            "duration_us": spent,
            "principal": user,
            "parent_key": self._first + r.randrange(number) if number and r.random() < 0.08 else 0,
            "outputs": model.row["outputs"] if phase is ExecutionPhase.SUCCEEDED else None,
        }
        for kind in ("launch_plan", "workflow", *(("task",) if model.row["task_name"] else ())):
            values[f"{kind}_version"] = version
        if phase is ExecutionPhase.FAILED:
            values["error_code"], values["error_kind"], values["error_message"] = r.choice(ERRORS)
        elif phase is ExecutionPhase.ABORTED:
            values["abort_cause"], values["abort_principal"] = "not needed any more", user
        values["spec"] = self._spec(model, version, user, labels, values["mode"])
        self._rows["execution"].append(tuple(values.values()))
        self._rows["label"] += [(key, *pair) for pair in labels]
        if r.random() < 0.02:
            self._rows["tag"].append((key, "baseline"))
        is_new = number >= self._count - NEWEST
        if (number % WITH_NODES == 0 or is_new) and phase is ExecutionPhase.SUCCEEDED:
            shift = created - model.row["created_at"]
            for name, rows in (("node", model.nodes), ("attempt", model.attempts), ("event", model.events)):
                self._rows[name] += [_moved(row, key, shift) for row in rows]
            if is_new and model.attempts:
                node_id = model.attempts[0]["node_id"]
                points = [(name, point, point, r.random(), created + point) for name in METRICS for point in range(POINTS)]
                self._rows["metric"] += [(key, node_id, -1, 0, *point) for point in points]

    def _outcome(self) -> tuple[ExecutionPhase, int]:
        """How it ended, never how it goes: a server that starts on this would look for the nodes of what is live."""
        r = self._random
        spent = int(min(r.lognormvariate(16.5, 2.0), 3 * DAY_US))
        [phase] = r.choices((ExecutionPhase.SUCCEEDED, ExecutionPhase.FAILED, ExecutionPhase.ABORTED), (86, 11, 3))
        return phase, spent

    def _labels(self) -> tuple[tuple[str, str], ...]:
        r = self._random
        found = {}
        if r.random() < 0.6:
            found["team"] = r.choice(TEAMS)
        if r.random() < 0.3:
            found["purpose"] = r.choice(PURPOSES)
        if r.random() < 0.01:
            found["ticket"] = f"ML-{r.randrange(2_000)}"
        return tuple(found.items())

    def _spec(self, model: Model, version: str, user: str, labels: tuple[tuple[str, str], ...], mode: int) -> bytes:
        found = self._specs.get((id(model), version, user, labels, mode))
        if found is None:
            spec = admin.ExecutionSpec()
            spec.CopyFrom(model.spec)
            spec.launch_plan.version, spec.metadata.principal, spec.metadata.mode = version, user, mode  # type: ignore[assignment]
            for name, value in labels:
                spec.labels.values[name] = value
            found = spec.SerializeToString()
            if len(self._specs) < 50_000:
                self._specs[id(model), version, user, labels, mode] = found
        return found


def _moved(row: dict[str, Any], key: int, shift: int) -> tuple[Any, ...]:
    """A row of another execution's, with its instants."""
    moved = {name: value + shift if name.endswith("_at") and value else value for name, value in row.items()}
    if "at" in moved:
        moved["at"] += shift
    moved["execution_key"] = key
    return tuple(moved.values())


async def fill(home: Path, count: int, database: str = "") -> None:
    """Makes the home folder and its rows.

    Args:
        count: executions beside those that really run.
    """
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT / "src"), str(ROOT / "examples"), str(ROOT)])
    lock = open_home(home)
    platform = make_platform(ServerConfig(home=home, database=database), lambda: "")
    await platform.start()
    try:
        models = await _models(platform)
        first = await platform.read(executions.next_key)
        await asyncio.to_thread(_write, platform, models, count, first)
    finally:
        await platform.stop()
        lock.close()


def _write(platform: Platform, models: Sequence[Model], count: int, first: int) -> None:
    engine, is_sqlite = platform.database.engine, platform.database.dialect == "sqlite"
    with engine.connect() as connection:
        if is_sqlite:
            for pragma in ("synchronous=OFF", "cache_size=-1000000", "wal_autocheckpoint=100000"):
                connection.exec_driver_sql(f"PRAGMA {pragma}")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.begin()
        for done in _Filler(connection, models, count, first, platform.clock()).batches():
            if done % 100_000 == 0:
                print(f"{done:,} of {count:,}", file=sys.stderr, flush=True)
        if is_sqlite:
            connection.exec_driver_sql("COMMIT")
        else:
            connection.commit()
    if not is_sqlite:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for table in ("execution", "execution_label"):
                connection.exec_driver_sql(f"VACUUM ANALYZE {table}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.fill_database", description=__doc__)
    parser.add_argument("count", type=int, help="executions")
    parser.add_argument("--home", required=True, type=Path, help="home folder; made if it does not exist")
    parser.add_argument("--database", default="", help="a PostgreSQL instead of SQLite in the home folder")
    options = parser.parse_args()
    asyncio.run(fill(options.home, options.count, options.database))
    print(f"{options.count:,} executions in {options.home}; look at them with: alula up --home {options.home}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
