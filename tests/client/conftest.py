from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.client import server_double
from tests.client.server_double import Double

from alula.client import connect
from alula.client.sync import Client


@pytest.fixture
def double(tmp_path: Path) -> Iterator[Double]:
    with server_double.serve(tmp_path / "store") as running:
        yield running


@pytest.fixture
def client(double: Double) -> Iterator[Client]:
    with connect(double.address) as connected:
        yield connected


PROGRAM = '''
"""A program for the tests."""
import typing
import alula as al

class Both(typing.NamedTuple):
    total: int
    words: str

@al.task
def add(a: int, b: int = 2) -> int:
    """Adds.

    Args:
        a: the first
        b: the second
    """
    return a + b

@al.workflow
def twice(a: int, b: int = 5) -> int:
    """Adds twice.

    Args:
        a: where to start
        b: what to add
    """
    return add(a=add(a=a, b=b), b=b)

@al.task
def both(file: al.File, ratio: float = 0.5) -> Both:
    return Both(total=1, words="x")
'''


@pytest.fixture
def program(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    name = f"program_{abs(hash(tmp_path))}"  # a name of its own, since modules stay imported
    (folder / f"{name}.py").write_text(PROGRAM)
    (folder / "pyproject.toml").write_text("")
    return folder / f"{name}.py"
