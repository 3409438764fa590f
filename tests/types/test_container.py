"""Lists, dicts and unions: structure kept, unions never guess."""

# ruff: noqa: UP007, UP045 - both spellings are what users write

from __future__ import annotations

import enum
from typing import Any, Optional, Union

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alula.errors import DefinitionError, InvalidInput
from alula.idl import core
from alula.types.base import literal_type, to_literal, to_python
from alula.types.offload import Offload

NOWHERE = Offload()
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)


class Color(enum.Enum):
    RED = "red"


def there_and_back(value: Any, annotation: Any) -> Any:
    wire = to_literal(value, annotation, NOWHERE).SerializeToString()
    return to_python(core.Literal.FromString(wire), annotation, NOWHERE)


SCALARS = [(int, st.integers(-(2**63), 2**63 - 1)), (str, TEXT), (bool, st.booleans()), (float, st.floats(allow_nan=False))]
SIMPLE = st.sampled_from(SCALARS)


@st.composite
def typed_values(draw: Any, depth: int = 3) -> tuple[Any, Any]:
    """An annotation and a value of it."""
    kind = draw(st.sampled_from(["scalar", "list", "dict", "optional"])) if depth else "scalar"
    if kind == "scalar":
        annotation, values = draw(SIMPLE)
        return annotation, draw(values)
    annotation, value = draw(typed_values(depth - 1))
    if kind == "list":
        return list[annotation], draw(st.lists(st.just(value), max_size=3))
    if kind == "dict":
        return dict[str, annotation], draw(st.dictionaries(TEXT, st.just(value), max_size=3))
    return Optional[annotation], draw(st.sampled_from([value, None]))


@given(typed_values())
def test_nested_values_round_trip(case: tuple[Any, Any]) -> None:
    annotation, value = case
    assert there_and_back(value, annotation) == value


@given(st.one_of(st.integers(-9, 9), TEXT, st.none(), st.booleans(), st.floats(allow_nan=False)))
def test_union_keeps_the_variant(value: Any) -> None:
    back = there_and_back(value, int | str | bool | float | None)
    assert back == value
    assert type(back) is type(value)


def test_union_literal_carries_type_and_tag() -> None:
    literal = to_literal(1, int | None, NOWHERE)
    assert literal.scalar.union.type == core.LiteralType(simple=core.SimpleType.INTEGER, structure=core.TypeStructure(tag="int"))
    assert literal.scalar.union.value.scalar.primitive.integer == 1


def test_plain_literal_is_read_by_the_one_fitting_variant() -> None:
    assert to_python(to_literal(3, int, NOWHERE), int | None, NOWHERE) == 3
    assert to_python(to_literal(None, None, NOWHERE), Optional[int], NOWHERE) is None
    assert to_python(to_literal(3, int | None, NOWHERE), int, NOWHERE) == 3


def test_int_fits_optional_float() -> None:
    assert there_and_back(1, Optional[float]) == 1.0


def test_value_that_fits_two_variants_is_ambiguous() -> None:
    with pytest.raises(InvalidInput, match="it fits list"):
        to_literal([], list[int] | list[str], NOWHERE)
    with pytest.raises(InvalidInput, match=r"expected (Optional\[int\]|int \| None)"):
        to_literal(1.5, int | None, NOWHERE)


def test_union_of_two_enums_reads_each() -> None:
    assert there_and_back(Color.RED, Union[Color, int]) is Color.RED


def test_place_of_a_misfit_is_named() -> None:
    with pytest.raises(InvalidInput, match=r"\[1\]\['k'\]: expected int"):
        to_literal([{"k": 1}, {"k": "x"}], list[dict[str, int]], NOWHERE)
    with pytest.raises(InvalidInput, match="expected str as key"):
        to_literal({1: 1}, dict[str, int], NOWHERE)


@pytest.mark.parametrize(
    ("annotation", "remedy"),
    [
        (dict, "write dict[str, int]"),
        (list, "write list[int]"),
        (dict[int, int], "write dict[str, int]"),
        (tuple[int, str], "use list[T], a dataclass or a NamedTuple"),
        (Any, "name the type"),
        (set, "use int, float"),
        (object, "use int, float"),
    ],
)
def test_unsupported_type_names_the_remedy(annotation: Any, remedy: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        literal_type(annotation)
    assert remedy in str(caught.value)
