"""Print what a task wrote."""

from __future__ import annotations

import sys

import click

from alula.cli.support import complete
from alula.cli.support.options import client_of, server_options


@click.command()
@click.argument("execution", shell_complete=complete.executions)
@click.argument("node", default="", shell_complete=complete.nodes)
@click.option("--item", type=click.IntRange(0), default=None, help="Which item of a map.")
@click.option("-f", "--follow", is_flag=True, help="Go on to the end, over retries and restarts of the server.")
@click.option("--tail", "tail_bytes", type=click.IntRange(0), default=0, metavar="BYTES", help="Only the last bytes.")
@server_options
def command(execution: str, node: str, item: int | None, follow: bool, tail_bytes: int, address: str, project: str, domain: str) -> int:
    """Print what the last attempt of a node wrote; NODE may be left out where only one task ran."""
    with client_of(address, project, domain) as client:
        for piece in client.execution(execution).logs(node, item=-1 if item is None else item, follow=follow, tail_bytes=tail_bytes):
            sys.stdout.write(piece)
            sys.stdout.flush()
    return 0
