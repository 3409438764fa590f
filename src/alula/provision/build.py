"""From a lock to a virtual environment: made beside its place and moved there when it is whole, so that it is complete or absent."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from alula.errors import InvalidInput
from alula.provision import folder, uv

PACKAGE = "ALULA_PACKAGE"  # variable of workers: where the server's own Alula lies
SCRATCH = ".building-"

# What is run dies with the server, however that goes. The child itself says so: with code of ours between fork and exec, or with the
# loop's own way to start processes, gRPC's fork handlers would run in the server.
_TIED = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL)
if os.getppid() != int(sys.argv[1]):
    os._exit(1)
os.execv(sys.argv[2], sys.argv[2:])
"""

# Alula itself is not installed: both sides of the channel must be the same, also after the server was upgraded.
_FINDER = f'''"""Finds Alula where the server has it."""
import os, sys
from importlib.util import spec_from_file_location

class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        home = os.environ.get("{PACKAGE}")
        if name != "alula" or not home:
            return None
        return spec_from_file_location(name, os.path.join(home, "__init__.py"), submodule_search_locations=[home])

sys.meta_path.insert(0, Finder)
'''
_PROBE = "import sysconfig, alula.worker.call, alula.worker.loop, alula.objectstore.remote, alula.objectstore.bundle"
_PURELIB = "import sysconfig; print(sysconfig.get_path('purelib'))"


async def build(root: Path, key: str, *, what: str, python: str, text: str, package: Path) -> None:
    """Makes `root/key`, unless it is there.

    Args:
        root: folder of all environments.
        key: name of this one.
        what: for messages, such as "environment training".
        python: major.minor.
        text: of the lock.
        package: folder of the server's own Alula.
    Raises:
        InvalidInput: no such Python here, or the lock cannot be installed here; with uv's last lines.
        Unavailable: uv is missing, or the package index does not answer.
        Exhausted: the disk is full.
    """
    target = root / key
    if folder.is_whole(target):
        return
    began = time.monotonic()
    program = uv.find_uv()
    await asyncio.to_thread(root.mkdir, 0o700, True, True)
    interpreter = await find_python(program, python, what, root)
    scratch = root / f"{SCRATCH}{key[:12]}-{secrets.token_hex(4)}"
    try:
        await _uv(
            [program, "venv", "--python", interpreter, "--relocatable", "--no-project", str(scratch)], root, what, "it cannot be made"
        )
        requirements = scratch / "requirements.lock"
        await asyncio.to_thread(requirements.write_text, text, "utf-8")
        inside = scratch / "bin" / "python"
        install = [program, "pip", "sync", "--python", str(inside), "--require-hashes", str(requirements)]
        await _uv(install, root, what, f"its lock cannot be installed here, with Python {python}")
        await _link(inside, package, what)
        await asyncio.to_thread(_finish, scratch, target, what, python, began)
    finally:
        await asyncio.to_thread(shutil.rmtree, scratch, ignore_errors=True)


async def find_python(program: str, python: str, what: str, cwd: Path) -> str:
    """The interpreter of a version on this machine: the server's own if it is of that version; none is downloaded.

    Raises:
        InvalidInput: there is none; says which there are and how to get it.
    """
    if python == f"{sys.version_info.major}.{sys.version_info.minor}":
        return str(getattr(sys, "_base_executable", sys.executable))
    code, found, _ = await run([program, "python", "find", python], cwd)
    if code == 0 and found.strip():
        return found.strip()
    _, listed, _ = await run([program, "python", "list", "--only-installed", "--output-format", "json"], cwd)
    with suppress(ValueError, KeyError, TypeError):
        there = sorted({(each["version_parts"]["major"], each["version_parts"]["minor"]) for each in json.loads(listed)})
        listed = ", ".join(f"{major}.{minor}" for major, minor in there)
    remedy = f"install it on the server's machine, `uv python install {python}`, or ask for another with python="
    raise InvalidInput(f"{what}: this machine has no Python {python}; it has {listed.strip() or 'none'}; {remedy}", code="NO_PYTHON")


async def _uv(command: Sequence[str], cwd: Path, what: str, remedy: str) -> None:
    code, _, errors = await run(command, cwd)
    if code != 0:
        raise uv.failure(what, errors, remedy)


async def _link(python: Path, package: Path, what: str) -> None:
    """Puts the server's Alula in and sees whether a worker could start."""
    code, place, errors = await run([str(python), "-c", _PURELIB], python.parent)
    if code == 0:
        site = Path(place.strip())
        (site / "_alula_package.py").write_text(_FINDER, encoding="utf-8")
        (site / "_alula_package.pth").write_text("import _alula_package\n", encoding="utf-8")
        code, _, errors = await run([str(python), "-c", _PROBE], python.parent, {PACKAGE: str(package)})
    if code != 0:
        remedy = "its packages are installed, but a worker cannot start with them; register the program again with this server's version"
        raise InvalidInput(f"{what}: {remedy}\n{uv.said(errors)}", code="ENVIRONMENT_UNMET")


def _finish(scratch: Path, target: Path, what: str, python: str, began: float) -> None:
    folder.describe(scratch, name=what, python=python, built_s=round(time.monotonic() - began, 3))
    os.sync()  # what is renamed must be whole after a power loss too
    if target.exists():  # of a build that was interrupted by hand: without its description it is not whole
        shutil.rmtree(target)
    scratch.rename(target)


async def run(command: Sequence[str], cwd: Path, more: Mapping[str, str] | None = None) -> tuple[int, str, str]:
    """Runs a program that dies with this thread, the event loop's; exit status, output, errors."""
    process = _start(command, cwd, {**uv.variables(os.environ), **(more or {})})
    waiting = asyncio.ensure_future(asyncio.to_thread(process.communicate))
    try:
        out, errors = await asyncio.shield(waiting)
    except asyncio.CancelledError:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await waiting
        raise
    return process.returncode, out.decode(errors="replace"), errors.decode(errors="replace")


def _start(command: Sequence[str], cwd: Path, variables: Mapping[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-S", "-E", "-c", _TIED, str(os.getpid()), *command],
        cwd=cwd,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
