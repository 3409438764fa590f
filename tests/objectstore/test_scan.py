"""Digests of files: the same for the same content, and read again only when something may have changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.objectstore.trees import write

from alula.errors import FailedPrecondition
from alula.objectstore import scan as scans
from alula.objectstore.scan import Scan, scan


def read_names(found: Scan) -> list[str]:
    """Files whose content was read."""
    return sorted(os.fsdecode(file.path) for file in found.files if file.digest in found.contents)


def test_identical_trees_have_identical_digests(tmp_path: Path) -> None:
    files = {"a.py": "print(1)", "pkg/__init__.py": "", "pkg/b.py": "x = 1"}
    one = write(tmp_path / "one", files)
    two = write(tmp_path / "two", dict(reversed(files.items())))
    os.utime(two / "a.py", (1, 1))
    assert scan(one).digest == scan(two).digest
    digests = {scan(one).digest}
    (two / "a.py").chmod(0o755)
    digests.add(scan(two).digest)
    (two / "a.py").write_text("print(2)")
    digests.add(scan(two).digest)
    (two / "a.py").rename(two / "b.py")
    digests.add(scan(two).digest)
    (two / "b.py").unlink()
    (two / "b.py").symlink_to("pkg/b.py")
    digests.add(scan(two).digest)
    assert len(digests) == 5


def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Times of files count as old at once."""
    monkeypatch.setattr(scans, "SETTLED_NS", -(10**12))


def test_what_did_not_change_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settled(monkeypatch)
    root = write(tmp_path, {"a.py": "1", "b.py": "2", "c.py": "3"})
    first = scan(root)
    assert read_names(first) == ["a.py", "b.py", "c.py"]
    again = scan(root, first.stamps)
    assert (read_names(again), again.digest) == ([], first.digest)
    (root / "b.py").write_text("22")
    after = scan(root, again.stamps)
    assert read_names(after) == ["b.py"]
    assert after.changes(again) == ["changed b.py"]
    assert after.digest == scan(root).digest != first.digest


def test_an_edit_that_keeps_size_and_modification_time_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settled(monkeypatch)
    root = write(tmp_path, {"a.py": "1"})
    before = (root / "a.py").stat()
    first = scan(root)
    replacement = write(tmp_path.parent / f"{tmp_path.name}-b", {"a.py": "2"}) / "a.py"
    os.utime(replacement, ns=(before.st_atime_ns, before.st_mtime_ns))
    replacement.rename(root / "a.py")
    assert scan(root, first.stamps).digest != first.digest


def test_a_file_of_this_very_moment_is_not_trusted(tmp_path: Path) -> None:
    root = write(tmp_path, {"new.py": "1", "old.py": "1"})
    os.utime(root / "old.py", (1, 1))
    first = scan(root)
    assert first.stamps == {}, "the change of old.py's times is new as well"


def test_a_mode_alone_is_a_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settled(monkeypatch)
    root = write(tmp_path, {"a.py": "1"})
    first = scan(root)
    (root / "a.py").chmod(0o755)
    assert scan(root, first.stamps).changes(first) == ["changed a.py"]


def test_changes_name_what_came_and_went(tmp_path: Path) -> None:
    root = write(tmp_path, {"a.py": "1", "b.py": "2"})
    first = scan(root)
    (root / "a.py").unlink()
    write(root, {"c.py": "3"})
    assert scan(root).changes(first) == ["removed a.py", "added c.py"]


def test_a_content_that_is_no_longer_there_is_never_sent_under_its_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settled(monkeypatch)
    root = write(tmp_path, {"a.py": "1"})
    again = scan(root, scan(root).stamps)
    (root / "a.py").write_text("2")
    with pytest.raises(FailedPrecondition, match=r"a\.py changed while the code was packed"):
        again.content(again.files[0].digest)
