"""Large values of every family between tasks on a real server: by reference, read as what the next task asks for."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl
import pytest

from alula.client import connect
from alula.client.sync import Client
from alula.errors import AlulaError
from alula.server.embedded import EmbeddedServer

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with EmbeddedServer(tmp_path_factory.mktemp("types") / "home") as server, connect(server.grpc_address) as connected:
        yield connected


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The program beside this test, in a project of its own."""
    folder = tmp_path_factory.mktemp("project")
    name = "offloaded_on_server"
    (folder / f"{name}.py").write_text((Path(__file__).parent / f"{name}.py").read_text())
    (folder / "pyproject.toml").touch()
    sys.path.insert(0, str(folder))
    yield __import__(name)
    sys.path.remove(str(folder))
    del sys.modules[name]


def test_frame_is_written_as_one_library_and_read_as_another(client: Client, program: ModuleType) -> None:
    assert client.launch(program.frames, n=4).wait(60).outputs == [3, 1, 1, 1]


@pytest.mark.parametrize("n", [0, 3, 2000])
def test_stream_is_passed_on_and_read_as_a_list_too(client: Client, program: ModuleType, n: int) -> None:
    execution = client.launch(program.streams, n=n).wait(60)
    assert execution.outputs == 2000 * n + n


def test_stream_of_a_client_and_to_a_client(client: Client, program: ModuleType) -> None:
    found = client.launch(program.doubled, texts=(f"{n:01000}" for n in range(2000))).wait(60).outputs
    assert not isinstance(found, list)
    assert [text[-4:] for text in found][-2:] == ["1998", "1999"]


def test_large_values_of_every_family(client: Client, program: ModuleType) -> None:
    execution = client.launch(program.families).wait(60)
    size = program.SIZE
    assert execution.outputs == [3 * size, size, 2000, size, 2 + size, 3 * size, 1_000_000, 0]


def test_hash_method_decides_in_every_family(client: Client, program: ModuleType) -> None:
    first, second = (client.launch(program.cached, n=n).wait(60) for n in (1, 2))
    assert (first.outputs, second.outputs) == (1, 1)
    assert first.reuse != second.reuse


def test_column_that_is_missing_is_refused_before_anything_runs(client: Client, program: ModuleType) -> None:
    import alula as al

    lacking = _task(program, "lacking", "Annotated[pl.DataFrame, al.columns(other=int)]")

    @al.workflow
    def wrong(n: int) -> int:
        return lacking(program.frame(n))  # type: ignore[no-any-return]

    with pytest.raises(AlulaError, match="other"):
        client.register(wrong, root=Path(program.__file__).parent)


def _task(program: ModuleType, name: str, annotation: str) -> Any:
    exec(f"@al.task\ndef {name}(data: {annotation}) -> int:\n    return 1", vars(program))
    return vars(program)[name]


def test_frame_of_a_client(client: Client, program: ModuleType) -> None:
    table = client.launch(program.lazily, data=pl.LazyFrame({"n": [0, 1, 2], "more": ["a", "b", "c"]})).wait(60).outputs
    assert table.to_pydict() == {"n": [1, 2]}
