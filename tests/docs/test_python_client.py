"""The page on the Python client is one program; here it runs beside the examples, against a server."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.docs.test_readme import ROOT, blocks
from tests.docs.transcript import Shell


def test_the_page_runs_against_a_server(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    for name in ("hello.py", "approval.py"):
        shutil.copy(ROOT / "examples" / name, shell.folder)
    program = shell.folder / "page.py"
    program.write_text("\n".join(blocks(ROOT / "docs" / "python-client.md", "python")))
    try:
        code, output = shell.run("alula up")
        assert code == 0, output
        done = subprocess.run(
            [sys.executable, program], cwd=shell.folder, env=shell.environment, capture_output=True, text=True, timeout=90
        )
        assert done.returncode == 0, done.stderr
    finally:
        shell.close()
