"""Code as a folder: whole or not at all, checked, shared between versions, whoever else is at it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.objectstore.test_bundle import whole
from tests.objectstore.trees import Store, stored, write

from alula.errors import InvalidInput, NotFound
from alula.idl.v1 import code_pb2
from alula.objectstore import bundle, pack, tree
from alula.objectstore.assemble import assemble
from alula.objectstore.scan import scan


def visible(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.iterdir() if not path.name.endswith(".lock"))


def test_a_tree_comes_back_as_it_was(tmp_path: Path) -> None:
    root = write(tmp_path / "root", {"a.py": "1", "sub/räume.txt": "ä", "empty": "", "x" * 150 + "/y": "long", "same.py": "1", "b.sh": "1"})
    (root / "b.sh").chmod(0o755)
    (root / "link").symlink_to("sub")
    store, uri = stored(root)
    folder = assemble(uri, store.fetch, tmp_path / "cache")
    assert scan(folder).digest == scan(root).digest == folder.name
    assert (folder / "link" / "räume.txt").read_text() == "ä"
    store.objects.clear()
    assert assemble(uri, store.fetch, tmp_path / "cache") == folder
    assert visible(tmp_path / "cache") == [folder.name, "files"]


def test_the_next_version_fetches_the_change_alone_and_shares_the_rest(tmp_path: Path) -> None:
    root = write(tmp_path / "root", {f"{n}.py": f"{n}" * 50 for n in range(20)})
    store = Store()
    first, packs = store.put(scan(root), [])
    one = assemble(first, store.fetch, tmp_path / "cache")
    (root / "3.py").write_text("new")
    second, packs = store.put(scan(root), packs)
    store.fetched.clear()
    two = assemble(second, store.fetch, tmp_path / "cache")
    assert store.fetched == [tree.file_name(two.name), pack.file_name(packs[1].digest.hex())]
    assert (one / "1.py").samefile(two / "1.py")
    assert ((one / "3.py").read_text(), (two / "3.py").read_text()) == ("3" * 50, "new")
    assert not (two / "1.py").stat().st_mode & 0o222


def test_a_file_of_the_cache_that_was_written_to_is_fetched_anew(tmp_path: Path) -> None:
    root = write(tmp_path / "root", {"a.py": "right", "b.py": "1"})
    store = Store()
    first, packs = store.put(scan(root), [])
    one = assemble(first, store.fetch, tmp_path / "cache")
    (one / "a.py").chmod(0o644)
    (one / "a.py").write_text("wrong")
    (root / "b.py").write_text("2")
    two = assemble(store.put(scan(root), packs)[0], store.fetch, tmp_path / "cache")
    assert (two / "a.py").read_text() == "right"


def test_many_at_once_get_one_tree_and_fetch_it_once(tmp_path: Path) -> None:
    store, uri = stored(write(tmp_path / "root", {f"{n}.py": f"{n}" for n in range(50)}))
    start = threading.Barrier(8)

    def one(_: int) -> Path:
        start.wait()
        return assemble(uri, store.fetch, tmp_path / "cache")

    with ThreadPoolExecutor(8) as threads:
        folders = set(threads.map(one, range(8)))
    assert len(folders) == 1
    assert sorted(path.name for path in folders.pop().iterdir()) == sorted(f"{n}.py" for n in range(50))
    assert len(store.fetched) == 2


@pytest.mark.parametrize("harm", ["no pack", "other pack", "no manifest", "other manifest", "lying place"])
def test_whatever_is_not_what_its_name_says_leaves_nothing(tmp_path: Path, harm: str) -> None:
    root = write(tmp_path / "root", {"a.py": "1", "b.py": "22"})
    store, uri = stored(root)
    pack_uri = next(key for key in store.objects if "pack-" in key)
    manifest = tree.decode(store.objects[uri], scan(root).digest)
    expected: type[Exception] = InvalidInput
    if harm == "no pack":
        del store.objects[pack_uri]
        expected = NotFound
    elif harm == "no manifest":
        del store.objects[uri]
        expected = NotFound
    elif harm == "other pack":
        store.objects[pack_uri] = pack.make([(b"", b"else")])[1]
    elif harm == "other manifest":
        store.objects[uri] = tree.encode(code_pb2.Tree(packs=manifest.packs, files=[manifest.files[0]]))
    else:
        manifest.files[0].offset += 1
        store.objects[uri] = tree.encode(manifest)
    with pytest.raises(expected):
        assemble(uri, store.fetch, tmp_path / "cache")
    assert [name for name in visible(tmp_path / "cache") if name != "files"] == []


@pytest.mark.parametrize("targets", [{"l": "l"}, {"a": "b", "b": "a"}, {"p/q": "r", "p/r": "q", "s": "p/q"}])
def test_links_in_a_circle_leave_nothing(tmp_path: Path, targets: dict[str, str]) -> None:
    files = [code_pb2.TreeFile(path=path.encode(), link=target.encode()) for path, target in sorted(targets.items())]
    uri = f"mem/{tree.file_name(tree.digest_of(files))}"
    store = Store()
    store.objects[uri] = tree.encode(code_pb2.Tree(files=files))
    with pytest.raises(InvalidInput, match="goes in a circle"):
        assemble(uri, store.fetch, tmp_path / "cache")
    assert visible(tmp_path / "cache") == []


def test_whole_bundles_of_formerly_are_still_read(tmp_path: Path) -> None:
    import hashlib

    data = whole({"a.py": "1", "b/c.py": "2"})
    uri = f"mem/{bundle.file_name(hashlib.sha256(data).hexdigest())}"
    store = Store()
    store.objects[uri] = data
    folder = assemble(uri, store.fetch, tmp_path / "cache")
    assert (folder / "b" / "c.py").read_text() == "2"
    with pytest.raises(InvalidInput, match="expected a name like"):
        assemble("mem/code.zip", store.fetch, tmp_path / "cache")
