from __future__ import annotations

import contextlib
import io
import os
import subprocess
import tarfile
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alula.errors import InvalidInput, LimitExceeded, NotFound
from alula.objectstore.bundle import Bundle, file_name, pack, unpack


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def names(bundle: Bundle) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(zstandard.ZstdDecompressor().decompress(bundle.data, max_output_size=1 << 24))) as tar:
        return tar.getnames()


def git(root: Path, *args: str) -> None:
    subprocess.run(["git", "-C", str(root), "-c", "user.name=a", "-c", "user.email=a@b", *args], check=True, capture_output=True)


def hostile(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for info, data in members:
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return zstandard.ZstdCompressor().compress(raw.getvalue())


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def test_identical_trees_have_identical_bytes(tmp_path: Path) -> None:
    files = {"a.py": "print(1)", "pkg/__init__.py": "", "pkg/b.py": "x = 1"}
    one = pack(write(tmp_path / "one", files))
    two = write(tmp_path / "two", dict(reversed(files.items())))
    os.utime(two / "a.py", (1, 1))
    assert pack(two) == one
    assert one.name == f"bundle-{one.digest}.tar.zst" == file_name(one.digest)
    (two / "a.py").chmod(0o755)
    assert pack(two).digest != one.digest


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
    assert names(pack(root)) == ["a.py", "sub/b.py"]


def test_with_git_what_git_ignores_stays_out(tmp_path: Path) -> None:
    root = write(tmp_path, {"a.py": "1", "new.py": "2", "data/big.csv": "3", ".gitignore": "data/\n", ".hidden": "4", "gone.py": "5"})
    write(root, {"__pycache__/a.pyc": "x", ".venv/lib.py": "x", "home/link.key": "x", "home/store/a": "x"})
    git(root, "init", "-q")
    git(root, "add", "a.py", ".gitignore", "gone.py")
    git(root, "commit", "-qm", "start")
    (root / "gone.py").unlink()
    assert names(pack(root)) == [".gitignore", ".hidden", "a.py", "new.py"]
    assert names(pack(write(root / "data", {"x.py": "1"}))) == ["big.csv", "x.py"]


def test_links_within_stay_links_and_links_out_are_named(tmp_path: Path) -> None:
    root = write(tmp_path / "root", {"a.py": "1", "sub/b.py": "2"})
    write(tmp_path, {"secret": "s"})
    (root / "link.py").symlink_to("a.py")
    (root / "absolute.py").symlink_to(root / "sub" / "b.py")
    (root / "folder").symlink_to("sub")
    (root / "out").symlink_to("../secret")
    (root / "dangling").symlink_to("nothing")
    bundle = pack(root)
    assert bundle.skipped == ("dangling", "out")
    assert unpack(bundle.data, tmp_path / "into", digest=bundle.digest)
    assert (tmp_path / "into" / "absolute.py").read_text() == "2"
    assert (tmp_path / "into" / "folder" / "b.py").read_text() == "2"
    assert (tmp_path / "into" / "link.py").is_symlink()


def test_too_large_names_the_largest_and_the_remedy(tmp_path: Path) -> None:
    root = write(tmp_path, {"a.py": "1", "data.csv": "x" * 1000})
    with pytest.raises(LimitExceeded, match=r"largest is data\.csv.*gitignore"):
        pack(root, max_bytes=500)


def test_missing_root_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        pack(tmp_path / "none")


def test_unpack_brings_the_tree_back_and_the_second_call_does_nothing(tmp_path: Path) -> None:
    root = write(tmp_path / "root", {"a.py": "1", "sub/räume.txt": "ä", "x" * 150 + "/y": "long"})
    (root / "a.py").chmod(0o700)
    bundle = pack(root)
    into = tmp_path / "deep" / "into"
    assert unpack(bundle.data, into)
    assert not unpack(bundle.data, into)
    assert pack(into).digest == bundle.digest
    assert [path.name for path in into.parent.iterdir()] == ["into"]


def test_wrong_digest_leaves_nothing(tmp_path: Path) -> None:
    bundle = pack(write(tmp_path / "root", {"a.py": "1"}))
    with pytest.raises(InvalidInput, match="digest"):
        unpack(bundle.data, tmp_path / "made" / "into", digest="0" * 64)
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    "members",
    [
        [(member("/etc/passwd"), b"x")],
        [(member("../x"), b"x")],
        [(member("a/../../x"), b"x")],
        [(member("a\\..\\x"), b"x")],
        [(member("./a"), b"x")],
        [(member("a"), b"1"), (member("a"), b"2")],
        [(member("dev", tarfile.CHRTYPE), b"")],
        [(member("fifo", tarfile.FIFOTYPE), b"")],
        [(member("hard", tarfile.LNKTYPE, "/etc/passwd"), b"")],
        [(member("a"), b"x"), (member("hard", tarfile.LNKTYPE, "a"), b"")],
        [(member("l", tarfile.SYMTYPE, "/etc"), b"")],
        [(member("l", tarfile.SYMTYPE, ".."), b"")],
        [(member("a/l", tarfile.SYMTYPE, "../../x"), b"")],
        [(member("d", tarfile.SYMTYPE, "."), b""), (member("e", tarfile.SYMTYPE, "d/../.."), b"")],
        [(member("p/q/r", tarfile.SYMTYPE, "../.."), b""), (member("p/q/r/l", tarfile.SYMTYPE, "../x"), b"")],
        [(member("l", tarfile.SYMTYPE, "l"), b"")],
        [(member("l", tarfile.SYMTYPE, "x"), b""), (member("l/file"), b"x")],
    ],
)
def test_hostile_members_are_refused_and_leave_nothing(members: list[tuple[tarfile.TarInfo, bytes]], tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        unpack(hostile(*members), tmp_path / "made" / "into")
    assert list((tmp_path / "made").iterdir()) == []
    assert not (tmp_path / "x").exists()


def test_bombs_are_refused(tmp_path: Path) -> None:
    bomb = hostile((member("zeros"), bytes(5_000_000)))
    assert len(bomb) < 2_000
    with pytest.raises(LimitExceeded):
        unpack(bomb, tmp_path / "a", max_bytes=1_000_000)
    with pytest.raises(LimitExceeded, match="members"):
        unpack(hostile(*((member(str(i)), b"") for i in range(20))), tmp_path / "b", max_members=10)
    header = member("small")
    header.pax_headers = {"comment": "x" * 5_000_000}
    with pytest.raises(LimitExceeded):
        unpack(hostile((header, b"")), tmp_path / "c", max_bytes=1_000_000, max_members=10)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200), st.booleans())
def test_garbage_is_invalid_input(tmp_path: Path, data: bytes, is_compressed: bool) -> None:
    content = zstandard.ZstdCompressor().compress(data) if is_compressed else data
    with contextlib.suppress(InvalidInput):
        unpack(content, tmp_path / "into")
    assert not any((tmp_path / "into").rglob("*"))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damaged_bundles_are_refused_by_digest(tmp_path: Path, data: st.DataObject) -> None:
    root = write(tmp_path / "root", {"a.py": "print(1)" * 20, "b/c.py": "x = 2"})
    bundle = pack(root)
    broken = bytearray(bundle.data)
    place = data.draw(st.integers(0, len(broken) - 1))
    broken[place] ^= data.draw(st.integers(1, 255))
    try:
        unpack(bytes(broken), tmp_path / "into", digest=bundle.digest)
    except InvalidInput:
        assert not (tmp_path / "into").exists()
    else:
        assert pack(tmp_path / "into").digest == bundle.digest
        for path in sorted((tmp_path / "into").rglob("*"), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()
        (tmp_path / "into").rmdir()
