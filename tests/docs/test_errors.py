"""The page of errors against the code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "alula"


def codes() -> Iterator[tuple[str, str]]:
    """Every constant code that an error or a failure gets, with where."""
    for file in SOURCE.rglob("*.py"):
        if file.is_relative_to(SOURCE / "testing") or file.is_relative_to(SOURCE / "idl" / "v1"):
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            for value in given(node):
                yield value, f"{file.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"


def given(node: ast.AST) -> Iterator[str]:
    """`code="X"` in a call, `code = "X"` in a class, `made.code = "X"`; both arms of a conditional."""
    value: ast.expr | None = None
    if isinstance(node, ast.keyword) and node.arg == "code":
        value = node.value
    elif isinstance(node, (ast.Assign, ast.AnnAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = {getattr(target, "id", getattr(target, "attr", "")) for target in targets}
        value = node.value if "code" in names else None
    yield from constants(value)


def constants(value: ast.expr | None) -> Iterator[str]:
    if isinstance(value, ast.IfExp):
        yield from (*constants(value.body), *constants(value.orelse))
    elif isinstance(value, ast.BoolOp):
        yield from (one for part in value.values for one in constants(part))
    elif isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value:
        yield value.value


def test_every_code_is_on_the_page() -> None:
    page = set(re.findall(r"`([\w:]+)`", (ROOT / "docs" / "errors.md").read_text()))
    found = list(codes())
    assert len({code for code, _ in found}) > 60, "the search for codes finds hardly any"
    missing = sorted({f"{code} ({where})" for code, where in found if code not in page})
    assert not missing, f"docs/errors.md says nothing about {', '.join(missing)}"
