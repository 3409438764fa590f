"""Pieces of a deck as HTML: what is text is escaped, what is the user's own HTML lies in a frame by itself, pictures are inline."""

from __future__ import annotations

import base64
import html
import io
import itertools
import numbers
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from alula.errors import InvalidInput, NotFound

MAX_SVG_BYTES = 2 << 20  # a scatter of a million points is smaller as a bitmap, and a browser can show it
MAX_ROWS = 1000
MAX_COLUMNS = 200
MAX_CELL_CHARACTERS = 500
_DPI = 144
PLOT_HEIGHT = "480px"  # a share of the frame's height would never be more than the frame begins with
_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
)
_LIBRARIES = ("matplotlib", "plotly", "altair")
_PICTURES = (("_repr_svg_", "image/svg+xml"), ("_repr_png_", "image/png"), ("_repr_jpeg_", "image/jpeg"))
_SHOWN = (*(method for method, _ in _PICTURES), "_repr_html_")
# Within the frame: says how high its content is, now and whenever that changes.
_MEASURE = (
    "<script>new ResizeObserver(()=>parent.postMessage({height:document.documentElement.offsetHeight},'*'))"
    ".observe(document.documentElement)</script>"
)

_FRAGMENT = '<!doctype html><meta charset="utf-8"><style>body{margin:.5rem;font-family:sans-serif}</style>'


@lru_cache(maxsize=1)
def _markdown() -> Any:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def piece(value: Any, name: str) -> str:
    """A value as what it is: text as Markdown, frames and records as a table, figures as pictures.

    Args:
        value: what a section is given without saying how to show it.
        name: of the section.
    Raises:
        InvalidInput: it is nothing that has one evident form.
    """
    if isinstance(value, str):
        return markdown(value)
    if isinstance(value, (bytes, bytearray, Path)):
        return image(value)
    if isinstance(value, numbers.Number) and not isinstance(value, bool):
        return markdown(str(value))
    if _is_table(value):
        return table(value, MAX_ROWS)
    if _is_figure(value):
        return plot(value)
    raise InvalidInput(
        f"deck {name!r}: expected text, a number, a data frame, a list of dictionaries, a figure or a picture, "
        f"got {type(value).__name__}{_instead(value)}"
    )


def _is_table(value: Any) -> bool:
    """Whether `table` takes it. An empty list has no columns, so it counts as nothing."""
    if isinstance(value, type):
        return False
    if isinstance(value, (list, tuple)):
        return bool(value) and all(isinstance(row, Mapping) for row in value)
    return any(hasattr(value, name) for name in ("itertuples", "iter_rows", "to_pylist", "to_frame"))


def _is_figure(value: Any) -> bool:
    """Whether `plot` takes it."""
    if isinstance(value, type) or hasattr(value, "collect"):  # what is not computed yet shows its plan
        return False
    return type(value).__module__.partition(".")[0] in _LIBRARIES or any(hasattr(value, name) for name in ("savefig", *_SHOWN))


def _instead(value: Any) -> str:
    """What to write for a value that was given to the wrong method, or to none."""
    if isinstance(value, Mapping):
        return "; as a row of a table it is deck.table([value])"
    if hasattr(value, "collect"):  # a lazy frame of polars, a relation
        return "; give what its collect() returns"
    if _is_table(value):
        return "; frames go to deck.table"
    if _is_figure(value):
        return "; figures go to deck.plot"
    return "; give deck.code its text or deck.html its HTML"


def markdown(text: str) -> str:
    """Markdown, tables included; HTML in it is text."""
    if not isinstance(text, str):
        raise InvalidInput(f"deck.markdown: expected text, got {type(text).__name__}{_instead(text)}")
    return str(_markdown().render(text))


def framed(text: str) -> str:
    """HTML by itself: it may run scripts, but reaches neither the page nor its origin."""
    if not isinstance(text, str):
        raise InvalidInput(f"deck.html: expected text, got {type(text).__name__}{_instead(text)}")
    head = "" if "<html" in text[:2000].lower() else _FRAGMENT
    return f'<iframe sandbox="allow-scripts" title="HTML" srcdoc="{html.escape(head + text + _MEASURE)}"></iframe>'


def code(text: str) -> str:
    return f"<pre><code>{html.escape(str(text))}</code></pre>"


