from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Result
from tests.client.server_double import Double

from alula.idl import admin, core
from alula.idl.literal import parse_text
from alula.objectstore import store

Alula = Callable[..., Result]


def summing(request: admin.ExecutionCreateRequest) -> core.LiteralMap:
    total = sum(literal.scalar.primitive.integer for literal in request.inputs.literals.values())
    return core.LiteralMap(literals={"o0": parse_text(str(total), core.LiteralType(simple=core.SimpleType.INTEGER))})


def test_output_alone_on_stdout_progress_on_stderr(alula: Alula, double: Double, program: Path) -> None:
    double.outcome = summing
    result = alula("run", program, "twice", "--a", "3")
    assert (result.code, result.out) == (0, "8\n")
    assert "SUCCEEDED" in result.err
    assert alula("run", program, "twice", "--a=-3", "--b", "-4").out == "-7\n"
    assert alula("run", program, "add", "--a", "1").out == "3\n"


def test_json_is_one_document(alula: Alula, double: Double, program: Path) -> None:
    double.outcome = summing
    result = alula("run", program, "twice", "--a", "3", "--json", "--name", "mine")
    assert json.loads(result.out) == {"execution": "mine", "phase": "SUCCEEDED", "outputs": {"o0": 8}}
    assert result.err == ""


def test_failure_is_exit_code_1_with_the_cause(alula: Alula, double: Double, program: Path) -> None:
    double.outcome = lambda request: core.ExecutionError(code="USER:ValueError", message="ValueError: no such column")
    result = alula("run", program, "twice", "--a", "3")
    assert (result.code, result.out) == (1, "")
    assert "ended FAILED: ValueError: no such column" in result.err
    assert "Traceback" not in result.err
    result = alula("run", program, "twice", "--a", "3", "--json")
    assert result.code == 1
    assert json.loads(result.out)["error"] == {"code": "USER:ValueError", "message": "ValueError: no such column"}


def test_inputs_by_option_pair_and_file(alula: Alula, double: Double, program: Path, tmp_path: Path) -> None:
    double.outcome = summing
    (tmp_path / "inputs.json").write_text('{"a": 10}')
    assert alula("run", program, "twice", "--inputs", tmp_path / "inputs.json", "-i", "b=1").out == "11\n"
    for args, says in [
        (["--inputs", tmp_path / "inputs.json", "--a", "1"], "'a' is given twice"),
        (["--inputs", tmp_path / "none.json"], "cannot be read (No such file"),
        (["-i", "a"], "expected NAME=VALUE"),
        (["-i", "c=1"], "no input 'c'; the inputs are a, b"),
        ([], "missing --a (int)"),
        (["--a", "x"], "--a: expected int, got 'x'; write a whole number"),
        (["--c", "1"], "--c"),
        (["--a", "1", "more"], "unexpected argument 'more'; inputs are options: --a, --b"),
        (["--a", "1", "--local", "--remote"], "exclude each other"),
    ]:
        result = alula("run", program, "twice", *args)
        assert (result.code, result.out) == (2, ""), args
        assert says in result.err, result.err


def test_help_shows_the_inputs_with_types_defaults_and_descriptions(alula: Alula, program: Path) -> None:
    result = alula("run", program, "twice", "--help")
    assert result.code == 0
    assert "Adds twice." in result.out
    assert "--a int" in result.out and "where to start [required]" in result.out
    assert "what to add [default: 5]" in result.out
    assert "--overwrite-cache" in result.out
    assert "WORKFLOW_OR_TASK" not in result.out
    listing = alula("run", program, "--help").out
    assert "twice" in listing and "workflow: Adds twice." in listing
    assert "Run a task or workflow" in alula("run", "--help").out


def test_without_a_name_the_file_is_listed(alula: Alula, program: Path, tmp_path: Path) -> None:
    result = alula("run", program)
    assert result.code == 2
    assert "add" in result.err and "twice" in result.err
    assert "which file" in alula("run").err
    result = alula("run", program, "nothing")
    assert (result.code, "defines no 'nothing'; it defines add, twice, both" in result.err) == (2, True)
    result = alula("run", tmp_path / "none.py", "x")
    assert (result.code, "no such file" in result.err) == (2, True)


