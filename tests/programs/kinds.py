"""Tasks of kinds of their own."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from pathlib import Path

import pandas as pd

import alula as al

count_words = al.shell(
    "count_words",
    "wc -w < {inputs.text} > {outputs.words}; tr a-z A-Z < {inputs.text} > {outputs.loud}; echo counted {inputs.label}",
    inputs={"text": al.File, "label": (str, "no label")},
    outputs={"words": int, "loud": al.File, "stdout": str},
)
fails = al.shell("fails", "echo before; echo went wrong >&2; exit 3")
folder = al.shell("folder", 'mkdir {outputs.all}; for x in {inputs.xs}; do echo "$x" > {outputs.all}/"$x"; done',
                  inputs={"xs": list[str]}, outputs={"all": al.Directory})  # fmt: skip
cached = al.shell("cached", "echo ran >> {inputs.log}; echo 7 > {outputs.n}", inputs={"log": str}, outputs={"n": int}, cache=True)
reversed_words = al.command(
    "reversed_words",
    ["python3", "-c", "import sys, pathlib; w = pathlib.Path('/var/outputs'); t = pathlib.Path('/var/inputs/text').read_text(); "
     "(w / 'text').write_text(t[::-1] + sys.argv[1])", "{{.inputs.mark}}"],
    inputs={"text": str, "mark": str}, outputs={"text": str},
)  # fmt: skip
top = al.sql(
    "top",
    "SELECT name, sum(amount)::BIGINT AS total FROM sales WHERE amount >= :least GROUP BY name ORDER BY total DESC",
    inputs={"sales": al.DataFrame, "least": (int, 0)},
    output=al.DataFrame,
)
stored = al.sql(
    "stored",
    "SELECT name, amount FROM sales WHERE name = :name",
    inputs={"name": str},
    output=al.DataFrame,
    database=al.Secret("kinds/url"),
)

reported = al.notebook(
    "reported", "report.ipynb", inputs={"frame": al.DataFrame, "factor": (int, 2)}, outputs={"total": int, "big": al.DataFrame}
)
unset = al.notebook("unset", "unset.ipynb", outputs={"y": int})
broken = al.notebook("broken", "broken.ipynb", outputs={"y": int})


@al.task
def text_file(text: str) -> al.File:
    path = Path(tempfile.mkdtemp()) / "text.txt"
    path.write_text(text)
    return al.File(path)


@al.task
def read(file: al.File) -> str:
    return Path(file).read_text()


@al.task
def names(of: al.Directory) -> list[str]:
    return sorted(path.name for path in Path(of).iterdir())


@al.task
def sales() -> al.DataFrame:
    return pd.DataFrame({"name": ["ada", "bea", "ada", "cid"], "amount": [3, 5, 4, 1]})


@al.task
def listed(frame: al.DataFrame) -> list[str]:
    return [f"{row.name} {row.total}" for row in frame.itertuples(index=False)]


@al.task
def amounts(frame: al.DataFrame) -> list[int]:
    return list(frame["amount"])


@al.workflow
def counted(text: str) -> tuple[int, str, str]:
    words, loud, said = count_words(text_file(text), "twice; rm -rf it")
    return words, read(loud), said


@al.workflow
def failing() -> None:
    fails()


@al.workflow
def foldered(xs: list[str]) -> list[str]:
    return names(folder(xs))


@al.workflow
def twice_cached(log: str) -> tuple[int, int]:
    first = cached(log)
    second = cached(log)
    _ = first >> second
    return first, second


@al.workflow
def turned(text: str) -> str:
    return reversed_words(text, "!")


@al.workflow
def queried(least: int = 2) -> list[str]:
    return listed(top(sales(), least))


@al.workflow
def from_a_database(who: str) -> list[int]:
    return amounts(stored(who))


def fill(path: Path) -> str:
    """A database of sales; its address."""
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE sales (name TEXT, amount INTEGER)")
        connection.executemany("INSERT INTO sales VALUES (?, ?)", [("ada", 3), ("bea", 5), ("ada", 4)])
    return f"sqlite:///{path}"


@al.workflow
def noted(factor: int = 2) -> tuple[int, list[int]]:
    total, big = reported(sales(), factor)
    return total, amounts(big)


@al.workflow
def broken_note() -> int:
    return broken()


@al.task(secrets=[al.Secret("kinds/token", env="KINDS_TOKEN")])
def reads_a_variable() -> str:
    return os.environ["KINDS_TOKEN"] + al.secret("kinds/token")


@al.task
def has_no_variable() -> bool:
    return "KINDS_TOKEN" in os.environ


@al.workflow
def from_a_variable() -> str:
    return reads_a_variable()


@al.workflow
def without_a_variable() -> bool:
    return has_no_variable()