def table(rows: Any, limit: int) -> str:
    """A data frame or a list of dictionaries."""
    if limit < 1:
        raise InvalidInput(f"deck.table: limit={limit}, expected ≥ 1")
    columns, count, found = _rows(rows, limit)
    shown = columns[:MAX_COLUMNS]
    head = "".join(f"<th>{_cell(name)}</th>" for name in shown)
    body = "".join(f"<tr>{''.join(_data(value) for value in row[:MAX_COLUMNS])}</tr>" for row in found)
    notes = [f"{limit} of {count} rows"] if count > limit else []
    notes += [f"{MAX_COLUMNS} of {len(columns)} columns"] if len(columns) > MAX_COLUMNS else []
    caption = f"<caption>{', '.join(notes)}</caption>" if notes else ""
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _rows(rows: Any, limit: int) -> tuple[list[Any], int, Iterator[Sequence[Any]]]:
    """Column names, how many rows there are, the first of them."""
    if hasattr(rows, "itertuples"):  # pandas
        named = [" ".join(str(part) for part in name) if isinstance(name, tuple) else name for name in rows.columns]
        return [rows.index.name or "", *named], len(rows), iter(rows.head(limit).itertuples(name=None))
    if hasattr(rows, "iter_rows"):  # polars
        return list(rows.columns), len(rows), iter(rows.head(limit).iter_rows())
    if hasattr(rows, "to_pylist") and hasattr(rows, "column_names"):  # arrow
        names = list(rows.column_names)
        return names, rows.num_rows, ([row[name] for name in names] for row in rows.slice(0, limit).to_pylist())
    if hasattr(rows, "to_frame"):  # a series of pandas or polars
        return _rows(rows.to_frame(), limit)
    if isinstance(rows, Iterable) and not isinstance(rows, (str, bytes, Mapping)):
        listed = list(rows)
        if all(isinstance(row, Mapping) for row in listed):
            names = list(dict.fromkeys(itertools.chain.from_iterable(listed)))
            return names, len(listed), ([row.get(name, "") for name in names] for row in listed[:limit])
    hint = "" if isinstance(rows, str) else _instead(rows)
    raise InvalidInput(f"deck.table: expected a data frame or a list of dictionaries, got {type(rows).__name__}{hint}")


def _data(value: Any) -> str:
    is_number = isinstance(value, numbers.Number) and not isinstance(value, bool)
    return f'<td class="n">{_cell(value)}</td>' if is_number else f"<td>{_cell(value)}</td>"


def _cell(value: Any) -> str:
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return html.escape(text if len(text) <= MAX_CELL_CHARACTERS else text[:MAX_CELL_CHARACTERS] + "…")


def image(source: bytes | bytearray | str | Path) -> str:
    """A picture as part of the page."""
    if isinstance(source, (str, Path)):
        path = Path(source)
        if not path.is_file():
            raise NotFound(f"deck.image: there is no file {path}")
        data = path.read_bytes()
    elif isinstance(source, (bytes, bytearray)):
        data = bytes(source)
    else:
        raise InvalidInput(f"deck.image: expected bytes or a path, got {type(source).__name__}; figures go to deck.plot")
    return _img(data, _kind(data))


def _kind(data: bytes) -> str:
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if b"<svg" in data[:4096].lower():
        return "image/svg+xml"
    raise InvalidInput("deck.image: expected PNG, JPEG, GIF, WebP or SVG; the content is none of them")


def _img(data: bytes, kind: str, more: str = "") -> str:
    return f'<img{more} alt="" src="data:{kind};base64,{base64.b64encode(data).decode()}">'


def plot(figure: Any) -> str:
    """A figure, by what it can do."""
    library = type(figure).__module__.partition(".")[0]
    if library == "matplotlib" or hasattr(figure, "savefig"):
        return _matplotlib(figure if hasattr(figure, "savefig") else getattr(figure, "figure", None))
    if library == "plotly":
        return framed(str(figure.to_html(full_html=True, include_plotlyjs=True, default_height=PLOT_HEIGHT)))
    if library == "altair":
        return framed(_altair(figure))
    for method, kind in _PICTURES:
        made = getattr(figure, method, lambda: None)()
        if made is not None:
            return _img(made.encode() if isinstance(made, str) else bytes(made), kind, ' class="figure"')
    made = getattr(figure, "_repr_html_", lambda: None)()
    if made is not None:
        return framed(str(made))
    raise InvalidInput(
        f"deck.plot: expected a figure of matplotlib, plotly or altair, got {type(figure).__name__}; give deck.html its HTML"
    )


def _matplotlib(figure: Any) -> str:
    if figure is None:
        raise InvalidInput("deck.plot: these axes belong to no figure")
    made = io.BytesIO()
    figure.savefig(made, format="svg", bbox_inches="tight")
    if len(made.getvalue()) <= MAX_SVG_BYTES:
        return _img(made.getvalue(), "image/svg+xml", ' class="figure"')
    made = io.BytesIO()
    figure.savefig(made, format="png", dpi=_DPI, bbox_inches="tight")
    return _img(made.getvalue(), "image/png", ' class="figure"')


def _altair(chart: Any) -> str:
    try:
        return str(chart.to_html(inline=True))
    except (ImportError, ValueError) as error:
        message = "deck.plot: altair needs vl-convert to draw without a network; pip install vl-convert-python"
        raise InvalidInput(message) from error
