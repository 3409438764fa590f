"""What an environment is called: its image, which its content decides, and the folder it is built in."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from alula.errors import InvalidInput
from alula.idl.v1 import source_pb2

PREFIX = "alula-env:"
_PYTHON = re.compile(r"3\.\d{1,2}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


def image_of(python: str, lock_digest: str, variables: Mapping[str, str]) -> str:
    """The image name of an environment: `alula-env:` and 12 hex digits.

    Args:
        python: major.minor.
        lock_digest: SHA-256 of the lock's text, hex.
        variables: that its tasks are given.
    """
    parts = [python, lock_digest, *(f"{key}={variables[key]}" for key in sorted(variables))]
    return PREFIX + hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def is_environment(image: str) -> bool:
    """Whether an image is the name of an environment rather than of a container's image."""
    return image.startswith(PREFIX)


def key_of(environment: source_pb2.Environment) -> str:
    """The name of its folder: the same for all environments of the same packages, whatever their names and variables."""
    return f"{environment.lock_digest[:32]}-py{environment.python}"


def check(environment: source_pb2.Environment) -> None:
    """Refuses one that does not say what it must.

    Raises:
        InvalidInput: names the field.
    """
    what = f'environment "{environment.name}"'
    if not _PYTHON.fullmatch(environment.python):
        raise InvalidInput(f'{what}, python "{environment.python}": expected major.minor, for instance 3.12')
    if not _DIGEST.fullmatch(environment.lock_digest):
        raise InvalidInput(f'{what}, lock_digest "{environment.lock_digest[:80]}": expected the 64 hex digits of a SHA-256')
    if not environment.lock_uri:
        raise InvalidInput(f"{what}: lock_uri is empty; upload the lock first and say where it is")
    expected = image_of(environment.python, environment.lock_digest, environment.variables)
    if environment.image != expected:
        raise InvalidInput(f'{what}, image "{environment.image[:80]}": its content makes it {expected}; register again with this client')
