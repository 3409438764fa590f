"""Look at executions in the terminal, live."""

from __future__ import annotations

import sys

import click

from alula.cli.support.options import server_options
from alula.errors import InvalidInput


@click.command()
@server_options
def command(address: str, project: str, domain: str) -> int:
    """Look at executions in the terminal, live: a list, and behind Enter each one's nodes, logs, gates and decks.

    Keys are shown at the bottom. Needs the extra `tui`.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError("it needs a terminal for keys and screen; elsewhere use `alula list executions`, `alula watch EXECUTION`")
    try:
        import textual  # noqa: F401 - asked for here, so that its lack is said in words
    except ImportError as error:
        from alula.version import installing

        raise InvalidInput(f"textual is not installed; {installing('tui')}", code="MISSING_EXTRA") from error
    from alula.cli.support.terminal import Terminal
    from alula.client.settings import load

    Terminal(load(address, project, domain)).run()
    return 0
