"""Compare two versions of a workflow, task or launch plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from alula.cli.support import complete
from alula.cli.support.options import client_of, json_option, server_options

if TYPE_CHECKING:
    from alula.client.compare import Difference


@click.command()
@click.argument("name", shell_complete=complete.comparable)
@click.argument("old", default="", metavar="[OLD]", shell_complete=complete.versions)
@click.argument("new", default="", metavar="[NEW]", shell_complete=complete.versions)
@click.option("--kind", type=click.Choice(["workflow", "task", "launch-plan"]), help="What the name is of [the first that has it].")
@click.option("--no-code", is_flag=True, help="Leave the lines of changed files out.")
@server_options
@json_option
def command(name: str, old: str, new: str, kind: str | None, no_code: bool, address: str, project: str, domain: str, as_json: bool) -> int:
    """Compare two versions of a workflow, task or launch plan: interface, graph, how its tasks run, code.

    Without versions the newest is compared with the one before; with one version that one with the newest.
    """
    from alula.cli.support.output import print_json

    with client_of(address, project, domain) as client:
        found = client.diff(name, old, new, kind=kind or "")
    if as_json:
        print_json(_document(found))
    else:
        _show(found, with_lines=not no_code)
    return 0


def _document(found: Difference) -> dict[str, object]:
    return {
        "kind": found.kind, "name": found.name, "old": found.old, "new": found.new,
        "interface": found.interface, "graph": found.graph, "tasks": found.tasks, "settings": found.settings,
        "code": [{"path": c.path, "status": c.status, "lines": list(c.lines)} for c in found.code],
        "notes": found.notes,
    }  # fmt: skip


def _show(found: Difference, *, with_lines: bool) -> None:
    click.secho(f"{found.kind} {found.name}  {found.old} → {found.new}", bold=True)
    for title, lines in (
        ("interface", found.interface), ("graph", found.graph), ("tasks", found.tasks), ("settings", found.settings),
    ):  # fmt: skip
        if lines:
            click.echo(f"\n{title}")
            for line in lines:
                click.echo(f"  {line}")
    if found.code:
        click.echo("\ncode")
        for change in found.code:
            click.echo(f"  {change.status:<8} {change.path}")
        for change in found.code if with_lines else ():
            for line in ("", *change.lines) if change.lines else ():
                click.secho(line, fg="green" if line.startswith("+") else "red" if line.startswith("-") else None)
    if not found:
        click.echo("no difference")
    for note in found.notes:
        click.echo(note, err=True)
