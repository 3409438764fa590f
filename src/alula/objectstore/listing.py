"""Which files of a folder are its code: what git would not ignore, or without git all but caches, environments and dotfiles."""

from __future__ import annotations

import os
import stat
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from alula.errors import InvalidInput, LimitExceeded
from alula.objectstore import local

MAX_SOURCE_BYTES = 256 * 1024 * 1024
"""Most bytes of source in a tree."""
MAX_MEMBERS = 100_000

# Left out wherever they are untracked: machine-made, large, and never imported as source.
_IGNORED_FOLDERS = frozenset(
    {
        "__pycache__",
        "node_modules",
        "venv",
        ".venv",
        ".git",
        ".hg",
        ".tox",
        ".nox",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
        ".ipynb_checkpoints",
    }
)
_IGNORED_FILES = ("*.pyc", "*.pyo", ".DS_Store")
_GIT_TIMEOUT_S = 30
_LARGEST = 5
SETTING = "bundle-exclude"


@dataclass(frozen=True, slots=True)
class Member:
    """A file, or a symbolic link if it has a target; `name` is relative, with `/`."""

    name: str
    status: os.stat_result
    target: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What goes, sorted by the bytes of its name, and what was left out although nobody asked for that.

    Attributes:
        skipped: symbolic links that lead out of the root and repositories within it, relative; the caller tells the user.
    """

    base: Path
    members: tuple[Member, ...]
    skipped: tuple[str, ...]


def list_code(root: Path, *, max_bytes: int = MAX_SOURCE_BYTES) -> Listing:
    """The files of a folder that are its code.

    A symbolic link within the root is kept as one; one that leads out is skipped and named.

    Args:
        root: the folder; names are relative to it.
        max_bytes: most bytes of source.
    Raises:
        NotFound: root is no folder.
        InvalidInput: `[tool.alula] bundle-exclude` in its pyproject.toml is no list of patterns.
        LimitExceeded: more than `max_bytes` or `MAX_MEMBERS` files; names the largest.
    """
    with local.translated(root):
        base = root.resolve(strict=True)
        is_excluded = _excluded(base)
        # Sorted by bytes, so that no locale changes a digest.
        names = sorted({name for name in _names(base) if not is_excluded(name)}, key=os.fsencode)
    members, skipped = _select(base, names)
    _check_size(base, members, max_bytes)
    return Listing(base=base, members=tuple(members), skipped=tuple(skipped))


def _excluded(base: Path) -> Callable[[str], bool]:
    patterns = _patterns(base / "pyproject.toml")
    if not patterns:
        return lambda name: False
    return _matcher(patterns, f"{base / 'pyproject.toml'}, [tool.alula] {SETTING}")


def _matcher(patterns: list[str], where: str) -> Callable[[str], bool]:
    from pathspec import GitIgnoreSpec

    try:
        spec = GitIgnoreSpec.from_lines(patterns)
    except ValueError as error:
        raise InvalidInput(f"{where}: {error}; write patterns as in .gitignore") from error
    return spec.match_file


def _patterns(file: Path) -> list[str]:
    try:
        document: dict[str, Any] = tomllib.loads(file.read_text())
    except FileNotFoundError:
        return []
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file}: is not readable as TOML ({error}); correct it there") from error
    settings = document.get("tool", {}).get("alula", {})
    unknown = [name for name in settings if name.startswith("bundle") and name != SETTING]
    if unknown:
        raise InvalidInput(f"{file}, [tool.alula]: there is no setting {unknown[0]!r}; there is {SETTING}")
    patterns = settings.get(SETTING, [])
    if not isinstance(patterns, list) or not all(isinstance(one, str) for one in patterns):
        raise InvalidInput(f"{file}, [tool.alula] {SETTING}: expected a list of patterns as in .gitignore, got {patterns!r}")
    return patterns


def _names(base: Path) -> list[str]:
    names = _git_names(base)
    if names:
        return names
    names = list(_walk_names(base))  # no repository, or the folder itself is ignored by one around it
    ignore = base / ".gitignore"
    if names and ignore.is_file():
        is_ignored = _matcher(ignore.read_text(errors="replace").splitlines(), str(ignore))
        names = [name for name in names if not is_ignored(name)]
    return names


def _git_names(base: Path) -> list[str] | None:
    command = ["git", "-C", str(base), "ls-files", "-z", "-t", "-c", "-o", "--exclude-standard"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_GIT_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    if done.returncode != 0:
        return None
    found = []
    for entry in done.stdout.split(b"\0"):
        tag, _, raw = entry.partition(b" ")
        name = os.fsdecode(raw)
        # Tracked files go in whatever they are called; untracked ones are held to the same list as without git, since an
        # environment that nobody thought of ignoring would be hundreds of MB.
        if name and (tag != b"?" or not (_is_ignored(name) or _lies_in_home(base, name))):
            found.append(name)
    return found


def _is_home(folder: Path) -> bool:
    """Whether a folder is a server's home: its store would pack itself, and its secret would travel with the code."""
    return (folder / "link.key").exists() or (folder / "server.lock").exists()


