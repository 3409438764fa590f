"""Recorded errors as people read them: the record keeps the words that Flyte's clients look for, which say little to a reader."""

from __future__ import annotations

import re

_EXHAUSTED = re.compile(r"\[(\d+)/\d+\] currentAttempt done\. Last Error: (?:USER|SYSTEM)::")


def readable(message: str) -> str:
    """A recorded message without the engine's formula; how many attempts there were is said if it was more than one."""
    return _EXHAUSTED.sub(lambda found: "" if found.group(1) == "1" else f"after {found.group(1)} attempts: ", message)
