"""An execution followed live in a notebook, or as lines where there is none."""

from __future__ import annotations

import sys
import time
from collections.abc import AsyncIterator
from typing import Any, Protocol

from alula.client import html
from alula.client.names import Names
from alula.client.node import Nodes, NodeView, view_of
from alula.client.views import ExecutionView, plain
from alula.idl import core
from alula.idl.phase import ExecutionPhase

EVERY_S = 0.25  # between two drawings
_HIDDEN = ("start-node", "end-node")


class Shown(Protocol):
    """What is needed of an execution's handle."""

    @property
    def name(self) -> str: ...
    def updates(self, *, nodes: bool = False, timeout_s: float | None = None) -> AsyncIterator[Any]: ...
    async def view(self) -> ExecutionView: ...
    async def names(self) -> Names: ...
    async def learn(self, node_id: str) -> None: ...
    async def nodes(self) -> Nodes: ...
    async def output_literals(self) -> core.LiteralMap: ...


class Followed:
    """What the updates of an execution have said so far."""

    def __init__(self, execution: Shown) -> None:
        self.execution = execution
        self.views: dict[str, NodeView] = {}
        self.said: dict[str, str] = {}
        self.phase = ExecutionPhase.UNDEFINED
        self._learnt: set[str] = set()

    async def take(self, update: Any) -> list[str]:
        """Takes in an update; returns what changed as lines."""
        names, lines = await self.execution.names(), []
        names.learn_names(update.names)
        for node in update.nodes:
            if node.metadata.is_dynamic and node.id.node_id not in self._learnt:
                self._learnt.add(node.id.node_id)
                await self.execution.learn(node.id.node_id)
            view = view_of(node, parent_of(node.id.node_id, self.views), names)
            old, self.views[view.id] = self.views.get(view.id), view
            if (old is None or old.phase is not view.phase) and not view.id.endswith(_HIDDEN):
                lines.append(f"{html.mark(view.phase.name)} {view.name} {view.phase.name} {html.span_text(view.duration)}".rstrip())
        for message in update.attempts:
            self.said[message.node_id] = _words(message)
        if update.HasField("execution") and (phase := ExecutionPhase(update.execution.closure.phase)) is not self.phase:
            self.phase = phase
            lines.append(f"{html.mark(phase.name)} {self.execution.name} {phase.name}")
        return lines

    @property
    def nodes(self) -> Nodes:
        """Parents before their children."""
        under: dict[str, list[NodeView]] = {}
        for view in self.views.values():
            under.setdefault(view.parent, []).append(view)
        made = Nodes()

        def walk(parent: str) -> None:
            for view in under.get(parent, []):
                made.append(view)
                walk(view.id)

        walk("")
        return made


def parent_of(node_id: str, known: Any) -> str:
    """The node that another lies in: `n1-0-n0` lies in `n1` (parent, attempt, child); empty at the top."""
    parts = node_id.split("-")
    for cut in range(len(parts) - 2, 0, -1):
        if parts[cut].isdigit() and "-".join(parts[:cut]) in known:
            return "-".join(parts[:cut])
    return ""


def _words(message: Any) -> str:
    parts = []
    if message.HasField("progress"):
        of = f"/{message.progress.total:g}" if message.progress.total else ""
        parts.append(f"{message.progress.done:g}{of} {message.progress.message}".strip())
    return "  ".join([*parts, *(f"{metric.name} {metric.last:.6g}" for metric in message.metrics[:3])])


async def show(execution: Shown, timeout_s: float | None = None) -> None:
    """Follows an execution to its end: a display that changes in a notebook, lines on stdout elsewhere.

    Raises:
        WaitTimeout: it is still running.
    """
    followed, draw = Followed(execution), _display()
    drawn_at = 0.0
    async for update in execution.updates(nodes=True, timeout_s=timeout_s):
        lines = await followed.take(update)
        if draw is None:
            sys.stdout.write("".join(f"{line}\n" for line in lines))
        elif time.monotonic() - drawn_at >= EVERY_S:
            draw(html.execution(await execution.view(), followed.nodes, said=followed.said))
            drawn_at = time.monotonic()
    if draw is not None:
        draw(await drawn(execution))


async def drawn(execution: Shown) -> str:
    """An execution as HTML, as it is now; with its outputs if it has succeeded."""
    view = await execution.view()
    outputs = plain(await execution.output_literals()) if view.phase is ExecutionPhase.SUCCEEDED else None
    return html.execution(view, await execution.nodes(), outputs)


def _display() -> Any:
    """A function that draws HTML in the cell that runs, and again in its place; None outside a notebook."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()  # not loaded: this is no notebook
    if shell is None or getattr(shell, "kernel", None) is None:
        return None
    from IPython.display import HTML, display

    handle: Any = None

    def draw(text: str) -> None:
        nonlocal handle
        if handle is None:
            handle = display(HTML(text), display_id=True)
        else:
            handle.update(HTML(text))

    return draw
