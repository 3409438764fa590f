"""What the cache looks at: the content of a file, not its name; not what is ignored; and one computation for many who ask at once.

alula run examples/caching.py words --text "to be or not to be"
"""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

import alula as al


@al.task
def save(text: str, name: str) -> al.File:
    """The same text under any name is the same content."""
    path = Path(tempfile.mkdtemp()) / f"{name}.txt"
    path.write_text(text)
    return al.File(path)


@al.task(cache=al.Cache(version="1", ignore=["label"], serialize=True))
def count(file: al.File, label: str) -> dict[str, int]:
    """Counts words; `label` is for people and decides nothing. Of several who ask at the same time, one computes."""
    print(f"counting for {label}")
    return dict(Counter(Path(file).read_text().split()))


@al.task
def most(counts: dict[str, int]) -> str:
    word, times = max(counts.items(), key=lambda item: (item[1], item[0]))
    return f"{word} × {times}"


@al.workflow
def words(text: str = "to be or not to be") -> tuple[str, str]:
    """The second count is served from the first, although file and label have other names."""
    first = count(save(text, "draft"), label="draft")
    second = count(save(text, "final"), label="final")
    return most(first), most(second)


if __name__ == "__main__":
    print(words())
