"""What we write, flytekit reads, and the other way round."""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import alula as al
from alula.idl import core
from alula.types import stream
from alula.types.base import literal_type, to_literal, to_python
from alula.types.offload import Offload

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from flytekit.core.context_manager import FlyteContextManager
    from flytekit.core.type_engine import TypeEngine
    from flytekit.models.literals import Literal

pytestmark = pytest.mark.filterwarnings("ignore")


@dataclasses.dataclass
class Rec:
    n: int
    names: list[str]
    at: dt.datetime
    maybe: typing.Optional[float] = None  # noqa: UP045


CASES: list[tuple[Any, Any]] = [
    (int, 3),
    (str, "x"),
    (bool, True),
    (dt.timedelta, dt.timedelta(hours=1)),
    (list[int], [1, 2]),
    (dict[str, float], {"a": 1.5}),
    (typing.Optional[int], 4),  # noqa: UP045
    (typing.Optional[int], None),  # noqa: UP045
    (typing.Union[int, str], "x"),  # noqa: UP007
    (typing.Optional[list[int]], [1]),  # noqa: UP045
    (Rec, Rec(1, ["a"], dt.datetime(2020, 1, 1))),
    (typing.Optional[Rec], Rec(1, [], dt.datetime(2020, 1, 1), 2.5)),  # noqa: UP045
]


@pytest.mark.parametrize(("annotation", "value"), CASES)
def test_both_ways(annotation: Any, value: Any, tmp_path: Path) -> None:
    context = FlyteContextManager.current_context()
    ours = to_literal(value, annotation, Offload(str(tmp_path)))
    assert TypeEngine.to_python_value(context, Literal.from_flyte_idl(ours), annotation) == value
    theirs = TypeEngine.to_literal(context, value, annotation, TypeEngine.to_literal_type(annotation)).to_flyte_idl()
    assert to_python(core.Literal.FromString(theirs.SerializeToString()), annotation, Offload()) == value


@pytest.mark.parametrize("annotation", [int, str, list[int], typing.Optional[int], np.ndarray, pd.DataFrame, dt.datetime, dt.date])  # noqa: UP045
def test_types_are_equal(annotation: Any) -> None:
    assert literal_type(annotation).SerializeToString() == TypeEngine.to_literal_type(annotation).to_flyte_idl().SerializeToString()


def test_data_frame_and_array_both_ways(tmp_path: Path) -> None:
    context = FlyteContextManager.current_context()
    frame, array = pd.DataFrame({"a": [1, 2]}), np.arange(3)
    for annotation, value, same in (
        (pd.DataFrame, frame, pd.testing.assert_frame_equal),
        (np.ndarray, array, np.testing.assert_array_equal),
    ):
        ours = to_literal(value, annotation, Offload(str(tmp_path)))
        same(TypeEngine.to_python_value(context, Literal.from_flyte_idl(ours), annotation), value)
        theirs = TypeEngine.to_literal(context, value, annotation, TypeEngine.to_literal_type(annotation)).to_flyte_idl()
        same(to_python(core.Literal.FromString(theirs.SerializeToString()), annotation, Offload()), value)


class Options(TypedDict):
    depth: int
    name: str


class Opaque:
    def __init__(self, n: int) -> None:
        self.n = n

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Opaque) and other.n == self.n

    __hash__ = None  # type: ignore[assignment]


def _both_ways(ours: Any, theirs: Any, value: Any, offload: Offload) -> tuple[Any, Any]:
    """The value as flytekit reads our literal, and as we read flytekit's, with either's own annotation."""
    context = FlyteContextManager.current_context()
    read = TypeEngine.to_python_value(context, Literal.from_flyte_idl(to_literal(value, ours, offload)), theirs)
    written = TypeEngine.to_literal(context, value, theirs, TypeEngine.to_literal_type(theirs)).to_flyte_idl()
    return read, to_python(core.Literal.FromString(written.SerializeToString()), ours, offload)


def test_pickle_typed_dict_and_arrow_table_both_ways(tmp_path: Path) -> None:
    offload = Offload(str(tmp_path))
    assert _both_ways(al.Pickle[Opaque], Opaque, Opaque(3), offload) == (Opaque(3), Opaque(3))
    assert _both_ways(Options, dict, {"depth": 1, "name": "x"}, offload) == ({"depth": 1, "name": "x"},) * 2
    table = pa.table({"a": [1, 2], "b": ["x", None]})
    assert _both_ways(pa.Table, pa.Table, table, offload) == (table, table)
    assert literal_type(al.Pickle[Opaque]) == core.LiteralType.FromString(
        TypeEngine.to_literal_type(Opaque).to_flyte_idl().SerializeToString()
    )


def test_frame_of_polars_is_read_as_pandas(tmp_path: Path) -> None:
    literal = to_literal(pl.DataFrame({"a": [1, 2]}), pl.DataFrame, Offload(str(tmp_path)))
    read = TypeEngine.to_python_value(FlyteContextManager.current_context(), Literal.from_flyte_idl(literal), pd.DataFrame)
    pd.testing.assert_frame_equal(read, pd.DataFrame({"a": [1, 2]}))


def test_stream_both_ways_and_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offload, context = Offload(str(tmp_path)), FlyteContextManager.current_context()
    theirs = TypeEngine.to_literal(context, iter([1, 2]), Iterator[int], TypeEngine.to_literal_type(Iterator[int])).to_flyte_idl()
    assert list(to_python(core.Literal.FromString(theirs.SerializeToString()), Iterator[int], offload)) == [1, 2]
    monkeypatch.setattr(stream, "INLINE_BYTES", 0)
    stored = to_literal(iter([1, 2]), Iterator[int], offload)
    assert stored.HasField("offloaded_metadata")
    assert list(TypeEngine.to_python_value(context, Literal.from_flyte_idl(stored), Iterator[int])) == [1, 2]
    assert TypeEngine.to_python_value(context, Literal.from_flyte_idl(stored), list[int]) == [1, 2]


def test_files_and_folders_both_ways(tmp_path: Path) -> None:
    from flytekit.types.directory import FlyteDirectory
    from flytekit.types.file import FlyteFile

    offload, context = Offload(str(tmp_path / "raw")), FlyteContextManager.current_context()
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a.txt").write_text("hello")
    for ours, theirs, path in ((al.File, FlyteFile, tmp_path / "folder" / "a.txt"), (al.Directory, FlyteDirectory, tmp_path / "folder")):
        read = TypeEngine.to_python_value(context, Literal.from_flyte_idl(to_literal(path, ours, offload)), theirs)
        found = Path(read.download())
        assert (found / "a.txt" if found.is_dir() else found).read_text() == "hello"
        written = TypeEngine.to_literal(context, theirs(str(path)), theirs, TypeEngine.to_literal_type(theirs)).to_flyte_idl()
        back = to_python(core.Literal.FromString(written.SerializeToString()), ours, offload)
        assert (back if isinstance(back, al.File) else next(iter(back))).read_text() == "hello"
