"""Results on stdout: JSON, tables, values."""

from __future__ import annotations

import json
import os
import shutil
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
    """A table; on a terminal phases are coloured, and what is wider goes on in further lines. No cell is ever cut."""
    import sys

    widths = [max(len(row[at]) for row in [headings, *rows]) for at in range(len(headings))]
    is_terminal = sys.stdout.isatty()
    groups = _groups(widths, shutil.get_terminal_size().columns) if is_terminal else [range(len(headings))]
    for number, row in enumerate([headings, *rows]):
        for nth, columns in enumerate(groups):
            cells = [_cell(row[at], widths[at], headings[at], is_heading=not number) for at in columns]
            line = "  ".join(cells).rstrip()
            if not nth or click.unstyle(line).strip():
                click.echo(("    " if nth else "") + line, color=False if os.environ.get("NO_COLOR") else None)


def _groups(widths: Sequence[int], most: int) -> list[range]:
    """Columns that fit beside each other, those of the second line and later ones behind an indent of 4."""
    made, start, taken = [], 0, 0
    for at, width in enumerate(widths):
        if at > start and taken + 2 + width > most:
            made.append(range(start, at))
            start, taken = at, 4 + width
        else:
            taken += width + (2 if at > start else 0)
    return [*made, range(start, len(widths))]


def _cell(text: str, width: int, heading: str, *, is_heading: bool) -> str:
    padding = " " * (width - len(text))
    if is_heading:
        return click.style(text, bold=True) + padding
    style = PHASE_STYLES.get(text, "") if heading == "PHASE" else ""
    return (click.style(text, dim=True) if style == "dim" else click.style(text, fg=style) if style else text) + padding


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
