"""Finding and understanding `uv`, which resolves and installs packages; an optional dependency, `alula[environments]`."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping

from alula.errors import AlulaError, Exhausted, InvalidInput, Unavailable

_AWAY = re.compile(
    r"error sending request|client error \(Connect\)|connection (refused|reset|closed|timed out)|dns error|operation timed out"
    r"|network is unreachable|status server error|429 too many requests|temporary failure in name resolution|certificate",
    re.IGNORECASE,
)
_FULL = re.compile(r"no space left|disk quota|os error 28|os error 122", re.IGNORECASE)
LAST_LINES = 12


def find_uv() -> str:
    """The program: of the `uv` package beside us, else on the PATH.

    Raises:
        Unavailable: there is none; the message says how to get it.
    """
    try:
        import uv

        return os.fspath(uv.find_uv_bin())
    except (ImportError, FileNotFoundError):
        found = shutil.which("uv")
    if found is None:
        raise Unavailable("environments need uv, which was not found here: pip install uv (the extra `environments`)", code="UV_MISSING")
    return found


def variables(environment: Mapping[str, str]) -> dict[str, str]:
    """What uv is run with: all it is configured by, but no colours, no bars and no downloads of interpreters."""
    found = {key: value for key, value in environment.items() if key not in ("VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH", "PYTHONHOME")}
    return {**found, "UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1", "NO_COLOR": "1"}


def said(output: str) -> str:
    """The last lines of what uv wrote, without those that only inform."""
    lines = [line.rstrip() for line in output.splitlines() if line.strip() and not line.startswith(("warning:", "Using ", "Resolved "))]
    return "\n".join(lines[-LAST_LINES:]) or "it said nothing"


def failure(what: str, output: str, remedy: str) -> AlulaError:
    """What a failure of uv means: the network and the disk are the system's, all else is in what was asked for.

    Args:
        what: place, for the message.
        output: all that uv wrote to stderr.
        remedy: what to do if the request itself cannot be met.
    """
    reason = said(output)
    if _FULL.search(output):
        return Exhausted(f"{what}: the disk is full; free some space\n{reason}", code="DISK_FULL")
    if _AWAY.search(output):
        return Unavailable(
            f"{what}: the package index did not answer; check the network and uv's configuration\n{reason}", code="INDEX_AWAY"
        )
    return InvalidInput(f"{what}: {remedy}\n{reason}", code="ENVIRONMENT_UNMET")
