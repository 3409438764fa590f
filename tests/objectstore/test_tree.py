"""Manifests from anybody: what they may not say is refused by name."""

from __future__ import annotations

import contextlib

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from alula.errors import InvalidInput, LimitExceeded
from alula.idl.v1 import code_pb2
from alula.objectstore import tree


def file(path: str | bytes, **changes: object) -> code_pb2.TreeFile:
    made = code_pb2.TreeFile(path=path.encode() if isinstance(path, str) else path, digest=b"d" * 32, size=1)
    made.MergeFrom(code_pb2.TreeFile(**changes))  # type: ignore[arg-type]
    return made


def link(path: str, target: str) -> code_pb2.TreeFile:
    return code_pb2.TreeFile(path=path.encode(), link=target.encode())


def decoded(*files: code_pb2.TreeFile, packs: int = 1, **limits: int) -> code_pb2.Tree:
    made = code_pb2.Tree(packs=[b"p" * 32] * packs, files=files)
    return tree.decode(tree.encode(made), tree.digest_of(list(files)), **limits)


def test_a_plain_tree_is_read() -> None:
    found = decoded(file("a.py"), file("b/c.py", is_executable=True), link("b/d", "c.py"), link("e", "b/c.py"), file("räume"))
    assert [each.path.decode() for each in found.files] == ["a.py", "b/c.py", "b/d", "e", "räume"]
    assert [each.path for each in decoded(file(b"\xff.py")).files] == [b"\xff.py"]


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ([file("/etc/passwd")], "not a plain relative path"),
        ([file("../x")], "not a plain relative path"),
        ([file("a/../../x")], "not a plain relative path"),
        ([file("a\\..\\x")], "not a plain relative path"),
        ([file("./a")], "not a plain relative path"),
        ([file("a//b")], "not a plain relative path"),
        ([file("a/")], "not a plain relative path"),
        ([file("")], "not a plain relative path"),
        ([file("a\0b")], "not a plain relative path"),
        ([file("a"), file("a")], "comes twice"),
        ([file("b"), file("a")], "out of order"),
        ([file("a"), file("a-b"), file("a/b")], "a file and a folder"),
        ([link("a", "b"), file("a/x")], "a file and a folder"),
        ([link("l", "/etc")], "leads out"),
        ([link("l", "..")], "leads out"),
        ([link("a/l", "../../x")], "leads out"),
        ([link("l", "d/../..")], "leads out"),
        ([link("l", "a\0b")], "leads out"),
        ([file("a", pack=1)], "outside of its pack"),
        ([file("a", offset=2**40)], "outside of its pack"),
        ([code_pb2.TreeFile(path=b"a", digest=b"short")], "has no digest"),
    ],
)
def test_hostile_members_are_refused_by_name(files: list[code_pb2.TreeFile], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        decoded(*files)


def test_what_is_too_much_is_refused() -> None:
    for files, limits in (
        ([file(str(n)) for n in range(5)], {"max_members": 4}),
        ([file("a", size=100)], {"max_bytes": 99}),
        ([file("a")], {"packs": tree.MAX_PACKS + 1}),
    ):
        with pytest.raises(LimitExceeded, match="send a smaller tree"):
            decoded(*files, **limits)


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "_MAX_MANIFEST_BYTES", 1_000_000)
    with pytest.raises(LimitExceeded, match="manifest is larger"):
        tree.decode(zstandard.ZstdCompressor().compress(bytes(50_000_000)), "0" * 64)


def test_a_manifest_that_is_another_tree_is_refused() -> None:
    data = tree.encode(code_pb2.Tree(packs=[b"p" * 32], files=[file("a")]))
    with pytest.raises(InvalidInput, match="not the one in its name"):
        tree.decode(data, "0" * 64)


def test_where_a_file_is_packed_does_not_count() -> None:
    assert tree.digest_of([file("a", pack=1, offset=5)]) == tree.digest_of([file("a")])


def test_no_two_trees_share_a_digest_by_moving_a_border() -> None:
    assert tree.digest_of([file("a"), link("b", "c")]) != tree.digest_of([file("a"), link("bc", "")])
    assert tree.digest_of([link("a", "d" * 32)]) != tree.digest_of([file("a")])


def test_the_name_holds_the_digest() -> None:
    assert tree.digest_in(tree.file_name("a" * 64)) == "a" * 64
    assert tree.digest_in("tree-x.pb.zst") == ""


@settings(max_examples=100)
@given(st.binary(max_size=200), st.booleans())
def test_garbage_is_invalid_input(data: bytes, is_compressed: bool) -> None:
    content = zstandard.ZstdCompressor().compress(data) if is_compressed else data
    with contextlib.suppress(InvalidInput, LimitExceeded):
        tree.decode(content, "0" * 64)
