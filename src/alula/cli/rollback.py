"""Go back to an earlier version of a workflow."""

from __future__ import annotations

import click

from alula.cli.support import complete
from alula.cli.support.options import client_of, json_option, server_options


@click.command()
@click.argument("name", metavar="WORKFLOW", shell_complete=complete.workflows)
@click.argument("version", metavar="VERSION|latest", shell_complete=complete.versions_or_latest)
@server_options
@json_option
def command(name: str, version: str, address: str, project: str, domain: str, as_json: bool) -> int:
    """Make an earlier version of a workflow the one that is launched by name; `latest` follows the newest again.

    Nothing is removed: every version and what it ran stay, and any version can be launched by `NAME:VERSION`.
    """
    from alula.cli.support.output import print_json

    with client_of(address, project, domain) as client:
        done = client.rollback(name, "" if version == "latest" else version)
    if as_json:
        print_json({"name": name, "active": done.active, "before": done.before, "newest": done.newest})
        return 0
    now = done.active or f"the newest, {done.newest}"
    click.echo(f"{name} launches {now}" + ("" if done.active == done.before else f" (before: {done.before or 'the newest'})"))
    return 0
