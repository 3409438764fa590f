"""One node for people: what went in, what came out, its attempts and where their time went, of a map its items."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from alula.cli.support.output import print_json, print_table
from alula.client.html import in_one_line

if TYPE_CHECKING:
    from alula.client.sync import Execution
    from alula.client.views import AttemptView, ItemView

_MOST = 200  # characters of one value


def show_node(execution: Execution, node: str, *, as_json: bool) -> int:
    """Prints a node given by id or name."""
    detail = execution.node(node)
    view = next(one for one in execution.nodes if one.id == detail.id)
    if as_json:
        print_json({
            "node": view.id, "name": view.name, "phase": view.phase.name, "cache": view.cache, "error": view.error,
            "duration_s": view.duration.total_seconds() if view.duration is not None else None,
            "inputs": detail.inputs, "outputs": detail.outputs, "attempts": [_document(one) for one in detail.attempts],
            **({"items": [_item(one) for one in detail.items]} if detail.items else {}),
        })  # fmt: skip
        return 0
    span = f"  {view.duration.total_seconds():.3f} s" if view.duration is not None else ""
    click.echo(f"{view.id}  {view.name}  {view.phase.name}{span}" + (f"  cache {view.cache}" if view.cache else ""))
    if view.error:
        click.echo(view.error.rstrip())
    for title, values in (("INPUT", detail.inputs), ("OUTPUT", detail.outputs)):
        if values:
            click.echo()
            print_table([title, "VALUE"], [[name, _shown(value)] for name, value in values.items()])
    if detail.items:
        click.echo()
        _print_items(detail.items)
    elif detail.attempts:
        click.echo()
        rows = [[str(one.number), one.phase.name, _size(one.peak_bytes), _parts(one), in_one_line(one.error)] for one in detail.attempts]
        print_table(["ATTEMPT", "PHASE", "PEAK MEMORY", "TIME", "ERROR"], rows)
    return 0


def _shown(value: Any) -> str:
    if isinstance(value, dict) and "uri" in value:
        return str(value["uri"])
    text = " ".join((value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)).split())
    return text if len(text) <= _MOST else f"{text[:_MOST]}… ({len(text)} characters; whole with --json)"


def _size(size: int) -> str:
    return f"{size / 2**20:.0f} MiB" if size else ""


def _span(span: timedelta) -> str:
    seconds = span.total_seconds()
    return f"{seconds * 1e3:.1f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _parts(attempt: AttemptView) -> str:
    return ", ".join(f"{name} {_span(span)}" for name, span in attempt.times.items())


def _print_items(items: Sequence[ItemView]) -> None:
    """One a line; what none of them has is no column."""
    rows = [
        [str(one.index), one.phase.name, str(one.attempts), one.cache, one.computed_by, one.execution, in_one_line(one.error)]
        for one in items
    ]
    headings = ["ITEM", "PHASE", "ATTEMPTS", "CACHE", "COMPUTED BY", "EXECUTION", "ERROR"]
    shown = [at for at in range(len(headings)) if any(row[at] for row in rows)]
    print_table([headings[at] for at in shown], [[row[at] for at in shown] for row in rows])


def _item(one: ItemView) -> dict[str, Any]:
    return {
        "item": one.index, "phase": one.phase.name, "attempts": one.attempts, "cache": one.cache, "computed_by": one.computed_by,
        "execution": one.execution, "error": one.error,
    }  # fmt: skip


def _document(one: AttemptView) -> dict[str, Any]:
    times = {name: span.total_seconds() for name, span in one.times.items()}
    return {"attempt": one.number, "phase": one.phase.name, "peak_bytes": one.peak_bytes, "times_s": times, "error": one.error}
