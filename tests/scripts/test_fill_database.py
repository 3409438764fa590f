"""The filled database is one that a server starts on and finds executions in."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripts.fill_database import PLACES, fill
from sqlalchemy import func, select

from alula.control.overview import overview
from alula.control.search import search_executions
from alula.control.versions import list_versions
from alula.database import tables as t
from alula.database.engine import open_database, sqlite_url
from alula.idl import core
from alula.idl.v1 import browse_pb2


async def test_it_holds_what_lists_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "")  # `fill` sets it
    await fill(tmp_path / "home", 2_000)
    database = open_database(sqlite_url(tmp_path / "home"))
    try:
        count = database.read(lambda c: c.execute(select(func.count()).select_from(t.execution)).scalar_one())
        assert count == 2_000 + 4 * len(PLACES)
        request = browse_pb2.SearchExecutionsRequest(labels=["team=vision"], phases=[core.WorkflowExecution.FAILED], count=True)
        page = database.read(lambda c: search_executions(c, request, ""))
        assert page.total == len(page.executions) > 5
        assert all(each.spec.labels.values["team"] == "vision" for each in page.executions)
        versions = browse_pb2.ListVersionsRequest(resource_type=core.WORKFLOW, project="default", domain="development", name="hello.hello")
        found = database.read(lambda c: list_versions(c, versions)).versions
        assert len(found) == 12
        assert sum(version.runs for version in found) > 500
        now = database.read(lambda c: c.execute(select(func.max(t.execution.c.created_at))).scalar_one())
        places = database.read(lambda c: overview(c, now)).places
        assert {(place.project, place.domain) for place in places} == set(PLACES)
    finally:
        database.close()
