"""Start a project: a workflow, a test, and what they need."""

from __future__ import annotations

import re
from pathlib import Path

import click

from alula.errors import AlreadyExists, InvalidInput

_PYPROJECT = """[project]
name = "{name}"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["alula"]

[dependency-groups]
dev = ["pytest>=8"]

[tool.setuptools]
py-modules = ["workflow"]  # and every module that is added beside it

[tool.pytest.ini_options]
pythonpath = ["."]
"""

_WORKFLOW = '''"""A first workflow: `alula run workflow.py fit --points 50`."""

import random

import alula as al


@al.task(cache="1")
def load(points: int) -> list[float]:
    """Noisy measurements of a line through the origin with slope 2; the same call again is served from the cache."""
    noise = random.Random(0)
    return [2 * x + noise.gauss(0, 0.1) for x in range(points)]


@al.task
def train(data: list[float], rate: float, epochs: int) -> float:
    """The slope, by gradient descent."""
    slope, scale = 0.0, sum(x * x for x in range(len(data))) or 1
    for epoch in range(epochs):
        slope -= rate * sum(x * (slope * x - y) for x, y in enumerate(data)) / scale
        al.log_metric("slope", slope, step=epoch)
    return slope


@al.workflow
def fit(points: int = 20, rate: float = 0.5, epochs: int = 10) -> float:
    """Fits a line.

    Args:
        points: how many are measured
        rate: of learning
        epochs: how often the data is gone over
    """
    return train(load(points), rate, epochs)
'''

_TEST = '''"""`pytest` runs the workflow as plain Python: no server, no record."""

from workflow import fit, load, train


def test_the_slope_is_found() -> None:
    assert abs(fit() - 2) < 0.05


def test_no_epochs_leave_it_at_zero() -> None:
    assert train(load(3), rate=0.5, epochs=0) == 0
'''

_IGNORED = ".venv/\n__pycache__/\n.pytest_cache/\n*.egg-info/\n*.html\n"


@click.command()
@click.argument("folder", default=".", metavar="[DIR]", type=click.Path(path_type=Path, file_okay=False))
def command(folder: Path) -> int:
    """Start a project in DIR, by default here: pyproject.toml, workflow.py, a test, .gitignore.

    It runs at once: `alula run workflow.py fit`. What is there already is never overwritten.
    """
    name = re.sub(r"[^a-z0-9]+", "-", folder.absolute().name.lower()).strip("-") or "project"
    files = {
        "pyproject.toml": _PYPROJECT.replace("{name}", name),
        "workflow.py": _WORKFLOW,
        "test_workflow.py": _TEST,
        ".gitignore": _IGNORED,
    }
    there = [file for file in files if (folder / file).exists()]
    if there:
        raise AlreadyExists(f"{folder}: {', '.join(there)} is there already, nothing was written; choose an empty folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, text in files.items():
            (folder / file).write_text(text, encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"{folder} cannot be written: {error.strerror}; give another folder") from error
    click.echo("\n".join(str(folder / file) for file in files))
    place = "" if folder == Path() else f"cd {folder} && "
    click.echo(f"run it with: {place}alula run workflow.py fit", err=True)
    return 0
