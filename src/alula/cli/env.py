"""List or remove the environments that were built on this machine."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import click

from alula.cli.support.options import home_folder, home_option, json_option


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """List or remove the environments that were built on this machine."""


@command.command("list")
@home_option
@json_option
def list_(home: Path | None, as_json: bool) -> int:
    """List the environments built in the home folder, the one used last first."""
    from alula.cli.support.output import print_json, print_table
    from alula.provision.folder import built

    found = built(home_folder(home) / "environments")
    if as_json:
        print_json([{"key": e.key, "name": e.name, "python": e.python, "size_bytes": e.size_bytes, "used_at": e.used_at} for e in found])
        return 0
    rows = [
        [e.key, e.name, e.python, f"{e.size_bytes / 1e6:.0f} MB", time.strftime("%Y-%m-%d %H:%M", time.localtime(e.used_at))] for e in found
    ]
    print_table(["KEY", "NAME", "PYTHON", "SIZE", "LAST USED"], rows)
    return 0


@command.command()
@click.argument("keys", nargs=-1, metavar="[KEY...]")
@click.option("--all", "everything", is_flag=True, help="All of them.")
@home_option
def remove(keys: tuple[str, ...], everything: bool, home: Path | None) -> int:
    """Remove environments by the beginning of their key; a task that needs one has it built again. Not while a server runs."""
    from alula.errors import NotFound
    from alula.provision.folder import built, set_aside

    if bool(keys) == everything:
        raise click.UsageError("name environments by their key, see `alula env list`, or say --all")
    folder = home_folder(home)
    there = [each.key for each in built(folder / "environments")]
    for key in keys:
        if len([each for each in there if each.startswith(key)]) != 1:
            raise NotFound(f"environment {key}: expected the beginning of one key; `alula env list` shows them")
    chosen = there if everything else [each for each in there if each.startswith(keys)]
    if chosen:
        from alula.server.home import open_home  # a server that runs would lose what its workers run in

        with open_home(folder):
            for key in chosen:
                shutil.rmtree(set_aside(folder / "environments", key))
    click.echo(f"{len(chosen)} removed")
    return 0
