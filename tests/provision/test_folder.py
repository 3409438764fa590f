from __future__ import annotations

import os
from pathlib import Path

from alula.provision import folder

NOW = 1_000_000.0


def made(root: Path, key: str, size: int, idle_s: float) -> None:
    (root / key).mkdir(parents=True)
    (root / key / "content").write_bytes(b"x" * size)
    folder.describe(root / key, name=f"environment {key}", python="3.12", built_s=1.0)
    os.utime(root / key / folder.DESCRIPTION, (NOW - idle_s, NOW - idle_s))


def test_environments_are_listed_with_their_size_the_last_used_first(tmp_path: Path) -> None:
    made(tmp_path, "old", 10, 50)
    made(tmp_path, "new", 20, 5)
    (tmp_path / "half").mkdir()
    assert [(e.key, e.name, e.python, e.size_bytes) for e in folder.built(tmp_path)] == [
        ("new", "new", "3.12", 20),
        ("old", "old", "3.12", 10),
    ]
    assert folder.built(tmp_path / "nowhere") == []


def test_what_was_not_used_for_long_is_expendable_unless_it_is_in_use(tmp_path: Path) -> None:
    for key, idle_s in (("fresh", 10), ("stale", 200), ("busy", 300)):
        made(tmp_path, key, 1, idle_s)
    upkeep = folder.Upkeep(idle_s=100, max_bytes=1000)
    assert folder.expendable(tmp_path, upkeep, {"busy"}, NOW) == ["stale"]


def test_beyond_the_size_the_least_recently_used_are_expendable(tmp_path: Path) -> None:
    for key, idle_s in (("a", 1), ("b", 2), ("c", 3), ("d", 4)):
        made(tmp_path, key, 10, idle_s)
    upkeep = folder.Upkeep(idle_s=1000, max_bytes=25)
    assert folder.expendable(tmp_path, upkeep, (), NOW) == ["c", "d"]
    assert folder.expendable(tmp_path, upkeep, ("c",), NOW) == ["d"]


def test_what_is_set_aside_is_gone_at_once_and_a_leftover_until_it_is_deleted(tmp_path: Path) -> None:
    made(tmp_path, "a", 1, 1)
    aside = folder.set_aside(tmp_path, "a")
    assert folder.built(tmp_path) == []
    assert folder.leftovers(tmp_path) == [aside]
