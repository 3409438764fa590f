from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flyteidl.core.execution_pb2 import WorkflowExecution
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Float, Integer, MetaData, String, Table, create_engine, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from alula.database.filter import (
    MAX_FILTERS,
    MAX_TEXT,
    MAX_VALUES,
    Filter,
    Page,
    apply_filters,
    apply_sort,
    enum,
    instant,
    integer,
    next_token,
    parse_filters,
    parse_instant,
    parse_page,
    parse_span,
    span,
    text,
)
from alula.errors import InvalidInput
from alula.idl import admin

METADATA = MetaData()
RUNS = Table(
    "run",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False),
    Column("workflow", String, nullable=False),
    Column("phase", Integer, nullable=False),
    Column("created_at", Integer, nullable=False),
    Column("duration_s", Float),
)
COLUMNS = {
    "execution_name": text(RUNS.c.name),
    "workflow.name": text(RUNS.c.workflow),
    "phase": enum(RUNS.c.phase, WorkflowExecution.Phase.DESCRIPTOR),
    "created_at": instant(RUNS.c.created_at, lambda value: int(value.timestamp() * 1e6)),
    "duration": span(RUNS.c.duration_s),
    "id": integer(RUNS.c.id),
    "schedule_type": enum(RUNS.c.phase, {"NONE": 1, "CRON": 4}),
}
DEFAULT = [RUNS.c.created_at.desc(), RUNS.c.id.desc()]
ROWS = [
    {"id": 1, "name": "a_1", "workflow": "churn", "phase": 4, "created_at": 0, "duration_s": 5.0},
    {"id": 2, "name": "ab1", "workflow": "it's 100%", "phase": 6, "created_at": 10_000_000, "duration_s": 90.0},
    {"id": 3, "name": "c+(x)", "workflow": "churn", "phase": 2, "created_at": 20_000_000, "duration_s": None},
]


def run(filters: str, sort: admin.Sort | None = None) -> list[int]:
    """Ids of a real SQLite that match."""
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        METADATA.create_all(connection)
        connection.execute(insert(RUNS), ROWS)
        query = select(RUNS.c.id).where(*apply_filters(parse_filters(filters), COLUMNS)).order_by(*apply_sort(sort, COLUMNS, DEFAULT))
        return list(connection.execute(query).scalars())


def test_grammar() -> None:
    assert parse_filters("") == parse_filters("  ") == []
    assert parse_filters("eq(workflow.name,churn)+value_in(phase,FAILED;ABORTED)") == [
        Filter("eq", "workflow", "name", ("churn",)),
        Filter("value_in", "", "phase", ("FAILED", "ABORTED")),
    ]
    assert parse_filters(" eq( name , a b ) + ne(x,)") == [Filter("eq", "", "name", ("a b",)), Filter("ne", "", "x", ("",))]


def test_plus_that_came_as_a_space() -> None:
    assert parse_filters("eq(a,1) ne(b,2)") == [Filter("eq", "", "a", ("1",)), Filter("ne", "", "b", ("2",))]


def test_values_may_hold_brackets_commas_and_plus() -> None:
    assert parse_filters("eq(name,c+(x))+eq(v,a,b)+gt(created_at,2026-01-01T00:00:00+02:00)") == [
        Filter("eq", "", "name", ("c+(x)",)),
        Filter("eq", "", "v", ("a,b",)),
        Filter("gt", "", "created_at", ("2026-01-01T00:00:00+02:00",)),
    ]


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ("", [3, 2, 1]),
        ("eq(workflow.name,churn)", [3, 1]),
        ("ne(workflow.name,churn)", [2]),
        ("value_in(phase,FAILED;SUCCEEDED)", [2, 1]),
        ("value_not_in(phase,FAILED;SUCCEEDED)", [3]),
        ("eq(phase,failed)", [2]),
        ("eq(phase,6)", [2]),
        ("ne(schedule_type,NONE)+eq(schedule_type,CRON)", [1]),
        ("contains(execution_name,_)", [1]),
        ("contains(workflow.name,0%)", [2]),
        ("contains(workflow.name,')", [2]),
        ("contains(workflow.name,Churn)", []),
        ("contains(workflow.name,)", [3, 2, 1]),
        ("not_like(workflow.name,hur)", [2]),
        ("not_like(workflow.name,HUR)", [3, 2, 1]),
        ("eq(execution_name,c+(x))", [3]),
        ("gte(created_at,1970-01-01T00:00:10Z)", [3, 2]),
        ("gt(created_at,1970-01-01T02:00:10.000000000+02:00)", [3]),
        ("lt(duration,1m0.5s)", [1]),
        ("gte(duration,60)", [2]),
        ("lte(id,2)+gt(id,1)", [2]),
    ],
)
def test_filters_on_sqlite(filters: str, ids: list[int]) -> None:
    assert run(filters) == ids


