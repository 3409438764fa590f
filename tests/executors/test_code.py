"""Code on this machine, kept as long as somebody uses it."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

from tests.objectstore.trees import stored, write

from alula.executors.code import CodeFolder
from alula.objectstore.assemble import assemble, lock_of

DAY_S = 86_400.0


def put_together(root: Path, cache: Path) -> tuple[str, Path]:
    """The URI and the folder of code that was last asked for 31 days ago."""
    store, uri = stored(write(root, {"a.py": root.name}))
    folder = assemble(uri, store.fetch, cache)
    at = time.time() - 31 * DAY_S
    os.utime(lock_of(cache, folder.name), (at, at))
    return uri, folder


async def test_what_attempts_run_from_or_wait_for_is_kept(tmp_path: Path) -> None:
    cache = tmp_path / "bundles"
    running, kept = put_together(tmp_path / "one", cache)
    _, unused = put_together(tmp_path / "two", cache)
    code = CodeFolder(cache, 30 * DAY_S, in_use=lambda: {running, "file:///no/digest"})
    assert await code.collect() == [unused.name]
    assert (kept.is_dir(), unused.exists()) == (True, False)


async def test_it_is_tidied_up_from_the_start(tmp_path: Path) -> None:
    cache = tmp_path / "bundles"
    _, unused = put_together(tmp_path / "one", cache)
    code = CodeFolder(cache, 30 * DAY_S, in_use=set)
    await code.stop()
    code.start()
    code.start()
    while unused.exists():  # noqa: ASYNC110 - a folder has no signal of its own
        await asyncio.sleep(0.01)
    await code.stop()
    await code.stop()
