"""Which files of a folder are its code."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.objectstore.trees import git, write

from alula.errors import InvalidInput, LimitExceeded, NotFound
from alula.objectstore import listing
from alula.objectstore.listing import list_code


def names(root: Path) -> list[str]:
    return [member.name for member in list_code(root).members]


def test_without_git_caches_environments_and_dotfiles_stay_out(tmp_path: Path) -> None:
    ignored = [
        "__pycache__/a.pyc",
        ".venv/x.py",
        "node_modules/a.js",
        ".env",
        ".git/config",
        "sub/.cache/x",
        "myenv/pyvenv.cfg",
        "b.pyc",
        "home/link.key",
    ]
    root = write(tmp_path, {"a.py": "1", "sub/b.py": "2", **dict.fromkeys(ignored, "x")})
    assert names(root) == ["a.py", "sub/b.py"]


def test_with_git_what_git_ignores_stays_out(tmp_path: Path) -> None:
    root = write(tmp_path, {"a.py": "1", "new.py": "2", "data/big.csv": "3", ".gitignore": "data/\n", ".hidden": "4", "gone.py": "5"})
    write(root, {"__pycache__/a.pyc": "x", ".venv/lib.py": "x", "home/link.key": "x", "home/store/a": "x"})
    git(root, "init", "-q")
    git(root, "add", "a.py", ".gitignore", "gone.py")
    git(root, "commit", "-qm", "start")
    (root / "gone.py").unlink()
    assert names(root) == [".gitignore", ".hidden", "a.py", "new.py"]
    assert names(write(root / "data", {"x.py": "1"})) == ["big.csv", "x.py"]


def test_without_git_the_ignore_file_counts_all_the_same(tmp_path: Path) -> None:
    root = write(
        tmp_path, {"a.py": "1", "data/big.csv": "2", "data/keep.csv": "3", "b.log": "4", ".gitignore": "/data/*\n!keep.csv\n*.log\n"}
    )
    assert names(root) == ["a.py", "data/keep.csv"]


@pytest.mark.parametrize("is_git", [True, False])
def test_what_the_project_excludes_stays_out_also_if_it_is_tracked(tmp_path: Path, is_git: bool) -> None:
    settings = '[tool.alula]\nbundle-exclude = ["/data/", "*.ckpt", "!small.ckpt"]\n'
    root = write(
        tmp_path, {"a.py": "1", "data/a.csv": "2", "sub/data/b.csv": "3", "m.ckpt": "4", "small.ckpt": "5", "pyproject.toml": settings}
    )
    if is_git:
        git(root, "init", "-q")
        git(root, "add", ".")
    assert names(root) == ["a.py", "pyproject.toml", "small.ckpt", "sub/data/b.csv"]


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ('bundle-exclude = "data"', "expected a list of patterns"),
        ("bundle-exclude = [1]", "expected a list of patterns"),
        ('bundle-excludes = ["data"]', "no setting 'bundle-excludes'; there is bundle-exclude"),
        ("bundle-exclude = [", "not readable as TOML"),
        ('bundle-exclude = ["!"]', "write patterns as in .gitignore"),
    ],
)
def test_a_setting_that_is_wrong_is_no_setting_that_is_ignored(tmp_path: Path, settings: str, says: str) -> None:
    write(tmp_path, {"a.py": "1", "pyproject.toml": f"[tool.alula]\n{settings}\n"})
    with pytest.raises(InvalidInput, match=says):
        list_code(tmp_path)


def test_links_within_stay_links_and_links_out_are_named(tmp_path: Path) -> None:
    root = write(tmp_path / "root", {"a.py": "1", "sub/b.py": "2"})
    write(tmp_path, {"secret": "s"})
    (root / "link.py").symlink_to("a.py")
    (root / "absolute.py").symlink_to(root / "sub" / "b.py")
    (root / "folder").symlink_to("sub")
    (root / "out").symlink_to("../secret")
    (root / "dangling").symlink_to("nothing")
    found = list_code(root)
    assert found.skipped == ("dangling", "out")
    targets = {member.name: member.target for member in found.members if member.target is not None}
    assert targets == {"absolute.py": "sub/b.py", "folder": "sub", "link.py": "a.py"}


def test_too_large_names_the_largest_and_the_remedies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {f"data/{n}.csv": "x" * 100 * n for n in range(1, 8)}
    root = write(tmp_path, {"a.py": "1", **files})
    with pytest.raises(
        LimitExceeded, match=r"largest are data/7\.csv .*data/3\.csv .*gitignore.*bundle-exclude = \[\"/data/7\.csv\"\]"
    ) as raised:
        list_code(root, max_bytes=500)
    assert "data/2.csv" not in raised.value.message
    monkeypatch.setattr(listing, "MAX_MEMBERS", 5)
    with pytest.raises(LimitExceeded, match=r"8 files.*and 7 files lie in data;.*bundle-exclude = \[\"/data/\"\]"):
        list_code(root)


def test_missing_root_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        list_code(tmp_path / "none")
