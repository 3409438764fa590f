"""Lock files: requirements that each name one version and its hashes."""

from __future__ import annotations

import hashlib
import re

from alula.errors import InvalidInput

_NAME = re.compile(r"([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*(?:==|@\s*https?://)")
_REMEDY = "make it with `uv pip compile --generate-hashes requirements.in -o requirements.lock`"


def normal(name: str) -> str:
    """A package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def requirements(text: str) -> list[str]:
    """The logical lines of a requirements file: continued ones joined, comments and blank ones left out."""
    joined = re.sub(r"\\\s*\n", " ", text)
    lines = [re.sub(r"(^|\s)#.*$", "", line).strip() for line in joined.splitlines()]
    return [line for line in lines if line]


def pinned(text: str, where: str) -> list[tuple[str, str]]:
    """The packages of a lock: normal name and requirement; a name may come twice, for different platforms.

    Args:
        text: of the file.
        where: for messages.
    Raises:
        InvalidInput: a line is not pinned, has no hash, or is an option; says which and how to make a lock.
    """
    found: list[tuple[str, str]] = []
    for line in requirements(text):
        if line.startswith("-"):
            raise InvalidInput(f"{where}: {line[:80]!r} is an option, and a lock holds pinned packages only; {_REMEDY}")
        match = _NAME.match(line)
        if match is None:
            raise InvalidInput(f"{where}: {line[:80]!r} does not name one version of a package; {_REMEDY}")
        if "--hash=" not in line:
            raise InvalidInput(f"{where}: {match.group(1)} has no hash, so that nobody could tell whether it is the same again; {_REMEDY}")
        found.append((normal(match.group(1)), line))
    return found


def digest(text: str) -> str:
    """SHA-256 of a lock's text, hex."""
    return hashlib.sha256(text.encode()).hexdigest()
