"""What happened in a run, and what of it must happen exactly once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from alula.engine.invariant import problems
from alula.engine.state import Run, Turn
from alula.engine.story import words
from alula.executors.base import WorkKey


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of a run; `str()` says it in words."""

    at: int
    execution: str
    kind: str
    node: str
    item: int
    attempt: int
    detail: str

    def __str__(self) -> str:
        place = f"{self.node}[{self.item}]" if self.item >= 0 else self.node
        return f"{place or self.execution}: {words(self)}"


@dataclass(slots=True)
class Ledger:
    """What must happen exactly once, whatever goes wrong."""

    started: set[WorkKey] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)
    nodes: dict[tuple[int, str], tuple[Any, bytes, str]] = field(default_factory=dict)  # how each stands that has ended
    violations: list[str] = field(default_factory=list)

    def start(self, key: WorkKey) -> None:
        if key in self.started:
            item = f"[{key.item}]" if key.item >= 0 else ""
            self.violations.append(f"attempt {key.attempt} of {key.node_id}{item} was begun twice")
        self.started.add(key)

    def end(self, run: Run) -> None:
        if run.id.name in self.ended:
            self.violations.append(f"execution {run.id.name} ended twice")
        self.ended.add(run.id.name)

    def note(self, turn: Turn) -> None:
        for node in turn.nodes.values():
            if node.phase.is_terminal:
                outputs = node.outputs.SerializeToString(deterministic=True) if node.outputs is not None else b""
                stands = (node.phase, outputs, node.scope_id)
                if self.nodes.setdefault((turn.run.key, node.id), stands) != stands:
                    self.violations.append(f"node {node.id} changed after its end")

    def compare(self, run: Run) -> None:
        """What a run that was loaded again says of nodes that had ended."""
        self.violations += [f"after the crash of {run.id.name}: {problem}" for problem in problems(run)]
        for (key, node_id), (phase, _, scope_id) in self.nodes.items():
            if key != run.key or scope_id not in run.scopes:
                continue  # what lies in a graph that has ended is not loaded again
            if node_id not in run.nodes or run.nodes[node_id].phase is not phase:
                self.violations.append(f"node {node_id} had ended {phase.name} and the record does not know it")
