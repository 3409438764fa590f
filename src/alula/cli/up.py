"""Start a server with its web interface."""

from __future__ import annotations

from pathlib import Path

import click

from alula.cli.support.options import home_folder, home_option


@click.command()
@home_option
@click.option(
    "--http", default="127.0.0.1:8088", show_default=True, metavar="HOST:PORT", help="Where the web interface and the HTTP API listen."
)
@click.option("--grpc", default="127.0.0.1:8089", show_default=True, metavar="HOST:PORT", help="Where Flyte and Alula clients connect.")
@click.option("--database", metavar="URL", help="postgresql://… instead of SQLite in the home folder.")
def command(home: Path | None, http: str, grpc: str, database: str | None) -> int:
    """Start a server with its web interface; stops with Ctrl-C."""
    from alula.server.app import serve

    return int(serve(home_folder(home), http, grpc, database))