@pytest.mark.parametrize(
    ("filters", "says"),
    [
        ("phase=4", "character 0.*not function"),
        ("eq(phase)", "not function"),
        ("eq(phase,4", "no closing"),
        ("eq(phase,4)+", "no closing|missing"),
        ("eq(a,1)eq(b,2", "no closing"),
        ("like(name,x)", "no function 'like'; there are contains"),
        ("eq(nosuch,1)", "no field 'nosuch' here; there are created_at"),
        ("eq(task.name,1)", "no field 'task.name'"),
        ("eq(phse,1)", r"no field 'phse' here; did you mean phase\?"),
        ("gt(created_at,notatime)", "expected a time like"),
        ("gt(created_at,2026-02-30T00:00:00Z)", "expected a time like"),
        ("gt(created_at,0001-01-01T00:00:00+23:00)", "expected a time like"),
        ("eq(phase,GONE)", "expected one of UNDEFINED, QUEUED"),
        ("contains(phase,FAIL)", "cannot be asked with contains; use one of eq"),
        ("gt(phase,FAILED)", "cannot be asked"),
        ("contains(created_at,2026)", "cannot be asked"),
        ("eq(id,1.5)", "expected a whole number"),
        ("eq(id,99999999999999999999)", "expected a whole number"),
        ("eq(duration,1h,)", "expected seconds"),
        ("eq(execution_name,a\0b)", "without NUL"),
        ("eq(name;drop table run,1)", "not function"),
        ("eq(name--,1)", "not function"),
        ("eq(run.name OR 1=1,1)", "not function"),
        ("eq(a,1)+" * (MAX_FILTERS + 1) + "eq(a,1)", "more than 64"),
        ("x" * (MAX_TEXT + 1), "at most 16384"),
        ("value_in(execution_name," + ";" * MAX_VALUES + ")", "at most 1000"),
    ],
)
def test_wrong_filters_name_place_and_remedy(filters: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        apply_filters(parse_filters(filters), COLUMNS)


@pytest.mark.parametrize("value", ["'; DROP TABLE run; --", "x' OR '1'='1", '" OR ""="', "\\", "%' OR 1=1 --", "${x}", ":id", "?"])
@pytest.mark.parametrize("function", ["eq", "contains", "value_in"])
def test_injection_stays_a_value(function: str, value: str) -> None:
    (condition,) = apply_filters(parse_filters(f"{function}(execution_name,{value})"), COLUMNS)
    for dialect in (sqlite.dialect(), postgresql.dialect()):
        compiled = condition.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
        assert value not in str(compiled) or value in (":id", "?")
    assert run(f"{function}(execution_name,{value})") == []


@given(st.text(max_size=60))
def test_any_text_is_read_or_invalid(value: str) -> None:
    with contextlib.suppress(InvalidInput):
        apply_filters(parse_filters(value), COLUMNS)


@given(
    st.sampled_from(["eq", "ne", "gt", "lte", "value_in", "contains", "not_like"]),
    st.sampled_from(sorted(COLUMNS)),
    st.text(max_size=30),
)
def test_any_value_compiles_on_both_dialects_or_is_invalid(function: str, field: str, value: str) -> None:
    try:
        conditions = apply_filters(parse_filters(f"{function}({field},{value})"), COLUMNS)
    except InvalidInput:
        return
    for dialect in (sqlite.dialect(), postgresql.dialect()):
        for condition in conditions:
            condition.compile(dialect=dialect)


@given(st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30))
def test_text_values_are_kept(value: str) -> None:
    text_of = f"eq(name,{value})"
    if ")" not in value:
        assert parse_filters(text_of) == [Filter("eq", "", "name", (value.strip(),))]


def test_sort_key_then_default_for_ties() -> None:
    ascending = admin.Sort.ASCENDING
    assert run("", admin.Sort(key="duration")) == [2, 1, 3]
    assert run("", admin.Sort(key="duration", direction=ascending)) == [3, 1, 2]
    assert run("", admin.Sort(key="workflow.name", direction=ascending)) == [3, 1, 2]
    assert run("", admin.Sort()) == [3, 2, 1]
    order = apply_sort(admin.Sort(key="created_at"), COLUMNS, DEFAULT)
    assert [str(item) for item in order] == ["run.created_at DESC", "run.id DESC"]
    with pytest.raises(InvalidInput, match=r"sort_by\.key: no field 'x; drop'"):
        apply_sort(admin.Sort(key="x; drop"), COLUMNS, DEFAULT)


def test_pages() -> None:
    assert parse_page(10, "") == Page(10, 0)
    assert parse_page(10, "20") == Page(10, 20)
    assert parse_page(0, "", default_limit=100) == Page(100, 0)
    assert next_token(Page(10, 20), 10) == "30"
    assert next_token(Page(10, 20), 9) == ""


@pytest.mark.parametrize(
    ("limit", "token"), [(0, ""), (-1, ""), (10_001, ""), (1, "x"), (1, "-1"), (1, "1.5"), (1, "٣"), (1, "9" * 13), (1, "9" * 99)]
)
def test_wrong_pages_are_invalid(limit: int, token: str) -> None:
    with pytest.raises(InvalidInput, match=r"limit|token"):
        parse_page(limit, token)


def test_instants_and_spans() -> None:
    assert parse_instant("2026-11-23T12:00:00.123456789Z") == datetime(2026, 11, 23, 12, 0, 0, 123456, UTC)
    assert parse_instant("2026-11-23") == datetime(2026, 11, 23, tzinfo=UTC)
    expected: dict[str, Any] = {"90": 90, "1.5": 1.5, "1h30m": 5400, "250ms": 0.25, "-5s": -5, "+1m": 60, "2µs": 2e-6, "0": 0, ".5s": 0.5}
    for value, seconds in expected.items():
        assert parse_span(value) == timedelta(seconds=seconds)
    for value in ("", "s", "1 h", "1d", "h1", "nan", "inf", "1e3", "999999999999h"):
        with pytest.raises(ValueError, match="seconds like"):
            parse_span(value)
