"""The docs site builds without a warning, and its references hold what the code has."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import alula as al

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_the_site_builds_and_its_references_are_whole(tmp_path: Path) -> None:
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    for command in (
        [sys.executable, "scripts/build_docs.py"],
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)],
    ):
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=200)
        assert done.returncode == 0, done.stdout + done.stderr
    python = (tmp_path / "reference" / "api.html").read_text()
    for name in al.__all__:
        assert f'.{name}"' in python, name
    commands = (tmp_path / "reference" / "cli.html").read_text()
    assert all(f"alula {name}" in commands for name in ("run", "cache evict", "rerun", "rollback"))
    assert "digits/workflow" in (tmp_path / "examples.html").read_text()
    assert "https://" not in (tmp_path / "index.html").read_text().split("<body", 1)[0], "a page must load nothing from elsewhere"
