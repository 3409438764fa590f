"""One measured figure beside its budget."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass
class Row:
    """A line of the table; `holds` None where there is no budget for it."""

    name: str
    what: str
    value: str
    budget: str = ""
    holds: bool | None = None
    cpu: str = ""


def show(rows: list[Row]) -> None:
    table = Table(title="Speed, measured on this machine in this run")
    for column in ("", "what", "measured", "CPU", "budget", ""):
        table.add_column(column)
    for row in rows:
        mark = "" if row.holds is None else ("holds" if row.holds else "[bold red]missed[/]")
        table.add_row(row.name, row.what, row.value, row.cpu, row.budget, mark)
    Console(width=140).print(table)
