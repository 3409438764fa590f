from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.cli.conftest import Result


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
