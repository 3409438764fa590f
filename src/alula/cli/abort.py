"""Abort a running execution."""

from __future__ import annotations

import click

from alula.cli.support import complete
from alula.cli.support.options import client_of, json_option, server_options
from alula.cli.support.output import print_json


@click.command()
@click.argument("execution", shell_complete=complete.executions)
@click.option("--cause", default="aborted from the command line", show_default=True, help="Why; recorded with the execution.")
@server_options
@json_option
def command(execution: str, cause: str, address: str, project: str, domain: str, as_json: bool) -> int:
    """Abort a running execution."""
    with client_of(address, project, domain) as client:
        found = client.execution(execution)
        found.abort(cause)
    if as_json:
        print_json({"execution": found.name, "cause": cause})
    else:
        click.echo(f"{found.name} is being aborted")
    return 0
