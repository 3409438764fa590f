"""Frames of three libraries: written as one, read as another, columns checked on both sides and between tasks."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Any, Optional

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import alula as al
from alula.compiler.interface import castable
from alula.errors import DefinitionError, InvalidInput
from alula.idl import core
from alula.types.base import literal_type, to_literal, to_python
from alula.types.offload import Offload

DATA: dict[str, list[Any]] = {"a": [1, 2], "b": ["x", None], "c": [0.5, float("nan")], "d": [dt.date(2020, 1, 1), None]}


@pytest.fixture
def offload(tmp_path: Path) -> Offload:
    return Offload(str(tmp_path / "raw"))


def there_and_back(value: Any, written: Any, read: Any, offload: Offload) -> Any:
    wire = to_literal(value, written, offload).SerializeToString()
    return to_python(core.Literal.FromString(wire), read, offload)


def records(frame: Any) -> list[dict[str, Any]]:
    """Any frame as plain rows; NaN and None are one."""
    if isinstance(frame, pd.DataFrame):
        rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    elif isinstance(frame, pa.Table):
        rows = frame.to_pylist()
    else:
        rows = frame.lazy().collect().to_dicts()
    return [{key: None if value != value else value for key, value in row.items()} for row in rows]


FRAMES: list[tuple[Any, Any]] = [
    (pd.DataFrame, pd.DataFrame(DATA)),
    (pl.DataFrame, pl.DataFrame(DATA)),
    (pl.LazyFrame, pl.LazyFrame(DATA)),
    (pa.Table, pa.table(DATA)),
]


@pytest.mark.parametrize("read", [kind for kind, _ in FRAMES])
@pytest.mark.parametrize(("written", "frame"), FRAMES)
def test_written_as_one_and_read_as_another(written: Any, frame: Any, read: Any, offload: Offload) -> None:
    back = there_and_back(frame, written, read, offload)
    assert isinstance(back, read)
    assert records(back) == records(frame)


@pytest.mark.parametrize(("written", "frame"), FRAMES)
def test_alula_frame_takes_every_library_and_is_read_as_pandas(written: Any, frame: Any, offload: Offload) -> None:
    assert isinstance(there_and_back(frame, al.DataFrame, al.DataFrame, offload), pd.DataFrame)
    assert literal_type(written) == literal_type(al.DataFrame)


def test_index_of_pandas_and_types_of_polars_are_kept(offload: Offload) -> None:
    frame = pd.DataFrame({"a": [1, 2]}, index=pd.Index(["x", "y"], name="key"))
    pd.testing.assert_frame_equal(there_and_back(frame, pd.DataFrame, pd.DataFrame, offload), frame)
    exact = pl.DataFrame({"u": pl.Series([1], dtype=pl.UInt8), "t": [dt.timedelta(seconds=1)], "l": [[1, 2]], "n": [{"x": 1}]})
    assert there_and_back(exact, pl.DataFrame, pl.DataFrame, offload).equals(exact)


@pytest.mark.parametrize(("kind", "frame"), FRAMES)
def test_stated_columns_are_checked_and_selected(kind: Any, frame: Any, offload: Offload) -> None:
    stated = Annotated[kind, al.columns(b=str, a=int)]
    assert list(records(there_and_back(frame, stated, stated, offload))[0]) == ["b", "a"]
    with pytest.raises(InvalidInput, match="lacks column 'z'; it has a, b, c, d"):
        to_literal(frame, Annotated[kind, al.columns(z=int)], offload)
    with pytest.raises(InvalidInput, match=r"column 'c' is (float64|Float64|double), expected int"):
        to_literal(frame, Annotated[kind, al.columns(c=int)], offload)
    literal = to_literal(frame, kind, offload)
    with pytest.raises(InvalidInput, match="lacks column 'z'"):
        to_python(literal, Annotated[kind, al.columns(z=int)], offload)
    with pytest.raises(InvalidInput, match=r"column 'b' is (string|large_string), expected float"):
        to_python(literal, Annotated[kind, al.columns(b=float)], offload)


def test_every_kind_of_column_is_checked(offload: Offload) -> None:
    frame = pl.DataFrame(
        {
            "i": [1],
            "f": [1.5],
            "s": ["x"],
            "b": [True],
            "at": [dt.datetime(2020, 1, 1)],
            "day": [dt.date(2020, 1, 1)],
            "span": [dt.timedelta(1)],
            "many": [["x"]],
            "none": [None],
        }
    )
    good: dict[str, Any] = {
        "i": int, "f": float, "s": str, "b": bool, "at": dt.datetime, "day": dt.date, "span": dt.timedelta, "many": list[str],
        "none": Optional[int],  # noqa: UP045
    }  # fmt: skip
    there_and_back(frame, Annotated[pl.DataFrame, al.columns(good)], pl.DataFrame, offload)
    for name, kind in good.items():
        wrong = bool if kind is not bool else str
        if name != "none":
            with pytest.raises(InvalidInput, match=f"column '{name}' is .*, expected {wrong.__name__}"):
                to_literal(frame, Annotated[pl.DataFrame, al.columns({name: wrong})], offload)
    with pytest.raises(InvalidInput, match="column 'many' is"):
        to_literal(frame, Annotated[pl.DataFrame, al.columns(many=list[int])], offload)


def test_column_of_another_kind_is_refused_at_definition() -> None:
    with pytest.raises(DefinitionError, match="column 'a' of a data frame cannot be set; use int, float"):
        literal_type(Annotated[pd.DataFrame, al.columns(a=set)])


def test_columns_are_compared_between_tasks() -> None:
    wide, narrow = (literal_type(Annotated[pl.DataFrame, al.columns(kinds)]) for kinds in ({"a": int, "b": str}, {"a": int}))
    other, free = literal_type(Annotated[pd.DataFrame, al.columns(a=float)]), literal_type(pd.DataFrame)
    assert castable(wide, narrow)
    assert castable(free, narrow)
    assert not castable(narrow, wide)
    assert not castable(narrow, other)


@pytest.mark.parametrize(
    ("annotation", "value", "message"),
    [
        (pl.DataFrame, pd.DataFrame(), r"expected a polars\.DataFrame, got DataFrame"),
        (pd.DataFrame, [1], r"expected a pandas\.DataFrame, got list"),
        (al.DataFrame, {"a": [1]}, "expected a data frame, got dict"),
        (pd.DataFrame, pd.DataFrame({"a": [1, "x", object()]}), "mixed or unknown types"),
        (pd.DataFrame, pd.DataFrame(np.zeros((1, 2)), columns=["a", "a"]), "two columns of one name|mixed or unknown"),
    ],
)
def test_what_is_no_such_frame_is_refused(annotation: Any, value: Any, message: str, offload: Offload) -> None:
    with pytest.raises(InvalidInput, match=message):
        to_literal(value, annotation, offload)


def test_file_that_is_no_parquet_is_refused(offload: Offload, tmp_path: Path) -> None:
    literal = to_literal(pd.DataFrame({"a": [1]}), pd.DataFrame, offload)
    (tmp_path / "bad").write_bytes(b"a,b\n1,2\n")
    literal.scalar.structured_dataset.uri = str(tmp_path / "bad")
    with pytest.raises(InvalidInput, match="is no Parquet this can read"):
        to_python(literal, pl.DataFrame, offload)


@pytest.mark.parametrize(("kind", "frame"), FRAMES)
def test_folder_of_parts_is_read(kind: Any, frame: Any, offload: Offload, tmp_path: Path) -> None:
    literal = to_literal(frame, kind, offload)
    data = Path(literal.scalar.structured_dataset.uri).read_bytes()
    parts = tmp_path / "parts"
    parts.mkdir()
    for name in ("part-0.parquet", "part-1.parquet"):
        (parts / name).write_bytes(data)
    (parts / "_SUCCESS").touch()
    literal.scalar.structured_dataset.uri = str(parts)
    assert records(to_python(literal, kind, offload)) == records(frame) * 2


@pytest.mark.parametrize("read", [kind for kind, _ in FRAMES])
def test_a_csv_is_read_as_any_frame(read: Any, offload: Offload, tmp_path: Path) -> None:
    back = to_python(csv_literal(tmp_path, "a,b\n1,x\n2,\n"), read, offload)
    assert isinstance(back, read)
    assert records(back) == [{"a": 1, "b": "x"}, {"a": 2, "b": ""}]


def test_what_is_no_csv_is_told(offload: Offload, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no CSV"):
        to_python(csv_literal(tmp_path, "a,b\n1\n"), pd.DataFrame, offload)


def csv_literal(folder: Path, text: str) -> core.Literal:
    file = folder / "data.csv"
    file.write_text(text)
    kind = core.StructuredDatasetMetadata(structured_dataset_type=core.StructuredDatasetType(format="csv"))
    return core.Literal(scalar=core.Scalar(structured_dataset=core.StructuredDataset(uri=str(file), metadata=kind)))
