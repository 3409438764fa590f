from __future__ import annotations

from tests.examples.conftest import EXAMPLES, Alula

from alula.client.sync import Client, Execution
from alula.sdk.discover import load_file


def at_the_gate(client: Client, **inputs: object) -> Execution:
    """A release that waits for its answer."""
    execution = client.launch(load_file(EXAMPLES / "approval.py").release, **inputs)
    for update in execution.updates(nodes=True, timeout_s=30):
        if any(node.metadata.spec_node_id and node.closure.phase == 2 for node in update.nodes) and execution.gates:
            return execution
    raise AssertionError(execution.nodes)


def test_approved_and_good_enough_goes_live(alula: Alula, client: Client) -> None:
    execution = at_the_gate(client, depth=9)
    assert "go-live  bool" in alula("signal", execution.name).out
    assert alula("signal", execution.name, "go-live", "--approve").code == 0
    assert execution.wait(30).outputs == "live: candidate of depth 9, accuracy 0.90"


def test_approved_but_weak_stays_in_staging(alula: Alula, client: Client) -> None:
    execution = at_the_gate(client, depth=1)
    execution.signal("go-live", True)
    assert execution.wait(30).outputs == "staging: candidate of depth 1, accuracy 0.50"


def test_rejection_fails_the_execution(alula: Alula, client: Client) -> None:
    execution = at_the_gate(client)
    assert alula("signal", execution.name, "nothing", "--approve").code == 2
    assert alula("signal", execution.name, "go-live", "--reject").code == 0
    watched = alula("watch", execution.name)
    assert (watched.code, "rejected" in watched.err) == (1, True)
