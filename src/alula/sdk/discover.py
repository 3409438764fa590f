"""From a file to its module and its entities, under the name a worker will import it by."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from alula.errors import DefinitionError, InvalidInput, NotFound
from alula.sdk.entity import Entity
from alula.sdk.launch_plan import LaunchPlan
from alula.sdk.project import check_import, import_root, module_name, project_root
from alula.sdk.reference import Reference
from alula.sdk.task import Task
from alula.sdk.workflow import Workflow

__all__ = ["check_import", "entities", "find", "import_root", "load_file", "module_name", "project_root"]


def load_file(path: str | Path) -> ModuleType:
    """Imports a file under its own name (see `module_name`); its folder comes onto `sys.path` too, as when it is run.

    Raises:
        NotFound: there is no such file.
        InvalidInput: it is a folder.
        DefinitionError: it has no importable name, or another file took it.
    """
    file = Path(path).resolve()
    if file.is_dir():
        raise InvalidInput(f"{path} is a folder; expected a Python file, name the one that defines what you mean")
    if not file.is_file():
        raise NotFound(f"{path}: no such file")
    name = module_name(file)
    for folder in (str(file.parent), str(import_root(file))):
        if folder not in sys.path:
            # The folder of the file goes last: it is what makes `import helper` work beside a script, and must not shadow anything.
            sys.path.insert(0, folder) if folder == str(import_root(file)) else sys.path.append(folder)
    importlib.invalidate_caches()
    loaded = sys.modules.get(name)
    if loaded is not None and _file_of(loaded) != file:
        raise DefinitionError(f"{path}: module {name} is {_file_of(loaded)} already; rename the file")
    module = importlib.import_module(name)
    if _file_of(module) != file:
        raise DefinitionError(f"{path}: importing {name} finds {_file_of(module)}; rename the file")
    return module


def _file_of(module: ModuleType) -> Path | None:
    file = getattr(module, "__file__", None)
    return Path(file).resolve() if file else None


def entities(module: ModuleType) -> list[Any]:
    """Tasks, workflows and launch plans that a module defines, in the order of their names' first appearance; not what it imports."""
    found: list[Any] = []
    for value in vars(module).values():
        if isinstance(value, (Task, Workflow)) and not isinstance(value, Reference):
            if value.function.__module__ == module.__name__ and value.origin is value and value not in found:
                found.append(value)
        elif isinstance(value, LaunchPlan) and value.where.rpartition(":")[0] == getattr(module, "__file__", None) and value not in found:
            found.append(value)
    return found


def find(module: ModuleType, name: str) -> Entity:
    """The entity a user calls `name`, by variable, or by registered name.

    Raises:
        NotFound: lists what there is.
    """
    value = getattr(module, name, None)
    if isinstance(value, Entity):
        return value
    known = [entity for entity in entities(module) if name in (entity.name, entity.label)]
    if len(known) == 1:
        return known[0]
    names = ", ".join(entity.label for entity in entities(module)) or "nothing"
    raise NotFound(f"{module.__name__} defines no {name!r}; it defines {names}")
