"""Executions that meet conditions, against a plain filter of the same rows: together, on both databases, by every access path."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest

from alula.database import access_path, search
from alula.database import tables as t
from alula.database.engine import Database, open_database
from alula.idl.phase import TERMINAL_EXECUTION, ExecutionPhase

COUNT = 300
NAMES = ["a", "a%", "a_b", "A", "aé", "ab", "é", "z'z", "a\\"]
LABELS = [("team", "vision"), ("team", "Vision"), ("team", ""), ("é%_", "'"), ("k", "v=w")]
ORDERS = [search.Order(column, is_descending) for column in ("created_at", "duration_us") for is_descending in (False, True)]
_RANDOM = random.Random(5)


def _row(key: int) -> dict[str, Any]:
    pick = _RANDOM.choice
    phase = pick(list(ExecutionPhase))
    return {
        "key": key,
        "project": pick(["p", "P", "q"]),
        "domain": pick(["d", "e"]),
        "name": f"{pick(NAMES)}{key if _RANDOM.random() < 0.99 else ''}-{key}",
        "phase": int(phase),
        "state": pick([0, 0, 0, 1]),
        "parent_key": pick([0, 0, 0, 7]),
        "principal": pick(["", "ada", "Ada", "é"]),
        "workflow_name": pick(["", "w", "W", "w%"]),
        "workflow_version": pick(["", "v1", "v2"]),
        "task_name": pick(["", "", "t", "T"]),
        "launch_plan_name": pick(["", "w", "l"]),
        "created_at": pick(range(1000, 1040)),
        "duration_us": pick([0, 1, 5, 5, 10**12]) if phase in TERMINAL_EXECUTION else pick([0, 3]),
        "labels": dict(_RANDOM.sample(LABELS, _RANDOM.randrange(4))),
    }


ROWS = [_row(key) for key in range(1, COUNT + 1)]
CONDITIONS: list[dict[str, Any]] = [
    *(
        {"equal": {column: value}}
        for column, value in (
            ("project", "p"),
            ("domain", "e"),
            ("state", 1),
            ("state", 0),
            ("parent_key", 0),
            ("workflow_name", "w"),
            ("workflow_name", "w%"),
            ("workflow_version", "v1"),
            ("task_name", "t"),
            ("launch_plan_name", "l"),
            ("project", "none"),
        )
    ),
    {"phases": [int(ExecutionPhase.SUCCEEDED)]},
    {"phases": [int(ExecutionPhase.RUNNING), int(ExecutionPhase.FAILED), 99]},
    {"users": ["ada"]},
    {"users": ["é", "ADA", ""]},
    *({"prefix": prefix} for prefix in ("a", "A", "a%", "a_", "é", "z'", "a\\")),
    {"created_from": 1010},
    {"created_before": 1020},
    {"min_us": 5},
    {"max_us": 5},
    {"max_us": (1 << 63) - 1},
    *({"labels": [label]} for label in (*LABELS, ("team", None), ("none", None))),
    {"labels": [("team", None), ("k", None)]},
    {"labels": [("team", None), ("team", "vision")]},
    {"labels": [("team", "vision"), ("team", "Vision")]},
    {"labels": [("k", "v=w"), ("k", "v=w")]},
]


def _together(conditions: tuple[dict[str, Any], ...]) -> search.Wanted | None:
    """None: they ask for the same twice."""
    made: dict[str, Any] = {"equal": {}}
    for condition in conditions:
        for name, value in condition.items():
            if name == "equal" and not made["equal"].keys() & value.keys():
                made["equal"] = {**made["equal"], **value}
            elif name == "labels" and "labels" in made:
                made["labels"] = [*made["labels"], *value]
            elif name not in made:
                made[name] = value
            else:
                return None
    return search.Wanted(**made)


def _meets(row: dict[str, Any], wanted: search.Wanted) -> bool:
    is_ended = row["phase"] in TERMINAL_EXECUTION
    return (
        all(row[column] == value for column, value in wanted.equal.items())
        and (not wanted.phases or row["phase"] in wanted.phases)
        and (not wanted.users or row["principal"] in wanted.users)
        and row["name"].startswith(wanted.prefix)
        and (wanted.created_from is None or row["created_at"] >= wanted.created_from)
        and (wanted.created_before is None or row["created_at"] < wanted.created_before)
        and (not wanted.min_us or (is_ended and row["duration_us"] >= wanted.min_us))
        and (not wanted.max_us or (is_ended and row["duration_us"] <= wanted.max_us))
        and all(key in row["labels"] and value in (None, row["labels"][key]) for key, value in wanted.labels)
    )


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    found = open_database(database_url)
    with found.engine.begin() as connection:
        connection.execute(t.execution.insert(), [{name: value for name, value in row.items() if name != "labels"} for row in ROWS])
        labels = [{"execution_key": row["key"], "key": key, "value": value} for row in ROWS for key, value in row["labels"].items()]
        connection.execute(t.execution_label.insert(), labels)
    yield found
    found.close()


@pytest.mark.parametrize("few", [0, 40, 10_000])
def test_conditions_together_are_met_as_by_a_plain_filter(database: Database, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FEW", "FEW_OF_SEVERAL", "FEW_OF_A_PAGE"):
        monkeypatch.setattr(access_path, name, few)
    pick = random.Random(few)
    asked = [*combinations(CONDITIONS, 1), *pick.sample([*combinations(CONDITIONS, 2)], 150)]
    asked += [tuple(pick.sample(CONDITIONS, pick.randrange(3, 6))) for _ in range(50)]
    for conditions in asked:
        wanted = _together(conditions)
        if wanted is None:
            continue
        order = pick.choice(ORDERS)
        met = [(row["key"], row[order.column]) for row in ROWS if _meets(row, wanted)]
        met.sort(key=lambda each: (each[1], each[0]), reverse=order.is_descending)
        limit = pick.choice([1, 7, 1_000])
        start = pick.randrange(len(met)) if met else 0
        after = (met[start - 1][1], met[start - 1][0]) if start else None
        with database.engine.connect() as connection:
            assert search.page(connection, wanted, order, limit, after) == met[start : start + limit], (conditions, order)
            assert search.total(connection, wanted) == len(met), conditions
