"""The command line beside the browser."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.server.harness import LiveServer


def alula(server: LiveServer, *args: str) -> str:
    """What a command prints, in the tests' project."""
    environment = {**os.environ, "ALULA_ADDRESS": server.address}
    place = ["--project", "default", "--domain", "development"]
    done = subprocess.run([sys.executable, "-m", "alula.cli", *args, *place], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
