"""Follow an execution live."""

from __future__ import annotations

import click

from alula.cli.support import complete
from alula.cli.support.options import client_of, json_option, server_options


@click.command()
@click.argument("execution", shell_complete=complete.executions)
@server_options
@click.option("--timeout", "timeout_s", type=float, metavar="SECONDS", help="How long to follow; the execution goes on.")
@json_option
def command(execution: str, address: str, project: str, domain: str, timeout_s: float | None, as_json: bool) -> int:
    """Follow an execution live to its end and print its outputs; exit code 1 if it fails."""
    from alula.cli.support.launched import finish

    with client_of(address, project, domain) as client:
        return finish(client.execution(execution), as_json=as_json, timeout_s=timeout_s)
