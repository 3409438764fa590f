"""Places in logs, against a search of the whole text at once; with chunks so small that everything is cut somewhere."""

from __future__ import annotations

import re
import threading
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alula.control import logsearch
from alula.control.logsearch import Match, errors, find, pattern
from alula.errors import InvalidInput, NotFound

LINES = st.lists(st.text(alphabet="abAB 1", max_size=12), max_size=30)


def naive(text: str, start: int, expression: re.Pattern[str], at: int, is_backwards: bool) -> Match | None:
    """Of a log that begins at `start`."""
    log = text[start:]
    found = [m.start() for m in expression.finditer(log)]
    chosen = [f for f in found if f < at][-1:] if is_backwards else [f for f in found if f >= at][:1]
    return Match(chosen[0], log.rfind("\n", 0, chosen[0]) + 1) if chosen else None


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=LINES,
    start=st.integers(0, 30),
    at=st.integers(0, 200),
    wanted=st.sampled_from(["a", "ab", "A", "b 1", "bA", "aa"]),
    is_backwards=st.booleans(),
    chunk=st.integers(4, 40),
)
def test_text_is_found_where_it_is(
    lines: list[str], start: int, at: int, wanted: str, is_backwards: bool, chunk: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "\n".join(lines)
    start = min(start, len(text))
    path = tmp_path / "log"
    path.write_text(text)
    flags = re.IGNORECASE if wanted == wanted.lower() else re.NOFLAG
    expected = naive(text, start, re.compile(f"(?={re.escape(wanted)})", flags), min(at, len(text) - start), is_backwards)
    monkeypatch.setattr(logsearch, "CHUNK", chunk)
    monkeypatch.setattr(logsearch, "MAX_LINE", 1000)
    assert find(str(path), start, len(text), at, pattern(wanted, is_regex=False), is_backwards=is_backwards) == expected


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=LINES,
    at=st.integers(0, 200),
    wanted=st.sampled_from(["^a", "b$", "[ab]+1", "^ ?1", "A.?B", "(a|bb)1?$", "a b"]),
    is_backwards=st.booleans(),
    chunk=st.integers(30, 80),
)
def test_an_expression_is_found_within_lines(
    lines: list[str], at: int, wanted: str, is_backwards: bool, chunk: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "\n".join(lines)
    path = tmp_path / "log"
    path.write_text(text)
    flags = re.MULTILINE | (re.IGNORECASE if wanted == wanted.lower() else re.NOFLAG)
    line_of = text.rfind("\n", 0, min(at, len(text))) + 1
    monkeypatch.setattr(logsearch, "CHUNK", chunk)
    monkeypatch.setattr(logsearch, "MAX_LINE", 13)
    found = find(str(path), 0, len(text), at, pattern(wanted, is_regex=True), is_backwards=is_backwards)
    expression = re.compile(wanted, flags)
    if is_backwards:  # the last match that begins before the place
        assert found == naive(text, 0, expression, min(at, len(text)), is_backwards=True)
    else:
        starts = [m.start() for m in expression.finditer(text, min(at, len(text)))]
        assert (found.offset if found is not None else None) == (starts[0] if starts else None), line_of


@pytest.mark.parametrize(
    ("line", "is_error"),
    [
        ("Traceback (most recent call last):", True),
        ("2026-01-01 ERROR train: lost", True),
        ("ValueError: no 7 please", True),
        ("FATAL: out of memory", True),
        ("java.lang.RuntimeException: x", True),
        ("the error rate is 3 %", False),
        ("errors=0", False),
    ],
)
def test_the_first_error_is_found(tmp_path: Path, line: str, is_error: bool) -> None:
    path = tmp_path / "log"
    head = "all well\n" * 1000
    path.write_text(head + line + "\nmore\nValueError: another\n")
    found = find(str(path), 0, path.stat().st_size, 0, errors(), is_backwards=False)
    assert found is not None
    assert found.line_start == len(head) + (0 if is_error else len(line) + len("\nmore\n"))


@pytest.mark.parametrize(
    ("text", "is_regex"),
    [
        ("", False),
        ("a\nb", False),
        ("x" * 1001, False),
        ("(", True),
        ("a**", True),
        (r"(a)\1", True),
        ("(?=a)", True),
        ("x{1001}", True),
        ("((a{100}){100}){100}", True),
    ],
)
def test_what_cannot_be_looked_for_is_refused(text: str, is_regex: bool) -> None:
    with pytest.raises(InvalidInput, match="text"):
        pattern(text, is_regex=is_regex)


def test_an_expression_that_explodes_elsewhere_takes_linear_time(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text(("a" * 30_000 + "\n") * 100)
    begin = time.perf_counter()
    assert find(str(path), 0, path.stat().st_size, 0, pattern("(a+)+$x|(a|a)*b", is_regex=True), is_backwards=False) is None
    assert time.perf_counter() - begin < 5


def test_a_file_without_lines_is_searched_with_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with path.open("wb") as file:
        for _ in range(64):
            file.write(b"x" * (1 << 20))
        file.write(b"needle here")
    size = path.stat().st_size
    tracemalloc.start()
    for wanted, is_regex in (("needle", False), ("ne+dle", True)):
        found = find(str(path), 0, size, 0, pattern(wanted, is_regex=is_regex), is_backwards=False)
        assert found is not None
        assert found.offset == size - len("needle here")
        assert find(str(path), 0, size, size - 20, pattern("absent", is_regex=is_regex), is_backwards=True) is None
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20


def test_a_search_that_nobody_waits_for_ends(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"x" * (4 << 20))
    gone, asked = threading.Event(), []

    def is_stopped() -> bool:
        asked.append(1)
        if len(asked) == 2:
            gone.set()
        return gone.is_set()

    assert find(str(path), 0, 4 << 20, 0, pattern("needle", is_regex=False), is_backwards=False, is_stopped=is_stopped) is None
    assert len(asked) == 2


def test_a_log_that_is_gone_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="gone"):
        find(str(tmp_path / "nothing"), 0, 10, 0, pattern("x", is_regex=False), is_backwards=False)
