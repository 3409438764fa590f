"""Pages of decks: whole, by themselves, and harmless."""

from __future__ import annotations

import base64
import html
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from alula.errors import InvalidInput, NotFound
from alula.sdk import deck_piece
from alula.sdk.context import Context
from alula.sdk.deck import Decks

mpl.use("agg")
PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


class Outline(HTMLParser):
    """Tags that stay open, and every address that is referred to."""

    VOID = frozenset({"meta", "img", "input", "br", "hr", "link"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture
def decks(tmp_path: Path) -> Decks:
    return Context(execution="run", task="m.train", output_prefix=str(tmp_path)).decks


def test_a_page_is_whole_and_needs_nothing_from_elsewhere(decks: Decks, tmp_path: Path) -> None:
    decks.section("main").markdown("# Title\n\n| a | b |\n|---|---|\n| 1 | 2 |").code("x < 1").image(PIXEL)
    decks.section("own <b>").html("<h1 onclick='alert(1)'>hi</h1><script src='https://example.com/x.js'></script>")
    uri = decks.save()
    assert uri == f"{tmp_path}/deck.html"
    page = Outline(Path(uri).read_text())
    assert page.open == []
    assert [tag for tag, of in page.seen if tag in ("link", "script") and ("src" in of or "href" in of)] == []
    assert all((of["src"] or "").startswith("data:") for tag, of in page.seen if tag == "img")
    text = Path(uri).read_text()
    assert "<h1>Title</h1>" in text and "<td>1</td>" in text and "x &lt; 1" in text
    assert "own &lt;b&gt;" in text, "a name is text"
    assert "default-src &#x27;none&#x27;" in text


def test_html_of_the_user_lies_in_a_frame_of_another_origin(decks: Decks) -> None:
    decks.section("main").html("<script>parent.document.title = 1</script>")
    frames = [of for tag, of in Outline(decks.page()).seen if tag == "iframe"]
    assert [frame["sandbox"] for frame in frames] == ["allow-scripts"], "never allow-same-origin"
    assert "parent.document.title" in (frames[0]["srcdoc"] or "")
    assert "<script>parent.document" not in decks.page()


@pytest.mark.parametrize("evil", ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))"])
def test_markdown_and_text_run_nothing(decks: Decks, evil: str) -> None:
    deck = decks.section(evil).markdown(evil).code(evil).table([{evil: evil}])
    parsed = Outline("".join(deck.pieces))
    assert {tag for tag, _ in parsed.seen} <= {"p", "pre", "code", "table", "thead", "tbody", "tr", "th", "td", "a"}
    assert not any("javascript" in (of.get("href") or "") for _, of in parsed.seen)


def test_one_section_has_no_tabs_and_several_have_one_each(decks: Decks) -> None:
    decks.section("a").markdown("x")
    assert '<input type="radio"' not in decks.page()
    decks.section("b").markdown("y")
    assert decks.page().count('<input type="radio"') == 2
    assert decks.section("a") is decks.section("a")


def test_tables_of_frames_and_dictionaries() -> None:
    frame = pd.DataFrame({"name": ["a", "b"], "score": [0.123456789, 2.0]})
    made = deck_piece.table(frame, 10)
    assert "<th>name</th>" in made and '<td class="n">0.123457</td>' in made
    rows = deck_piece.table([{"x": 1}, {"x": 2, "y": "z"}], 10)
    assert rows.count("<tr>") == 3 and "<td>z</td>" in rows
    cut = deck_piece.table([{"n": n} for n in range(50)], 5)
    assert "5 of 50 rows" in cut and cut.count("<tr>") == 6
    with pytest.raises(InvalidInput, match="expected a data frame or a list of dictionaries, got str"):
        deck_piece.table("a,b", 5)


class _Png:
    def _repr_png_(self) -> bytes:
        return PIXEL


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("# Title", "<h1>Title</h1>"),
        (0.25, "<p>0.25</p>"),
        (np.int64(-7), "<p>-7</p>"),
        (pd.DataFrame({"score": [1]}), "<th>score</th>"),
        (pd.Series([1], name="score"), "<th>score</th>"),
        (pl.DataFrame({"score": [1]}), "<th>score</th>"),
        (pl.Series("score", [1]), "<th>score</th>"),
        (pa.table({"score": [1]}), "<th>score</th>"),
        ([{"score": 1}, {"score": 2}], "<th>score</th>"),
        (_Png(), "data:image/png"),
        (PIXEL, "data:image/png"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_is_shown_as_what_it_is(decks: Decks, value: Any, expected: str) -> None:
    assert expected in decks.section("main").show(value).pieces[0]


def test_figures_and_files_are_shown_as_what_they_are(decks: Decks, tmp_path: Path) -> None:
    import matplotlib.pyplot as plt
    import plotly.graph_objects as go

    figure, axes = plt.subplots()
    (tmp_path / "p.png").write_bytes(PIXEL)
    pieces = decks.section("main").show(figure).show(axes).show(go.Figure()).show(tmp_path / "p.png").pieces
    plt.close(figure)
    assert ["image/svg+xml" in pieces[0], "image/svg+xml" in pieces[1], "<iframe" in pieces[2], "image/png" in pieces[3]] == [True] * 4


EXPECTED = "text, a number, a data frame, a list of dictionaries, a figure or a picture"


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"loss": 0.5}, "got dict; as a row of a table it is deck.table([value])"),
        (pl.LazyFrame({"a": [1]}), "got LazyFrame; give what its collect() returns"),
        (None, "got NoneType; give deck.code its text or deck.html its HTML"),
        (True, "got bool; give deck.code its text or deck.html its HTML"),
        ([], "got list; give deck.code its text or deck.html its HTML"),
        (pd.DataFrame, "got type; give deck.code its text or deck.html its HTML"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_a_value_of_no_evident_form_is_refused_with_what_to_write(decks: Decks, value: Any, found: str) -> None:
    with pytest.raises(InvalidInput, match=re.escape(f"deck 'main': expected {EXPECTED}, {found}")):
        decks.section("main").show(value)


def test_a_value_for_another_method_is_refused_with_the_right_one() -> None:
    frame = pd.DataFrame({"a": [1]})
    for make in (deck_piece.markdown, deck_piece.framed):
        with pytest.raises(InvalidInput, match=r"expected text, got DataFrame; frames go to deck\.table"):
            make(frame)  # type: ignore[arg-type]
        with pytest.raises(InvalidInput, match=r"expected text, got _Png; figures go to deck\.plot"):
            make(_Png())  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match=r"list of dictionaries, got dict; as a row of a table it is deck\.table\(\[value\]\)"):
        deck_piece.table({"a": 1}, 5)
    with pytest.raises(InvalidInput, match=r"list of dictionaries, got _Png; figures go to deck\.plot"):
        deck_piece.table(_Png(), 5)


