"""Attempts that wait for their environment, with the real uv."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from pathlib import Path

import pytest

from alula.engine.event import Failure
from alula.engine.graph import Demand
from alula.executors.base import Work, WorkKey
from alula.executors.environment import Environments
from alula.idl.v1 import source_pb2, worker_pb2
from alula.provision import lock, spec
from alula.provision.folder import DESCRIPTION, Upkeep
from alula.provision.resolve import Wanted, resolve

pytestmark = pytest.mark.slow
PYTHON = f"3.{os.sys.version_info.minor}"  # type: ignore[attr-defined]


def environment(folder: Path, text: str, name: str = "e", python: str = PYTHON) -> source_pb2.Environment:
    path = folder / f"{lock.digest(text)}.txt"
    path.write_text(text)
    image = spec.image_of(python, lock.digest(text), {})
    return source_pb2.Environment(name=name, image=image, python=python, lock_uri=str(path), lock_digest=lock.digest(text))


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("locks")
    wanted = Wanted(name="e", where="", packages=("iniconfig==2.0.0",), lock=None, python=PYTHON, folder=folder)
    return resolve(wanted, {**os.environ, "ALULA_LOCK_CACHE": str(folder)})


class Heard:
    """What the executor is told, and what it says is in use."""

    def __init__(self, root: Path, upkeep: Upkeep | None = None) -> None:
        self.told: dict[WorkKey, str] = {}
        self.ready: list[WorkKey] = []
        self.failed: dict[WorkKey, Failure] = {}
        self.released: list[str] = []
        self.busy: set[str] = set()
        self.changed = asyncio.Event()
        self.environments = Environments(
            root,
            upkeep or Upkeep(),
            on_building=self.on_building,
            on_ready=self.on_ready,
            on_failed=self.on_failed,
            release=self.release,
            in_use=lambda: self.busy,
        )

    def on_building(self, work: Work, reason: str) -> None:
        self.told[work.key] = reason

    def on_ready(self, work: Work, waited_s: float) -> None:
        assert waited_s > 0
        self.ready.append(work.key)
        self.changed.set()

    def on_failed(self, work: Work, waited_s: float, failure: Failure) -> None:
        self.failed[work.key] = failure
        self.changed.set()

    async def release(self, key: str) -> None:
        self.released.append(key)

    async def until(self, count: int) -> None:
        while len(self.ready) + len(self.failed) < count:
            self.changed.clear()
            await asyncio.wait_for(self.changed.wait(), 60)


def work(number: int, of: source_pb2.Environment) -> Work:
    return Work(WorkKey(number, "n0", -1, 0), worker_pb2.Attempt(), ("p", "d", of.image, ""), Demand(), environment=of)


async def test_it_is_built_once_for_all_that_wait_and_found_by_the_next_server(
    tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "alula.executors.environment")
    heard, wanted = Heard(tmp_path / "environments"), environment(tmp_path, text)
    for number in range(5):
        heard.environments.wait(work(number, wanted))
    assert not heard.environments.is_ready(wanted) and heard.environments.waiting_count == 5
    assert heard.environments.cancel(WorkKey(3, "n0", -1, 0)) and not heard.environments.cancel(WorkKey(9, "n0", -1, 0))
    await heard.until(4)
    assert [key.execution for key in heard.ready] == [0, 1, 2, 4] and heard.environments.is_ready(wanted)
    assert [record.getMessage().endswith(": building") for record in caplog.records].count(True) == 1
    assert {key.execution: reason for key, reason in heard.told.items()} == dict.fromkeys(
        (0, 1, 2, 4), "environment e is built on this machine"
    )
    after = Heard(tmp_path / "environments")
    after.environments.wait(work(7, wanted))
    await after.until(1)
    assert [record.getMessage().endswith(": building") for record in caplog.records].count(True) == 1
    assert after.told == {}
    assert [path.name for path in (tmp_path / "environments").iterdir()] == [spec.key_of(wanted)]


async def test_a_lock_that_cannot_be_installed_here_is_the_users_failure_and_leaves_nothing(tmp_path: Path) -> None:
    heard, wanted = Heard(tmp_path / "environments"), environment(tmp_path, "six==1.16.0 --hash=sha256:" + "0" * 64 + "\n")
    heard.environments.wait(work(1, wanted))
    await heard.until(1)
    [failure] = heard.failed.values()
    assert (failure.kind, failure.is_recoverable, failure.code) == ("USER", False, "ENVIRONMENT_UNMET")
    assert "environment e: its lock cannot be installed here" in failure.message and "Hash mismatch for `six==1.16.0`" in failure.message
    assert list((tmp_path / "environments").iterdir()) == []


async def test_packages_that_a_worker_cannot_start_with_are_the_users_failure(tmp_path: Path, text: str) -> None:
    without = "\n".join(line for name, line in lock.pinned(text, "") if name != "msgpack" and name != "zstandard" and name != "protobuf")
    heard, wanted = Heard(tmp_path / "environments"), environment(tmp_path, without)
    heard.environments.wait(work(1, wanted))
    await heard.until(1)
    [failure] = heard.failed.values()
    assert failure.kind == "USER" and "a worker cannot start with them" in failure.message and "No module named" in failure.message


async def test_a_missing_python_is_the_users_failure_and_names_the_remedy(tmp_path: Path, text: str) -> None:
    heard, wanted = Heard(tmp_path / "environments"), environment(tmp_path, text, python="3.99")
    heard.environments.wait(work(1, wanted))
    await heard.until(1)
    [failure] = heard.failed.values()
    assert (failure.kind, failure.code) == ("USER", "NO_PYTHON")
    assert "no Python 3.99" in failure.message and "uv python install 3.99" in failure.message


async def test_an_index_that_does_not_answer_is_the_systems_failure(tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("UV_DEFAULT_INDEX", "http://127.0.0.1:9/"), ("UV_CACHE_DIR", str(tmp_path / "cache")), ("UV_HTTP_RETRIES", "0")):
        monkeypatch.setenv(name, value)
    heard, wanted = Heard(tmp_path / "environments"), environment(tmp_path, text)
    heard.environments.wait(work(1, wanted))
    await heard.until(1)
    [failure] = heard.failed.values()
    assert (failure.kind, failure.is_recoverable, failure.code) == ("SYSTEM", True, "INDEX_AWAY")


def tamper(gone: source_pb2.Environment, changed: source_pb2.Environment, text: str) -> None:
    Path(gone.lock_uri).unlink()
    Path(changed.lock_uri).write_text(text + "# less\n")


async def test_a_lock_that_is_gone_or_was_changed_is_never_built(tmp_path: Path, text: str) -> None:
    heard, gone, changed = Heard(tmp_path / "environments"), environment(tmp_path, text), environment(tmp_path, text + "# more\n")
    tamper(gone, changed, text)
    heard.environments.wait(work(1, gone))
    heard.environments.wait(work(2, changed))
    await heard.until(2)
    found = {key.execution: failure for key, failure in heard.failed.items()}
    assert (found[1].code, found[1].kind) == ("LOCK_MISSING", "SYSTEM")
    assert found[2].kind == "USER" and "not the one on record" in found[2].message


async def test_what_nobody_uses_is_removed_never_what_has_work(tmp_path: Path, text: str) -> None:
    heard, wanted = Heard(tmp_path / "environments", Upkeep(idle_s=3600)), environment(tmp_path, text)
    heard.environments.wait(work(1, wanted))
    await heard.until(1)
    assert await heard.environments.collect() == []
    description = heard.environments.root / spec.key_of(wanted) / DESCRIPTION
    os.utime(description, (time.time() - 7200, time.time() - 7200))
    heard.busy = {spec.key_of(wanted)}
    assert await heard.environments.collect() == []
    heard.busy = set()
    assert await heard.environments.collect() == heard.released == [spec.key_of(wanted)]
    assert not heard.environments.is_ready(wanted) and list(heard.environments.root.iterdir()) == []
    heard.environments.wait(work(2, wanted))
    await heard.until(2)
    assert heard.environments.is_ready(wanted)


async def test_what_a_killed_server_left_half_made_is_swept_and_never_used(tmp_path: Path, text: str) -> None:
    heard, wanted = Heard(tmp_path / "environments"), environment(tmp_path, text)
    half = heard.environments.root / spec.key_of(wanted)
    (half / "bin").mkdir(parents=True)
    scratch = heard.environments.root / ".building-x"
    scratch.mkdir()
    heard.environments.start()
    heard.environments.wait(work(1, wanted))
    await heard.until(1)
    assert (half / DESCRIPTION).is_file() and (half / "bin" / "python").exists()
    await heard.environments.stop()
    assert not scratch.exists()
