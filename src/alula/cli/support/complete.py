"""What the shell is offered after TAB: names from the server, quickly, or nothing at all when it does not answer."""

from __future__ import annotations

import ast
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import BashComplete, CompletionItem, add_completion_class, split_arg_string

if TYPE_CHECKING:
    from alula.client.sync import Client

BUDGET_S = 1.5  # longer than this nobody waits for a TAB
_MOST = 200
Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


@contextmanager
def _hasty(context: click.Context) -> Iterator[Client]:
    """A client whose calls all end within the budget together."""
    from alula.client.sync import Client
    from alula.client.wire import BlockingWire

    ends_at = time.monotonic() + BUDGET_S

    class HastyWire(BlockingWire):
        async def call(self, rpc: Any, request: Any, timeout_s: float | None = None) -> Any:
            return await super().call(rpc, request, max(0.01, ends_at - time.monotonic()))

    given = context.params
    with Client.over(HastyWire, given.get("address") or "", given.get("project") or "", given.get("domain") or "") as client:
        yield client


def quietly(ask: Callable[[Client, click.Context, str], list[tuple[str, str]]]) -> Completer:
    """A completer of what a server says: value and a word on it. Whatever goes wrong, the prompt stays clean."""

    def complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
        with suppress(Exception), _hasty(context) as client:
            found = ask(client, context, incomplete)
            return [CompletionItem(value, help=said or None) for value, said in found if value.startswith(incomplete)][:_MOST]
        return []

    return complete


def _given(context: click.Context, *names: str) -> str:
    """An argument typed before; after an option that still lacks its value click has left them where they stood."""
    found = [str(context.params[name]) for name in names if context.params.get(name)]
    return next(iter([*found, *context.args]), "")


def _executions(client: Client, context: click.Context, incomplete: str) -> list[tuple[str, str]]:
    from alula.client.views import execution_view

    filters = f"contains(execution_name,{incomplete})" if incomplete else ""
    found = client.executions(filters=filters, limit=_MOST).executions
    views = [execution_view(each) for each in found]
    return [(view.name, f"{view.phase.name} {view.workflow}") for view in views]


def _nodes(client: Client, context: click.Context, incomplete: str) -> list[tuple[str, str]]:
    views = [
        view for view in client.execution(_given(context, "execution", "name")).nodes if not view.id.endswith(("start-node", "end-node"))
    ]
    called = [view.name for view in views]
    ids = [(view.id, f"{view.name} {view.phase.name}") for view in views]
    return ids + [(view.name, f"{view.id} {view.phase.name}") for view in views if called.count(view.name) == 1 and view.name != view.id]


def _gates(client: Client, context: click.Context, incomplete: str) -> list[tuple[str, str]]:
    from alula.idl.literal import describe_type

    return [(name, describe_type(kind)) for name, kind in client.execution(_given(context, "execution")).gates.items()]


def _entities(*kinds: str) -> Callable[[Client, click.Context, str], list[tuple[str, str]]]:
    """Names of these kinds; `NAME:` goes on with its versions."""

    def ask(client: Client, context: click.Context, incomplete: str) -> list[tuple[str, str]]:
        base, colon, _ = incomplete.partition(":")
        found: dict[str, str] = {}
        for kind in kinds:
            listed = getattr(getattr(client, kind)(base if colon else "", limit=1000), kind)
            found |= {(f"{e.id.name}:{e.id.version}" if colon else e.id.name): kind.rstrip("s").replace("_", " ") for e in listed}
        return list(found.items())

    return ask


def _of_kind(client: Client, context: click.Context, incomplete: str) -> list[tuple[str, str]]:
    """The names that `get KIND` and `list KIND` take."""
    kind = context.params.get("kind") or ""
    if kind in ("execution", "deck", "node"):
        return _executions(client, context, incomplete)
    return _entities(kind.rstrip("s").replace("-", "_") + "s")(client, context, incomplete)


def _versions(client: Client, context: click.Context, incomplete: str) -> list[tuple[str, str]]:
    name = _given(context, "name").partition(":")[0]
    if "execution" in [parameter.name for parameter in context.command.params]:  # of a relaunch: the versions of what ran
        name = client.execution(_given(context, "execution")).get().spec.launch_plan.name
    for kind in ("launch_plans", "tasks"):
        listed = getattr(getattr(client, kind)(name, limit=_MOST), kind)
        if listed:
            return [(each.id.version, "") for each in listed]
    return []


def _projects(client: Client, context: click.Context, incomplete: str) -> list[tuple[str, str]]:
    return [(each.id, each.name) for each in client.projects()]


def _domains(client: Client, context: click.Context, incomplete: str) -> list[tuple[str, str]]:
    return [(each.id, each.name) for each in next(one.domains for one in client.projects() if one.id == client.settings.project)]


executions, nodes, gates = quietly(_executions), quietly(_nodes), quietly(_gates)
launchable, of_kind, versions = quietly(_entities("launch_plans", "tasks")), quietly(_of_kind), quietly(_versions)
comparable, workflows = quietly(_entities("workflows", "tasks", "launch_plans")), quietly(_entities("workflows", "launch_plans"))
projects, domains = quietly(_projects), quietly(_domains)


def versions_or_latest(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """What `rollback` goes to."""
    latest = [CompletionItem("latest", help="follow the newest")] if "latest".startswith(incomplete) else []
    return versions(context, parameter, incomplete) + latest


def in_file(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Tasks and workflows of a file; the file is read, not run."""
    with suppress(Exception):
        tree = ast.parse(Path(context.params["file"]).read_text(encoding="utf-8"))
        found = []
        for each in tree.body:
            if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef)) and each.decorator_list and each.name.startswith(incomplete):
                kinds = [kind for kind in map(_decorator, each.decorator_list) if kind in ("task", "workflow", "dynamic")]
                found += [CompletionItem(each.name, help=kind) for kind in kinds[:1]]
        return found
    return []


def _decorator(node: ast.expr) -> str:
    node = node.func if isinstance(node, ast.Call) else node
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


@add_completion_class
class ColonBash(BashComplete):
    """bash takes a colon for the end of a word: words are joined again, and only what follows the last colon is answered."""

    _cut = 0

    def get_completion_args(self) -> tuple[list[str], str]:
        words = split_arg_string(os.environ["COMP_WORDS"])
        at = int(os.environ["COMP_CWORD"])
        words = [*words[: at + 1], *([""] if at >= len(words) else [])]
        made: list[str] = []
        is_open = False  # the word before ends with a colon
        for word in words:
            if made and (word.startswith(":") or is_open):
                made[-1] += word
            else:
                made.append(word)
            is_open = word.endswith(":") and not word.startswith("-")
        incomplete = made.pop() if made else ""
        self._cut = incomplete.rfind(":") + 1
        return made[1:], incomplete

    def format_completion(self, item: CompletionItem) -> str:
        return f"{item.type},{item.value[self._cut :]}"