def test_a_value_in_the_place_of_the_name_is_refused_without_its_content(decks: Decks) -> None:
    with pytest.raises(InvalidInput, match=r'^deck: expected the name of a section, got DataFrame; .* al\.deck\("DataFrame", …\)$'):
        decks.section(pd.DataFrame({"a": [1]}))  # type: ignore[arg-type]


def test_a_figure_of_matplotlib_is_a_picture_that_runs_nothing() -> None:
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots()
    axes.plot([1, 2, 3], label="<script>")
    for one in (figure, axes):
        made = deck_piece.plot(one)
        kind, data = re.search(r"data:(.*?);base64,([^\"]*)", made).groups()  # type: ignore[union-attr]
        assert (kind, b"<svg" in base64.b64decode(data)) == ("image/svg+xml", True)
    plt.close(figure)


def test_a_huge_figure_becomes_a_bitmap() -> None:
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots()
    axes.plot(np.random.default_rng(1).random(150_000), ".")
    assert "data:image/png;base64," in deck_piece.plot(figure)
    plt.close(figure)


def test_a_figure_of_plotly_brings_its_library_along() -> None:
    import plotly.graph_objects as go

    made = deck_piece.plot(go.Figure(go.Scatter(y=[1, 2])))
    inner = html.unescape(made)
    assert made.startswith('<iframe sandbox="allow-scripts"')
    assert len(inner) > 1 << 20
    assert not re.search(r"<script[^>]+src=", inner)


class _Html:
    def _repr_html_(self) -> str:
        return "<b>mine</b>"


class _Svg:
    def _repr_svg_(self) -> str:
        return "<svg/>"


@pytest.mark.parametrize(("figure", "expected"), [(_Html(), "iframe"), (_Svg(), "data:image/svg+xml")])
def test_what_a_notebook_would_show_is_shown(figure: Any, expected: str) -> None:
    assert expected in deck_piece.plot(figure)


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p.png").write_bytes(PIXEL)
    assert "image/png" in deck_piece.image(tmp_path / "p.png")
    with pytest.raises(InvalidInput, match="expected PNG, JPEG, GIF, WebP or SVG"):
        deck_piece.image(b"hello")
    with pytest.raises(NotFound, match="there is no file"):
        deck_piece.image(tmp_path / "none")
    with pytest.raises(InvalidInput, match="expected a figure of matplotlib, plotly or altair, got int"):
        deck_piece.plot(3)
