"""The terminal interface: executions, and behind each its nodes, logs, gates and decks.

Every call is made in a worker of its own, so that a slow server never holds up a key; what the server refuses is said at the bottom.
"""

from __future__ import annotations

import os
import tempfile
import webbrowser
from collections.abc import Awaitable, Callable
from datetime import UTC
from pathlib import Path
from typing import Any, ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen, Screen
from textual.widgets import DataTable, Footer, Header, Input, Label, RichLog, Static, Tree
from textual.widgets.tree import TreeNode

from alula.cli.support.output import PHASE_STYLES
from alula.client.client import AsyncClient
from alula.client.execution import AsyncExecution
from alula.client.html import in_one_line, mark, span_text
from alula.client.node import NodeView
from alula.client.settings import ClientSettings
from alula.client.show import Followed
from alula.client.views import ExecutionView, execution_filters, execution_view
from alula.client.wire import LoopWire
from alula.errors import AlulaError
from alula.idl import core
from alula.idl.literal import describe_type, parse_text
from alula.idl.phase import NodePhase

EVERY_S = 1.0  # between two looks at the list
_MOST = 200
_CALL_S = 20.0
_PHASES = ("", "RUNNING", "FAILED", "SUCCEEDED", "ABORTED")


class Question(ModalScreen[str]):
    """Something to be answered by y or n, or by a value.

    Args:
        question: what is asked.
        wants_value: a line to type in; else y and n.
    """

    CSS = "Question {align: center middle;} #box {width: 70; height: auto; border: round $accent; padding: 1 2; background: $surface;}"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "answer('')", "Cancel"),
        Binding("y", "answer('y')", "Yes"),
        Binding("n", "answer('n')", "No"),
    ]

    def __init__(self, question: str, *, wants_value: bool = False) -> None:
        super().__init__()
        self._question, self._wants_value = question, wants_value

    def compose(self) -> ComposeResult:
        with Vertical(id="box"):
            yield Label(Text(self._question))
            yield Input() if self._wants_value else Label(Text("y yes   n no   Esc leave it", style="dim"))

    def action_answer(self, answer: str) -> None:
        self.dismiss(answer)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value)


class _Said(Static):
    """The line above the footer: what the server said last."""

    DEFAULT_CSS = "_Said {dock: bottom; height: auto; max-height: 3; color: $text-muted; padding: 0 1; margin-bottom: 1;}"


class _Page(Screen[None]):
    """What both screens do."""

    app: Terminal

    def say(self, text: str, *, is_error: bool = False) -> None:
        self.query_one(_Said).update(Text(text, style="red" if is_error else ""))

    def attempt(self, work: Callable[[], Awaitable[None]], group: str) -> None:
        """Runs something that asks the server; an error of ours is shown, not raised."""

        async def guarded() -> None:
            try:
                await work()
            except AlulaError as error:
                if self.is_attached:
                    self.say(f"{error.message} [{error.code}]", is_error=True)

        self.run_worker(guarded(), group=group, exclusive=True)


