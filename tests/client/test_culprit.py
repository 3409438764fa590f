"""What is said of a failed execution: the node, the item, and where to look."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import alula as al
from alula.client.names import Names
from alula.client.sync import Client
from alula.errors import ExecutionFailed, Unavailable
from alula.server.embedded import EmbeddedServer

PROGRAM = """
import alula as al

@al.task
def fine(x: int) -> int:
    return x

@al.task
def bad(x: int) -> int:
    if x > 1:
        raise ValueError(f"no {x}")
    return x

@al.workflow
def inner(x: int) -> int:
    return bad(x)

@al.workflow
def plain(x: int = 2) -> int:
    return inner(fine(x))

@al.workflow
def mapped(xs: list[int]) -> list[int]:
    return al.map(bad)(x=xs)

@al.task
async def caller(x: int) -> int:
    return await bad.aio(await fine.aio(x))

@al.workflow
def calling(x: int = 3) -> int:
    return caller(x)

@al.workflow
def parent(x: int = 2) -> int:
    return child(x)

child = al.LaunchPlan(inner, name="a_child")

@al.workflow
def timed() -> int:
    return bad(al.wait_for_input("who", int, timeout="10ms"))
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    folder = tmp_path_factory.mktemp("project")
    (folder / "blamed_program.py").write_text(PROGRAM)
    (folder / "pyproject.toml").touch()
    sys.path.insert(0, str(folder))
    yield __import__("blamed_program")
    sys.path.remove(str(folder))
    del sys.modules["blamed_program"]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    home: Path = tmp_path_factory.mktemp("blamed") / "home"
    with EmbeddedServer(home) as server, al.connect(server.grpc_address) as connected:
        yield connected


def failure(client: Client, entity: object, **inputs: object) -> tuple[str, str, ExecutionFailed]:
    """First and last line, and the error."""
    name = getattr(entity, "name", "").rpartition(".")[2]
    with pytest.raises(ExecutionFailed) as caught:
        client.launch.with_options(name=name)(entity, **inputs).wait(60)
    lines = str(caught.value).split("\n")
    return lines[0].partition(" ended ")[2], lines[-1], caught.value


def test_the_innermost_node_is_named_with_commands_that_show_more(client: Client, program: ModuleType) -> None:
    first, last, error = failure(client, program.plain)
    assert first == "FAILED in n1-0-n0 bad: ValueError: no 2"
    assert last == "look: `alula logs plain n1-0-n0`, `alula debug plain n1-0-n0`"
    assert (error.node, error.item) == ("n1-0-n0", -1)


def test_of_a_map_the_first_item_that_failed_is_named(client: Client, program: ModuleType) -> None:
    first, last, error = failure(client, program.mapped, xs=[1, 1, 5])
    assert first.startswith("FAILED in n0 map-bad, item 2: map")
    assert last == "look: `alula logs mapped n0 --item 2`, `alula debug mapped n0 --item 2`"
    assert (error.node, error.item) == ("n0", 2)


def test_a_call_of_an_async_task_is_named_by_what_it_calls(client: Client, program: ModuleType) -> None:
    first, last, error = failure(client, program.calling)
    assert first == f"FAILED in {error.node} bad: ValueError: no 3"
    assert error.node.startswith("n0-0-") and f"`alula logs calling {error.node}`" in last


def test_a_child_execution_is_looked_at_by_its_name(client: Client, program: ModuleType) -> None:
    first, last, _ = failure(client, program.parent)
    assert first.startswith("FAILED in n0 a_child: child execution parent-n0-0 ended FAILED")
    assert last == "look: `alula get execution parent-n0-0`"


def test_what_has_no_log_is_named_alone(client: Client, program: ModuleType) -> None:
    first, last, error = failure(client, program.timed)
    assert error.node == "n0" and first.startswith("FAILED in n0 who: ") and "look:" not in last


def test_a_failure_is_told_also_where_the_record_cannot_be_read(client: Client, program: ModuleType) -> None:
    made = client.launch.with_options(name="unread")(program.plain).wait(60, check=False)

    async def away() -> Names:
        raise Unavailable("the server is away")

    made.source.names = away  # type: ignore[method-assign]
    with pytest.raises(ExecutionFailed, match=r"unread ended FAILED: ValueError: no 2"):
        made.wait()
