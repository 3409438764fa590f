"""A program whose values are too large for a literal, one task for every family."""

import dataclasses
from collections.abc import Iterator
from typing import Annotated

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from pydantic import BaseModel

import alula as al

Named = Annotated[pl.DataFrame, al.columns(name=str, n=int)]
SIZE = 200_000


class Report(BaseModel, arbitrary_types_allowed=True):
    frame: pl.DataFrame
    note: str


@dataclasses.dataclass
class Parts:
    arrays: dict[str, np.ndarray]
    file: al.File
    texts: list[str]


class Opaque:
    def __init__(self, text: str) -> None:
        self.text = text


@al.task
def frame(n: int) -> Annotated[pd.DataFrame, al.columns(n=int, name=str)]:
    return pd.DataFrame({"n": range(n), "name": [f"row {i}" for i in range(n)], "unused": [0.5] * n})


@al.task
def lazily(data: Annotated[pl.LazyFrame, al.columns(n=int)]) -> pa.Table:
    return data.filter(pl.col("n") >= 1).collect().to_arrow()


@al.task
def widths(whole: pl.DataFrame, part: Annotated[pl.DataFrame, al.columns(name=str)], table: pa.Table, any_kind: al.DataFrame) -> list[int]:
    return [whole.width, part.width, table.num_columns, len(any_kind.columns)]


@al.workflow
def frames(n: int) -> list[int]:
    made = frame(n)
    return widths(made, made, lazily(made), lazily(made))


@al.task
def count(n: int) -> Iterator[str]:
    for i in range(n):
        yield f"{i:01000}"


@al.task
def doubled(texts: Iterator[str]) -> Iterator[str]:
    for text in texts:
        yield text + text


@al.task
def total(texts: Iterator[str], again: list[str]) -> int:
    return sum(len(text) for text in texts) + len(again)


@al.workflow
def streams(n: int) -> int:
    texts = doubled(count(n))
    return total(texts, texts)


@al.task
def parts() -> Parts:
    return Parts(
        {f"a{i}": np.full(SIZE, i) for i in range(3)}, al.File.new("x.txt").write_text("x" * SIZE), [f"{i}" * 100 for i in range(2000)]
    )


@al.task
def opaque() -> al.Pickle[Opaque]:
    return Opaque("x" * SIZE)


@al.task
def report() -> Report:
    return Report(frame=pl.DataFrame({"a": [1, 2]}), note="n" * SIZE)


@al.task
def many() -> dict[str, list[np.ndarray]]:
    return {"a": [np.full(SIZE, i) for i in range(3)], "b": []}


@al.task
def texts() -> dict[str, list[str]]:
    return {f"{i}": ["x" * 1000] * 10 for i in range(100)}


@al.task
def check(
    parts: Parts,
    opaque: al.Pickle[Opaque],
    report: Report,
    many: dict[str, list[np.ndarray]],
    texts: dict[str, list[str]],
    nothing: pl.DataFrame | None = None,
) -> list[int]:
    return [
        sum(int(array.sum()) for array in parts.arrays.values()),
        len(parts.file.read_text()),
        len(parts.texts),
        len(opaque.text),
        report.frame.height + len(report.note),
        sum(int(array.sum()) for array in many["a"]),
        sum(len(text) for of in texts.values() for text in of),
        0 if nothing is None else 1,
    ]


@al.workflow
def families() -> list[int]:
    return check(parts(), opaque(), report(), many(), texts())


@al.task
def keyed(
    n: int,
) -> tuple[
    Annotated[pl.DataFrame, al.HashMethod(lambda of: "same")],
    Annotated[np.ndarray, al.HashMethod(lambda of: "same")],
    Annotated[al.File, al.HashMethod(lambda of: "same")],
    Annotated[al.Pickle[Opaque], al.HashMethod(lambda of: "same")],
    Annotated[Report, al.HashMethod(lambda of: "same")],
    Annotated[list[int], al.HashMethod(lambda of: "same")],
    Annotated[int, al.HashMethod(lambda of: "same")],
]:
    made = pl.DataFrame({"a": [n]})
    return made, np.full(3, n), al.File.new("x").write_text(f"{n}"), Opaque(f"{n}"), Report(frame=made, note=f"{n}"), [n], n


@al.task(cache="1")
def used(
    frame: pl.DataFrame, array: np.ndarray, file: al.File, opaque: al.Pickle[Opaque], report: Report, numbers: list[int], number: int
) -> int:
    return number


@al.workflow
def cached(n: int) -> int:
    frame, array, file, opaque, report, numbers, number = keyed(n)
    return used(frame, array, file, opaque, report, numbers, number)
