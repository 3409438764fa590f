"""Register the tasks and workflows of files or folders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from alula.cli.support.options import client_of, json_option, server_options
from alula.cli.support.output import print_json


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(), metavar="PATH...")
@click.option("--version", default="", help="Version of everything registered [hash of the code].")
@click.option("--upgrade", is_flag=True, help="Resolve the packages of environments anew, for newer versions.")
@server_options
@json_option
def command(paths: tuple[str, ...], version: str, upgrade: bool, address: str, project: str, domain: str, as_json: bool) -> int:
    """Register the tasks, workflows and launch plans of Python files or folders."""
    from alula.cli.support.module import load
    from alula.idl.identifier import KIND_NAMES
    from alula.sdk import discover

    entities: list[Any] = []
    for file in [file for path in paths for file in _files(path)]:
        entities += [entity for entity in discover.entities(load(str(file))) if entity not in entities]
    if not entities:
        raise click.UsageError(f"{', '.join(paths)}: defines no task or workflow; decorate a function with @al.task or @al.workflow")
    with client_of(address, project, domain) as client:
        done = client.register(*entities, version=version, upgrade=upgrade)
        chosen = client.active_versions(entry.name for entry, _ in done.entries if KIND_NAMES[entry.resource_type] == "launch plan")
    for name in done.skipped:
        click.echo(f"note: {name} is not in the bundle, since it leads out of the project", err=True)
    for name, active in chosen.items():
        if active != done.version:
            follow = f"`alula rollback {name} latest` follows the newest"
            click.echo(f"note: {name} launches {active}, to which it was rolled back; {follow}", err=True)
    if as_json:
        entries = [{"kind": KIND_NAMES[entry.resource_type], "name": entry.name, "is_new": is_new} for entry, is_new in done.entries]
        environments = [
            {"name": each.name, "image": each.image, "python": each.python, "lock": each.lock_uri} for each in done.environments
        ]
        document = {"version": done.version, "bundle": done.bundle, "bundle_sent": done.is_sent, "entities": entries}
        print_json({**document, "environments": environments})
        return 0
    for each in done.environments:
        click.echo(f"{'resolved':<10}  {'environment':<11}  {each.name}  {each.image}  Python {each.python}")
    for entry, is_new in done.entries:
        click.echo(f"{'registered' if is_new else 'unchanged '}  {KIND_NAMES[entry.resource_type]:<11}  {entry.name}:{entry.version}")
    return 0


def _files(path: str) -> list[Path]:
    root = Path(path)
    if not root.exists():
        raise click.UsageError(f"{path}: there is no such file or folder")
    if root.is_file():
        return [root]
    # Only files that name us: importing every file of a folder would run scripts that have nothing to do with it.
    candidates = [file for file in sorted(root.rglob("*.py")) if not any(part.startswith((".", "__pycache__")) for part in file.parts)]
    return [file for file in candidates if "alula" in file.read_text(errors="replace")]
