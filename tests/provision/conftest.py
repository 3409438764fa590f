from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def lock_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing is answered from what the user resolved before."""
    folder = tmp_path / "locks"
    monkeypatch.setenv("ALULA_LOCK_CACHE", str(folder))
    return folder
