from __future__ import annotations

import json

from tests.examples.conftest import EXAMPLES, Alula

PROGRAM = EXAMPLES / "batch_map.py"


def test_flaky_items_are_retried_and_hopeless_ones_are_none(alula: Alula) -> None:
    result = alula("run", PROGRAM, "batch")
    assert (result.code, result.out.split()) == (0, ["total:", "20.0", "parsed:", "4", "lost:", "1"])


def test_too_many_failures_fail_the_map(alula: Alula) -> None:
    result = alula("run", PROGRAM, "batch", "--lines", '["a", "b", "3"]', "--json")
    assert result.code == 1
    assert "2 of 3 items failed, 2 must succeed" in json.loads(result.out)["error"]["message"]
