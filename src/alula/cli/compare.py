"""Compare executions side by side."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from alula.cli.support import complete
from alula.cli.support.options import client_of, json_option, server_options

if TYPE_CHECKING:
    from alula.client.comparison import Comparison, Row

_MOST = 60  # characters of one value


@click.command()
@click.argument("executions", nargs=-1, required=True, metavar="EXECUTION EXECUTION...", shell_complete=complete.executions)
@click.option("--all", "has_same", is_flag=True, help="Also what is the same in all of them.")
@server_options
@json_option
def command(executions: tuple[str, ...], has_same: bool, address: str, project: str, domain: str, as_json: bool) -> int:
    """Compare executions side by side: versions, inputs, outputs, metrics, parameters, durations of nodes.

    Shows what differs; with --all everything, what differs marked by a `*`. With --json everything is in the document.
    """
    from alula.cli.support.output import print_json, print_table

    with client_of(address, project, domain) as client:
        found = client.compare(*executions)
    if as_json:
        print_json(_document(found))
        return 0
    rows = found.rows if has_same else found.differences
    if not rows:
        click.echo("they agree in everything", err=True)
        return 0
    names = [one.view.name for one in found.executions]
    mark = [""] if has_same else []
    print_table(
        [*mark, "PART", "NAME", *names],
        [[*_mark(row, has_same), row.part, row.name, *(_shown(row, value) for value in row.values)] for row in rows],
    )
    return 0


def _mark(row: Row, has_same: bool) -> list[str]:
    return [" " if row.is_same else "*"] if has_same else []


def _shown(row: Row, value: Any) -> str:
    from alula.client.html import in_one_line

    if value is None:
        return "-"
    if row.part == "execution" and row.name == "error":
        value = in_one_line(value)
    if isinstance(value, timedelta):
        return f"{value.total_seconds():.3f} s"
    text = value if isinstance(value, str) else f"{value:.6g}" if isinstance(value, float) else json.dumps(value, ensure_ascii=False)
    text = " ".join(text.split())
    return text if len(text) <= _MOST else text[: _MOST - 1] + "…"


def _document(found: Comparison) -> dict[str, Any]:
    def plain(value: Any) -> Any:
        return value.total_seconds() if isinstance(value, timedelta) else value

    rows = [
        {"part": row.part, "name": row.name, "is_same": row.is_same, "values": [plain(value) for value in row.values]} for row in found.rows
    ]
    return {"executions": [one.view.name for one in found.executions], "rows": rows}
