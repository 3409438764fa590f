from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.conftest import Result
from tests.server.harness import LiveServer

from alula.client import connect
from alula.idl.phase import NodePhase

ASKS = """
import alula as al


@al.workflow
def asks(x: int) -> int:
    return al.approve(x, "go-live")
"""


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["e", "go-live"], "give --approve or --reject, or --value VALUE"),
        (["e", "go-live", "--approve", "--value", "1"], "give --approve or --reject, or --value VALUE"),
        (["e", "--approve"], "which gate?"),
    ],
)
def test_an_answer_and_its_gate_belong_together(alula: Callable[..., Result], args: list[str], says: str) -> None:
    result = alula("signal", *args)
    assert (result.code, says in result.err) == (2, True)


def test_who_answered_is_shown(live: Callable[..., Result], server: LiveServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALULA_USER", "Ada")
    (tmp_path / "asks_and_says.py").write_text(ASKS)
    assert live("register", tmp_path / "asks_and_says.py").code == 0
    assert live("launch", "asks_and_says.asks", "--x", "1", "--name", "answered").code == 0
    with connect(server.address) as client:
        execution = client.execution("answered")
        for update in execution.updates(nodes=True, timeout_s=60):
            if any(node.id.node_id == "n0" and node.closure.phase == NodePhase.RUNNING for node in update.nodes):
                break
    assert live("signal", "answered", "go-live", "--approve").code == 0
    shown = live("get", "execution", "answered").out
    assert "gate go-live was answered true by Ada, 20" in shown
    assert 'the signal "go-live" was given by Ada' in live("get", "execution", "answered", "--events").out


def test_a_gate_of_an_execution_that_was_aborted_waits_no_more(live: Callable[..., Result], server: LiveServer, tmp_path: Path) -> None:
    (tmp_path / "asks_and_ends.py").write_text(ASKS)
    assert live("register", tmp_path / "asks_and_ends.py").code == 0
    assert live("launch", "asks_and_ends.asks", "--x", "1", "--name", "asked").code == 0
    with connect(server.address) as client:
        execution = client.execution("asked")
        for update in execution.updates(nodes=True, timeout_s=60):
            if any(node.id.node_id == "n0" and node.closure.phase == NodePhase.RUNNING for node in update.nodes):
                break
        assert "go-live" in live("signal", "asked").out
        execution.abort()
        execution.wait("1m", check=False)
    assert "go-live" not in live("signal", "asked").out
    late = live("signal", "asked", "go-live", "--approve")
    assert (late.code, "no gate 'go-live' waits" in late.err) == (2, True), late.err
