"""The user's file as a module."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

from alula.errors import AlulaError, DefinitionError

if TYPE_CHECKING:
    from types import ModuleType


def load(file: str) -> ModuleType:
    """Imports the user's file; an exception in it becomes a message with file and line."""
    from alula.sdk import discover

    try:
        return discover.load_file(file)
    except AlulaError:
        raise
    except (Exception, SystemExit) as error:  # SystemExit: a script that ends itself would end this command in silence
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "importlib" not in frame.filename]
        where = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else file
        if isinstance(error, SyntaxError):
            where = f"{error.filename}:{error.lineno}"
        raise DefinitionError(f"importing {file} failed with {type(error).__name__}: {error}; correct it there", where=where) from error
