"""What the tests of the web interface run: one of everything a page shows."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from pathlib import Path

import alula as al


def wait_for(path: str) -> None:
    """Until somebody makes the file."""
    while not Path(path).exists():
        time.sleep(0.01)


@al.task
def double(x: int) -> int:
    """Twice the number."""
    print(f"doubling {x}")
    return 2 * x


@al.task(cache="1")
def add(x: int, y: int) -> int:
    """The sum of two numbers."""
    return x + y


@al.workflow
def arithmetic(x: int = 1, y: int = 2) -> int:
    """Doubles two numbers and adds them."""
    return add(double(x), double(y))


hundred = al.LaunchPlan(arithmetic, name="ui.fixed", fixed={"x": 100})


@al.task
def refuse(x: int) -> int:
    """Always fails."""
    print("about to look at x")
    raise ValueError(f"x is {x}, and nothing can be done with it")


@al.workflow
def failing(x: int = 1) -> int:
    """Fails in its second task."""
    return add(refuse(double(x)), 1)


@al.workflow
def asking(x: int = 1) -> int:
    """Waits for a person between its two tasks."""
    return double(al.approve(double(x), "go-on", timeout="1h"))


@al.task
def train(rate: float, epochs: int) -> float:
    """Tells a curve that depends on the rate."""
    al.log_param("rate", rate)
    loss = 1.0
    for epoch in range(epochs):
        loss *= 1 - rate
        al.log_metrics({"loss": loss, "accuracy": 1 - loss}, step=epoch)
    al.deck().markdown(f"# Trained\n\nThe last loss is {loss:.4f}.")
    return loss


@al.workflow
def training(rate: float = 0.1, epochs: int = 20) -> float:
    """Trains once."""
    return train(rate, epochs)


@al.task
def item(x: int) -> int:
    """One item; every seventh fails."""
    if x % 7 == 6:
        raise ValueError(f"item {x} is no good")
    return x


@al.workflow
def many(xs: list[int]) -> list[int | None]:
    """A map that lives with failures."""
    return al.map(item, min_success_ratio=0.5)(xs)


@al.task
def measure(path: str) -> int:
    """Measures, once more when there is a file, and ends when there is another."""
    al.log_metric("level", 1)
    wait_for(path)
    al.log_metric("level", 2)
    wait_for(f"{path}.end")
    return 3


@al.workflow
def measuring(path: str) -> int:
    """Measures something twice."""
    return measure(path)


@dataclass
class Settings:
    """What a training may be set to."""

    depth: int = 3
    name: str = "plain"


@al.task
def odd(note: str, seed: int, settings: Settings) -> int:
    """Says what is no number."""
    al.log_metric("diverged", math.nan)
    return seed


@al.workflow
def strange(note: str = "plain", seed: int = 2**53 + 1, settings: Settings = Settings()) -> int:
    """Takes in and gives what is hard to show."""
    return odd(note, seed, settings)
