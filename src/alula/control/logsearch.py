"""Finding a place in a log of any size: chunk by chunk, forwards or backwards, with memory that stays flat and time that stays linear."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from alula.control import logfile
from alula.errors import InvalidInput

CHUNK = 1 << 20
MAX_LINE = 64 * 1024
"""Bytes up to which a line is looked at as one; of a longer one the pieces are."""
MAX_TEXT = 1_000
_MAX_PATTERN_MEMORY = 8 << 20
ERROR = r"Traceback \(most recent call last\)|ERROR|FATAL|CRITICAL|Error:|Exception:|panic:|Segmentation fault"
"""What the first line of an error has one of."""


class Match(NamedTuple):
    """Where it is, and where its line begins, in bytes from where the log begins."""

    offset: int
    line_start: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """What is looked for.

    Attributes:
        first, last: of its matches in a piece of text; None: there is none.
        length: bytes by which pieces overlap, so that no match is cut; 0: pieces end with lines.
        is_folded: the text is looked at in lower case.
    """

    first: Callable[[bytes, int], int | None]
    last: Callable[[bytes, int], int | None]
    length: int
    is_folded: bool = False


def pattern(text: str, *, is_regex: bool) -> Pattern:
    """A pattern from text; without a capital letter in it the case does not matter.

    Raises:
        InvalidInput: none given, too long, or no regular expression that can be matched in linear time.
    """
    if not text or len(text) > MAX_TEXT or "\n" in text:
        raise InvalidInput(f"text: {text[:40]!r} given, expected 1 to {MAX_TEXT} characters of one line")
    is_folded = text == text.lower()
    if is_regex:
        return _regex(text, is_folded=is_folded)
    return _plain(text.encode(errors="surrogatepass"), is_folded=is_folded)


def errors() -> Pattern:
    """Whatever looks like the first line of an error."""
    return _regex(ERROR, is_folded=False)


def _plain(mark: bytes, *, is_folded: bool) -> Pattern:
    def first(data: bytes, start: int) -> int | None:
        found = data.find(mark, start)
        return found if found >= 0 else None

    def last(data: bytes, before: int) -> int | None:
        found = data.rfind(mark, 0, min(len(data), before + len(mark) - 1))
        return found if found >= 0 else None

    return Pattern(first=first, last=last, length=len(mark), is_folded=is_folded)


def _regex(text: str, *, is_folded: bool) -> Pattern:
    import re2  # a library of its own, loaded with the first search

    options = re2.Options()
    options.max_mem, options.case_sensitive, options.log_errors, options.never_nl = _MAX_PATTERN_MEMORY, not is_folded, False, True
    try:
        compiled: Any = re2.compile(f"(?m){text}".encode(), options)
    except re2.error as error:
        reason = error.args[0].decode(errors="replace") if isinstance(error.args[0], bytes) else str(error)
        raise InvalidInput(f"text: {text[:40]!r} is no regular expression of RE2: {reason[:200]}") from error

    def first(data: bytes, start: int) -> int | None:
        found = compiled.search(data, start)
        return found.start() if found is not None else None

    def last(data: bytes, before: int) -> int | None:
        best: int | None = None
        for found in compiled.finditer(data):
            if found.start() >= before:
                break
            best = found.start()
        return best

    return Pattern(first=first, last=last, length=0)


def find(
    path: str, start: int, end: int, at: int, wanted: Pattern, *, is_backwards: bool, is_stopped: Callable[[], bool] = lambda: False
) -> Match | None:
    """The first match at or behind a place of a log, or the last one before it.

    Args:
        path: of the file; bytes start to end of it are the log.
        at: the place, from the log's beginning.
        is_stopped: asked before every chunk: nobody waits for the answer any more.
    Raises:
        NotFound: somebody removed the file.
    """
    search = _backwards if is_backwards else _forwards
    found = search(path, start, end, min(max(start + at, start), end), wanted, is_stopped)
    if found is None:
        return None
    return Match(found - start, _line_start(path, start, found) - start)


def _read(path: str, start: int, end: int, wanted: Pattern) -> bytes:
    data = logfile.read(path, start, end - start)
    return data.lower() if wanted.is_folded and wanted.length else data


def _forwards(path: str, start: int, end: int, at: int, wanted: Pattern, is_stopped: Callable[[], bool]) -> int | None:
    # A piece begins with the line that `at` is in, so that what begins a line is known to.
    position = at if wanted.length else _line_start(path, start, at)
    while position < end and not is_stopped():
        data = _read(path, position, min(end, position + CHUNK), wanted)
        if not data:
            return None
        is_last = position + len(data) >= end
        if not wanted.length and not is_last:
            data = data[: _whole_lines(data)]
        found = wanted.first(data, max(0, at - position))
        if found is not None:
            return position + found
        position += len(data) if is_last or not wanted.length else max(1, len(data) - wanted.length + 1)
    return None


def _whole_lines(data: bytes) -> int:
    """Up to where lines are whole; all of it if the last one is too long to be looked at as one."""
    behind = data.rfind(b"\n", max(0, len(data) - MAX_LINE)) + 1
    return behind or len(data)


def _backwards(path: str, start: int, end: int, at: int, wanted: Pattern, is_stopped: Callable[[], bool]) -> int | None:
    upper = at
    while upper > start and not is_stopped():
        lower = max(start, upper - CHUNK)
        if not wanted.length and lower > start:
            lower = max(lower, _line_start(path, start, lower + min(MAX_LINE, (upper - lower) // 2)))
        # A match may begin before `upper` and reach behind it.
        behind = min(end, upper + (wanted.length or MAX_LINE))
        data = _read(path, lower, behind, wanted)
        if not wanted.length and (cut := data.find(b"\n", max(0, upper - lower - 1))) >= 0:
            data = data[:cut]  # else the middle of a line would be taken for its end
        found = wanted.last(data, upper - lower)
        if found is not None:
            return lower + found
        upper = lower
    return None


def _line_start(path: str, start: int, at: int) -> int:
    """Where the line of a place begins; of a line that is too long, the place."""
    lower = max(start, at - MAX_LINE)
    data = logfile.read(path, lower, at - lower)
    behind = data.rfind(b"\n") + 1
    return lower + behind if behind or lower == start else at
