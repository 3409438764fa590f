"""From packages, or a lock of the user's, to the lock of an environment: with all that a worker of Alula needs itself."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import platformdirs

from alula.errors import InvalidInput
from alula.objectstore import local
from alula.provision import lock, uv

WORKER = ("flyteidl", "protobuf", "googleapis-common-protos", "msgpack", "obstore", "zstandard")
TIMEOUT_S = 600.0
_FORM = 1  # of what is cached; another one is resolved anew


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be resolved.

    Attributes:
        name: of the environment.
        where: `file:line` of its definition.
        packages: requirements.
        lock: a file of the user's, instead of packages.
        python: major.minor.
        folder: of the project; uv is configured by what lies there.
    """

    name: str
    where: str
    packages: tuple[str, ...]
    lock: Path | None
    python: str
    folder: Path


def worker_requirements() -> list[str]:
    """Those of Alula's own dependencies that a worker loads, as this version of Alula asks for them."""
    found = []
    for requirement in metadata.requires("alula") or ():
        name = lock.normal(re.split(r"[^\w.-]", requirement, maxsplit=1)[0])
        if "extra ==" not in requirement and name in WORKER:
            found.append(requirement)
    return sorted(found)


def resolve(wanted: Wanted, environment: Mapping[str, str] | None = None, *, is_fresh: bool = False) -> str:
    """The lock's text; the same request again is answered from the user's cache folder.

    Args:
        environment: variables of the process; None: ours.
        is_fresh: resolve anew, whatever is cached.
    Raises:
        InvalidInput: no set of versions fulfils the request; with uv's reason.
        Unavailable: uv is not there, or the index does not answer.
    """
    variables = os.environ if environment is None else environment
    given = _given(wanted)
    path = cache_folder(variables) / f"{_request_digest(wanted, given, variables)}.lock"
    if not is_fresh and path.is_file():
        return path.read_text(encoding="utf-8")
    text = _from_lock(wanted, given, variables) if wanted.lock is not None else _compile(wanted, list(wanted.packages), variables)
    with local.translated(path):
        local.put_bytes(text.encode(), path)
    return text


def cache_folder(environment: Mapping[str, str]) -> Path:
    """Where resolved locks are kept: `ALULA_LOCK_CACHE`, else a folder of the user's."""
    named = environment.get("ALULA_LOCK_CACHE")
    return Path(named) if named else Path(platformdirs.user_cache_dir("alula")) / "locks"


def _given(wanted: Wanted) -> str:
    if wanted.lock is None:
        return ""
    try:
        return wanted.lock.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{_place(wanted)}: the lock {wanted.lock} cannot be read ({error}); name a file in the project") from error


def _request_digest(wanted: Wanted, given: str, environment: Mapping[str, str]) -> str:
    configured = {key: value for key, value in environment.items() if key.startswith("UV_") and key != "UV_CACHE_DIR"}
    request = [_FORM, sorted(wanted.packages), given, wanted.python, worker_requirements(), configured]
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()


def _place(wanted: Wanted) -> str:
    return f"{wanted.where}: environment {wanted.name}" if wanted.where else f"environment {wanted.name}"


def _compile(wanted: Wanted, packages: Sequence[str], environment: Mapping[str, str], constraints: Path | None = None) -> str:
    """One resolution for every platform: the server may run another one than this machine."""
    command = [
        uv.find_uv(), "pip", "compile", "-", "--universal", "--generate-hashes", "--no-header", "--no-annotate", "--quiet",
        "--python-version", wanted.python,
    ]  # fmt: skip
    if constraints is not None:
        command += ["--constraints", os.fspath(constraints)]
    asked = "\n".join([*packages, *worker_requirements()])
    try:
        done = subprocess.run(
            command, input=asked, cwd=wanted.folder, env=uv.variables(environment), capture_output=True, text=True, timeout=TIMEOUT_S
        )
    except subprocess.TimeoutExpired as error:
        raise InvalidInput(f"{_place(wanted)}: uv did not find versions within {TIMEOUT_S:g} s; pin more of the packages") from error
    if done.returncode != 0:
        remedy = f"no set of versions fulfils it for Python {wanted.python} beside what a worker of Alula needs; change its packages"
        raise uv.failure(_place(wanted), done.stderr, remedy)
    return done.stdout


def _from_lock(wanted: Wanted, given: str, environment: Mapping[str, str]) -> str:
    """The user's lock as it is, followed by what a worker needs and it lacks."""
    place = f"{_place(wanted)}, lock {wanted.lock.name}" if wanted.lock is not None else _place(wanted)
    there = {name for name, _ in lock.pinned(given, place)}
    needed = lock.pinned(_compile(wanted, [], environment, wanted.lock), place)
    missing = [line for name, line in needed if name not in there]
    return given.rstrip() + "\n\n# What a worker of Alula needs besides.\n" + "\n".join(missing) + "\n" if missing else given
