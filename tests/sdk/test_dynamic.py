from __future__ import annotations

import pytest
from tests.programs import building

import alula as al
from alula.errors import DefinitionError


def test_a_plain_call_runs_the_graph_here() -> None:
    assert building.each(4) == 12
    assert building.parts(2) == (8, [4, 7])
    assert building.nested(2) == 6
    assert building.flow(3) == 12


def test_an_async_function_is_refused() -> None:
    with pytest.raises(DefinitionError, match=r"test_dynamic.py:\d+: a dynamic task writes a graph and cannot wait"):

        @al.dynamic
        async def waits(n: int) -> int:
            return n


@al.dynamic
def decides_by_a_promise(n: int) -> int:
    if building.double(n) > 3:
        return n
    return n


def test_a_result_decides_nothing_in_the_body() -> None:
    with pytest.raises(DefinitionError, match=r"test_dynamic.py:\d+"):
        decides_by_a_promise(1)
