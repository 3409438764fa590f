"""What a task does to the environment variables is undone after it, so that the next one in the same process starts clean.

A copy before each attempt would cost more than a small task. Instead the interpreter's own audit events tell of each change; what a
module sets when it is imported, before the function is called, is left as it is.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from alula.idl.v1 import worker_pb2
from alula.sdk.secret import secret

_CHANGES = frozenset({"os.putenv", "os.unsetenv"})
_before: dict[str, str | None] = {}
_state = {"is_installed": False, "is_watching": False}


def _on_audit(event: str, args: tuple[Any, ...]) -> None:
    if event in _CHANGES and _state["is_watching"]:
        name = os.fsdecode(args[0])
        _before.setdefault(name, os.environ.get(name))


def secrets_of(attempt: worker_pb2.Attempt) -> dict[str, str]:
    """The variables that are to hold secrets, with their values.

    Raises:
        NotFound: there is no such secret.
    """
    return {name: secret(key) for name, key in attempt.secret_env.items()}


def watch() -> None:
    """From now on remembers what each changed variable was."""
    if not _state["is_installed"]:
        sys.addaudithook(_on_audit)  # for the life of the process; idle while nothing is watched
        _state["is_installed"] = True
    _state["is_watching"] = True


def restore() -> None:
    """Puts back what was changed since `watch`."""
    _state["is_watching"] = False
    for name, value in _before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    _before.clear()


def pause() -> dict[str, str | None]:
    """Undoes what was changed since `watch` and hands it over for `resume`: in this process another attempt has its turn."""
    changes = {name: os.environ.get(name) for name in _before}
    restore()
    return changes


def resume(changes: dict[str, str | None]) -> None:
    """Goes on where `pause` left: makes the changes again and watches."""
    watch()
    for name, value in changes.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
