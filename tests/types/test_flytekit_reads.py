"""What we write, flytekit reads, and the other way round."""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from alula.idl import core
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
