"""A run as text: one node a line, what lies beneath it below it, errors in one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alula.testing.node import NodeResult, RunError

_LINE = 160


def draw(name: str, phase: str, nodes: list[NodeResult], why: RunError | None) -> str:
    """An execution with its child executions, and why it did not succeed."""
    lines = [f"{name}  {phase}"]
    below: dict[tuple[str, str], list[NodeResult]] = {}
    known = {(node.execution, node.id) for node in nodes}
    for node in nodes:
        owner = node.parent if (node.execution, node.parent) in known else ""
        below.setdefault((node.execution, owner), []).append(node)

    def add(execution: str, owner: str, indent: str) -> None:
        for node in below.get((execution, owner), ()):
            lines.extend(_node(node, indent))
            add(execution, node.id, indent + "  ")
            if node.child:
                add(node.child, "", indent + "  ")

    add(name, "", "  ")
    if why is not None:
        lines.append(f"error  {_short(why, 600)}")
    return "\n".join(lines)


def _node(node: NodeResult, indent: str) -> list[str]:
    words = [f"{indent}{node.id}", node.name, node.phase]
    if node.cache:
        words.append(f"cache {node.cache}")
    attempts = node.attempts
    tries = Counter(attempt.item for attempt in attempts)
    if counted := _counted(tries):
        words.append(counted)
    lines = ["  ".join(words)]
    for attempt in attempts:
        if attempt.error is not None and (len(attempts) > 1 or node.error is None):
            place = [f"[{attempt.item}]"] if attempt.item >= 0 else []
            number = [f"attempt {attempt.number}"] if attempt.item < 0 or tries[attempt.item] > 1 else []
            lines.append("  ".join([f"{indent}  {' '.join([*place, *number])}", _short(attempt.error)]))
    if node.error is not None and node.phase != "ABORTED":
        lines.append(f"{indent}  {_short(node.error)}")
    return lines


def _counted(tries: Mapping[int, int]) -> str:
    """Attempts by item in words: items of a map are counted as such, attempts only where something was tried again."""
    attempts, items = sum(tries.values()), len(tries)
    if -1 in tries:
        return f"{attempts} attempts" if attempts > 1 else ""
    if not items:
        return ""
    again = f", {attempts} attempts" if attempts > items else ""
    return f"{items} item{'s' * (items != 1)}{again}"


def _short(error: RunError, limit: int = _LINE) -> str:
    text = str(error).split("\n\n", 1)[0].replace("\n", " ")
    return text if len(text) <= limit else text[:limit] + "…"
