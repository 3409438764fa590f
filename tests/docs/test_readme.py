"""What the README shows must exist: commands with their options, programs that compile and run, links that lead somewhere."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from alula.cli.support.group import alula
from alula.sdk.discover import find, load_file

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path, *languages: str) -> Iterator[str]:
    """Fenced blocks in one of the languages."""
    for language, body in FENCE.findall(page.read_text()):
        if language in languages:
            yield body


def commands(page: Path) -> Iterator[list[str]]:
    """Every `alula …` of the page: in console blocks after the prompt, in the text within backticks."""
    for body in blocks(page, "console", "bash", "sh"):
        for line in body.splitlines():
            if line.startswith("$ alula "):
                yield shlex.split(line.removeprefix("$ "))
    for code in re.findall(r"`(alula [^`]+)`", FENCE.sub("", page.read_text()).replace("\n", " ")):
        yield shlex.split(code)


SHOWN = [pytest.param(page, args, id=f"{page.name}: {' '.join(args)}") for page in PAGES for args in commands(page)]


def inputs_of(args: list[str]) -> set[str]:
    """Options that are inputs: those of the program `run` names; those of hello for `launch`."""
    file, name = (ROOT / args[2], args[3]) if args[1] == "run" and len(args) > 3 else (ROOT / "examples" / "hello.py", "hello")
    if not file.exists():
        return {"--depth", "--depths"}  # a file that stands for the reader's own
    return {f"--{each.replace('_', '-')}" for each in find(load_file(file), name).interface.inputs}


@pytest.mark.parametrize(("page", "args"), SHOWN)
def test_command_exists_with_its_options(page: Path, args: list[str]) -> None:
    given = [arg.partition("=")[0] for arg in args[1:] if arg.startswith("-")]
    name = next((arg for arg in args[1:] if not arg.startswith("-")), None)
    command: click.Command | None = alula
    if name is not None:
        command = alula.get_command(click.Context(alula), name)
    assert command is not None, f"there is no command {name}"
    known = {option for parameter in command.params for option in [*parameter.opts, *parameter.secondary_opts]} | {"-h", "--help"}
    if name in ("run", "launch"):
        known |= inputs_of(args)
    assert [option for option in given if option not in known] == []


@pytest.mark.parametrize("target", sorted({match for page in PAGES for match in re.findall(r"`make ([a-z-]+)", page.read_text())}))
def test_make_target_exists(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_compiles_and_programs_run(page: Path, tmp_path: Path) -> None:
    if page.name == "python-client.md":
        pytest.skip("one program, against a server: test_python_client.py")
    for number, body in enumerate(blocks(page, "python")):
        compile(body, f"{page.name}, python block {number}", "exec")
        if "connect(" in body or "FlyteRemote(" in body:
            continue  # wants a server; tests/client and the acceptance tests have one
        program = tmp_path / f"block_{number}.py"
        program.write_text(body)
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run([sys.executable, program], env=environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr


def test_first_program_is_the_example() -> None:
    shown = next(blocks(ROOT / "README.md", "python"))
    code = (ROOT / "examples" / "hello.py").read_text()
    assert shown.startswith("import alula as al")
    for line in shown.splitlines():
        assert line in code or line == '    """Greets somebody loudly."""', line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere_and_nothing_of_this_machine_is_named(page: Path) -> None:
    text = page.read_text()
    for target in re.findall(r"\]\(([^)#]+)\)", FENCE.sub("", text)):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
    assert str(ROOT) not in text
