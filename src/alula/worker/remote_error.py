"""What a failed call raises in the task that made it: the exception's own class where this process knows it."""

from __future__ import annotations

import ast
import builtins
import re
import sys

from alula import errors
from alula.errors import AlulaError, TaskFailed

_PREFIX = re.compile(r"\A(?:\[\d+/\d+\] currentAttempt done\. Last Error: \w+::)?")
_HEADLINE = re.compile(r"\A([A-Za-z_][\w.]*)(?:: (.*))?\Z", re.DOTALL)


def remote_error(code: str, message: str, kind: str, what: str) -> BaseException:
    """The exception to raise.

    Args:
        code: of the failure, such as `USER:ValueError` or `RetriesExhausted|USER:ValueError`.
        message: as recorded: `Class: text`, then the frames of the task that failed.
        kind: "USER" or "SYSTEM".
        what: what was called, for people.
    Returns:
        An instance of the class that was raised, made without its constructor, with the recorded text as its argument and
        a `TaskFailed` as its cause; a `TaskFailed` if the class is not known here or is no `Exception`.
    """
    failed = TaskFailed(f"{what} failed: {message}", code=code)
    text = _PREFIX.sub("", message)
    found = _HEADLINE.match(text.split("\n\n", 1)[0])
    if kind == "SYSTEM" or found is None or "USER:" not in code:
        return failed
    raised = _class(found.group(1))
    if raised is None or issubclass(raised, TaskFailed):
        return failed
    try:
        error: Exception = raised.__new__(raised)
        said = found.group(2) or ""
        error.args = (_key(said) if issubclass(raised, KeyError) else said,)
        if isinstance(error, AlulaError):
            error.message = said
        str(error)
    except Exception:  # noqa: BLE001 - a class that cannot be made without its own arguments
        return failed
    error.__cause__ = failed
    return error


def _key(text: str) -> object:
    """What a KeyError was raised with: it shows the repr of it, of which a KeyError would show the repr again."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def _class(name: str) -> type[Exception] | None:
    module, _, cls = name.rpartition(".")
    # Nothing is imported for it: who catches a class by name has it at hand.
    # Our own errors are recorded without the module's name.
    homes = [sys.modules.get(module)] if module else [builtins, errors]
    found = next((getattr(home, cls) for home in homes if hasattr(home, cls)), None)
    return found if isinstance(found, type) and issubclass(found, Exception) else None
