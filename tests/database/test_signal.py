"""Rows of signals: how those that wait are found."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import create_engine, event

from alula.database import signal
from alula.database.engine import schema_script


@pytest.mark.parametrize("place", [("", ""), ("default", "development")])
def test_what_waits_is_found_among_live_executions_alone_however_many_ended(place: tuple[str, str]) -> None:
    engine, seen = create_engine("sqlite://"), list[tuple[str, Any]]()
    event.listen(engine, "before_cursor_execute", lambda *call: seen.append((call[2], call[3])))
    with engine.connect() as connection:
        for statement in schema_script("sqlite"):
            connection.exec_driver_sql(statement)
        seen.clear()
        assert signal.waiting(connection, *place, 10) == []
        (asked,) = seen
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked[0]}", asked[1])]
    assert plan[0] == "SEARCH execution USING INDEX execution_phase (phase=?)", plan
    assert [step.split()[:2] for step in plan[1:3]] == [["SEARCH", "signal"], ["SEARCH", "node_execution"]], plan
    engine.dispose()
