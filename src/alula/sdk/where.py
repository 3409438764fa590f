"""Which line of the user's code we were called from, for error messages."""

from __future__ import annotations

import sys
import sysconfig
import traceback
from pathlib import Path

PACKAGE = str(Path(__file__).resolve().parent.parent)
_LIBRARIES = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")})


def is_ours(filename: str) -> bool:
    """Whether a frame of this file is Alula's, or Python's own way to import."""
    return filename.startswith((PACKAGE, "<frozen importlib"))


def is_library(filename: str) -> bool:
    """Whether a frame of this file is neither ours nor the user's."""
    return filename.startswith(_LIBRARIES) or filename.endswith((".pyx", ".pxi"))  # compiled: no path to go by


def place_of(error: BaseException) -> str:
    """`file:line` of the innermost frame in the user's code that an error went through; empty if there is none."""
    if isinstance(error, SyntaxError) and error.filename and not error.filename.startswith("<"):
        return f"{error.filename}:{error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not is_ours(frame.filename) and not is_library(frame.filename)]
    return f"{own[-1].filename}:{own[-1].lineno}" if own else ""


def shown(error: BaseException) -> str:
    """The text of an error; KeyError's is the repr of its key, which is told as the key itself."""
    if isinstance(error, KeyError) and len(error.args) == 1:
        return str(error.args[0])
    return str(error)


def user_place() -> str:
    """`file:line` of the innermost frame outside Alula; empty if there is none."""
    frame = sys._getframe(1)
    # A dataclass's __init__ is compiled from text, as "<string>".
    while frame is not None and frame.f_code.co_filename.startswith((PACKAGE, "<string>")):
        frame = frame.f_back  # type: ignore[assignment]
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame is not None else ""
