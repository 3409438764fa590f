"""Packs: one new one for what changed, few of them, each content checked."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from tests.objectstore.trees import Store, write

from alula.errors import InvalidInput
from alula.idl.v1 import code_pb2
from alula.objectstore import pack, tree
from alula.objectstore.assemble import assemble
from alula.objectstore.scan import scan


def digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def entry(data: bytes, offset: int = 0) -> code_pb2.TreeFile:
    return code_pb2.TreeFile(path=b"a", digest=digest(data), size=len(data), offset=offset)


def test_the_same_contents_make_the_same_pack_and_come_back() -> None:
    contents = [(digest(data), data) for data in (b"one", b"", b"three" * 100)]
    made, frame = pack.make(contents)
    assert pack.make(contents) == (made, frame)
    files = [entry(data, made.places[key][0]) for key, data in contents]
    assert pack.unpack(frame, made.digest, files) == dict(contents)


def test_what_a_pack_does_not_hold_is_refused() -> None:
    made, frame = pack.make([(digest(b"one"), b"one")])
    for wrong in (entry(b"one", 1), entry(b"two"), entry(b"ones"), entry(b"one", 2**29)):
        with pytest.raises(InvalidInput, match="does not hold"):
            pack.unpack(frame, made.digest, [wrong])
    with pytest.raises(InvalidInput, match="not the one in its name"):
        pack.unpack(frame + b"x", made.digest, [entry(b"one")])
    with pytest.raises(InvalidInput, match="not readable"):
        pack.unpack(b"junk", digest(b"junk"), [entry(b"one")])


def of(*sizes: int, start: int = 0) -> pack.Pack:
    places, offset = {}, 0
    for index, size in enumerate(sizes):
        places[b"%032d" % (start + index)] = (offset, size)
        offset += size
    return pack.Pack(digest=digest(repr((start, sizes)).encode()), places=places)


def test_a_tree_refers_to_packs_and_only_the_rest_is_new() -> None:
    base = of(10, 10, 10)
    sizes = {b"%032d" % n: 10 for n in (1, 2, 7)}
    assert pack.choose(sizes, [base]) == ([base], [b"%032d" % 7])
    assert pack.choose(sizes, []) == ([], list(sizes))


def test_a_pack_that_is_hardly_used_is_not_referred_to() -> None:
    base = of(1000, 10)
    assert pack.choose({b"%032d" % 1: 10}, [base]) == ([], [b"%032d" % 1])


def test_a_pack_that_others_cover_is_not_referred_to() -> None:
    base, part = of(10, 10, 10), of(10, start=1)
    assert pack.choose({b"%032d" % n: 10 for n in range(3)}, [part, base]) == ([base], [])


def test_many_packs_become_two_without_sending_the_largest_again() -> None:
    base, small = of(*[1000] * 5), [of(10, start=100 + n) for n in range(pack.MAX_REFERRED)]
    sizes = {key: size for each in (base, *small) for key, (_, size) in each.places.items()}
    used, new = pack.choose(sizes, [base, *small])
    assert used == [base]
    assert len(new) == pack.MAX_REFERRED


def test_edits_without_end_keep_the_number_of_packs_bounded(tmp_path: Path) -> None:
    root = write(tmp_path / "root", {f"{n}.py": f"{n}" * 500 for n in range(30)})
    store = Store()
    packs: list[pack.Pack] = []
    most = 0
    for n in range(40):
        write(root, {f"{n % 30}.py": f"edit {n}" * 10})
        found = scan(root)
        uri, packs = store.put(found, packs)
        manifest = tree.decode(store.objects[uri], found.digest)
        most = max(most, len(manifest.packs))
    assert 2 < most <= pack.MAX_REFERRED
    folder = assemble(uri, store.fetch, tmp_path / "cache")
    assert {path.name: path.read_text() for path in folder.iterdir()} == {path.name: path.read_text() for path in root.iterdir()}


def test_a_digest_is_64_hex_digits() -> None:
    for text in ("", "a" * 63, "A" * 64, "../" + "a" * 61, "a" * 65):
        with pytest.raises(InvalidInput, match="64 hex digits"):
            pack.file_name(text)
