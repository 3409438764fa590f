"""Tasks of the loop in which async tasks run."""

from __future__ import annotations

import asyncio

from tests.worker.recorded import drive, ended, named


def test_going_over_a_set_of_tasks_has_one_order() -> None:
    """A set goes by where in memory its members lie, were it not for the numbers of our tasks."""

    async def body() -> list[int]:
        numbers = {asyncio.ensure_future(named.aio(x)): x for x in range(40)}
        done, _ = await asyncio.wait(set(numbers))
        return [numbers[one] for one in done]

    answers = [ended(f"c{n}", 2 * n + 2) for n in range(40)]
    found = [drive(body, *answers)[0] for _ in range(3)]
    assert found == [list(range(40))] * 3
