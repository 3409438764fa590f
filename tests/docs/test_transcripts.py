"""What pages show of the command line is what it prints: every page with a transcript is followed here, command by command."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.docs.test_readme import blocks
from tests.docs.transcript import ROOT, Reader, Shell, Step, difference, steps

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """How a page is followed.

    Attributes:
        setup: what the page supposes to have been run.
        before: what its text has the reader do before a command, by that command.
        rules: what else differs from machine to machine, by a word for it.
        program: the name under which the page's first program is saved; empty: it uses the examples.
    """

    setup: tuple[str, ...] = ()
    before: dict[str, Callable[[Shell], None]] = field(default_factory=dict)
    rules: tuple[tuple[str, str], ...] = ()
    program: str = ""


def replaced(file: str, old: str, new: str) -> Callable[[Shell], None]:
    """Edits a file."""

    def edit(shell: Shell) -> None:
        path = shell.folder / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    return edit


def called(command: str) -> Callable[[Shell], None]:
    """Runs what the text says to run."""

    def call(shell: Shell) -> None:
        code, output = shell.run(command)
        assert code == 0, output

    return call


def both(*parts: Callable[[Shell], None]) -> Callable[[Shell], None]:
    def do(shell: Shell) -> None:
        for part in parts:
            part(shell)

    return do


def committed(shell: Shell) -> None:
    """The project is a repository whose files are all in it."""
    for command in (["init", "-q", "-b", "main"], ["add", "."], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "begin"]):
        subprocess.run(["git", *command], cwd=shell.folder, check=True, capture_output=True)


HELLO = "examples/hello.py"
DIGITS = "examples/digits/workflow.py"
SCENES = {
    "README.md": Scene(before={f"alula register {HELLO}": replaced(HELLO, "Hello", "Good morning")}),
    "flyte.md": Scene(),
    "maps.md": Scene(program="train.py"),
    "runtime.md": Scene(setup=("alula run examples/metrics_and_deck.py fit --name fitted", "alula up")),
}
SLOW = {
    "tutorial.md": Scene(
        before={
            f"alula run --remote {DIGITS} digits --name changed": replaced(DIGITS, "hidden=48", "hidden=64"),
            f"alula rerun changed --from evaluate --file {DIGITS} --name mended --wait": replaced(DIGITS, "unseen images", "new images"),
        },
        rules=((r'\{"accuracy": .*\}', "REPORT"),),
    ),
    "environments.md": Scene(
        before={
            "alula get workflow environments.compare": both(
                committed, called("alula up"), called("alula register examples/environments.py")
            )
        }
    ),
}
UNSEEN = {"code.md": "a watch ends when its user ends it; tests/cli/test_watch.py has one"}


def transcript(page: Path) -> list[Step]:
    """The commands of a page that are ours."""
    return [step for step in steps(page.read_text()) if step.command.startswith("alula ")]


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """A folder with a copy of the examples."""
    made = Shell(tmp_path)
    shutil.copytree(ROOT / "examples", made.folder / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    yield made
    made.close()


def follow(page: Path, scene: Scene, shell: Shell) -> list[str]:
    """Follows a page; where what is printed is not what it shows."""
    wrong = []
    assert scene.before.keys() <= {step.command for step in transcript(page)}, "what is done before a command that the page does not have"
    if scene.program:
        (shell.folder / scene.program).write_text(next(blocks(page, "python")))
    for command in scene.setup:
        called(command)(shell)
    shown, found = Reader(scene.rules), Reader(scene.rules)
    for step in transcript(page):
        if step.command in scene.before:
            scene.before[step.command](shell)
        command = shown.spelled(step.command, found)
        code, output = shell.run(command)
        if code != 0:
            wrong.append(f"$ {command}\nended with {code}:\n{output}")
        elif step.shown and (differs := difference(shown.read(step.shown), found.read(output))):
            wrong.append(f"$ {command}\n{differs}")
    return wrong


def page_of(name: str) -> Path:
    return next(page for page in PAGES if page.name == name)


@pytest.mark.parametrize("name", [*SCENES, *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW)])
def test_a_page_shows_what_is_printed(name: str, shell: Shell) -> None:
    wrong = follow(page_of(name), {**SCENES, **SLOW}[name], shell)
    assert not wrong, f"{name} shows what is not printed:\n\n" + "\n\n".join(wrong)


def test_every_page_with_a_transcript_is_followed() -> None:
    with_commands = {page.name for page in PAGES if transcript(page)}
    assert with_commands == {*SCENES, *SLOW, *UNSEEN}


SHOWN = """\
n0 load QUEUED
run RUNNING
n0 load SUCCEEDED 1.6 s
n1 fit loss 0.5
run SUCCEEDED
NAME  PHASE      VERSION
run   SUCCEEDED  v42925d8d8a87
old   SUCCEEDED  v37373c270e34
"""
PRINTED = """\
n0 load SUCCEEDED 77 ms
n1 fit RUNNING
run SUCCEEDED
NAME    PHASE        VERSION
run     SUCCEEDED    vaaaaaaaaaaaa
old     SUCCEEDED    vbbbbbbbbbbbb
"""


def compared(shown: str, printed: str) -> str:
    return difference(Reader().read(shown), Reader().read(printed))


def test_what_varies_is_no_difference() -> None:
    assert compared(SHOWN, PRINTED) == ""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("load SUCCEEDED", "load FAILED"),
        ("run SUCCEEDED\n", ""),
        ("NAME    PHASE", "NAME    STATE"),
        ("vbbbbbbbbbbbb", "vaaaaaaaaaaaa"),
        ("run     SUCCEEDED    vaaaaaaaaaaaa\n", ""),
        ("old ", "new "),
    ],
)
def test_what_is_otherwise_is_one(old: str, new: str) -> None:
    assert old in PRINTED
    assert compared(SHOWN, PRINTED.replace(old, new)) != ""


def test_a_command_is_written_with_the_names_that_there_are() -> None:
    shown, printed = Reader(), Reader()
    shown.read(SHOWN), printed.read(PRINTED)
    assert shown.spelled("alula launch hello:v37373c270e34 --who v", printed) == "alula launch hello:vbbbbbbbbbbbb --who v"
