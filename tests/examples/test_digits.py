from __future__ import annotations

import json

import pytest
from tests.examples.conftest import EXAMPLES, Alula

from alula.client.sync import Client

pytest.importorskip("sklearn")


@pytest.mark.slow
def test_second_run_is_served_from_the_cache(alula: Alula, client: Client) -> None:
    command = ("run", EXAMPLES / "digits" / "workflow.py", "digits", "--components", "16", "--json")
    first, again = alula(*command), alula(*command)
    assert (first.code, again.code) == (0, 0), first.err
    one, two = json.loads(first.out), json.loads(again.out)
    assert one["outputs"] == two["outputs"]
    assert one["outputs"]["report"]["accuracy"] > 0.9
    computed = {each.name: (each.computed, each.cached) for each in client.execution(one["execution"]).reuse}
    reused = {each.name: (each.computed, each.cached) for each in client.execution(two["execution"]).reuse}
    assert computed == {"load": (1, 0), "features": (1, 0), "map-train": (4, 0), "choose": (1, 0), "evaluate": (1, 0)}
    assert reused == {"load": (0, 1), "features": (0, 1), "map-train": (0, 4), "choose": (0, 1), "evaluate": (0, 1)}
    shown = alula("get", "execution", two["execution"]).out
    assert [line.split()[:4] for line in shown.splitlines() if "map-train" in line] == [["n2", "map-train", "SUCCEEDED", "HIT"]]
