"""Executions of a real server as a person in Python sees them: compared, listed, gone on from, drawn in a notebook."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import ModuleType

import pytest

import alula as al
from alula.client import html
from alula.client.sync import Client, Execution
from alula.errors import InvalidInput
from alula.idl.phase import ExecutionPhase
from alula.server.embedded import EmbeddedServer

PROGRAM = """
import dataclasses
import alula as al

@dataclasses.dataclass
class Params:
    depth: int = 1

@al.task(cache="1")
def load(n: int) -> int:
    return n

@al.task
def train(n: int, lr: float, params: Params, note: str) -> float:
    al.log_metric("loss", lr * n)
    al.log_param("depth", params.depth)
    if lr < 0:
        raise ValueError(f"<b>lr</b> {lr}")
    return lr * n

@al.workflow
def fit(n: int = 2, lr: float = 0.5, params: Params = Params(), note: str = "<i>n</i>") -> float:
    return train(load(n), lr, params, note)
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with EmbeddedServer(tmp_path_factory.mktemp("runs") / "home") as server:
        yield server.grpc_address


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    folder = tmp_path_factory.mktemp("project")
    (folder / "fitting.py").write_text(PROGRAM)
    (folder / "pyproject.toml").touch()
    sys.path.insert(0, str(folder))
    yield __import__("fitting")
    sys.path.remove(str(folder))
    del sys.modules["fitting"]


@pytest.fixture(scope="module")
def client(address: str) -> Iterator[Client]:
    with al.connect(address) as connected:
        yield connected


@pytest.fixture(scope="module")
def first(client: Client, program: ModuleType) -> Execution:
    return client.launch.with_options(name="first")(program.fit, params=program.Params(3)).wait(60)


def test_inputs_are_typed_with_the_function_and_plain_without(client: Client, first: Execution, program: ModuleType) -> None:
    assert first.inputs == {"n": 2, "lr": 0.5, "params": program.Params(3), "note": "<i>n</i>"}
    assert client.execution("first").inputs == {"n": 2, "lr": 0.5, "params": {"depth": 3}, "note": "<i>n</i>"}


def test_rerun_takes_python_values_and_keeps_what_lies_before(first: Execution, program: ModuleType, client: Client) -> None:
    again = first.rerun(from_="train", lr=0.25, params=program.Params(4)).wait(60)
    assert again.outputs == 0.5
    assert {one.name: (one.computed, one.recovered) for one in again.reuse} == {"load": (0, 1), "train": (1, 0)}
    assert client.execution("first").rerun(["train"], inputs={"lr": 1}, params={"depth": 9}).wait(60).inputs["params"] == {"depth": 9}
    with pytest.raises(InvalidInput, match="input 'rate': there is no such input"):
        first.rerun(rate=1)
    with pytest.raises(InvalidInput, match="input 'lr': expected float, got str"):
        first.rerun(lr="fast")


def test_a_node_shows_values_attempts_and_where_time_went(first: Execution) -> None:
    node = first.node("train")
    assert (node.inputs["lr"], node.outputs) == (0.5, {"o0": 1.0})
    (attempt,) = node.attempts
    assert (attempt.number, attempt.phase.name, attempt.error) == (0, "SUCCEEDED", "")
    assert {"run", "read"} <= attempt.times.keys() and sum(attempt.times.values(), timedelta()) > timedelta()


def test_executions_side_by_side(client: Client, first: Execution) -> None:
    other = client.execution("first").rerun(lr=2.0).wait(60)
    found = client.compare("first", other)
    rows = {(row.part, row.name): row for row in found.rows}
    assert rows["inputs", "lr"].values == (0.5, 2.0)
    assert rows["metrics", "train loss"].values == (1.0, 4.0)
    assert rows["parameters", "train depth"].is_same
    assert rows["outputs", "o0"].values == (1.0, 4.0)
    assert all(isinstance(value, timedelta) for value in rows["durations", "train"].values)
    assert ("inputs", "n") not in {(row.part, row.name) for row in found.differences}
    shown = found._repr_html_()
    assert "<b>2.0</b>" in shown and "&lt;i&gt;n&lt;/i&gt;" in shown and "<i>" not in shown
    with pytest.raises(InvalidInput, match="expected two executions or more, got 1"):
        client.compare("first")


