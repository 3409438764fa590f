"""Launch an execution again, keeping what succeeded."""

from __future__ import annotations

import click

from alula.cli.support import complete
from alula.cli.support.options import client_of, json_option, server_options


@click.command()
@click.argument("execution", shell_complete=complete.executions)
@click.option("--name", default="", help="Name of the new execution.")
@click.option("--wait", is_flag=True, help="Follow it to the end and print its outputs.")
@server_options
@json_option
def command(execution: str, name: str, wait: bool, address: str, project: str, domain: str, as_json: bool) -> int:
    """Launch an execution again, keeping what succeeded; prints the new name."""
    from alula.cli.support.launched import announce, finish

    with client_of(address, project, domain) as client:
        made = client.execution(execution).recover(name)
        return finish(made, as_json=as_json) if wait else announce(made, as_json=as_json)