def _lies_in_home(base: Path, name: str) -> bool:
    return any(_is_home(base / parent) for parent in list(Path(name).parents)[:-1])


def _is_ignored(name: str) -> bool:
    *folders, last = name.split("/")
    return (
        not _IGNORED_FOLDERS.isdisjoint(folders)
        or last in _IGNORED_FOLDERS
        or any(fnmatchcase(last, pattern) for pattern in _IGNORED_FILES)
    )


def _walk_names(base: Path) -> Iterator[str]:
    for folder, subfolders, files in os.walk(base):
        here = os.path.relpath(folder, base)
        prefix = "" if here == "." else here + "/"
        links = [name for name in subfolders if Path(folder, name).is_symlink()]
        subfolders[:] = [
            name
            for name in subfolders
            if name not in links
            and name not in _IGNORED_FOLDERS
            and not name.startswith(".")
            and not Path(folder, name, "pyvenv.cfg").exists()
            and not _is_home(Path(folder, name))
        ]
        yield from (prefix + name for name in [*files, *links] if not name.startswith(".") and not _is_ignored(name))


def _select(base: Path, names: list[str]) -> tuple[list[Member], list[str]]:
    members: list[Member] = []
    skipped: list[str] = []
    inside: dict[str, bool] = {"": True}  # folder → whether it lies in the root once links are followed
    for name in names:
        path = f"{base}/{name}"
        try:
            status = os.lstat(path)
        except FileNotFoundError:
            continue  # deleted but still in git's index
        folder = name.rpartition("/")[0]
        if folder not in inside:
            inside[folder] = (base / folder).resolve().is_relative_to(base)
        if not inside[folder]:
            skipped.append(name)
        elif stat.S_ISLNK(status.st_mode):
            target = _inner_target(base, base / name)
            if target is None:
                skipped.append(name)
            else:
                members.append(Member(name, status, target))
        elif stat.S_ISDIR(status.st_mode):
            skipped.append(name)  # a repository within the repository: git lists it as one entry
        elif stat.S_ISREG(status.st_mode):
            members.append(Member(name, status))
    return members, skipped


def _inner_target(base: Path, path: Path) -> str | None:
    """Target of a link relative to its folder, None if it leads out of the root or nowhere."""
    try:
        resolved = path.resolve(strict=True)
    except (OSError, RuntimeError):
        return None
    if not resolved.is_relative_to(base):
        return None
    return os.path.relpath(resolved, path.parent.resolve())


def _check_size(base: Path, members: list[Member], max_bytes: int) -> None:
    sizes = {member.name: member.status.st_size for member in members if member.target is None}
    total = sum(sizes.values())
    if total <= max_bytes and len(members) <= MAX_MEMBERS:
        return
    largest = sorted(sizes, key=lambda name: (-sizes[name], name))[:_LARGEST]
    named = ", ".join(f"{name} ({sizes[name] / 1e6:.1f} MB)" for name in largest if sizes[name] * 100 >= total)
    pattern = f"/{largest[0]}"
    folders = _folders(members)
    if len(members) > MAX_MEMBERS and folders:
        folder, count = max(folders.items(), key=lambda item: item[1])
        named += f", and {count} files lie in {folder}"
        pattern = f"/{folder}/"
    raise LimitExceeded(
        f"code of {base}: {total / 1e6:.1f} MB in {len(members)} files, at most {max_bytes / 1e6:.1f} MB in {MAX_MEMBERS} are sent; "
        f"the largest are {named}; leave out data and build outputs by .gitignore, or in pyproject.toml by "
        f'[tool.alula] {SETTING} = ["{pattern}"]'
    )


def _folders(members: list[Member]) -> dict[str, int]:
    """Files beneath each folder of the root; those beside are the reader's to see."""
    counts: dict[str, int] = {}
    for member in members:
        folder, slash, _ = member.name.partition("/")
        if slash:
            counts[folder] = counts.get(folder, 0) + 1
    return counts
