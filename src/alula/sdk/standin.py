"""A function that stands for work which was not written as one: it says in which file and module the user wrote it."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from typing import Any

from alula.sdk.where import PACKAGE


def _no_body(*_: Any, **__: Any) -> None:
    """Never called."""


def stand_in(name: str, where: str, module: str) -> Callable[..., Any]:
    """The function.

    Args:
        name: what it is called.
        where: `file:line` of the user's definition.
        module: of it.
    """
    code = _no_body.__code__.replace(co_filename=where.rpartition(":")[0], co_name=name)
    function = types.FunctionType(code, {"__name__": module})
    function.__module__, function.__qualname__ = module, name
    return function


def maker(made: Any = None) -> tuple[dict[str, Any], str]:
    """Global names of the module, and `file:line`, from where we were called.

    Args:
        made: the object being made, whose own constructors do not count.
    """
    frame = sys._getframe(1)
    while frame.f_back is not None and (
        frame.f_code.co_filename.startswith((PACKAGE, "<string>")) or (made is not None and frame.f_locals.get("self") is made)
    ):
        frame = frame.f_back
    return frame.f_globals, f"{frame.f_code.co_filename}:{frame.f_lineno}"
