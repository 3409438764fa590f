"""Inputs from files and as options, of every family of types."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.conftest import Result
from tests.client.server_double import Double

from alula.cli.support.document import read_document
from alula.cli.support.inputs import joined
from alula.errors import InvalidInput
from alula.idl import core
from alula.idl.literal import to_json
from alula.objectstore import store

Alula = Callable[..., Result]

PROGRAM = '''
import dataclasses, datetime as dt, enum
from typing import Literal
import alula as al

class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"

@dataclasses.dataclass
class Params:
    depth: int
    rate: float = 0.1

@al.task
def every(
    xs: list[int], words: list[str], table: dict[str, int], p: Params, color: Color, when: dt.datetime, files: list[al.File],
    grid: list[list[int]] = [], maybe: list[int] | None = None, side: Literal[1, 2] = 1, on: bool = False,
) -> None:
    """Takes everything.

    Args:
        color: of the
            paint
    """
'''


@pytest.fixture
def every(tmp_path: Path) -> Path:
    path = tmp_path / f"every_{abs(hash(tmp_path))}.py"
    path.write_text(PROGRAM)
    return path


def document(tmp_path: Path, name: str, text: str) -> Path:
    (tmp_path / name).write_text(text)
    return tmp_path / name


BASE = ["--words", "a", "--table", "a=1", "--p", '{"depth": 1}', "--color", "red", "--when", "2026-01-31T08:00", "--files", "[]"]


def test_yaml_reads_as_json_would(tmp_path: Path) -> None:
    text = "# c\ns: no\nwhen: 2026-01-31\ni: 3\nf: 1e-3\noct: 010\nn: ~\nb: true\nxs: [1, .5]\nm: {a: 'x'}\n"
    found = read_document(str(document(tmp_path, "in.yaml", text)))
    assert found.values == {
        "s": "no", "when": "2026-01-31", "i": 3, "f": 0.001, "oct": 10, "n": None, "b": True, "xs": [1, 0.5], "m": {"a": "x"},
    }  # fmt: skip
    assert found.lines["when"] == 3
    assert read_document(str(document(tmp_path, "in", '{"a": 1}'))).values == {"a": 1}
    assert read_document(str(document(tmp_path, "other", "a: 1"))).values == {"a": 1}


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.yaml", "a: [1\nb: 2\n", "a.yaml:2:2: this is no YAML"),
        ("a.yaml", "a: 1\nb:\n  c: 1\n  c: 2\n", "a.yaml:4: 'c' is there twice"),
        ("a.yaml", "1: 2\n", "a.yaml:1: a key is a text"),
        ("a.yaml", "- 1\n", "expected a mapping of inputs such as `depth: 3`, found a list"),
        ("a.yaml", "", "found nothing"),
        ("a.yaml", "a: !!python/object:os.system {}\n", "a.yaml:1:4: this is no YAML: could not determine a constructor"),
        ("a.json", '{"a": 1,\n "b" 2}', "a.json:2:6: this is no JSON"),
        ("a.json", '{"a": 1, "a": 2}', "'a' is there twice"),
        ("none.json", None, "cannot be read (No such file or directory)"),
    ],
)
def test_what_is_wrong_in_a_file_says_where(tmp_path: Path, name: str, text: str | None, says: str) -> None:
    if text is not None:
        document(tmp_path, name, text)
    with pytest.raises(InvalidInput) as error:
        read_document(str(tmp_path / name))
    assert says in error.value.message


def test_a_wrong_value_in_a_file_says_its_line(alula: Alula, every: Path, tmp_path: Path) -> None:
    result = alula("run", every, "every", "--inputs", document(tmp_path, "in.yaml", "words: [a]\nxs:\n  - 1\n  - z\n"))
    assert (result.code, "in.yaml:2: input 'xs'[1]: expected int, got 'z'" in result.err) == (2, True), result.err


def test_lists_and_maps_are_given_piece_by_piece_or_as_json(alula: Alula, double: Double, every: Path, tmp_path: Path) -> None:
    double.outcome = lambda request: core.LiteralMap()
    file = document(tmp_path, "f.txt", "hi")
    args = [*BASE[:-1], f"{file}", "--xs", "1", "--xs", "2", "--grid", "[1]", "--grid", "[2, 3]", "--maybe", "7", "--table", "b=2"]
    result = alula("run", every, "every", *args, "--name", "one")
    assert result.code == 0, result.err
    sent = double.requests["one"].inputs.literals
    assert {name: to_json(sent[name]) for name in ("xs", "words", "table", "grid", "maybe", "color", "when")} == {
        "xs": [1, 2], "words": ["a"], "table": {"a": 1, "b": 2}, "grid": [[1], [2, 3]], "maybe": [7], "color": "red",
        "when": "2026-01-31T08:00:00Z",
    }  # fmt: skip
    assert store.get_bytes(sent["files"].collection.literals[0].scalar.blob.uri) == b"hi", "files in a list are sent, too"


def test_one_text_may_be_the_whole_or_an_item() -> None:
    number = core.LiteralType(simple=core.SimpleType.INTEGER)
    text = core.LiteralType(simple=core.SimpleType.STRING)
    several = core.LiteralType(collection_type=number)
    for type_, texts, expected in [
        (several, ["[1, 2]"], [1, 2]),
        (several, ["1"], [1]),
        (core.LiteralType(collection_type=several), ["[1, 2]"], [[1, 2]]),
        (core.LiteralType(collection_type=several), ["[[1], [2]]"], [[1], [2]]),
        (core.LiteralType(collection_type=text), ["[x"], ["[x"]),
        (core.LiteralType(map_value_type=number), ['{"a": 1}'], {"a": 1}),
        (core.LiteralType(map_value_type=number), ["a=1", "b=2"], {"a": 1, "b": 2}),
    ]:
        assert to_json(joined(texts, type_, "--x")) == expected
    for type_, texts, says in [
        (several, ["1", "z"], "--x, item 2: expected int, got 'z'"),
        (several, ["[1, "], "expected list[int], got '[1, '; write it as JSON"),
        (core.LiteralType(map_value_type=number), ["a"], "expected KEY=VALUE, got 'a'"),
    ]:
        with pytest.raises(InvalidInput, match=r".*") as error:
            joined(texts, type_, "--x")
        assert says in error.value.message


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--p", '{"dept": 1}'], "input 'p': Params.depth is missing"),
        (["--p", '{"depth": "x"}'], "input 'p': Params.depth: expected int, got str 'x'"),
        (["--side", "3"], "input 'side': expected one of 1, 2, got int 3"),
        (["--color", "green"], "--color: expected one of 'red' | 'blue', got 'green'"),
        (["--when", "soon"], "--when: expected datetime, got 'soon'; write ISO 8601"),
    ],
)
def test_what_the_task_would_refuse_is_refused_before_it_runs(
    alula: Alula, double: Double, every: Path, args: list[str], says: str
) -> None:
    result = alula("run", every, "every", "--xs", "1", *BASE, *args)
    assert (result.code, says in result.err) == (2, True), result.err
    assert double.requests == {}


def test_help_says_how_each_is_written(alula: Alula, every: Path) -> None:
    shown = " ".join(alula("run", every, "every", "--help").out.split())
    for line in (
        "--xs list[int] (repeat it, or a JSON list) [required]",
        "--table dict[str, int] (KEY=VALUE, repeat it, or JSON) [required]",
        "--p Params (JSON: depth, [rate]) [required]",
        "--color 'red' | 'blue' of the paint [required]",
    ):
        assert line in shown
