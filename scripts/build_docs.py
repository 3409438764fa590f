"""Gathers the pages of the docs site in build/docs: those of docs/, the project's own, and what is generated from the code.

The reference of the command line is made from the commands themselves, that of Python from `alula.__all__`, the examples from their
files. A page in docs/ that the navigation of mkdocs.yml lacks is added to it, so that no page is forgotten.
Usage: python scripts/build_docs.py, then mkdocs build (`make docs` does both).
"""

from __future__ import annotations

import ast
import re
import shutil
import sys
from pathlib import Path

import click

import alula
from alula.cli.support.group import CODES
from alula.cli.support.group import alula as group

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "build" / "docs"
PROJECT = ("ARCHITECTURE.md", "CONVENTIONS.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")
GROUPS = {
    "Authoring": (
        *("sdk.task", "sdk.workflow", "sdk.array", "sdk.conditional", "sdk.gate", "sdk.launch_plan", "sdk.reference"),
        *("sdk.resources", "sdk.secret", "sdk.builder", "sdk.environment"),
    ),
    "While it runs": ("sdk.caller", "sdk.dynamic", "sdk.context", "sdk.running"),
    "Other kinds of tasks": ("sdk.shell", "sdk.sql", "sdk.notebook", "sdk.command", "sdk.kind"),
    "Values": ("types.value",),
    "Errors": ("errors",),
}
CLIENT = (
    *("alula.client.sync.Client", "alula.client.sync.Execution"),
    *("alula.client.client.AsyncClient", "alula.client.execution.AsyncExecution"),
    *("alula.client.views.ExecutionView", "alula.client.node.NodeView", "alula.client.comparison.Comparison"),
)
TESTING = (
    *("alula.testing.bench.Workbench", "alula.testing.result.Result", "alula.testing.node.NodeResult", "alula.testing.node.AttemptResult"),
    *(f"alula.testing.fault.{name}" for name in ("fail", "lose", "hang", "oom", "crash_after_commit")),
    *("alula.testing.answer.after", "alula.testing.answer.Gate", "alula.testing.clock.Clock"),
)


def gather() -> None:
    """Copies the hand-written pages; links to files of the repository lead to their pages."""
    shutil.rmtree(TARGET, ignore_errors=True)
    shutil.copytree(ROOT / "docs", TARGET)
    (TARGET / "project").mkdir()
    (TARGET / "reference").mkdir()
    for page in TARGET.rglob("*.md"):
        page.write_text(_relinked(page.read_text(), ""))
    for name in PROJECT:
        text = (ROOT / name).read_text().replace("](docs/", "](../")
        for other in PROJECT:
            text = text.replace(f"]({other})", f"]({other.lower()})")
        (TARGET / "project" / name.lower()).write_text(text)


def _relinked(text: str, prefix: str) -> str:
    text = re.sub(r"\]\(\.\./examples/([\w/]+)\.py\)", lambda m: f"]({prefix}examples.md#{m.group(1).replace('/', '-')})", text)
    for name in PROJECT:
        text = text.replace(f"](../{name})", f"]({prefix}project/{name.lower()})")
    return text


def cli() -> str:
    """Every command with its help page, as it prints it."""
    lines = ["# The command line", "", "Results go to stdout, everything else to stderr; `--json` prints one document.", ""]
    lines += ["| Exit code | Meaning |", "| --- | --- |", *(f"| {code} | {meaning} |" for code, meaning in CODES.items()), ""]
    root = click.Context(group, info_name="alula")
    for name in group.list_commands(root):
        command = group.get_command(root, name)
        if command is not None:
            lines += _command(command, click.Context(command, info_name=name, parent=root), 2)
    return "\n".join(lines)


def _command(command: click.Command, context: click.Context, level: int) -> list[str]:
    lines = [f"{'#' * level} {context.command_path}", "", "```text", command.get_help(context), "```", ""]
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None:
                lines += _command(inner, click.Context(inner, info_name=name, parent=context), level + 1)
    return lines


def api() -> str:
    """Public names by what they are for, then the client's classes."""
    homes: dict[str, str] = alula._HOMES
    left = dict(homes)
    lines = ["# Python", "", "Everything below is a name of `alula`, as in `import alula as al`.", ""]
    for title, modules in GROUPS.items():
        names = [name for name in alula.__all__ if homes[name] in modules]
        for name in names:
            left.pop(name, None)
        lines += [f"## {title}", "", *(f"::: alula.{homes[name]}.{name}\n" for name in names)]
    left = {name: home for name, home in left.items() if home != "client"}
    if left:
        raise SystemExit(f"docs: {', '.join(left)} belongs to no group of the reference; add its module to GROUPS")
    lines += ["## The client", "", "::: alula.client.connect\n", "::: alula.client.connect_async\n", *(f"::: {name}\n" for name in CLIENT)]
    lines += ["## Testing", "", "Names of `alula.testing`.", "", *(f"::: {name}\n" for name in TESTING)]
    return "\n".join(lines)


def examples() -> str:
    """Every example with its source."""
    lines = ["# Examples", "", "Each of them is run by the project's tests.", ""]
    for file in sorted((ROOT / "examples").rglob("*.py")):
        name = file.relative_to(ROOT / "examples").with_suffix("").as_posix()
        if file.name.startswith(("_", "conftest")):
            continue
        docstring = ast.get_docstring(ast.parse(file.read_text())) or ""
        lines += [f"## {name} {{#{name.replace('/', '-')}}}", "", docstring, "", "```python", file.read_text().rstrip(), "```", ""]
    return "\n".join(lines)


def main() -> int:
    gather()
    (TARGET / "reference" / "cli.md").write_text(cli())
    (TARGET / "reference" / "api.md").write_text(api())
    (TARGET / "examples.md").write_text(examples())
    navigation = (ROOT / "mkdocs.yml").read_text()
    forgotten = [page.name for page in sorted((ROOT / "docs").glob("*.md")) if f"- {page.name}\n" not in navigation]
    if forgotten:
        print(f"docs: mkdocs.yml lists no {', '.join(forgotten)}; add it to its navigation", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