def test_broken_files_name_their_line(alula: Alula, tmp_path: Path) -> None:
    (tmp_path / "broken_syntax_a.py").write_text("x = 1\ndef f(:\n")
    (tmp_path / "broken_import_b.py").write_text("x = 1\nimport no_such_module_anywhere\n")
    result = alula("run", tmp_path / "broken_syntax_a.py", "x")
    assert result.code == 2
    assert "broken_syntax_a.py:2" in result.err
    result = alula("run", tmp_path / "broken_import_b.py", "x")
    assert "broken_import_b.py:2" in result.err and "ModuleNotFoundError" in result.err
    assert "Traceback" not in result.err


def test_a_file_that_ends_itself_does_not_pass_for_a_run(alula: Alula, tmp_path: Path) -> None:
    file = tmp_path / "ends_itself.py"
    file.write_text("import sys\nsys.exit(0)\n")
    result = alula("run", file, "anything")
    assert result.code == 2
    assert "ends_itself.py:2" in result.err and "SystemExit" in result.err


def test_files_are_sent(alula: Alula, double: Double, program: Path, tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("a,b")
    double.outcome = lambda request: core.LiteralMap()
    alula("run", program, "both", "--file", tmp_path / "data.csv", "--name", "sent")
    literals = double.requests["sent"].inputs.literals
    assert store.get_bytes(literals["file"].scalar.blob.uri) == b"a,b"
    assert literals["ratio"].scalar.primitive.float_value == 0.5
    result = alula("run", program, "both", "--file", tmp_path / "none.csv")
    assert (result.code, "there is no file" in result.err) == (2, True)


def test_timeout_leaves_it_running(alula: Alula, double: Double, program: Path) -> None:
    double.gate.clear()
    result = alula("run", program, "twice", "--a", "1", "--timeout", "0.2")
    assert (result.code, "still running" in result.err) == (1, True)


def test_an_input_named_like_an_option_is_shown_as_a_pair(alula: Alula, double: Double, tmp_path: Path) -> None:
    file = tmp_path / "named_like_option.py"
    file.write_text("import alula as al\n\n\n@al.task\ndef greet(name: str) -> str:\n    return name\n")
    assert "-i name=…" in alula("run", file, "greet", "--help").out
    result = alula("run", file, "greet", "--name", "ada")
    assert (result.code, "missing -i name=… (str)" in result.err) == (2, True)


def test_the_document_of_a_failure_says_which_item_failed(live: Alula, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    program = tmp_path / "failing_items.py"
    program.write_text(
        "import alula as al\n\n@al.task\ndef half(x: int) -> int:\n    assert x % 2 == 0, x\n    return x // 2\n\n"
        "@al.workflow\ndef halves(xs: list[int]) -> list[int]:\n    return al.map(half)(x=xs)\n"
    )
    result = live("run", program, "halves", "--xs", "[2, 3]", "--remote", "--name", "halved", "--json")
    error = json.loads(result.out)["error"]
    assert (result.code, error["node"], error["item"]) == (1, "n0", 1)
    assert "in n0 map-half, item 1: map" in result.err and "look: `alula logs halved n0 --item 1`, `alula debug halved" in result.err


def test_a_task_run_by_itself_has_its_log_under_its_own_name(live: Alula, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "lone_race.py").write_text("import alula as al\n\n@al.task\ndef in_order() -> None:\n    print('in order')\n")
    assert live("run", tmp_path / "lone_race.py", "in_order", "--remote", "--name", "lone").code == 0
    for name in ("in_order", "lone_race.in_order", "loneraceinorder"):
        assert live("logs", "lone", name).out == "in order\n"
    assert live("get", "node", "lone", "in_order").code == 0
    wrong = live("logs", "lone", "out_of_order")
    assert (wrong.code, 'no node "out_of_order"; it has loneraceinorder (lone_race.in_order) [NOT_FOUND]' in wrong.err) == (2, True)
