"""Go on from a node of a past execution."""

from __future__ import annotations

from typing import Any

import click

from alula.cli.support import complete
from alula.cli.support.again import CHANGING, change_options, launch_changed


@click.command(context_settings=CHANGING)
@change_options
@click.option(
    "--from",
    "from_nodes",
    multiple=True,
    metavar="NODE",
    shell_complete=complete.nodes,
    help="Compute this node anew, and all that follows; may be repeated.",
)
@click.option(
    "--only", default="", metavar="NODE", shell_complete=complete.nodes, help="Run the task of this node alone, with the inputs it had."
)
@click.pass_context
def command(context: click.Context, /, from_nodes: tuple[str, ...], only: str, **options: Any) -> int:
    """Go on from a node of a past execution; prints the new name.

    What lies before the node is taken over where its inputs are still the same. The code may be new (`--file train.py`, `--version V`),
    inputs may change (`--depth 5`). With --only the node's task runs alone: `alula rerun NAME --only train --lr 0.1`.
    """
    if bool(from_nodes) == bool(only):
        raise click.UsageError("from which node? give --from NODE, or --only NODE; `alula get execution NAME` shows them", context)
    return launch_changed(context, options, from_nodes, only)
