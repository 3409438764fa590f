"""Classes and strategies of values for the property tests; also the module a program on a server takes its types from."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import typing
from collections.abc import Callable
from typing import Any, Literal, NamedTuple, NotRequired, Optional, Union

from hypothesis import strategies as st
from pydantic import BaseModel, RootModel
from typing_extensions import TypedDict

__all__ = ["Literal", "Optional", "Union", "dt", "typing"]  # what the annotations below are made of


class Color(enum.Enum):
    RED = "red"
    GREEN = "green"


@dataclasses.dataclass
class Inner:
    a: int
    b: list[str]


@dataclasses.dataclass
class Twin:
    """The same fields as Inner."""

    a: int
    b: list[str]


@dataclasses.dataclass(frozen=True)
class Rec:
    x: float
    inner: Inner
    color: Color
    when: dt.datetime
    maybe: int | None = None


class Pair(NamedTuple):
    left: int
    right: str = "r"


class Options(TypedDict):
    depth: int
    name: NotRequired[str]


class Model(BaseModel):
    count: int
    rate: float
    inner: Inner
    color: Color = Color.RED
    names: dict[str, int] = {}


class Tags(RootModel[list[int]]):
    pass


@dataclasses.dataclass
class Deep:
    either: Inner | Twin | Model | Options | Literal["none", 0] | None
    pairs: list[Pair]
    models: dict[str, Model | Inner]
    tags: Tags


INTS = st.integers(-(2**63), 2**63 - 1)
FLOATS = st.floats(allow_nan=False)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
INNER = st.builds(Inner, a=INTS, b=st.lists(TEXT, max_size=2))
TWIN = st.builds(Twin, a=INTS, b=st.lists(TEXT, max_size=2))
INSTANTS = st.datetimes(timezones=st.just(dt.UTC))
MODEL = st.builds(
    Model,
    count=INTS,
    rate=FLOATS,
    inner=INNER,
    color=st.sampled_from(Color),
    names=st.dictionaries(TEXT, INTS, max_size=2),
)
OPTIONS = st.fixed_dictionaries({"depth": INTS}, optional={"name": TEXT})
PAIR = st.builds(Pair, INTS, TEXT)
TAGS = st.builds(Tags, st.lists(INTS, max_size=2))
REC = st.builds(Rec, x=FLOATS, inner=INNER, color=st.sampled_from(Color), when=INSTANTS, maybe=st.none() | INTS)

# Annotation as source → strategy of its values.
LEAVES: dict[str, Any] = {
    "int": INTS,
    "float": FLOATS,
    "str": TEXT,
    "bool": st.booleans(),
    "None": st.none(),
    "dt.datetime": INSTANTS,
    "dt.date": st.dates(),
    "dt.timedelta": st.timedeltas(dt.timedelta(days=-30_000), dt.timedelta(days=30_000)),
    "Color": st.sampled_from(Color),
    "Literal['a', 'b']": st.sampled_from("ab"),
    "Literal[1, 2]": st.sampled_from([1, 2]),
    "Literal['x', 3, None]": st.sampled_from(["x", 3, None]),
    "Inner": INNER,
    "Twin": TWIN,
    "Rec": REC,
    "Model": MODEL,
    "Pair": PAIR,
    "Options": OPTIONS,
    "Tags": TAGS,
    "Deep": st.builds(
        Deep,
        either=INNER | TWIN | MODEL | OPTIONS | st.sampled_from(["none", 0, None]),
        pairs=st.lists(PAIR, max_size=2),
        models=st.dictionaries(TEXT, MODEL | INNER, max_size=2),
        tags=TAGS,
    ),
}
# Of these a union may hold any number: no value is of two of them.
APART = ["int", "float", "str", "bool", "None", "dt.datetime", "dt.date", "dt.timedelta", "Color", "Inner", "Twin", "Rec", "Model", "Pair"]


def annotation_of(source: str, module: Any = None) -> Any:
    """The annotation that its source means, in this module or in a copy of it."""
    return eval(source, dict(vars(module)) if module is not None else globals())


@st.composite
def cases(draw: Any, depth: int = 3, *, leaves: Callable[[str], bool] = lambda source: True) -> tuple[str, Any]:
    """The source of an annotation, and a value of it.

    Args:
        leaves: which of the leaves may occur.
    """
    source, values = draw(kinds(depth, leaves))
    return source, draw(values)


@st.composite
def kinds(draw: Any, depth: int, leaves: Callable[[str], bool]) -> tuple[str, Any]:
    """The source of an annotation, and the strategy of its values."""
    form = draw(st.sampled_from(["leaf", "leaf", "list", "dict", "optional", "union"] if depth else ["leaf"]))
    if form == "leaf":
        source = draw(st.sampled_from([one for one in LEAVES if leaves(one)]))
        return source, LEAVES[source]
    if form == "union":
        chosen = draw(st.lists(st.sampled_from([one for one in APART if leaves(one)]), min_size=2, max_size=4, unique=True))
        return f"Union[{', '.join(chosen)}]", st.one_of([LEAVES[one] for one in chosen])
    source, values = draw(kinds(depth - 1, leaves))
    if form == "list":
        return f"list[{source}]", st.lists(values, max_size=3)
    if form == "dict":
        return f"dict[str, {source}]", st.dictionaries(TEXT, values, max_size=3)
    return f"Optional[{source}]", st.none() | values


def exactly(one: Any, other: Any) -> bool:
    """Equal, with every part of the same type: True is not 1, and 1 is not 1.0."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(exactly(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(exactly, one, other))
    if dataclasses.is_dataclass(one) or isinstance(one, BaseModel):
        return exactly(vars(one), vars(other))
    return bool(one == other)
