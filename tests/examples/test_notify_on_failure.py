from __future__ import annotations

from tests.examples.conftest import EXAMPLES, Alula

from alula.client.sync import Client

PROGRAM = EXAMPLES / "notify_on_failure.py"


def test_success_tells_nobody(alula: Alula) -> None:
    result = alula("run", PROGRAM, "nightly")
    assert (result.code, "5 rows, sum 10" in result.out, "tell" in result.err) == (0, True, False)


def test_failure_tells_and_finishes_what_is_independent(alula: Alula, client: Client) -> None:
    result = alula("run", PROGRAM, "nightly", "--rows", "-1", "--name", "broken-night")
    assert result.code == 1
    assert "the source says -1 rows" in result.err
    phases = {node.name: node.phase.name for node in client.execution("broken-night").nodes if node.id not in ("start-node", "end-node")}
    assert phases == {"load": "FAILED", "report": "SKIPPED", "clean_up": "SUCCEEDED", "tell": "SUCCEEDED"}
    assert "the nightly run of 2026-01-31 failed" in alula("logs", "broken-night", "fn0").out
