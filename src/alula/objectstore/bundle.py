"""Code bundles: a project's source as one zstd tar whose name is the hash of its content.

The digest is that of the file as it is stored, so that anything can check it (`sha256sum`); another version of zstd may pack
the same tree to other bytes, which costs an upload and a version, never a wrong answer.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import posixpath
import secrets
import shutil
import stat
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import zstandard

from alula.errors import InvalidInput, LimitExceeded
from alula.objectstore import local

MAX_SOURCE_BYTES = 256 * 1024 * 1024
"""Most bytes of source in a bundle, uncompressed."""
MAX_UNPACKED_BYTES = 1024 * 1024 * 1024
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A packed tree.

    Attributes:
        data: the zstd tar.
        digest: SHA-256 of `data`, 64 hex digits; identical trees have identical digests.
        files: number of files in it.
        source_bytes: their total size, uncompressed.
        skipped: symbolic links that lead out of the root and repositories within it, relative; the caller tells the user.
    """

    data: bytes
    digest: str
    files: int
    source_bytes: int
    skipped: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return file_name(self.digest)


def file_name(digest: str) -> str:
    """Name of a bundle in the object store: `bundle-<sha256hex>.tar.zst`."""
    return f"bundle-{digest}.tar.zst"


def pack(root: Path, *, max_bytes: int = MAX_SOURCE_BYTES) -> Bundle:
    """Packs a folder: what git would not ignore, or without git all but caches, environments and dotfiles.

    Modes are reduced to the executable bit; times and owners are zero. A symbolic link within the root is kept as one; one
    that leads out is skipped and named.

    Args:
        root: the folder; member names are relative to it.
        max_bytes: most bytes of source.
    Raises:
        NotFound: root is no folder.
        LimitExceeded: more than `max_bytes` or `MAX_MEMBERS` files; names the largest.
    """
    with local.translated(root):
        base = root.resolve(strict=True)
        names = _names(base)
    entries, skipped = _select(base, names, max_bytes)
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, target in entries:
            _add(tar, base, name, target)
    content = raw.getvalue()
    # Level 3 packs 10 MB of source in about 40 ms; higher ones gain little on text.
    data = zstandard.ZstdCompressor(level=3).compress(content)
    digest = hashlib.sha256(data).hexdigest()
    size = sum((base / name).stat().st_size for name, target in entries if target is None)
    return Bundle(data=data, digest=digest, files=len(entries), source_bytes=size, skipped=tuple(skipped))


def _names(base: Path) -> list[str]:
    """Relative names of what goes in, sorted by bytes so that no locale changes a digest."""
    names = _git_names(base)
    if not names:  # no repository, or the folder itself is ignored by one around it
        names = list(_walk_names(base))
    return sorted(set(names), key=os.fsencode)


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


def _select(base: Path, names: list[str], max_bytes: int) -> tuple[list[tuple[str, str | None]], list[str]]:
    """(name, link target or None) of what goes in, and what is left out."""
    entries: list[tuple[str, str | None]] = []
    skipped: list[str] = []
    total, largest = 0, (0, "")
    for name in names:
        path = base / name
        try:
            status = path.lstat()
        except FileNotFoundError:
            continue  # deleted but still in git's index
        if not path.parent.resolve().is_relative_to(base):
            skipped.append(name)
        elif stat.S_ISLNK(status.st_mode):
            target = _inner_target(base, path)
            if target is None:
                skipped.append(name)
            else:
                entries.append((name, target))
        elif stat.S_ISDIR(status.st_mode):
            skipped.append(name)  # a repository within the repository: git lists it as one entry
        elif stat.S_ISREG(status.st_mode):
            entries.append((name, None))
            total += status.st_size
            largest = max(largest, (status.st_size, name))
    if total > max_bytes or len(entries) > MAX_MEMBERS:
        raise LimitExceeded(
            f"code bundle of {base}: {total / 1e6:.1f} MB in {len(entries)} files, at most {max_bytes / 1e6:.1f} MB in {MAX_MEMBERS} "
            f"are sent; the largest is {largest[1]} ({largest[0] / 1e6:.1f} MB); add data and build outputs to .gitignore, "
            "or pack a smaller folder"
        )
    return entries, skipped


def _inner_target(base: Path, path: Path) -> str | None:
    """Target of a link relative to its folder, None if it leads out of the root or nowhere."""
    try:
        resolved = path.resolve(strict=True)
    except (OSError, RuntimeError):
        return None
    if not resolved.is_relative_to(base):
        return None
    return os.path.relpath(resolved, path.parent.resolve())


def _add(tar: tarfile.TarFile, base: Path, name: str, target: str | None) -> None:
    info = tarfile.TarInfo(name)
    if target is not None:
        info.type, info.linkname, info.mode = tarfile.SYMTYPE, target, 0o777
        tar.addfile(info)
        return
    path = base / name
    with local.translated(path):
        content = path.read_bytes()
        info.size = len(content)
        info.mode = 0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644
    tar.addfile(info, io.BytesIO(content))


