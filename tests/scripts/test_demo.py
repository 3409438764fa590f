from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.docs.transcript import Reader, difference

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.slow
pytest.importorskip("sklearn")


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """The demo, its temporary folder within `tmp_path`, Ctrl-C not ignored whatever started the tests."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(tmp_path), "COLUMNS": "100", "KEEP": ""}
    program = (
        "import runpy, signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "runpy.run_module('scripts.demo', run_name='__main__')"
    )
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        yield process
        process.kill()


def shown_in_readme(out: str) -> str:
    """What the README shows as the end of the demo against its end; empty if it is the same, but for blank lines and figures."""
    page = (ROOT / "README.md").read_text()
    (block,) = re.findall(r"^```text\n(Five runs\n.*?)^```$", page, re.MULTILINE | re.DOTALL)
    rules = [(r"\b0\.\d{4}\b", "ACCURACY"), (r"─+", "─")]
    shown, found = ([line.strip() for line in Reader(rules).read(text) if line.strip()] for text in (block, out))
    assert "Five runs" in found, out
    begin = found.index("Five runs")
    return difference(shown, found[begin : begin + len(shown)])


def processes_of(folder: Path) -> list[str]:
    """Command lines that name a folder."""
    found = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = each.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in line:
            found.append(line)
    return found


def test_five_runs_and_nothing_left(demo: subprocess.Popen[str], tmp_path: Path) -> None:
    out, _ = demo.communicate(timeout=120)
    assert demo.returncode == 0, out
    rows = re.findall(r"^ *([1-5]) +(v[0-9a-f]{12}) +(digits-\w+) +(0\.\d{4}) +(\S+) s +(\d+) +(\d+)", out, re.MULTILINE)
    assert [(row[0], row[2], row[5], row[6]) for row in rows] == [
        ("1", "digits-first", "8", "0"),
        ("2", "digits-again", "0", "8"),
        ("3", "digits-changed", "3", "5"),
        ("4", "digits-back", "0", "8"),
        ("5", "digits-onward", "1", "0"),
    ], out
    assert rows[0][1] == rows[1][1] == rows[3][1] != rows[2][1] == rows[4][1]
    assert "KiB" in out
    differs = shown_in_readme(out)
    assert not differs, differs
    assert list(tmp_path.iterdir()) == []
    assert processes_of(tmp_path) == []


def test_interrupt_cleans_up(demo: subprocess.Popen[str], tmp_path: Path) -> None:
    assert demo.stdout is not None
    for line in demo.stdout:
        if "alula register" in line:  # the server is up, the first run is about to begin
            break
    demo.send_signal(signal.SIGINT)
    rest = demo.stdout.read()
    assert demo.wait(30) == 130, rest
    assert "interrupted" in rest and "Traceback" not in rest
    deadline = time.monotonic() + 10
    while processes_of(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert (list(tmp_path.iterdir()), processes_of(tmp_path)) == ([], [])
