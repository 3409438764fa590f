"""A workflow with an input of every type, launched from the form; its outputs say what arrived."""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass, field

import pandas as pd

import alula as al


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Layer:
    size: int
    rate: float = 0.5


@dataclass
class Config:
    """What a training is told."""

    name: str
    steps: int
    rate: float = 1.0
    is_fast: bool = False
    colour: Colour = Colour.RED
    layers: list[Layer] = field(default_factory=list)
    extra: dict[str, int] = field(default_factory=dict)
    limit: int | None = None
    head: Layer | None = None


@al.task
def tell(
    whole: int,
    part: float,
    is_on: bool,
    words: str,
    at: dt.datetime,
    span: dt.timedelta,
    colour: Colour,
    maybe: int | None,
    either: int | str,
    numbers: list[int],
    rates: dict[str, float],
    config: Config,
    source: al.File,
    folder: al.Directory,
    frame: pd.DataFrame,
) -> str:
    """Says everything that it was given, a line for each."""
    held = {path.relative_to(folder.path).as_posix(): path.read_text() for path in sorted(folder.path.rglob("*")) if path.is_file()}
    given = {
        "whole": whole,
        "part": part,
        "is_on": is_on,
        "words": words,
        "at": at.isoformat(),
        "span": span,
        "colour": colour,
        "maybe": maybe,
        "either": either,
        "numbers": numbers,
        "rates": rates,
        "config": config,
        "source": source.path.read_text(),
        "folder": held,
        "frame": frame.to_dict("list"),
    }
    return "\n".join(f"{name}={value!r}" for name, value in given.items())


@al.task
def total(frame: pd.DataFrame) -> int:
    """The sum of a column."""
    return int(frame["x"].sum())


@al.task
def read(files: list[al.File]) -> list[str]:
    """What is in each file."""
    return [file.path.read_text() for file in files]


@al.workflow
def reading(files: list[al.File]) -> list[str]:
    """What is in each of some files."""
    return read(files)


@al.workflow
def totals(frame: pd.DataFrame) -> int:
    """The sum of a column of a data frame."""
    return total(frame)


@al.workflow
def every_kind(
    whole: int,
    part: float,
    is_on: bool,
    words: str,
    at: dt.datetime,
    span: dt.timedelta,
    colour: Colour,
    either: int | str,
    numbers: list[int],
    rates: dict[str, float],
    config: Config,
    source: al.File,
    folder: al.Directory,
    frame: pd.DataFrame,
    maybe: int | None = None,
) -> str:
    """Takes one of everything.

    Args:
        whole: A whole number, however large.
        part: A number with a fraction.
        words: Any text.
        span: How long it may take.
        config: What the training is told.
    """
    return tell(whole, part, is_on, words, at, span, colour, maybe, either, numbers, rates, config, source, folder, frame)
