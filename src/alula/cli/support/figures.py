"""What attempts said of themselves, for people: tables, and a few words beside a running node."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from alula.cli.support.output import print_table

if TYPE_CHECKING:
    from alula.client.figures import Figures

BAR = 16  # characters
_SHOWN = 3  # metrics beside a node


def print_figures(found: Sequence[Figures], names: Mapping[str, str]) -> None:
    """Metrics as a table, then parameters.

    Args:
        names: of nodes by id.
    """
    metrics, parameters = [], []
    for one in found:
        called = names.get(one.node, "")
        where = [one.place, "" if called == one.node else called]
        metrics += [
            [*where, name, number(m.last), number(m.min), number(m.max), str(m.points), one.computed_by] for name, m in one.metrics.items()
        ]
        parameters += [[*where, name, value if isinstance(value, str) else json.dumps(value)] for name, value in one.parameters.items()]
    if not metrics and not parameters:
        click.echo("no metrics and no parameters were logged", err=True)
    if metrics:
        has_hits = any(row[-1] for row in metrics)
        headings = ["NODE", "NAME", "METRIC", "LAST", "MIN", "MAX", "STEPS"]
        print_table([*headings, "CACHED FROM"] if has_hits else headings, [row if has_hits else row[:-1] for row in metrics])
    if parameters:
        if metrics:
            click.echo()
        print_table(["NODE", "NAME", "PARAMETER", "VALUE"], parameters)


def number(value: float) -> str:
    return f"{value:.6g}"


def words(message: Any, *, has_bar: bool) -> str:
    """What an attempt said last, in one line: `3/7 half way  loss 0.25`.

    Args:
        message: an `AttemptMetrics`.
        has_bar: draw how far it is.
    """
    parts = []
    if message.HasField("progress"):
        progress = message.progress
        parts.append(_bar(progress.done, progress.total) + _count(progress) if has_bar and progress.total > 0 else _count(progress))
        parts += [" ".join(progress.message.split())] if progress.message.strip() else []
    shown = "  ".join(f"{m.name} {number(m.last)}" for m in message.metrics[:_SHOWN])
    text = " ".join(parts)
    item = f"[{message.item - 1}] " if message.item else ""
    return item + "  ".join(part for part in (text, shown) if part)


def _bar(done: float, total: float) -> str:
    full = round(BAR * min(1.0, max(0.0, done / total)))
    return "━" * full + "╌" * (BAR - full) + " "


def _count(progress: Any) -> str:
    return f"{number(progress.done)}/{number(progress.total)}" if progress.total > 0 else number(progress.done)
