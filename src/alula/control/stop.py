"""What an execution has under way, and what is to be stopped of it if it ends without its engine."""

from __future__ import annotations

from collections.abc import Iterator

from alula.engine import effect as fx
from alula.engine.state import Attempt, Run


def stops_of(run: Run) -> list[fx.StopAttempt | fx.AbortChild]:
    """What must be stopped of a run that ends without its engine."""
    cause = "the execution that launched it has failed"
    found: list[fx.StopAttempt | fx.AbortChild] = [fx.StopAttempt(a.node_id, a.item, a.number) for a in running(run)]
    found += [fx.AbortChild(a.node_id, a.item, a.child, cause) for a in _live_attempts(run) if a.child]
    found += [fx.AbortChild(n.id, -1, n.child, cause) for n in run.nodes.values() if n.child and not n.phase.is_terminal]
    return found


def running(run: Run) -> Iterator[Attempt]:
    """Attempts that an executor has, or is to have."""
    return (a for a in _live_attempts(run) if not a.child)


def _live_attempts(run: Run) -> Iterator[Attempt]:
    for node in run.nodes.values():
        if node.attempt is not None and not node.attempt.phase.is_terminal:
            yield node.attempt
        if node.array is not None:
            yield from (a for a in node.array.calls.values() if not a.phase.is_terminal)
