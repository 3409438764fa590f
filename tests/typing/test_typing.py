"""What a checker says about programs that use Alula."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from mypy import api

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


def checked(name: str, cache: Path) -> dict[int, str]:
    """Line → error code, for one program."""
    out, _, _ = api.run([
        "--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(cache), "--no-error-summary", "--follow-imports", "silent",
        "--python-executable", sys.executable, str(HERE / name),
    ])  # fmt: skip
    return {int(line): code for line, code in re.findall(rf"{name}:(\d+): error: .*\[([\w-]+)\]", out)}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mypy")


@pytest.mark.slow
def test_good_program_type_checks(cache: Path) -> None:
    assert checked("good.py", cache) == {}


@pytest.mark.slow
def test_bad_lines_are_refused_and_no_others(cache: Path) -> None:
    expected = {
        number: line.split("# error: ")[1]
        for number, line in enumerate((HERE / "bad.py").read_text().splitlines(), 1)
        if "# error: " in line
    }
    assert checked("bad.py", cache) == expected


def told_by_pyright(name: str, folder: Path) -> set[int]:
    """Lines of a program in which pyright finds an error."""
    settings = {"include": [str(HERE / name)], "typeCheckingMode": "standard", "extraPaths": [str(ROOT / "src")], "pythonVersion": "3.11"}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    command = [sys.executable, "-m", "basedpyright", "-p", str(folder), "--outputjson", "--pythonpath", sys.executable]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200)
    found = json.loads(done.stdout)["generalDiagnostics"]
    return {each["range"]["start"]["line"] + 1 for each in found if each["severity"] == "error"}


@pytest.mark.slow
def test_pyright_sees_what_mypy_sees(tmp_path: Path) -> None:
    assert told_by_pyright("good.py", tmp_path) == set()
    marked = {number for number, line in enumerate((HERE / "bad.py").read_text().splitlines(), 1) if "# error: " in line}
    assert told_by_pyright("bad.py", tmp_path) == marked
