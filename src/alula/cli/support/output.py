"""Results on stdout: JSON, tables, values."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from alula.idl import core

PHASE_STYLES = {
    "SUCCEEDED": "green", "RECOVERED": "green", "FAILED": "red", "FAILING": "red", "TIMED_OUT": "red", "ABORTED": "yellow",
    "ABORTING": "yellow", "RUNNING": "cyan", "DYNAMIC_RUNNING": "cyan", "SUCCEEDING": "cyan", "SKIPPED": "dim",
}  # fmt: skip


def print_json(value: Any) -> None:
    """One JSON document on stdout."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def print_message(message: Message, *, has_defaults: bool = False) -> None:
    """An IDL message as JSON, its names as in the IDL.

    Args:
        has_defaults: also what is 0 or empty.
    """
    print_json(as_document(message, has_defaults=has_defaults))


def as_document(message: Message, *, has_defaults: bool = False) -> dict[str, Any]:
    """An IDL message as a document, its names as in the IDL; `has_defaults`: also what is 0 or empty."""
    from google.protobuf import json_format

    made: dict[str, Any] = json_format.MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=has_defaults
    )
    return made


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table; columns named PHASE are coloured on a terminal. Plain aligned text when piped, never cut."""
    import sys

    if not sys.stdout.isatty():
        widths = [max(len(row[at]) for row in [headings, *rows]) for at in range(len(headings))]
        for row in [headings, *rows]:
            click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*headings, box=box.SIMPLE_HEAD)
    for row in rows:
        table.add_row(
            *(Text(cell, style=PHASE_STYLES.get(cell, "") if name == "PHASE" else "") for name, cell in zip(headings, row, strict=True))
        )
    Console().print(table)


def print_outputs(outputs: core.LiteralMap, names: Sequence[str] = ()) -> None:
    """A single output bare, several as `name: value`.

    Args:
        outputs: literals by name.
        names: their order; sorted if empty.
    """
    from alula.idl.literal import to_text

    listed = list(names) or sorted(outputs.literals)
    for name in listed:
        text = to_text(outputs.literals[name])
        click.echo(text if len(listed) == 1 else f"{name}: {text}")


def outputs_json(outputs: core.LiteralMap) -> dict[str, Any]:
    """Outputs by name as JSON values."""
    from alula.idl.literal import to_json

    return {name: to_json(outputs.literals[name]) for name in sorted(outputs.literals)}
