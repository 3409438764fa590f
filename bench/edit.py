"""S13: from the save of a file to the start of the first task, in a project of about 1,000 files and 10 MB."""

from __future__ import annotations

import queue
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.server import environment, server

FILES, FILE_BYTES = 1000, 10_000
FLOW = """
import alula as al
import pack.m{module} as module
import time

@al.task
def stamp(x: int) -> str:
    return f"started {{time.time():.6f}} {{module.VALUE}}"

@al.workflow
def flow(x: int = 1) -> str:
    return stamp(x)
"""


def project(root: Path) -> Path:
    """A project whose files look like source: text that packs about as well."""
    words = random.Random(1)
    for n in range(FILES):
        lines = [f"VALUE = {n}\n"]
        while sum(map(len, lines)) < FILE_BYTES:
            lines.append(f"value_{words.randrange(10**9)} = 'some text {words.randrange(10**6)}' * {words.randrange(9)}\n")
        folder = root / "pack" / f"part{n % 20}" if n > 9 else root / "pack"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"m{n}.py").write_text("".join(lines))
    (root / "flows.py").write_text(FLOW.format(module=1))
    (root / "pyproject.toml").write_text("")
    for command in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", "-C", str(root), *command], check=True)
    return root


def edit(root: Path, value: int) -> float:
    """Saves one file; when."""
    file = root / "pack" / "m1.py"
    file.write_text(file.read_text().partition("\n")[2].join([f"VALUE = {value}\n", ""]))
    return time.time()


def measure(repeats: int) -> dict[str, list[float]]:
    """Seconds from the save to the task's first line, by way of running."""
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="alula-bench-edit-") as folder, server() as bench:
        root, cache = project(Path(folder) / "project"), Path(folder) / "cache"
        env = {**environment(), "ALULA_CACHE": str(cache), "ALULA_SETTINGS": "/nowhere", "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-m", "alula.cli", "run", "flows.py", "flow", "--remote", "--address", bench.address]
        found["alula run --remote, first time"] = [_run(command, root, env, edit(root, 1))]
        found["alula run --remote"] = [_run(command, root, env, edit(root, 100 + n)) for n in range(repeats)]
        for what, options in {"--watch, on a server": command[5:], "--watch, without one": ["--home", f"{folder}/home"]}.items():
            options = [each for each in options if each not in ("flow", "flows.py")]
            watch = [sys.executable, "-m", "alula.cli", "run", "--watch", "flows.py", "flow", *options]
            with _lines(watch, root, env) as until:
                until("watching")
                times = []
                for n in range(repeats):
                    at = edit(root, 200 + n)
                    times.append(_started(until("started ")) - at)
                    until("watching")
                found[what] = times
    return found


def _started(line: str) -> float:
    return float(line.split()[1])


def _run(command: list[str], root: Path, env: dict[str, str], at: float) -> float:
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=True)
    return _started(done.stdout) - at


@contextmanager
def _lines(command: list[str], root: Path, env: dict[str, str]) -> Iterator[Callable[[str], str]]:
    process = subprocess.Popen(command, cwd=root, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    lines: queue.Queue[str] = queue.Queue()

    def read() -> None:
        for line in process.stdout or ():
            lines.put(line)

    threading.Thread(target=read, daemon=True).start()

    def until(text: str) -> str:
        while text not in (line := lines.get(timeout=60)):
            pass
        return line

    try:
        yield until
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    for name, times in measure(5).items():
        print(f"{name:<34}", " ".join(f"{each:.3f}" for each in times))
