"""What the client's objects look like in a notebook. Styles are inline and colours of middle tone: readable on dark and on light.

It knows the views by their attributes only, so that every one of them may call it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from html import escape
from typing import Any

from alula.idl.phase import NodePhase

_GREEN, _RED, _AMBER, _BLUE, _GREY = "#2e9e5b", "#d64545", "#b7791f", "#3b82c4", "#8a8a8a"
_COLOURS = {
    "SUCCEEDED": _GREEN, "RECOVERED": _GREEN, "FAILED": _RED, "FAILING": _RED, "TIMED_OUT": _RED, "ABORTED": _AMBER, "ABORTING": _AMBER,
    "RUNNING": _BLUE, "DYNAMIC_RUNNING": _BLUE, "SUCCEEDING": _BLUE,
}  # fmt: skip
_MARKS = {
    "SUCCEEDED": "✓", "RECOVERED": "✓", "FAILED": "✗", "FAILING": "✗", "TIMED_OUT": "✗", "ABORTED": "■", "SKIPPED": "–", "QUEUED": "○",
    "UNDEFINED": "○",
}  # fmt: skip
_CELL = "text-align:left;padding:2px 12px 2px 0;border:0;vertical-align:top;background:none;color:inherit"
_HEAD = _CELL + ";font-weight:600;border-bottom:1px solid rgba(128,128,128,.4)"
_TEXT = 500  # characters of one value
_ROWS = 200
_TRIED = re.compile(r"\A\[\d+/\d+\] currentAttempt done\. Last Error: (USER|SYSTEM)::")


def mark(phase: str) -> str:
    """One character for a phase."""
    return _MARKS.get(phase, "●")


def in_one_line(error: str) -> str:
    """What an error says, in a line: without how often it was tried; a trace names the exception in its last line."""
    lines = _TRIED.sub("", error.strip()).splitlines() or [""]
    return (lines[-1] if lines[0].startswith("Traceback") else lines[0])[:200]


def phase_html(phase: str) -> str:
    return f'<span style="color:{_COLOURS.get(phase, _GREY)};white-space:nowrap">{mark(phase)} {escape(phase)}</span>'


def span_text(span: timedelta | None) -> str:
    """`77 ms`, `3.2 s`, `4 m 10 s`; empty for none."""
    if span is None:
        return ""
    seconds = span.total_seconds()
    if seconds < 1:
        return f"{seconds * 1e3:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds // 60:.0f} m {seconds % 60:.0f} s"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are HTML already."""
    head = "".join(f'<th style="{_HEAD}">{escape(text)}</th>' for text in headings)
    body = "".join("<tr>" + "".join(f'<td style="{_CELL}">{cell}</td>' for cell in row) + "</tr>" for row in rows)
    return (
        f'<table style="border-collapse:collapse;color:inherit;background:none"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    )


def _value(value: Any) -> str:
    if value is None:
        return f'<span style="color:{_GREY}">–</span>'
    if isinstance(value, timedelta):
        return span_text(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=repr)
    return escape(text if len(text) <= _TEXT else text[: _TEXT - 1] + "…")


def _depths(views: Sequence[Any]) -> list[int]:
    depth = {"": -1}
    for view in views:
        depth[view.id] = depth.get(view.parent, -1) + 1
    return [depth[view.id] for view in views]


def nodes(views: Sequence[Any], said: Mapping[str, str] | None = None) -> str:
    """Node executions, indented by what they lie in.

    Args:
        said: by node, what its attempt said last.
    """
    shown = [(view, depth) for view, depth in zip(views, _depths(views), strict=True) if not view.id.endswith(("start-node", "end-node"))]
    rows = []
    for view, depth in shown[:_ROWS]:
        note = escape(in_one_line(view.error))
        if view.phase in (NodePhase.RUNNING, NodePhase.DYNAMIC_RUNNING):
            note = escape((said or {}).get(view.id, ""))
        name = f'<span style="padding-left:{depth * 1.2:g}em">{escape(view.name)}</span>'
        time = "from the cache" if view.cache == "HIT" else span_text(view.duration)
        rows.append([name, escape(view.id), phase_html(view.phase.name), time, note])
    more = f"<div>… {len(shown) - _ROWS} more</div>" if len(shown) > _ROWS else ""
    return table(["node", "id", "phase", "time", ""], rows) + more


def execution(view: Any, views: Sequence[Any], outputs: Mapping[str, Any] | None = None, said: Mapping[str, str] | None = None) -> str:
    """An execution with its nodes, its error or its outputs."""
    parts = [
        f"<div><b>{escape(view.name)}</b> {phase_html(view.phase.name)} {span_text(view.duration)} "
        f'<span style="color:{_GREY}">{escape(view.workflow)}:{escape(view.version)}</span></div>',
        nodes(views, said),
    ]
    if view.error:
        style = f"color:inherit;background:none;border-left:3px solid {_RED};padding-left:8px;margin:6px 0;"
        style += "white-space:pre-wrap;overflow-wrap:anywhere"
        parts.append(f'<pre style="{style}">{escape(view.error.rstrip())}</pre>')
    if outputs:
        parts.append(table(["output", "value"], [[escape(name), _value(value)] for name, value in outputs.items()]))
    return f'<div style="color:inherit">{"".join(parts)}</div>'


def versions(found: Sequence[Any]) -> str:
    """Versions of a name."""
    rows = [
        [escape(one.name), escape(one.version), f"{one.created_at.astimezone():%Y-%m-%d %H:%M:%S}", "active" if one.is_active else ""]
        for one in found
    ]
    return table(["name", "version", "created", ""], rows)


def executions(found: Sequence[Any]) -> str:
    """Executions of a list."""
    rows = [
        [escape(one.name), phase_html(one.phase.name), escape(one.workflow), escape(one.version),
         f"{one.created_at.astimezone():%Y-%m-%d %H:%M:%S}", span_text(one.duration)]
        for one in found
    ]  # fmt: skip
    return table(["name", "phase", "workflow", "version", "created", "time"], rows)


def comparison(of: Any) -> str:
    """Executions side by side; what differs is bold."""
    rows = []
    for row in of.rows:
        if row.part == "execution" and row.name == "error":
            row = row._replace(values=tuple(value and in_one_line(value) for value in row.values))
        cells = [phase_html(value) if row.name == "phase" and row.part == "execution" else _value(value) for value in row.values]
        rows.append([escape(row.part), escape(row.name), *(cells if row.is_same else [f"<b>{cell}</b>" for cell in cells])])
    return table(["", "", *(one.view.name for one in of.executions)], rows)


def difference(of: Any) -> str:
    """What two versions differ in."""
    parts = [f"<div><b>{escape(of.kind)} {escape(of.name)}</b> {escape(of.old)} → {escape(of.new)}</div>"]
    for title in ("interface", "graph", "tasks", "settings"):
        if lines := getattr(of, title):
            parts.append(f"<div><b>{title}</b></div>" + "".join(f'<div style="padding-left:1em">{escape(line)}</div>' for line in lines))
    for change in of.code:
        parts.append(f"<div><b>{escape(change.path)}</b> {escape(change.status)}</div>")
        if change.lines:
            lines = "\n".join(_coloured(line) for line in change.lines)
            parts.append(f'<pre style="color:inherit;background:none;padding-left:1em">{lines}</pre>')
    parts += ["<div>no difference</div>"] if not of else []
    parts += [f'<div style="color:{_GREY}">{escape(note)}</div>' for note in of.notes]
    return f'<div style="color:inherit">{"".join(parts)}</div>'


def _coloured(line: str) -> str:
    colour = _GREEN if line.startswith("+") else _RED if line.startswith("-") else ""
    return f'<span style="color:{colour}">{escape(line)}</span>' if colour else escape(line)
