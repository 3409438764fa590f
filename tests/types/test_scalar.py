"""Primitives survive the wire exactly, and what does not fit is refused by name."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alula.errors import DefinitionError, InvalidInput
from alula.idl import core
from alula.types.base import literal_type, to_literal, to_python
from alula.types.offload import Offload

NOWHERE = Offload()


class Color(enum.Enum):
    RED = "red"
    GREEN = "green"


def there_and_back(value: Any, annotation: Any) -> Any:
    wire = to_literal(value, annotation, NOWHERE).SerializeToString()
    return to_python(core.Literal.FromString(wire), annotation, NOWHERE)


@given(st.integers(-(2**63), 2**63 - 1))
def test_int_round_trips(value: int) -> None:
    assert there_and_back(value, int) == value


@given(st.floats(allow_nan=False))
def test_float_round_trips(value: float) -> None:
    assert there_and_back(value, float) == value


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_text_round_trips(value: str) -> None:
    assert there_and_back(value, str) == value


@given(st.booleans())
def test_bool_round_trips(value: bool) -> None:
    assert there_and_back(value, bool) is value


@given(st.datetimes(timezones=st.timezones()))
def test_aware_instant_round_trips(value: dt.datetime) -> None:
    try:
        instant = value.astimezone(dt.UTC)
    except OverflowError:
        return
    assert there_and_back(value, dt.datetime) == instant


def test_naive_instant_is_utc() -> None:
    assert there_and_back(dt.datetime(2020, 1, 1, 12), dt.datetime) == dt.datetime(2020, 1, 1, 12, tzinfo=dt.UTC)


@given(st.dates())
def test_date_round_trips(value: dt.date) -> None:
    assert there_and_back(value, dt.date) == value


@given(st.timedeltas(dt.timedelta(days=-3_000_000), dt.timedelta(days=3_000_000)))
def test_span_round_trips(value: dt.timedelta) -> None:
    assert there_and_back(value, dt.timedelta) == value


def test_enum_and_literal_round_trip_as_text() -> None:
    assert there_and_back(Color.RED, Color) is Color.RED
    assert there_and_back("green", Color) is Color.GREEN
    assert there_and_back("a", Literal["a", "b"]) == "a"
    assert list(literal_type(Color).enum_type.values) == ["red", "green"]
    assert there_and_back(None, None) is None


def test_numpy_scalars_are_numbers() -> None:
    assert there_and_back(np.int64(3), int) == 3
    assert there_and_back(np.float32(0.5), float) == 0.5
    assert there_and_back(np.bool_(True), bool) is True


def test_int_is_taken_for_float() -> None:
    assert there_and_back(1, float) == 1.0


@pytest.mark.parametrize(
    ("value", "annotation", "message"),
    [
        ("fast", int, "expected int, got str 'fast'"),
        (True, int, "expected int, got bool True"),
        (1.5, int, "expected int, got float 1.5"),
        (2**63, int, "expected int of at most 64 bits"),
        (1, str, "expected str, got int 1"),
        (1, bool, "expected bool, got int 1"),
        ("x", float, "expected float, got str 'x'"),
        ("blue", Color, "expected one of 'red', 'green', got str 'blue'"),
        ("c", Literal["a"], "expected one of 'a', got str 'c'"),
        (dt.datetime(2020, 1, 1), dt.date, "take .date()"),
        (1, None, "expected None"),
        ("x" * 100, int, "…"),
        ("\ud800", str, "UTF-8"),
    ],
)
def test_misfit_is_refused(value: Any, annotation: Any, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        to_literal(value, annotation, NOWHERE)
    assert message in str(caught.value)
    assert caught.value.code == "TYPE_MISMATCH"


def test_literal_of_another_type_is_refused_without_its_content() -> None:
    with pytest.raises(InvalidInput, match="<string_value>"):
        to_python(to_literal("secret", str, NOWHERE), int, NOWHERE)


def test_enum_of_numbers_is_refused_at_definition() -> None:
    class Number(enum.Enum):
        ONE = 1

    with pytest.raises(DefinitionError, match="needs string values"):
        literal_type(Number)
    with pytest.raises(DefinitionError, match="holds something else than text, whole numbers and None"):
        literal_type(Literal[True])
    with pytest.raises(DefinitionError, match="more than 64 bits"):
        literal_type(Literal[0x8000000000000000])


def test_literal_of_numbers_names_them_and_takes_no_other() -> None:
    assert there_and_back(2, Literal[1, 2]) == 2
    assert list(literal_type(Literal[1, 2]).annotation.annotations["literal_values"]) == [1, 2]
    with pytest.raises(InvalidInput, match="expected one of 1, 2, got int 3"):
        to_literal(3, Literal[1, 2], NOWHERE)
    with pytest.raises(InvalidInput, match="expected one of 1, 2"):
        to_python(to_literal(3, int, NOWHERE), Literal[1, 2], NOWHERE)


@pytest.mark.parametrize("value", ["a", 1, None])
def test_literal_of_several_kinds_keeps_the_kind(value: Any) -> None:
    back = there_and_back(value, Literal["a", 1, None])
    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize(
    "value",
    [
        dt.datetime.min.replace(tzinfo=dt.timezone(dt.timedelta(hours=14))),
        dt.datetime.max.replace(tzinfo=dt.timezone(-dt.timedelta(hours=12))),
    ],
)
def test_instant_before_year_1_or_after_9999_is_refused(value: dt.datetime) -> None:
    with pytest.raises(InvalidInput, match="between the years 1 and 9999"):
        to_literal(value, dt.datetime, NOWHERE)


def test_fields_picked_out_of_a_record_are_read() -> None:
    assert to_python(to_literal("2020-01-01T00:00:00", str, NOWHERE), dt.datetime, NOWHERE) == dt.datetime(2020, 1, 1)
    assert to_python(to_literal("2020-01-01", str, NOWHERE), dt.date, NOWHERE) == dt.date(2020, 1, 1)
    assert to_python(to_literal(1.5, float, NOWHERE), dt.timedelta, NOWHERE) == dt.timedelta(seconds=1.5)