def test_executions_and_versions_come_page_by_page(client: Client, first: Execution, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alula.client.client._PAGE", 2)
    for _ in range(3):
        first.relaunch().wait(60)
    every = [one.name for one in client.iter_executions()]
    assert len(every) == len(set(every)) > 3 and every[-1] == "first"
    assert [one.name for one in client.iter_executions(limit=3)] == every[:3]
    assert not list(client.iter_executions(phase="FAILED"))
    (oldest,) = client.iter_executions(
        filters="eq(execution_name,first)", phase=[ExecutionPhase.SUCCEEDED, "failed"], workflow="fit", since="1h"
    )
    assert (oldest.workflow, oldest.version, oldest.phase) == ("fitting.fit", first.view.version, ExecutionPhase.SUCCEEDED)
    assert not list(client.iter_executions(since=datetime.now(UTC) + timedelta(hours=1)))
    assert [one.version for one in client.iter_versions("workflow", "fitting.fit")] == [first.view.version]
    with pytest.raises(InvalidInput, match=r"there is no such phase; there are .*SUCCEEDED"):
        list(client.iter_executions(phase="done"))
    with pytest.raises(InvalidInput, match="since: expected a span such as 2h or an instant"):
        list(client.iter_executions(since="soon"))
    with pytest.raises(InvalidInput, match="kind 'deck': there is no such kind"):
        list(client.iter_versions("deck"))


async def test_the_same_from_a_loop(address: str, first: Execution) -> None:
    async with al.connect_async(address) as client:
        execution = await client.execution("first")
        again = await (await execution.rerun(from_="train", lr=3.0)).wait(60)
        assert await again.outputs() == 6.0
        assert [one.view.name for one in (await client.compare("first", again)).executions] == ["first", again.name]
        assert [one.name async for one in client.iter_executions(filters="eq(execution_name,first)")] == ["first"]


def test_an_execution_is_drawn_and_what_users_wrote_is_escaped(first: Execution, client: Client) -> None:
    shown = first._repr_html_()
    assert "✓ SUCCEEDED" in shown and ">train<" in shown and ">1.0<" in shown and "start-node" not in shown
    failed = first.rerun(lr=-1.0).wait(60, check=False)
    shown = failed._repr_html_()
    assert "✗ FAILED" in shown and "&lt;b&gt;lr&lt;/b&gt; -1.0" in shown and "<b>lr" not in shown
    assert "<pre" in shown and "background:#" not in shown, "the page's own background is kept"
    assert ">train<" in failed.nodes._repr_html_()
    assert "fitting.fit" in html.versions(list(client.iter_versions("workflow"))) and "first" in html.executions([first.view])


def test_show_prints_lines_where_there_is_no_notebook(first: Execution, capsys: pytest.CaptureFixture[str]) -> None:
    again = first.relaunch()
    again.show("1m")
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("✓ train SUCCEEDED") for line in lines), lines
    assert lines[-1] == f"✓ {again.name} SUCCEEDED"


@pytest.mark.slow
def test_show_draws_in_the_cell_of_a_notebook_and_goes_on_in_its_place(address: str, first: Execution) -> None:
    import nbformat
    from nbclient import NotebookClient

    lines = [
        "import alula as al",
        f"client = al.connect({address!r})",
        "execution = client.execution('first').relaunch()",
        "execution.show('1m')",
        "execution",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("\n".join(lines))])
    NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    live, result = notebook.cells[0].outputs
    assert (live.output_type, result.output_type) == ("display_data", "execute_result")
    assert "✓ SUCCEEDED" in live.data["text/html"] and ">1.0<" in live.data["text/html"], "the one display shows the end"
    assert "✓ SUCCEEDED" in result.data["text/html"]
