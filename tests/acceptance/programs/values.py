"""Values of every kind, through a task and back."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Annotated

import pandas as pd
from flytekit import StructuredDataset, kwtypes, task, workflow
from flytekit.types.directory import FlyteDirectory
from flytekit.types.file import FlyteFile


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Inner:
    name: str
    weights: list[float]


@dataclass
class Outer:
    inner: Inner
    n: int
    colour: str | None = None


class Opaque:
    """Nothing that flytekit has a transformer for."""

    def __init__(self, text: str) -> None:
        self.text = text


@task
def primitives(
    i: int, f: float, s: str, b: bool, when: datetime, span: timedelta, day: date
) -> tuple[int, float, str, bool, datetime, timedelta, date]:
    return i + 1, f * 2, s + "!", not b, when + span, span * 2, day + timedelta(days=1)


@workflow
def all_primitives(
    i: int, f: float, s: str, b: bool, when: datetime, span: timedelta, day: date
) -> tuple[int, float, str, bool, datetime, timedelta, date]:
    return primitives(i=i, f=f, s=s, b=b, when=when, span=span, day=day)


@task
def nested(values: dict[str, list[list[int]]]) -> dict[str, list[list[int]]]:
    return {key + key: [list(reversed(inner)) for inner in lists] for key, lists in values.items()}


@workflow
def containers(values: dict[str, list[list[int]]]) -> dict[str, list[list[int]]]:
    return nested(values=values)


@task
def untyped(value: dict) -> dict:
    return {**value, "seen": True}


@workflow
def untyped_dict(value: dict) -> dict:
    return untyped(value=value)


@task
def colour(c: Colour) -> Colour:
    return Colour.BLUE if c is Colour.RED else Colour.RED


@workflow
def enums(c: Colour) -> Colour:
    return colour(c=c)


@task
def record(value: Outer) -> Outer:
    return Outer(inner=Inner(name=value.inner.name.upper(), weights=value.inner.weights * 2), n=value.n + 1, colour="red")


@task
def weigh(name: str, weights: list[float]) -> float:
    return len(name) * sum(weights)


@workflow
def dataclasses(value: Outer) -> tuple[Outer, float]:
    changed = record(value=value)
    return changed, weigh(name=changed.inner.name, weights=changed.inner.weights)


@task
def either(value: int | str) -> int | str:
    return f"int {value}" if isinstance(value, int) else len(value)


@workflow
def unions(value: int | str) -> int | str:
    return either(value=value)


@task
def maybe(value: list[int] | None) -> int | None:
    return None if value is None else sum(value)


@workflow
def optionals(value: list[int] | None = None) -> int | None:
    return maybe(value=value)


@task
def upper(file: FlyteFile) -> FlyteFile:
    target = Path.cwd() / "upper.txt"
    with Path(file).open() as source:
        target.write_text(source.read().upper())
    return FlyteFile(str(target))


@workflow
def files(file: FlyteFile) -> FlyteFile:
    return upper(file=file)


@task
def make_folder(names: list[str]) -> FlyteDirectory:
    root = Path.cwd() / "made"
    root.mkdir(exist_ok=True)
    for name in names:
        (root / name).write_text(name * 2)
    return FlyteDirectory(str(root))


@task
def read_folder(folder: FlyteDirectory) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted(Path(folder).iterdir())}


@workflow
def folders(names: list[str]) -> tuple[FlyteDirectory, dict[str, str]]:
    made = make_folder(names=names)
    return made, read_folder(folder=made)


@task
def make_frame(n: int) -> pd.DataFrame:
    return pd.DataFrame({"a": list(range(n)), "b": [str(i) for i in range(n)]})


@task
def narrow(frame: Annotated[StructuredDataset, kwtypes(a=int)]) -> int:
    return int(frame.open(pd.DataFrame).all()["a"].sum())


@workflow
def frames(n: int) -> tuple[pd.DataFrame, int]:
    made = make_frame(n=n)
    return made, narrow(frame=made)


@task
def opaque(text: str) -> Opaque:
    return Opaque(text)


@task
def open_opaque(value: Opaque) -> str:
    return value.text


@workflow
def pickles(text: str) -> str:
    return open_opaque(value=opaque(text=text))
