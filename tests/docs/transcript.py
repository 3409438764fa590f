"""Transcripts of pages: the commands that their console blocks show, run, and what they print beside what is shown.

Both sides are made alike by rules, `RULES` and `NUMBERED`, before they are compared; all else has to be the same to the letter.
"""

from __future__ import annotations

import difflib
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READY = re.compile(r"Alula is up: http://\S+ \(gRPC ([^,]+),")
_CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)

# What differs from run to run and machine to machine, by a word for it.
RULES = [
    (re.compile(pattern), word)
    for pattern, word in (
        (r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\b", "INSTANT"),
        (r"\b\d\d:\d\d:\d\d\.\d{3}\b", "TIME"),
        (r"\b\d+(\.\d+)? (ms|s|min|h)\b", "SPAN"),
        (r"\b127\.0\.0\.1:\d+\b", "ADDRESS"),
        (r"\bhome /[^\s)]+", "home FOLDER"),
        (r"(/[^\s/]+)*/store/raw/\S+/", "STORE/"),
        (r"\b[0-9a-f]{40}\b", "COMMIT"),
        (r"\b[0-9a-f]{12}\b", "DIGEST"),
        (r"\bPython 3\.\d+\b", "Python VERSION"),
        (r" {2,}", "  "),  # columns are as wide as what stands in them
    )
]
# What differs too, but has to be the same wherever it is the same: the first version of a page is v1 on both sides, the second v2.
NUMBERED = [
    (re.compile(pattern), word)
    for pattern, word in (
        (r"\bv[0-9a-f]{12}\b", "version-"),
        (r"\ba[a-z0-9]{19}\b", "execution-"),
    )
]
# Lines of what is under way, a node's last figures among them: whether they are seen, and when, is a matter of milliseconds.
PASSING = re.compile(
    r"^\S+( \S+)? (QUEUED|INITIALIZING|RUNNING)\b|^TIME  Attempt(Started|Initializing)\b"
    r"|^n\d\S* \S+ (?!SUCCEEDED|FAILED|ABORTED|SKIPPED|TIMED_OUT|RECOVERED)\S"
)


@dataclass(frozen=True, slots=True)
class Step:
    """A command and what the page shows of its output; empty: nothing of it."""

    command: str
    shown: str


def steps(text: str) -> Iterator[Step]:
    """Every command of a page's console blocks, in order."""
    for block in _CONSOLE.findall(text):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, shown = part.partition("\n")
            yield Step(command, shown)


@dataclass(slots=True)
class Reader:
    """One side of a page, read from its first transcript to its last.

    Args:
        rules: more than `RULES`, tried first.
    """

    rules: Sequence[tuple[str, str]] = ()
    seen: dict[str, dict[str, str]] = field(default_factory=dict)

    def read(self, output: str) -> list[str]:
        """The lines that have to be the same on both sides."""
        lines = []
        for line in output.splitlines():
            for pattern, word in (*((re.compile(each), word) for each, word in self.rules), *RULES):
                line = pattern.sub(word, line)
            if not PASSING.search(line):
                lines.append(self._numbered(line.rstrip()))
        return lines

    def spelled(self, command: str, other: Reader) -> str:
        """A command of this side with the other side's names in it."""
        for pattern, word in NUMBERED:
            theirs = {number: name for name, number in other.seen.get(word, {}).items()}
            ours = self.seen.get(word, {})
            command = pattern.sub(lambda found, ours=ours, theirs=theirs: theirs.get(ours.get(found.group(), ""), found.group()), command)
        return command

    def _numbered(self, line: str) -> str:
        for pattern, word in NUMBERED:
            seen = self.seen.setdefault(word, {})
            line = pattern.sub(lambda found, seen=seen, word=word: seen.setdefault(found.group(), f"{word}{len(seen) + 1}"), line)
        return line


def difference(shown: Iterable[str], found: Iterable[str]) -> str:
    """What a page shows against what is printed; empty if they are the same."""
    return "\n".join(difflib.unified_diff(list(shown), list(found), "the page shows", "the command prints", lineterm="", n=9))


class Shell:
    """Runs commands in a folder, on a home of its own, as somebody who follows the page does.

    Args:
        folder: an empty one.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "project"
        self.folder.mkdir()
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("ALULA_", "FLYTE_"))}
        self.environment = {
            **kept,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "ALULA_HOME": str(folder / "home"),
            "ALULA_SETTINGS": "/nowhere",
            "ALULA_LOCK_CACHE": str(folder / "locks"),
        }
        self._server: subprocess.Popen[str] | None = None

    def run(self, command: str) -> tuple[int, str]:
        """The exit code of `alula …`, and what it prints on stdout and stderr."""
        if command.split()[:2] == ["alula", "up"]:
            return self._up(command)
        done = subprocess.run(
            self._words(command),
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
        )
        return done.returncode, done.stdout

    def _up(self, command: str) -> tuple[int, str]:
        """Starts the server of the page, beside it, on free ports."""
        words = [*self._words(command), "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0"]
        with (self.folder.parent / "server.log").open("w") as log:
            self._server = subprocess.Popen(words, cwd=self.folder, env=self.environment, stdout=subprocess.PIPE, stderr=log, text=True)
        assert self._server.stdout is not None
        line = self._server.stdout.readline()
        found = READY.search(line)
        if found is not None:
            self.environment["ALULA_ADDRESS"] = found.group(1)
        return 0 if found is not None else 1, line

    @staticmethod
    def _words(command: str) -> list[str]:
        name, *words = shlex.split(command)
        assert name == "alula", command
        return [sys.executable, "-m", "alula.cli", *words]

    def close(self) -> None:
        if self._server is not None:
            self._server.terminate()
            self._server.wait(30)
            if self._server.stdout is not None:
                self._server.stdout.close()
