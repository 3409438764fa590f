"""Code that nobody has used for long, on a real file system."""

from __future__ import annotations

import contextlib
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.objectstore.trees import Store, write

from alula.objectstore import local
from alula.objectstore.assemble import FILES, assemble, lock_of, used_at
from alula.objectstore.expire import REMOVED, expire
from alula.objectstore.scan import scan

DAY_S = 86_400.0


def two_versions(root: Path, cache: Path) -> tuple[Store, list[str], list[Path]]:
    """Two trees that share `a.py`."""
    write(root, {"a.py": "same", "b.py": "1"})
    store, uris, folders, packs = Store(), [], [], []
    for content in ("1", "2"):
        (root / "b.py").write_text(content)
        uri, packs = store.put(scan(root), packs)
        uris.append(uri)
        folders.append(assemble(uri, store.fetch, cache))
    return store, uris, folders


def last_used(cache: Path, folder: Path, days_ago: float) -> None:
    at = time.time() - days_ago * DAY_S
    os.utime(lock_of(cache, folder.name), (at, at))


def contents(cache: Path) -> list[str]:
    return sorted(path.read_text() for path in (cache / FILES).rglob("*") if path.is_file())


def test_a_tree_that_nobody_used_goes_and_what_it_shares_stays(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    store, uris, (old, new) = two_versions(tmp_path / "root", cache)
    last_used(cache, old, 31)
    last_used(cache, new, 29)
    assert expire(cache, 30 * DAY_S, in_use=()) == [old.name]
    assert (old.exists(), lock_of(cache, old.name).exists(), new.is_dir()) == (False, False, True)
    assert contents(cache) == ["1", "2", "same"], "one that lost its last tree just now may be wanted by one that is being made"
    assert expire(cache, 30 * DAY_S, in_use=(), now_s=time.time() + 2 * 3600) == []
    assert contents(cache) == ["2", "same"]
    assert assemble(uris[0], store.fetch, cache) == old, "whoever asks for it has it again"
    assert (old / "b.py").read_text() == "1"


def test_what_runs_is_never_removed(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    _, _, (old, new) = two_versions(tmp_path / "root", cache)
    for folder in (old, new):
        last_used(cache, folder, 365)
    assert expire(cache, DAY_S, in_use={old.name}) == [new.name]


def test_asking_for_a_tree_keeps_it(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    store, uris, (old, _) = two_versions(tmp_path / "root", cache)
    last_used(cache, old, 31)
    assemble(uris[0], store.fetch, cache)
    assert time.time() - used_at(cache, old.name) < 60
    assert expire(cache, 30 * DAY_S, in_use=()) == []


def test_what_a_killed_process_left_goes(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    two_versions(tmp_path / "root", cache)
    (cache / f"{REMOVED}1" / "sub").mkdir(parents=True)
    half = cache / f"{local.TEMPORARY_PREFIX}x"
    half.mkdir()
    expire(cache, 30 * DAY_S, in_use=())
    assert (half.exists(), (cache / f"{REMOVED}1").exists()) == (True, False), "it may be of one that is being made"
    expire(cache, 30 * DAY_S, in_use=(), now_s=time.time() + 2 * 3600)
    assert not half.exists()


def test_a_cache_that_is_not_there_yet_is_no_error(tmp_path: Path) -> None:
    assert expire(tmp_path / "none", DAY_S, in_use=()) == []


@pytest.mark.parametrize("round_", range(3))
def test_a_tree_is_whole_for_whoever_asks_while_it_is_removed(tmp_path: Path, round_: int) -> None:
    cache = tmp_path / "cache"
    store, uris, (old, _) = two_versions(tmp_path / "root", cache)

    def remove(_: int) -> None:
        with contextlib.suppress(FileNotFoundError):
            last_used(cache, old, 31)
        expire(cache, 30 * DAY_S, in_use=())

    with ThreadPoolExecutor(4) as pool:
        removing = [pool.submit(remove, n) for n in range(20)]
        for one in [pool.submit(assemble, uris[0], store.fetch, cache) for _ in range(60)]:
            one.result()
        for one in removing:
            one.result()
    assert scan(assemble(uris[0], store.fetch, cache)).digest == old.name
