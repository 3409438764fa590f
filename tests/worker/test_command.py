"""`alula-execute` over files: the file in the output prefix is the verdict, the exit code is 0."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.worker import tasks

from alula.idl import core
from alula.worker.command import main


def arguments(folder: Path, task: str) -> list[str]:
    return [
        "--inputs", str(folder / "inputs.pb"), "--output-prefix", str(folder / "out"), "--raw-output-data-prefix", str(folder / "raw"),
        "--checkpoint-path", str(folder / "check"), "--prev-checkpoint", '""', "--bundle", "", "--task", f"{tasks.__name__}:{task}",
    ]  # fmt: skip


def test_outputs_are_written(tmp_path: Path) -> None:
    literal = core.Literal(scalar=core.Scalar(primitive=core.Primitive(integer=4)))
    (tmp_path / "inputs.pb").write_bytes(core.LiteralMap(literals={"x": literal}).SerializeToString())
    assert main(arguments(tmp_path, "inc")) == 0
    found = core.LiteralMap.FromString((tmp_path / "out" / "outputs.pb").read_bytes())
    assert found.literals["o0"].scalar.primitive.integer == 5


def test_failure_is_written_and_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    literal = core.Literal(scalar=core.Scalar(primitive=core.Primitive(string_value="value")))
    (tmp_path / "inputs.pb").write_bytes(core.LiteralMap(literals={"kind": literal}).SerializeToString())
    assert main(arguments(tmp_path, "boom")) == 0
    error = core.ErrorDocument.FromString((tmp_path / "out" / "error.pb").read_bytes()).error
    assert error.code == "USER:ValueError"
    assert "ValueError: no good" in capsys.readouterr().err
    assert not (tmp_path / "out" / "outputs.pb").exists()


def test_missing_inputs_are_a_failure_of_the_attempt(tmp_path: Path) -> None:
    assert main(arguments(tmp_path, "inc")) == 0
    assert (tmp_path / "out" / "error.pb").exists()
