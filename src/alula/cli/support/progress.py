"""A running execution on stderr: a live tree on a terminal, a line per change elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from alula.cli.support.output import PHASE_STYLES
from alula.client.html import in_one_line
from alula.idl.phase import ExecutionPhase, NodePhase

if TYPE_CHECKING:
    from alula.client.names import Names
    from alula.client.node import NodeView
    from alula.client.sync import Execution

_HIDDEN = ("start-node", "end-node")  # how the ids of what every graph begins and ends with end
_MARKS = {"SUCCEEDED": "✓", "RECOVERED": "✓", "FAILED": "✗", "TIMED_OUT": "✗", "ABORTED": "■", "SKIPPED": "–"}
EVERY_S = 1.0  # between two lines of what the same node says
_MAX_ROWS = 60  # more does not fit a terminal; the rest is counted


def parent_of(node_id: str, known: set[str]) -> str:
    """The node that another lies in: `n1-0-n0` lies in `n1` (parent, attempt, child); empty at the top."""
    parts = node_id.split("-")
    for cut in range(len(parts) - 2, 0, -1):
        if parts[cut].isdigit() and "-".join(parts[:cut]) in known:
            return "-".join(parts[:cut])
    return ""


class Progress:
    """Collects node changes of one execution."""

    def __init__(self, name: str, names: Names | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.name, self.names, self._clock = name, names, clock
        self.phase = ExecutionPhase.QUEUED
        self.nodes: dict[str, NodeView] = {}
        self.said: dict[str, Any] = {}  # by node, what its attempt said last
        self._printed_at: dict[str, float] = {}

    def change(self, update: Any) -> list[str]:
        """Takes in an update; returns it as lines."""
        from alula.client.node import view_of

        lines = []
        if self.names is not None:
            self.names.learn_names(update.names)
        for each in update.nodes:
            view = view_of(each, names=self.names)
            old = self.nodes.get(view.id)
            self.nodes[view.id] = view
            if not view.id.endswith(_HIDDEN) and (old is None or old.phase is not view.phase):
                called = view.id if view.name == view.id else f"{view.id} {view.name}"
                lines.append(f"{called} {view.phase.name}{_span(view)}" + (f": {in_one_line(view.error)}" if view.error else ""))
        for message in update.attempts:
            self.said[message.node_id] = message
            lines += self._line(message)
        if update.HasField("execution"):
            phase = ExecutionPhase(update.execution.closure.phase)
            if phase is not self.phase:
                lines.append(f"{self.name} {phase.name}")
            self.phase = phase
        return lines

    def _line(self, message: Any) -> list[str]:
        """What an attempt said, once a second at most for each node."""
        from alula.cli.support.figures import words

        now = self._clock()
        if now - self._printed_at.get(message.node_id, -EVERY_S) < EVERY_S:
            return []
        self._printed_at[message.node_id] = now
        view = self.nodes.get(message.node_id)
        called = message.node_id if view is None or view.name == view.id else f"{view.id} {view.name}"
        return [f"{called} {words(message, has_bar=False)}"]

    def tree(self) -> Any:
        """The state as a rich tree."""
        from rich.text import Text
        from rich.tree import Tree

        from alula.cli.support.figures import words

        root = Tree(_label(Text, self.name, self.phase.name, ""))
        known = set(self.nodes)
        branches: dict[str, Tree] = {"": root}
        shown = [view for view in self.nodes.values() if not view.id.endswith(_HIDDEN)]
        for view in sorted(shown[:_MAX_ROWS], key=lambda view: len(view.id.split("-"))):
            under = branches.get(parent_of(view.id, known), root)
            label = _label(Text, view.name, view.phase.name, _span(view), view.error)
            if view.phase in (NodePhase.RUNNING, NodePhase.DYNAMIC_RUNNING) and view.id in self.said:
                label.append(f"  {words(self.said[view.id], has_bar=True)}", style="cyan")
            branches[view.id] = under.add(label)
        if len(shown) > _MAX_ROWS:
            ended = sum(view.phase.is_terminal for view in shown)
            root.add(Text(f"… {len(shown)} nodes, {ended} ended", style="dim"))
        return root


def _span(view: NodeView) -> str:
    span = view.duration
    if view.cache == "HIT":
        return " from the cache"
    if span is None and view.started_at is not None and view.phase is NodePhase.RUNNING and sys.stderr.isatty():
        span = datetime.now(UTC) - view.started_at
    return "" if span is None else f" {_short(span)}"


def _short(span: timedelta) -> str:
    seconds = span.total_seconds()
    return (
        f"{seconds * 1e3:.0f} ms" if seconds < 1 else f"{seconds:.1f} s" if seconds < 60 else f"{seconds // 60:.0f} m {seconds % 60:.0f} s"
    )


def _label(text: Any, name: str, phase: str, span: str, error: str = "") -> Any:
    made = text(f"{_MARKS.get(phase, '•')} {name} ", style="bold" if phase == "RUNNING" else "")
    made.append(phase, style=PHASE_STYLES.get(phase, ""))
    made.append(span, style="dim")
    if error:
        made.append(f"  {in_one_line(error)}", style="red")
    return made


def _with_names(execution: Execution, updates: Iterator[Any]) -> Iterator[Any]:
    """Updates, with the graphs that dynamic tasks wrote read before their nodes are shown."""
    from alula.client.wire import drive

    known: set[str] = set()
    for update in updates:
        for node_id in [n.id.node_id for n in update.nodes if n.metadata.is_dynamic and n.id.node_id not in known]:
            known.add(node_id)
            drive(execution.source.learn(node_id))
        yield update


def follow(execution: Execution, *, is_quiet: bool = False, timeout_s: float | None = None) -> Progress:
    """Follows an execution to its end, showing it on stderr.

    Args:
        execution: which one.
        is_quiet: show nothing.
        timeout_s: how long.
    Raises:
        WaitTimeout: it did not end in time.
    """
    from alula.client.wire import drive

    progress = Progress(execution.name, drive(execution.source.names()))
    updates = _with_names(execution, execution.updates(nodes=True, timeout_s=timeout_s))
    if is_quiet or not sys.stderr.isatty():
        for update in updates:
            for line in progress.change(update):
                if not is_quiet:
                    click.echo(line, err=True)
        return progress
    from rich.console import Console
    from rich.live import Live

    with Live(progress.tree(), console=Console(stderr=True), refresh_per_second=8, get_renderable=progress.tree) as live:
        for update in updates:
            progress.change(update)
        live.refresh()
    return progress
