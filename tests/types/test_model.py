"""pydantic models: our types by our converters, everything else as pydantic writes it; validators run when one is read."""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import enum
import uuid
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgpack
import pydantic
import pytest
from pydantic import BaseModel, Field, RootModel, field_serializer

import alula as al
from alula.errors import DefinitionError, InvalidInput
from alula.idl import core
from alula.types.base import literal_type, to_literal, to_python
from alula.types.offload import Offload

NOWHERE = Offload()


class Color(enum.Enum):
    RED = "red"


class Size(NamedTuple):
    width: int
    unit: str = "cm"


@dataclasses.dataclass
class Point:
    x: int


class Inner(BaseModel):
    rate: float = 1.5
    color: Color = Color.RED


class Tree(BaseModel):
    n: int
    children: list[Tree] = []


class Model(BaseModel):
    count: Annotated[int, Field(ge=0)]
    key: uuid.UUID
    price: decimal.Decimal
    inner: Inner
    size: Size
    point: Point
    span: dt.timedelta
    either: Point | Inner | int | None = None
    pair: tuple[int, str] = (1, "a")
    tree: Tree | None = None


class Tags(RootModel[list[int]]):
    pass


class Secret(BaseModel):
    text: str

    @field_serializer("text")
    def _hidden(self, text: str) -> str:
        return text.upper()


class WithFile(BaseModel, arbitrary_types_allowed=True):
    file: al.File


class Renamed(BaseModel):
    number: int = Field(alias="Number")


class Open(BaseModel, extra="allow"):
    a: int


def there_and_back(value: Any, annotation: Any, offload: Offload = NOWHERE) -> Any:
    wire = to_literal(value, annotation, offload).SerializeToString()
    return to_python(core.Literal.FromString(wire), annotation, offload)


MODEL = Model(
    count=1,
    key=uuid.UUID(int=5),
    price=decimal.Decimal("1.50"),
    inner=Inner(),
    size=Size(1),
    point=Point(2),
    span=dt.timedelta(seconds=90),
    either=Inner(rate=2),
    tree=Tree(n=1, children=[Tree(n=2)]),
)


@pytest.mark.parametrize(
    "value",
    [MODEL, Tags([1, 2]), Tree(n=1, children=[Tree(n=2)]), Renamed(Number=3), Open(a=1, b=[2], c={"d": 1.5})],
)
def test_model_round_trips(value: BaseModel) -> None:
    assert there_and_back(value, type(value)) == value


def test_type_is_what_flytekit_calls_it() -> None:
    made = literal_type(Inner)
    assert made.metadata["title"] == "Inner"
    assert made.structure.dataclass_type["rate"].simple == core.SimpleType.FLOAT
    variants = literal_type(Inner | None).union_type.variants
    assert variants[0].structure.tag == "Pydantic Transformer"


def test_validators_run_when_a_model_is_read() -> None:
    packed = msgpack.packb({"n": "many"})
    with pytest.raises(InvalidInput, match=r"Tree\.n: expected int, got str 'many'"):
        to_python(core.Literal(scalar=core.Scalar(binary=core.Binary(value=packed, tag="msgpack"))), Tree, NOWHERE)
    literal = to_literal(MODEL.model_copy(update={"count": -1}), Model, NOWHERE)
    with pytest.raises(InvalidInput, match=r"Model\.count: Input should be greater than or equal to 0"):
        to_python(literal, Model, NOWHERE)


def test_serializer_of_the_model_is_used() -> None:
    assert msgpack.unpackb(to_literal(Secret(text="x"), Secret, NOWHERE).scalar.binary.value) == {"text": "X"}


def test_file_in_a_model_is_uploaded(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("hello")
    offload = Offload(str(tmp_path / "raw"))
    back = there_and_back(WithFile(file=al.File(tmp_path / "in.txt")), WithFile, offload)
    assert back.file.read_text() == "hello"
    assert back.file.uri.startswith(offload.prefix)


def test_field_nobody_can_write_is_refused_at_definition() -> None:
    class Lock:
        pass

    made = pydantic.create_model("Bad", lock=(Lock, ...), __config__=pydantic.ConfigDict(arbitrary_types_allowed=True))
    with pytest.raises(DefinitionError, match="neither a type of Alula nor one pydantic can describe"):
        literal_type(made)
    huge = pydantic.create_model("Huge", n=(set[int], ...))
    with pytest.raises(InvalidInput, match="n cannot be written"):
        to_literal(huge(n={2**70}), huge, NOWHERE)
