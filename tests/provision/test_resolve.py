"""With the real uv and the index it is configured for."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from alula.errors import InvalidInput, Unavailable
from alula.provision import lock
from alula.provision.resolve import WORKER, Wanted, resolve, worker_requirements


def wanted(folder: Path, *packages: str, **changes: Any) -> Wanted:
    return Wanted(**{"name": "e", "where": "flow.py:3", "packages": packages, "lock": None, "python": "3.11", "folder": folder, **changes})


def test_what_a_worker_needs_is_what_this_version_of_alula_asks_for() -> None:
    assert len(worker_requirements()) == len(WORKER)
    assert any(re.match(r"protobuf\W.*\d", each) for each in worker_requirements())


def test_packages_become_a_lock_with_hashes_and_a_workers_own_needs(tmp_path: Path) -> None:
    text = resolve(wanted(tmp_path, "iniconfig==2.0.0"))
    names = {name for name, _ in lock.pinned(text, "lock")}
    assert {"iniconfig", *WORKER} <= names


def test_the_same_request_is_answered_without_uv_and_anew_only_when_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = resolve(wanted(tmp_path, "iniconfig==2.0.0"))
    monkeypatch.setitem(__import__("sys").modules, "uv", None)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert resolve(wanted(tmp_path, "iniconfig==2.0.0")) == first
    with pytest.raises(Unavailable, match="environments need uv"):
        resolve(wanted(tmp_path, "iniconfig==2.0.0"), is_fresh=True)


def test_what_cannot_be_met_is_refused_with_its_place_and_uvs_reason(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"flow\.py:3: environment e: no set of versions .*\n.*\n?.*no version of iniconfig==99"):
        resolve(wanted(tmp_path, "iniconfig==99"))


def test_a_lock_of_the_users_stays_as_it_is_and_gets_what_a_worker_needs(tmp_path: Path) -> None:
    path = tmp_path / "mine.lock"
    path.write_text("# mine\nmsgpack==1.1.0 --hash=sha256:" + "0" * 64 + "\n")
    text = resolve(wanted(tmp_path, lock=path))
    assert text.startswith(path.read_text())
    names = [name for name, _ in lock.pinned(text, "lock")]
    assert set(WORKER) <= set(names)
    assert names.count("msgpack") == 1


def test_a_lock_that_excludes_a_worker_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.lock"
    path.write_text("msgpack==0.6.2 --hash=sha256:" + "0" * 64 + "\n")
    with pytest.raises(InvalidInput, match=r"environment e: no set of versions[\s\S]*msgpack"):
        resolve(wanted(tmp_path, lock=path))
    with pytest.raises(InvalidInput, match=r"the lock .*none\.lock cannot be read"):
        resolve(wanted(tmp_path, lock=tmp_path / "none.lock"))


def test_an_index_that_does_not_answer_is_the_systems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    with pytest.raises(Unavailable, match="the package index did not answer"):
        resolve(wanted(tmp_path, "iniconfig==2.0.0"))