class Executions(_Page):
    """The list, newest first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "next_phase", "Filter by phase"),
        Binding("r", "look", "Refresh"),
        Binding("q", "app.quit", "Quit"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.phase = ""
        self._is_looking = False

    def compose(self) -> ComposeResult:
        yield Header()
        yield DataTable[Text](cursor_type="row", zebra_stripes=True)
        yield _Said("asking the server …")
        yield Footer()

    def on_mount(self) -> None:
        table = self.query_one(DataTable)
        for name in ("NAME", "PHASE", "WORKFLOW", "VERSION", "CREATED", "DURATION"):
            table.add_column(name, key=name)
        table.focus()
        self.action_look()
        self.set_interval(EVERY_S, self._look_again)

    def _look_again(self) -> None:
        if not self._is_looking and self.is_current:  # a server that needs longer is not asked twice at once
            self.action_look()

    def action_look(self) -> None:
        self._is_looking = True
        self.attempt(self._look, "list")

    def action_next_phase(self) -> None:
        self.phase = _PHASES[(_PHASES.index(self.phase) + 1) % len(_PHASES)]
        self.say(f"only {self.phase}" if self.phase else "every phase")
        self.action_look()

    async def _look(self) -> None:
        phase = self.phase
        try:
            listed = await self.app.client.executions(filters=execution_filters(phase=phase or ()), limit=_MOST)
        finally:
            self._is_looking = False
        if phase == self.phase and self.is_attached:
            self.draw([execution_view(one) for one in listed.executions])

    def draw(self, found: list[ExecutionView]) -> None:
        """Shows executions; the cursor stays on the one it is on."""
        table = self.query_one(DataTable)
        names = [one.name for one in found]
        if [key.value for key in table.rows] != names:
            at = self.selected
            table.clear()
            for one in found:
                table.add_row(*_cells(one), key=one.name)
            if at in names:
                table.move_cursor(row=names.index(at))
        else:
            for one in found:
                for column, cell in zip(table.columns, _cells(one), strict=True):
                    table.update_cell(one.name, column, cell)
        self.say(f"{len(found)} executions, {self.phase or 'every phase'}" + (f" (the last {_MOST})" if len(found) == _MOST else ""))

    @property
    def selected(self) -> str:
        table = self.query_one(DataTable)
        return str(table.coordinate_to_cell_key(table.cursor_coordinate).row_key.value) if table.row_count else ""

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        self.app.push_screen(OneExecution(str(event.row_key.value)))


def _cells(one: ExecutionView) -> list[Text]:
    created = one.created_at.replace(tzinfo=UTC).astimezone().strftime("%m-%d %H:%M:%S")
    phase = Text(f"{mark(one.phase.name)} {one.phase.name}", style=PHASE_STYLES.get(one.phase.name, ""))
    return [Text(one.name), phase, Text(one.workflow), Text(one.version), Text(created), Text(span_text(one.duration))]


class OneExecution(_Page):
    """One execution: its nodes as a tree, and beside it the log of one of them."""

    CSS = "#nodes {width: 45%; border-right: solid $accent;} RichLog {width: 1fr; padding: 0 1;}"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "app.pop_screen", "Back"),
        Binding("a", "abort", "Abort"),
        Binding("r", "relaunch", "Relaunch"),
        Binding("g", "answer", "Answer gate"),
        Binding("d", "deck", "Open deck"),
        Binding("q", "app.quit", "Quit"),
    ]

    def __init__(self, name: str) -> None:
        super().__init__()
        self.execution_name = name
        self.execution: AsyncExecution | None = None
        self.branches: dict[str, TreeNode[NodeView]] = {}

    def compose(self) -> ComposeResult:
        yield Header()
        with Horizontal():
            yield Tree[NodeView](Text(self.execution_name), id="nodes")
            yield RichLog(wrap=True, max_lines=10_000)
        yield _Said("Enter on a node follows its log")
        yield Footer()

    def on_mount(self) -> None:
        self.query_one(Tree).root.expand()
        self.query_one(Tree).focus()
        self.attempt(self._follow, "follow")

    async def _follow(self) -> None:
        execution = self.execution = await self.app.client.execution(self.execution_name)
        followed = Followed(execution)
        async for update in execution.updates(nodes=True):
            await followed.take(update)
            self.draw(followed)

    def draw(self, followed: Followed) -> None:
        """Shows the nodes; those that were there keep their place."""
        root = self.query_one("#nodes", Tree).root
        phase = followed.phase.name
        root.set_label(_label(self.execution_name, phase))
        for view in followed.nodes:
            if view.id.endswith(("start-node", "end-node")):
                continue
            said = followed.said.get(view.id, "") if view.phase in (NodePhase.RUNNING, NodePhase.DYNAMIC_RUNNING) else ""
            label = _label(
                view.name, view.phase.name, "from the cache" if view.cache == "HIT" else span_text(view.duration), said, view.error
            )
            branch = self.branches.get(view.id)
            if branch is None:
                branch = self.branches[view.id] = self.branches.get(view.parent, root).add(label, expand=True)
            branch.data = view
            branch.set_label(label)

    def on_tree_node_selected(self, event: Tree.NodeSelected[NodeView]) -> None:
        if event.node.data is not None:
            view = event.node.data
            self.query_one(RichLog).clear()
            self.attempt(lambda: self._log(view), "log")

    async def _log(self, view: NodeView) -> None:
        if self.execution is None:
            return
        self.say(f"log of {view.name} ({view.id})")
        log, rest = self.query_one(RichLog), ""
        async for piece in self.execution.logs(view.id, follow=True):
            *lines, rest = (rest + piece).split("\n")
            for line in lines:
                log.write(Text.from_ansi(line))
        if rest:
            log.write(Text.from_ansi(rest))
        view = self.branches[view.id].data or view  # it may have ended meanwhile
        if view.error:
            log.write(Text(f"\n{view.error.rstrip()}", style="red"))

    def _selected(self) -> NodeView | None:
        node = self.query_one("#nodes", Tree).cursor_node
        return node.data if node is not None else None

    def action_abort(self) -> None:
        def answered(answer: str | None) -> None:
            if answer == "y":
                self.attempt(abort, "act")

        async def abort() -> None:
            if self.execution is not None:
                await self.execution.abort("aborted in the terminal")
                self.say(f"{self.execution_name} is being aborted")

        self.app.push_screen(Question(f"Abort {self.execution_name}?"), answered)

    def action_relaunch(self) -> None:
        async def relaunch() -> None:
            if self.execution is not None:
                made = await self.execution.relaunch()
                self.app.switch_screen(OneExecution(made.name))

        self.attempt(relaunch, "act")

    def action_answer(self) -> None:
        self.attempt(self._ask_gate, "act")

    async def _ask_gate(self) -> None:
        if self.execution is None:
            return
        gates, selected = await self.execution.gates(), self._selected()
        if not gates:
            self.say("no gate waits for an answer")
            return
        gate = selected.name if selected is not None and selected.name in gates else next(iter(gates))
        kind = gates[gate]
        is_approval = kind.simple == core.SimpleType.BOOLEAN

        def answered(answer: str | None) -> None:
            if answer and (not is_approval or answer in ("y", "n")):
                self.attempt(lambda: self._signal(gate, kind, answer), "act")

        about = f"Approve {gate}?" if is_approval else f"{gate} waits for a value: {describe_type(kind)}"
        self.app.push_screen(Question(about, wants_value=not is_approval), answered)

    async def _signal(self, gate: str, kind: core.LiteralType, answer: str) -> None:
        if self.execution is not None:
            value: Any = answer == "y" if kind.simple == core.SimpleType.BOOLEAN else parse_text(answer, kind, f"gate {gate!r}")
            await self.execution.signal(gate, value)
            self.say(f"gate {gate} is answered")

    def action_deck(self) -> None:
        self.attempt(self._deck, "act")

    async def _deck(self) -> None:
        view = self._selected()
        if self.execution is None or view is None:
            self.say("choose a node first; its deck is then opened")
            return
        page = await self.execution.deck(view.id)
        path = Path(tempfile.mkdtemp(prefix="alula-deck-")) / f"{self.execution_name}-{view.name}.html".replace("/", "-")
        path.write_text(page, encoding="utf-8")
        is_open = self.app.open_file(path)
        self.say(f"the deck is in {path}" if not is_open else f"opened {path}")


def _label(name: str, phase: str, span: str = "", said: str = "", error: str = "") -> Text:
    made = Text(f"{mark(phase)} ", style=PHASE_STYLES.get(phase, "dim"))
    made.append(name, style="bold" if phase == "RUNNING" else "")
    made.append(f" {phase}", style=PHASE_STYLES.get(phase, "dim"))
    made.append(f" {span}" if span else "", style="dim")
    made.append(f"  {said}" if said else "", style="cyan")
    made.append(f"  {in_one_line(error)}" if error else "", style="red")
    return made


class _PatientWire(LoopWire):
    """Calls that end: a server that says nothing is reported, not waited for without end."""

    async def call(self, rpc: Any, request: Any, timeout_s: float | None = None) -> Any:
        return await super().call(rpc, request, timeout_s or _CALL_S)


class Terminal(App[None]):
    """The application.

    Args:
        settings: which server, project and domain.
    """

    TITLE = "Alula"
    ENABLE_COMMAND_PALETTE = False
    client: AsyncClient

    def __init__(self, settings: ClientSettings) -> None:
        super().__init__()
        self._settings = settings
        self.sub_title = f"{settings.address}  {settings.project}/{settings.domain}"

    def on_mount(self) -> None:
        self.client = AsyncClient(_PatientWire(self._settings))  # here, where the loop runs
        self.push_screen(Executions())

    async def on_unmount(self) -> None:
        await self.client.close()

    def open_file(self, path: Path) -> bool:
        """Opens a page in a browser that has a window of its own; False where there is none."""
        if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
            return False  # else one in the terminal would draw over this
        try:
            return webbrowser.get().open(path.as_uri())
        except webbrowser.Error:
            return False
