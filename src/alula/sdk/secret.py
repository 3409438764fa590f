"""Secrets: declared on a task, read at run time, never part of a spec, a log line or an error."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alula.errors import DefinitionError, NotFound
from alula.sdk import option
from alula.sdk.where import user_place


def _split(name: str) -> tuple[str, str]:
    group, _, key = name.rpartition("/")
    if not key or "/" in group or ".." in name:
        raise DefinitionError(f'secret {name!r}: expected "group/key"', where=user_place())
    return group, key


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret a task may ask for; `al.secret(name)` reads it at run time.

    Args:
        name: `"group/key"`.
        env: also put it into this environment variable.
    """

    name: str
    env: str = ""

    def __post_init__(self) -> None:
        _split(option.text("Secret(name)", self.name))
        option.text("Secret(env)", self.env)

    @property
    def group(self) -> str:
        return _split(self.name)[0]

    @property
    def key(self) -> str:
        return _split(self.name)[1]


def as_secrets(value: Any) -> tuple[Secret, ...]:
    """`secrets=["group/key", al.Secret(…)]` as secrets."""
    if isinstance(value, (str, Secret)):
        option.refuse("secrets", value, "a list", f'["{value}"]' if isinstance(value, str) else f"[{value!r}]")
    if not isinstance(value, Iterable):
        option.refuse("secrets", value, "a list of names or al.Secret")
    made = []
    for one in value:
        if not isinstance(one, (str, Secret)):
            option.refuse("secrets", value, f"names or al.Secret, found {one!r} in it")
        made.append(Secret(one) if isinstance(one, str) else one)
    return tuple(made)


def secret(name: str) -> str:
    """The value of a secret, inside a task and outside alike.

    Looked for in the environment as `_FSEC_<GROUP>_<KEY>`, then as the file `<group>/<key>` below the folder
    `FLYTE_SECRETS_DEFAULT_DIR` (`/etc/secrets`), Flyte's places for both.

    Args:
        name: `"group/key"`.
    Raises:
        NotFound: it is in neither place; the message holds the name, never a value.
    """
    group, key = _split(name)
    prefix = os.environ.get("FLYTE_SECRETS_ENV_PREFIX", "_FSEC_")
    variable = prefix + "_".join(part for part in (group, key) if part).upper()
    found = os.environ.get(variable)
    if found is not None:
        return found
    path = Path(os.environ.get("FLYTE_SECRETS_DEFAULT_DIR", "/etc/secrets"), group.lower(), key.lower())
    for candidate in (path, path.parent.parent / group / key):
        if candidate.is_file():
            return candidate.read_text(encoding="utf-8").rstrip("\n")
    raise NotFound(
        f'secret "{name}" is neither in {variable} nor in {path}; declare secrets=[al.Secret("{name}")] on the task and store it'
    )
