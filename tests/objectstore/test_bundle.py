"""Whole bundles, as they were sent formerly, are still read, and hostile ones refused."""

from __future__ import annotations

import contextlib
import hashlib
import io
import tarfile
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alula.errors import InvalidInput, LimitExceeded
from alula.objectstore.bundle import digest_in, file_name, unpack


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


def whole(files: dict[str, str]) -> bytes:
    """A bundle as it was made formerly."""
    return hostile(*((member(name), text.encode()) for name, text in files.items()))


def read(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_unpack_brings_the_tree_back_and_the_second_call_does_nothing(tmp_path: Path) -> None:
    files = {"a.py": "1", "sub/räume.txt": "ä", "x" * 150 + "/y": "long"}
    data, into = whole(files), tmp_path / "deep" / "into"
    assert unpack(data, into, digest=hashlib.sha256(data).hexdigest())
    assert not unpack(data, into)
    assert read(into) == files
    assert [path.name for path in into.parent.iterdir()] == ["into"]


def test_wrong_digest_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="not the one in its name"):
        unpack(whole({"a.py": "1"}), tmp_path / "made" / "into", digest="0" * 64)
    assert not (tmp_path / "made").exists()


def test_the_name_holds_the_digest() -> None:
    assert digest_in(file_name("a" * 64)) == "a" * 64
    assert digest_in("code.zip") == digest_in(f"bundle-{'A' * 64}.tar.zst") == ""


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
    good = whole({"a.py": "print(1)" * 20, "b/c.py": "x = 2"})
    broken = bytearray(good)
    broken[data.draw(st.integers(0, len(broken) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(InvalidInput):
        unpack(bytes(broken), tmp_path / "into", digest=hashlib.sha256(good).hexdigest())
    assert not (tmp_path / "into").exists()
