"""What a user's machine remembers, and for how long."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from alula.client import memory


def test_what_was_not_used_for_long_is_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALULA_CACHE", str(tmp_path / "cache"))
    memory.tidy()  # of a cache that is not there
    paths = []
    for name, days in (("used", 29), ("unused", 31)):
        known = memory.load(tmp_path / name)
        known.save()
        module = tmp_path / "cache" / memory.NOTEBOOKS / name / "train_ipynb.py"
        module.parent.mkdir(parents=True)
        module.write_text("x = 1")
        at = time.time() - days * 86_400
        for path in (known.path, module.parent):
            os.utime(path, (at, at))
            paths.append(path)
    memory.tidy()
    assert [path.exists() for path in paths] == [True, True, False, False]
