"""What the web interface's form writes is what Python reads; see scripts/generate_ui_cases.py."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from typing import Any

import pytest
from google.protobuf import json_format
from scripts.generate_ui_cases import CASES, FOREIGN, ROOT, VALUES, shown

from alula.idl import core
from alula.idl.literal import from_json, parse_text
from alula.types.base import converter
from alula.types.offload import Offload

WRITTEN = json.loads(CASES.with_name("written.json").read_text(encoding="utf-8"))
BY_NAME = {each["name"]: each for each in json.loads(CASES.read_text(encoding="utf-8"))}


def literal_of(document: Any) -> core.Literal:
    return json_format.ParseDict(document, core.Literal())


def value_of(name: str, literal: core.Literal) -> str:
    return shown(converter(VALUES[name][0]).to_python(literal, Offload()))


def test_the_cases_are_what_the_types_give_today() -> None:
    # In a process of its own: `typing` gives `Union[int, str]` to whoever asks for `Union[str, int]` after it was made once.
    program = "import sys; from scripts.generate_ui_cases import text; sys.stdout.write(text())"
    made = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONUTF8": "1"},
        capture_output=True,
        check=True,
    )
    assert CASES.read_text(encoding="utf-8") == made.stdout.decode(), (
        "run python -m scripts.generate_ui_cases, then npx vitest run -u in ui/"
    )


def test_every_case_is_written_by_the_form() -> None:
    assert [each["name"] for each in WRITTEN] == list(BY_NAME)


@pytest.mark.parametrize("written", WRITTEN, ids=lambda each: each["name"])
def test_what_the_form_writes_is_the_same_value(written: dict[str, Any]) -> None:
    name = written["name"]
    if name in VALUES:
        assert value_of(name, literal_of(written["literal"])) == BY_NAME[name]["value"]
    else:
        assert literal_of(written["literal"]) == FOREIGN[name][1]


@pytest.mark.parametrize("written", [each for each in WRITTEN if each["typed"]], ids=lambda each: each["name"])
def test_what_is_typed_is_what_the_command_line_would_take(written: dict[str, Any]) -> None:
    name = written["name"]
    assert [value_of(name, literal_of(each)) for each in written["typed"]] == [each["value"] for each in BY_NAME[name]["typed"]]


@pytest.mark.parametrize("written", [each for each in WRITTEN if each["name"] in VALUES], ids=lambda each: each["name"])
def test_what_is_copied_means_the_same_value(written: dict[str, Any]) -> None:
    name = written["name"]
    of = converter(VALUES[name][0])
    assert value_of(name, parse_text(written["command"], of.literal_type)) == BY_NAME[name]["value"]
    assert value_of(name, from_json(python_value(written["python"]), of.literal_type)) == BY_NAME[name]["value"]


def python_value(source: str) -> Any:
    """A literal of Python that may also say `float("nan")`."""
    tree = ast.parse(source, mode="eval")
    allowed = (ast.Expression, ast.Constant, ast.List, ast.Dict, ast.Call, ast.Name, ast.Load, ast.UnaryOp, ast.USub)
    assert all(isinstance(node, allowed) for node in ast.walk(tree)), source
    return eval(compile(tree, "<copied>", "eval"), {"__builtins__": {}, "float": float})
