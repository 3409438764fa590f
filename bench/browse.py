"""Looking for executions among many, over HTTP: every filter that lists offer, alone and in pairs."""

from __future__ import annotations

import asyncio
import http.client
import itertools
import json
import tempfile
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.fill_database import fill

from bench.server import now, server

FILTERS: dict[str, list[dict[str, str]]] = {
    "none": [{}],
    "place": [{"project": "default", "domain": "development"}, {"project": "flytesnacks", "domain": "staging"}],
    "phase": [{"phases": "SUCCEEDED"}, {"phases": "FAILED"}, {"phases": "ABORTED"}, {"phases": "RUNNING"}],
    "user": [{"users": "ada"}, {"users": "linus"}, {"users": "nobody"}],
    "workflow": [{"workflow": "hello.hello"}, {"workflow": "caching.words"}, {"workflow": "nothing"}],
    "version": [{"version": "v12"}, {"version": "v1"}],
    "task": [{"task": "search.search"}],
    "launch plan": [{"launch_plan": "batch_map.batch"}],
    "name": [{"text": "f0000"}, {"text": "f00f"}, {"text": "zzz"}],
    "time": [{"created_before": "2001-01-01T00:00:00Z"}, {"created_after": "2001-01-01T00:00:00Z"}],
    "duration": [{"min_duration_us": "60000000"}, {"min_duration_us": "99999999999"}, {"max_duration_us": "1000"}],
    "label": [{"labels": "team=vision"}, {"labels": "ticket=ML-7"}, {"labels": "purpose"}, {"labels": "team=nobody"}],
    "archived": [{"archived": "true"}],
    "children": [{"with_children": "true"}],
    "longest": [{"order": "-duration"}],
    "shortest": [{"order": "duration"}],
    "counted": [{"count": "true"}],
}

COLUMNS: dict[str, dict[str, Any]] = {
    "values of 100, four columns": {"inputs": ["text", "count"], "outputs": ["o0"], "metrics": ["accuracy"]},
    "values of 100, all of them": {"all": True},
}
VALUE_PAGES = 40


@dataclass(frozen=True, kw_only=True)
class Timed:
    """How long a filter, or a pair of them, took, over all its values and repeats."""

    name: str
    p50_ms: float
    p99_ms: float


def _queries(names: tuple[str, ...]) -> Iterator[str]:
    for chosen in itertools.product(*(FILTERS[name] for name in names)):
        merged: dict[str, str] = {}
        for each in chosen:
            if merged.keys() & each.keys():
                break
            merged |= each
        else:
            yield urllib.parse.urlencode(merged)


def measure(count: int, database: str = "") -> list[Timed]:
    """Fills a database, starts a server on it, and asks; singles first, then pairs, the slowest first."""
    with tempfile.TemporaryDirectory(prefix="alula-bench-browse-") as folder:
        home = Path(folder) / "home"
        asyncio.run(fill(home, count, database))
        with server("--home", str(home), *(["--database", database] if database else [])) as bench:
            connection = http.client.HTTPConnection(bench.http)

            def timed(names: tuple[str, ...], repeats: int) -> Timed | None:
                found = []
                for query in _queries(names):
                    for _ in range(repeats):
                        begin = now()
                        connection.request("GET", f"/api/alula/v1/executions?{query}")
                        answer = connection.getresponse()
                        answer.read()
                        if answer.status != 200:
                            raise SystemExit(f"{query}: {answer.status}")
                        found.append((now() - begin) * 1e3)
                found.sort()
                return Timed(name=" + ".join(names), p50_ms=found[len(found) // 2], p99_ms=found[int(len(found) * 0.99)]) if found else None

            columns = [_values(connection, name, wanted) for name, wanted in COLUMNS.items()]
            singles = [timed((name,), 20) for name in FILTERS]
            pairs = [timed(pair, 3) for pair in itertools.combinations([name for name in FILTERS if name != "none"], 2)]
            connection.close()
    slowest = sorted((pair for pair in pairs if pair is not None), key=lambda pair: -pair.p99_ms)
    return [*columns, *(single for single in singles if single is not None), *slowest]


def _values(connection: http.client.HTTPConnection, name: str, wanted: dict[str, Any]) -> Timed:
    """Columns of a page of 100, page after page of the newest."""
    found, token = [], ""
    for _ in range(VALUE_PAGES):
        connection.request("GET", f"/api/alula/v1/executions?limit=100&token={urllib.parse.quote(token)}")
        page = json.loads(connection.getresponse().read())
        token = page["token"]
        body = json.dumps({"ids": [each["id"] for each in page["executions"]], **wanted})
        begin = now()
        connection.request("POST", "/api/alula/v1/execution_values", body, {"content-type": "application/json"})
        answer = connection.getresponse()
        values = json.loads(answer.read())["executions"]
        found.append((now() - begin) * 1e3)
        if answer.status != 200 or len(values) != len(page["executions"]):
            raise SystemExit(f"values: {answer.status}, {len(values)} of {len(page['executions'])}")
    found.sort()
    return Timed(name=name, p50_ms=found[len(found) // 2], p99_ms=found[int(len(found) * 0.99)])