def unpack(
    data: bytes, into: Path, *, digest: str | None = None, max_bytes: int = MAX_UNPACKED_BYTES, max_members: int = MAX_MEMBERS
) -> bool:
    """Unpacks a bundle so that `into` appears complete or not at all; several processes may try at once.

    Args:
        data: the zstd tar, from anybody.
        into: folder to make; one that already has content is taken as this bundle, unpacked earlier.
        digest: SHA-256 that `data` must have, None to accept any.
        max_bytes: most bytes to unpack; also bounds the memory.
        max_members: most members.
    Returns:
        True if this call unpacked it, False if it was there.
    Raises:
        InvalidInput: not a zstd tar, another digest, a member that is absolute, has `..`, a device, a hard link, or a
            symbolic link that leads out.
        LimitExceeded: more bytes or members than allowed.
    """
    target = into.absolute()
    if target.is_dir() and any(target.iterdir()):
        return False
    if digest is not None and (found := hashlib.sha256(data).hexdigest()) != digest:
        raise InvalidInput(f"code bundle: its digest is {found}, expected {digest}; it was damaged or replaced, send it again")
    temporary = target.parent / f"{local.TEMPORARY_PREFIX}{secrets.token_hex(8)}"
    try:
        with local.translated(target):
            temporary.mkdir(parents=True)
            _extract(data, temporary, max_bytes, max_members)
            return _publish(temporary, target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _publish(temporary: Path, target: Path) -> bool:
    try:
        temporary.rename(target)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            return False  # another process was faster; the content is the same
        raise
    return True


class _Bounded(io.RawIOBase):
    """Reads and counts the decompressed stream; refuses to go on behind the bound."""

    def __init__(self, source: zstandard.ZstdDecompressionReader, max_bytes: int) -> None:
        self._source = source
        self._left = max_bytes
        self._max = max_bytes

    def read(self, size: int = -1) -> bytes:
        # tarfile reads a whole extended header at once, whatever length it claims: ask for no more than may come.
        chunk = self._source.read(min(size, self._left + 1) if size >= 0 else self._left + 1)
        self._left -= len(chunk)
        if self._left < 0:
            raise LimitExceeded(f"code bundle: unpacks to more than {self._max / 1e6:.1f} MB; send a smaller tree")
        return chunk


def _extract(data: bytes, root: Path, max_bytes: int, max_members: int) -> None:
    reader = zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(data)
    # Headers take 512 bytes a member and padding as much: not what the bound is about.
    source = _Bounded(reader, max_bytes + 2048 * max_members)
    links: list[tarfile.TarInfo] = []
    count, total = 0, 0
    try:
        with tarfile.open(fileobj=source, mode="r|", format=tarfile.GNU_FORMAT) as tar:
            for member in tar:
                count, total = count + 1, total + member.size
                if count > max_members or total > max_bytes:
                    raise LimitExceeded(f"code bundle: more than {max_members} members or {max_bytes / 1e6:.1f} MB; send a smaller tree")
                _check_member(member)
                if member.issym():
                    links.append(member)
                elif member.isreg():
                    _write_member(tar, member, root)
                else:
                    root.joinpath(*member.name.split("/")).mkdir(parents=True, exist_ok=True)
    except (tarfile.TarError, zstandard.ZstdError, EOFError, UnicodeError, ValueError) as error:
        raise InvalidInput(f"code bundle: is not a readable zstd tar ({error}); pack it again with `alula register`") from error
    _make_links(links, root)


def _check_member(member: tarfile.TarInfo) -> None:
    name = member.name
    segments = name.split("/")
    if not name or name.startswith("/") or "\\" in name or "\x00" in name or any(s in ("", ".", "..") for s in segments):
        raise InvalidInput(f"code bundle: member {name[:80]!r} is not a plain relative path; refused")
    if member.issparse() or not (member.isreg() or member.isdir() or member.issym()):
        raise InvalidInput(f"code bundle: member {name[:80]!r} is a device, hard link or special file; refused")
    if member.issym():
        target = member.linkname
        inside = posixpath.normpath(posixpath.join(posixpath.dirname(name), target))
        parts = target.split("/")
        # `..` behind a name could climb out through another link even where the text looks harmless.
        climbs_late = any(part == ".." and any(before != ".." for before in parts[:i]) for i, part in enumerate(parts))
        if not target or target.startswith("/") or "\x00" in target or climbs_late or inside == ".." or inside.startswith("../"):
            raise InvalidInput(f"code bundle: symbolic link {name[:80]!r} leads out of the bundle; refused")


def _write_member(tar: tarfile.TarFile, member: tarfile.TarInfo, root: Path) -> None:
    path = root.joinpath(*member.name.split("/"))
    path.parent.mkdir(parents=True, exist_ok=True)
    source = tar.extractfile(member)
    assert source is not None  # it is a regular file
    # Links are made after all files, so nothing can be written through one; O_EXCL refuses a name that comes twice.
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o755 if member.mode & 0o100 else 0o644)
    except FileExistsError as error:
        raise InvalidInput(f"code bundle: member {member.name[:80]!r} comes twice; refused") from error
    with os.fdopen(handle, "wb") as file:
        shutil.copyfileobj(source, file, 1 << 20)


def _make_links(links: list[tarfile.TarInfo], root: Path) -> None:
    base = root.resolve()
    for link in links:
        path = base.joinpath(*link.name.split("/"))
        if not path.parent.resolve().is_relative_to(base):
            raise InvalidInput(f"code bundle: symbolic link {link.name[:80]!r} leads out of the bundle; refused")
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            path.symlink_to(link.linkname)
        except FileExistsError as error:
            raise InvalidInput(f"code bundle: member {link.name[:80]!r} comes twice; refused") from error
    for link in links:
        _check_link(base, base.joinpath(*link.name.split("/")), link.name)


def _check_link(base: Path, path: Path, name: str) -> None:
    try:
        is_inside = path.resolve().is_relative_to(base)
    except (OSError, RuntimeError) as error:
        raise InvalidInput(f"code bundle: symbolic link {name[:80]!r} goes in a circle; refused") from error
    if not is_inside:
        raise InvalidInput(f"code bundle: symbolic link {name[:80]!r} leads out of the bundle; refused")
