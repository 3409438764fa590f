"""Shell, SQL and raw commands, run for real."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.control.conftest import Plane, open_plane
from tests.programs import kinds

from alula.idl import core
from alula.objectstore import store

P = "tests.programs.kinds."
SUCCEEDED, FAILED = core.WorkflowExecution.SUCCEEDED, core.WorkflowExecution.FAILED


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """One kind of database is enough here: what runs does not touch it."""
    return f"sqlite:///{tmp_path / 'alula.db'}"


@pytest.mark.parametrize(
    ("name", "inputs", "expected"),
    [
        ("counted", {"text": "one two three"}, {"o0": 3, "o1": "ONE TWO THREE", "o2": "counted twice; rm -rf it"}),
        ("foldered", {"xs": ["a", "b c"]}, {"o0": ["a", "b c"]}),
        ("turned", {"text": "abc"}, {"o0": "cba!"}),
        ("queried", {}, {"o0": ["ada 7", "bea 5"]}),
        ("queried", {"least": 5}, {"o0": ["bea 5"]}),
        ("noted", {"factor": 3}, {"o0": 39, "o1": [5, 4]}),
    ],
)
async def test_a_kind_gives_its_result(plane: Plane, name: str, inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    await plane.register(kinds)
    final, outputs = await plane.run(P + name, **inputs)
    assert final.closure.phase == SUCCEEDED, final.closure.error.message
    assert outputs == expected


async def test_a_failed_script_says_what_it_said(plane: Plane) -> None:
    await plane.register(kinds)
    final, _ = await plane.run(P + "failing")
    assert final.closure.phase == FAILED
    assert "the script ended with exit code 3:\nwent wrong" in final.closure.error.message
    assert "before" not in final.closure.error.message


async def test_a_script_is_cached_by_its_text(plane: Plane, tmp_path: Path) -> None:
    await plane.register(kinds)
    log = tmp_path / "log"
    final, outputs = await plane.run(P + "twice_cached", log=str(log))
    assert (final.closure.phase, outputs) == (SUCCEEDED, {"o0": 7, "o1": 7}), final.closure.error.message
    assert log.read_text() == "ran\n"


async def test_a_query_reads_a_database_whose_address_is_a_secret(tmp_path: Path, database_url: str) -> None:
    secrets = tmp_path / "home" / "secrets" / "kinds"
    secrets.mkdir(parents=True)
    (secrets / "url").write_text(kinds.fill(tmp_path / "sales.db"))
    plane = await open_plane(tmp_path / "home", database_url)
    try:
        await plane.register(kinds)
        final, outputs = await plane.run(P + "from_a_database", who="ada")
        assert (final.closure.phase, outputs) == (SUCCEEDED, {"o0": [3, 4]}), final.closure.error.message
    finally:
        await plane.platform.stop()


async def test_an_executed_notebook_is_a_deck_also_when_a_cell_fails(plane: Plane) -> None:
    await plane.register(kinds)
    for name, shown in (("noted", "counted 26"), ("broken_note", "ZeroDivisionError")):
        execution = await plane.launch(P + name)
        final = await plane.wait(execution)
        (node,) = [n for n in await plane.nodes(execution) if n.closure.deck_uri]
        page = store.get_bytes(node.closure.deck_uri).decode()
        assert shown in page and "_alula" not in page
    assert "broken.ipynb: a cell raised ZeroDivisionError: division by zero" in final.closure.error.message


async def test_a_secret_is_put_into_the_variable_that_the_task_names_and_into_no_other_tasks(tmp_path: Path, database_url: str) -> None:
    secrets = tmp_path / "home" / "secrets" / "kinds"
    secrets.mkdir(parents=True)
    (secrets / "token").write_text("abc")
    plane = await open_plane(tmp_path / "home", database_url)
    try:
        await plane.register(kinds)
        _, outputs = await plane.run(f"{P}from_a_variable")
        assert outputs == {"o0": "abcabc"}
        _, outputs = await plane.run(f"{P}without_a_variable")
        assert outputs == {"o0": False}
        (secrets / "token").unlink()
        final, _ = await plane.run(f"{P}from_a_variable")
        assert 'secret "kinds/token" is neither in _FSEC_KINDS_TOKEN nor in' in final.closure.error.message
    finally:
        await plane.platform.stop()
