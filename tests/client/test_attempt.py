"""Which attempt is meant: of a task, or of an item of a map."""

from __future__ import annotations

import pytest

from alula.client.attempt import last_of_item, later_attempt
from alula.errors import InvalidInput, NotFound
from alula.idl import admin, core
from alula.idl.identifier import ExecutionId

EXECUTION = ExecutionId("p", "d", "run")


def shown(*tries: tuple[int, int], task_type: str = "container_array", number: int = 0) -> admin.TaskExecution:
    """An attempt of node n0, and for a map item and attempt of each of its calls."""
    node = core.NodeExecutionIdentifier(node_id="n0", execution_id=EXECUTION.to_proto())
    found = admin.TaskExecution(id=core.TaskExecutionIdentifier(node_execution_id=node, retry_attempt=number))
    found.closure.task_type = task_type
    for index, attempt in tries:
        found.closure.metadata.external_resources.add(index=index, retry_attempt=attempt)
    return found


def test_the_last_attempt_of_an_item_is_found_in_the_one_that_a_map_shows() -> None:
    assert last_of_item(EXECUTION, shown((0, 0), (1, 0), (1, 1)), 1).retry_attempt == 1
    task = shown(task_type="python-task", number=2)
    assert last_of_item(EXECUTION, task, -1) == task.id


@pytest.mark.parametrize(
    ("tries", "task_type", "item", "error", "message"),
    [
        ([], "python-task", 0, InvalidInput, "execution p/d/run: node n0 is no map; leave the item out"),
        ([], "container_array", -1, InvalidInput, "is a map; name one of its items, as in --item 0; none has begun yet"),
        ([(3, 0), (1, 0)], "container_array", -1, InvalidInput, "--item 0; 2 have begun, from 1 to 3"),
        ([(3, 0)], "container_array", 2, NotFound, "execution p/d/run: node n0 has no item 2 that has begun"),
    ],
)
def test_an_item_that_is_not_there_is_named(
    tries: list[tuple[int, int]], task_type: str, item: int, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        last_of_item(EXECUTION, shown(*tries, task_type=task_type), item)


def test_the_next_attempt_is_the_first_of_those_that_come_later() -> None:
    tasks = [shown(task_type="python-task", number=number) for number in (2, 0, 1)]
    assert later_attempt(tasks[1].id, tasks, -1) == tasks[2].id
    assert later_attempt(tasks[0].id, tasks, -1) is None
    a_map = [shown((0, 0), (1, 0), (1, 1))]
    first = last_of_item(EXECUTION, a_map[0], 0)
    found = later_attempt(first, a_map, 1)
    assert found is not None
    assert found.retry_attempt == 1
    assert later_attempt(first, a_map, 0) is None
