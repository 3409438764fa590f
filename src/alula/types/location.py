"""Whether a URI lies on this machine, and where."""

from __future__ import annotations

import urllib.parse
from pathlib import Path


def is_remote(uri: str) -> bool:
    """Whether `uri` names something outside this machine's file system."""
    return "://" in uri and not uri.startswith("file://")


def local_path(uri: str) -> Path:
    """The path a plain path or a `file://` URI stands for."""
    if uri.startswith("file://"):
        return Path(urllib.parse.unquote(urllib.parse.urlsplit(uri).path))
    return Path(uri)
