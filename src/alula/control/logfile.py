"""Files that workers write their logs to."""

from __future__ import annotations

import os
from pathlib import Path

from alula.errors import NotFound


def size(path: str) -> int:
    """Bytes written so far, 0 if there is no such file."""
    try:
        return Path(path).stat().st_size
    except OSError:
        return 0


def read(path: str, start: int, length: int) -> bytes:
    """A part of it.

    Raises:
        NotFound: somebody removed it.
    """
    try:
        fd = os.open(path, os.O_RDONLY)
    except FileNotFoundError as e:
        raise NotFound(f"the log {Path(path).name} is gone from this machine", code="LOG_GONE") from e
    try:
        return os.pread(fd, length, start)
    finally:
        os.close(fd)
