from __future__ import annotations

from tests.examples.conftest import EXAMPLES, Alula


def test_finds_the_depth_and_the_second_search_computes_only_what_is_new(alula: Alula) -> None:
    first = alula("run", EXAMPLES / "search.py", "search", "--target", "0.9", "--name", "wide")
    assert (first.code, first.out) == (0, "10\n"), first.err
    assert "refine/train" in first.err
    again = alula("run", EXAMPLES / "search.py", "search", "--target", "0.93", "--name", "close")
    assert (again.code, again.out) == (0, "15\n"), again.err
    assert "from the cache" in again.err
