"""The user's file as a module."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alula.errors import AlulaError, DefinitionError

if TYPE_CHECKING:
    from types import ModuleType


def load(file: str) -> ModuleType:
    """Imports the user's file; an exception in it becomes a message with file and line."""
    from alula.sdk import discover
    from alula.sdk.where import place_of, shown

    try:
        return discover.load_file(file)
    except DefinitionError as error:
        where = "" if error.where else place_of(error)
        if not where:
            raise
        raise DefinitionError(error.message, where=where, code=error.code) from error
    except (AlulaError, KeyboardInterrupt):
        raise
    # Whatever it is, SystemExit too: a script that ends itself would end this command in silence.
    except BaseException as error:
        message = f"importing {file} failed with {type(error).__name__}: {shown(error)}; correct it there"
        raise DefinitionError(message, where=place_of(error) or file) from error
