"""What Alula's own tasks say of themselves, read by flytekit's client."""

from __future__ import annotations

from typing import Any

from tests.acceptance.test_called import run
from tests.programs import telling


def test_a_deck_of_ours_is_found_as_flytes_own(server: Any, remote: Any) -> None:
    execution = run(server, remote, telling, "training", epochs=2)
    node = execution.node_executions["n0"]
    assert node.closure.deck_uri.endswith("/n0/data/0/deck.html")
    page = remote.get(f"flyte://v1/{execution.id.project}/{execution.id.domain}/{execution.id.name}/n0/d")
    assert b"all well" in (page if isinstance(page, bytes) else page.data.encode())


def test_the_deck_of_a_task_that_failed_is_found(server: Any, remote: Any) -> None:
    execution = run(server, remote, telling, "stumbling")
    assert execution.node_executions["n0"].closure.deck_uri.endswith("/n0/data/1/deck.html")
