from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from tests.client.conftest import double, program
from tests.client.server_double import Double

from alula.cli.support.group import run

__all__ = ["double", "program"]


@dataclass
class Result:
    """Exit code and what was printed."""

    code: int
    out: str
    err: str


@pytest.fixture
def alula(double: Double, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """Runs a command line against the double."""
    monkeypatch.setenv("ALULA_ADDRESS", double.address)
    monkeypatch.setenv("ALULA_SETTINGS", "/nowhere")

    def call(*args: object) -> Result:
        code = run([str(arg) for arg in args])
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return call
