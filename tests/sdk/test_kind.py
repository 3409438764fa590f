"""Kinds of tasks as plain calls, and what is refused when they are defined."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.programs import kinds

import alula as al
from alula.errors import CommandFailed, DefinitionError, InvalidInput


def test_a_plain_call_runs_here(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("a b")
    words, loud, said = kinds.count_words(text=al.File(text), label="it's")
    assert (words, Path(loud).read_text(), said) == (2, "A B", "counted it's")
    assert list(kinds.top(sales=kinds.sales(), least=5)["total"]) == [5]
    with pytest.raises(CommandFailed, match="exit code 3:\nwent wrong"):
        kinds.fails()


def test_a_notebook_runs_in_a_plain_call_and_says_what_it_did_not_set() -> None:
    total, big = kinds.reported(frame=kinds.sales(), factor=1)
    assert (total, list(big["amount"])) == (13, [5, 4])
    with pytest.raises(CommandFailed, match="it set no variable 'y'; its outputs are y"):
        kinds.unset()


quoting = al.shell("quoting", "printf %s {inputs.x}", inputs={"x": Any}, outputs={"stdout": str})


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        ("$(rm x); `y` '\"", "$(rm x); `y` '\""), (None, ""), (True, "true"), (1.5, "1.5"), ({"a": 1}, '{"a": 1}'), (["a b", "c"], "a bc"),
        (Path("a b"), "a b"),
    ],
)  # fmt: skip
def test_a_value_is_one_word_and_a_list_several(value: object, printed: str) -> None:
    assert quoting(x=value) == printed


forgetful = al.shell("forgetful", "true {outputs.n}", outputs={"n": int})
babbling = al.shell("babbling", "echo many > {outputs.n}", outputs={"n": int})


def test_outputs_that_are_missing_or_no_value_are_named() -> None:
    with pytest.raises(InvalidInput, match="left no output 'n'"):
        forgetful()
    with pytest.raises(InvalidInput, match=r"output 'n': expected .*int.*, found 'many'"):
        babbling()


@pytest.mark.parametrize(
    ("define", "message"),
    [
        (lambda: al.shell("a", "echo {inputs.y}", inputs={"x": int}), r"the script names {inputs.y}; its inputs are x"),
        (lambda: al.shell("a", "echo {outputs.y}"), "its outputs are none"),
        (lambda: al.shell("a", "true", outputs={"n": int}), "the script never names output 'n'"),
        (lambda: al.shell("no name", "true"), "expected a name of letters, digits and _"),
        (lambda: al.shell("a", "true", retires=1), "has no option 'retires'"),
        (lambda: al.notebook("a", "none.ipynb"), "there is no file none.ipynb beside"),
        (lambda: al.command("a", "ls -l"), "a script is for al.shell"),
        (lambda: al.sql("a", "SELECT :x"), "the query names :x, which is no input"),
        (lambda: al.sql("a", "SELECT 1", inputs={"x": int}), "the query never uses input 'x'"),
        (lambda: al.sql("a", "SELECT * FROM f", inputs={"f": pd.DataFrame}, database="sqlite:///x"), "can be queried with DuckDB only"),
    ],
)
def test_what_does_not_hold_together_is_refused_at_its_line(define: Any, message: str) -> None:
    with pytest.raises(DefinitionError, match=message) as caught:
        define()
    assert "test_kind.py" in caught.value.where


def test_a_kind_that_nobody_can_load_is_refused_when_it_is_registered() -> None:
    from alula.sdk.serialize import Settings, serialize

    with pytest.raises(DefinitionError, match="is assigned to no name at module level"):
        serialize([al.shell("local", "true")], Settings("p", "d", "v"))


def test_casts_and_times_in_a_query_are_no_parameters() -> None:
    assert list(al.sql("cast", "SELECT '1'::INT AS x, '10:20' AS t", output=pd.DataFrame).execute()["x"]) == [1]


class Fixed(al.TaskKind):
    """A kind of a user's own."""

    task_type = "fixed"

    def __init__(self, name: str, value: int, **options: Any) -> None:
        super().__init__(name, inputs={"x": (int, 2)}, outputs={"y": int}, **options)
        self.value = value

    def execute(self, x: int) -> int:
        return x * self.value

    def fingerprint(self) -> str:
        return str(self.value)


triple = Fixed("triple", 3, retries=2, cache=True)


def test_a_kind_of_ones_own_is_a_task_like_any_other() -> None:
    from alula.sdk.serialize import Settings, serialize

    assert (triple(), triple(x=5)) == (6, 15)
    (task,) = serialize([triple], Settings("p", "d", "v")).tasks
    template = task.spec.template
    assert (template.type, template.metadata.retries.retries, template.id.name) == ("fixed", 2, f"{__name__}.triple")
    assert template.container.args[-1] == f"{__name__}:triple"
    assert template.metadata.discovery_version != Fixed("triple", 4, cache=True).cache_version
