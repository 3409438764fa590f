"""The examples' own tests, run as their reader would run them."""

from __future__ import annotations

import subprocess
import sys

from tests.examples.conftest import EXAMPLES


def test_the_examples_tests_pass() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    done = subprocess.run(command, cwd=EXAMPLES, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "11 passed" in done.stdout
