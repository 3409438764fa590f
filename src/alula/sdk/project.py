"""Where a project begins, and what its files are called as modules."""

from __future__ import annotations

import os
from pathlib import Path

from alula.errors import DefinitionError

MARKERS = ("pyproject.toml", "setup.py", "setup.cfg", ".git")


def project_root(path: str | Path) -> Path:
    """The folder that is bundled and that module names start from: the nearest one with a project file or `.git`, else the file's own.

    A file in a package outside any project belongs to the folder that holds the outermost package.
    """
    folder = Path(path).resolve().parent
    for candidate in (folder, *folder.parents):
        if any((candidate / marker).exists() for marker in MARKERS):
            return candidate
    while (folder / "__init__.py").exists():
        folder = folder.parent
    return folder


def import_root(path: str | Path) -> Path:
    """The folder that goes on `sys.path`: the project root, or its `src`."""
    file = Path(path).resolve()
    root = project_root(file)
    source = root / "src"
    return source if source in file.parents and not (source / "__init__.py").exists() else root


def module_name(path: str | Path) -> str:
    """Name a file is imported by, relative to its import root; the same wherever it is run from.

    Raises:
        DefinitionError: a folder or the file has a name that cannot be imported.
    """
    file = Path(path).resolve()
    parts = list(file.relative_to(import_root(file)).with_suffix("").parts)
    if parts[-1] == "__init__" and len(parts) > 1:
        parts.pop()
    for part in parts:
        if not part.isidentifier():
            raise DefinitionError(f"{file}: {part!r} cannot be part of a module name; rename it with letters, digits and _")
    return ".".join(parts)


def import_folders(root: Path, module: str) -> tuple[list[Path], list[Path]]:
    """Where a worker imports a module of a project from.

    Args:
        root: of the project.
        module: its name; empty: what any module of the project is imported from.
    Returns:
        Folders that go before everything else on `sys.path`, and folders that go behind: `src` and the root; the folder of a script, as
        when it is run; and if the module lies in none of them, the topmost one that holds it.
    """
    source = root / "src"
    start = source if source.is_dir() and not (source / "__init__.py").exists() else root
    first = [root] if start is root else [source, root]
    if not module:
        return first, []
    parts = module.split(".")
    own = start.joinpath(*parts[:-1])
    last = [own] if own not in first and own.is_dir() and not (own / "__init__.py").exists() else []
    if any(module_file(folder, module) for folder in (*first, *last)):
        return first, last
    for name, subfolders, _ in os.walk(root):
        folder = Path(name)
        subfolders[:] = sorted(each for each in subfolders if not each.startswith((".", "__")))
        if module_file(folder, module):
            # A package goes first, before another version of it that may be installed; a script's folder must not shadow anything.
            return ([folder, *first], last) if len(parts) > 1 else (first, [*last, folder])
    return first, last


def module_file(folder: Path, module: str) -> Path | None:
    """The file of a module that lies in a folder of `sys.path`."""
    path = folder.joinpath(*module.split("."))
    for file in (path / "__init__.py", path.with_name(f"{path.name}.py")):
        if file.is_file():
            return file
    return None


def check_import(root: Path, module: str, file: Path) -> None:
    """Refuses a module that a worker would look for in vain, or find in another file.

    Args:
        root: of the project.
        module: name it is imported by.
        file: what it is here.
    Raises:
        DefinitionError: says which file a worker would find.
    """
    first, last = import_folders(root, module)
    found = next((each for folder in (*first, *last) if (each := module_file(folder, module)) is not None), None)
    if found is None:
        raise DefinitionError(
            f"module {module} is {file} here, and a worker would look for it in vain: it imports from {root} and its src folder; "
            "name the folders as the module is named, or put it there"
        )
    if found.resolve() != file.resolve():
        raise DefinitionError(f"module {module} is {file} here, and would be {found} on a worker; rename one of them")
