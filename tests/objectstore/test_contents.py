"""Code looked into without being unpacked: trees, bundles and Flyte's archives, from anybody."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from tests.objectstore.trees import Store, write

from alula.errors import InvalidInput, LimitExceeded, NotFound
from alula.idl.v1 import code_pb2
from alula.objectstore import bundle, contents
from alula.objectstore.contents import list_files, read_file
from alula.objectstore.scan import scan

MANY = 1_000


def tar(*members: tuple[str, bytes] | tarfile.TarInfo) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                archive.addfile(member)
            else:
                info = tarfile.TarInfo(member[0])
                info.size, info.mode = len(member[1]), 0o755
                archive.addfile(info, io.BytesIO(member[1]))
    return out.getvalue()


def held(data: bytes) -> tuple[str, Callable[[str], bytes]]:
    return "u/fast.tar.gz", lambda uri: data


def test_a_tree_is_listed_and_read_with_one_pack_fetched(tmp_path: Path) -> None:
    root = write(tmp_path / "project", {"a.py": "x = 1\n", "pkg/b.py": "é" * 100})
    (root / "pkg" / "link.py").symlink_to("b.py")
    (root / "a.py").chmod(0o755)
    store = Store()
    uri, _ = store.put(scan(root), [])
    files, is_more = list_files(uri, store.fetch, MANY)
    assert [(f.path, f.size, f.is_executable, f.link) for f in files] == [
        ("a.py", 6, True, ""),
        ("pkg/b.py", 200, False, ""),
        ("pkg/link.py", 0, False, "b.py"),
    ]
    assert files[0].digest == hashlib.sha256(b"x = 1\n").hexdigest()
    assert not is_more
    assert list_files(uri, store.fetch, 2)[1]
    assert read_file(uri, "a.py", store.fetch, MANY) == (b"x = 1\n", 6)
    assert read_file(uri, "pkg/b.py", store.fetch, 10) == (("é" * 5).encode(), 200)
    assert read_file(uri, "pkg/link.py", store.fetch, MANY).data == b"b.py"
    for path in ("../a.py", "/etc/passwd", "pkg", "", "a.py/../../x", "pkg/./b.py"):
        with pytest.raises(NotFound, match="no file"):
            read_file(uri, path, store.fetch, MANY)


@pytest.mark.parametrize("kind", ["gz", "zst", "plain"])
def test_an_archive_is_listed_and_read(kind: str) -> None:
    link = tarfile.TarInfo("pkg/link.py")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    folder = tarfile.TarInfo("pkg")
    folder.type = tarfile.DIRTYPE
    plain = tar(folder, ("./pkg/b.py", b"two"), ("a.py", b"one"), link)
    packed = {"gz": gzip.compress, "zst": zstandard.ZstdCompressor().compress, "plain": bytes}[kind](plain)
    uri, fetch = held(packed)
    files, is_more = list_files(uri, fetch, MANY)
    assert files == [
        code_pb2.CodeFile(path="a.py", size=3, is_executable=True),
        code_pb2.CodeFile(path="pkg/b.py", size=3, is_executable=True),
        code_pb2.CodeFile(path="pkg/link.py", link="/etc/passwd"),
    ]
    assert not is_more
    assert len(list_files(uri, fetch, 1)[0]) == 1
    assert read_file(uri, "pkg/b.py", fetch, 2) == (b"tw", 3)
    assert read_file(uri, "pkg/link.py", fetch, MANY).data == b"/etc/passwd", "what it says, never what lies there"
    with pytest.raises(NotFound):
        read_file(uri, "../a.py", fetch, MANY)


def test_a_name_that_comes_again_is_one_file() -> None:
    uri, fetch = held(tar(("./a.py", b"one"), ("a.py", b"three"), ("./a.py", b"7th")))
    files, is_more = list_files(uri, fetch, 1)
    assert ([(file.path, file.size) for file in files], is_more) == ([("a.py", 3)], False)
    assert read_file(uri, "a.py", fetch, MANY) == (b"7th", 3)


def test_a_link_has_the_size_of_its_target_in_bytes() -> None:
    link = tarfile.TarInfo("link")
    link.type, link.linkname = tarfile.SYMTYPE, "größe"
    uri, fetch = held(tar(link))
    assert read_file(uri, "link", fetch, 3) == ("größe".encode()[:3], 7)


def test_a_bundle_with_another_content_than_its_name_says_is_refused() -> None:
    data = zstandard.ZstdCompressor().compress(tar(("a.py", b"1")))
    good = f"u/{bundle.file_name(hashlib.sha256(data).hexdigest())}"
    assert [f.path for f in list_files(good, lambda uri: data, MANY)[0]] == ["a.py"]
    with pytest.raises(InvalidInput, match="another digest"):
        list_files(f"u/{bundle.file_name('0' * 64)}", lambda uri: data, MANY)


@pytest.mark.parametrize(
    "data", [b"", b"nonsense" * 100, b"\x1f\x8b" + b"x" * 50, b"\x28\xb5\x2f\xfd" + b"x" * 50, gzip.compress(b"x" * 600, mtime=0)]
)
def test_what_is_no_archive_is_refused_or_empty(data: bytes) -> None:
    uri, fetch = held(data)
    try:
        assert list_files(uri, fetch, MANY) == ([], False)
    except InvalidInput as error:
        assert "no archive" in str(error)


def test_an_archive_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "MAX_ARCHIVE_BYTES", 1 << 20)
    uri, fetch = held(gzip.compress(tar(("big", bytes(4 << 20)))))
    for work in (lambda: list_files(uri, fetch, MANY), lambda: read_file(uri, "other", fetch, MANY)):
        with pytest.raises(LimitExceeded, match="more than 1 MiB"):
            work()
    header = tarfile.TarInfo("x" * 300)  # a long name is a member of its own, read whole
    header.size = 0
    claimed = bytearray(tar(header))
    claimed[124:136] = b"77777777777\0"
    claimed[148:156] = b"        "
    claimed[148:156] = b"%06o\0 " % sum(claimed[:512])
    uri, fetch = held(bytes(claimed) + bytes(4 << 20))
    with pytest.raises((LimitExceeded, InvalidInput)):
        list_files(uri, fetch, MANY)


def test_too_many_members_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "MAX_MEMBERS", 10)
    uri, fetch = held(tar(*[(f"f{number}", b"") for number in range(20)]))
    with pytest.raises(LimitExceeded, match="10 members"):
        list_files(uri, fetch, MANY)


def test_names_that_are_no_utf8_are_shown_somehow() -> None:
    info = tarfile.TarInfo("caf\udce9.py")
    uri, fetch = held(tar(info))
    [file] = list_files(uri, fetch, MANY)[0]
    assert file.path == "caf\N{REPLACEMENT CHARACTER}.py"
    assert read_file(uri, file.path, fetch, MANY) == (b"", 0)
