"""Which line of the user's code we were called from, for error messages."""

from __future__ import annotations

import sys
from pathlib import Path

PACKAGE = str(Path(__file__).resolve().parent.parent)


def user_place() -> str:
    """`file:line` of the innermost frame outside Alula; empty if there is none."""
    frame = sys._getframe(1)
    # A dataclass's __init__ is compiled from text, as "<string>".
    while frame is not None and frame.f_code.co_filename.startswith((PACKAGE, "<string>")):
        frame = frame.f_back  # type: ignore[assignment]
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame is not None else ""
