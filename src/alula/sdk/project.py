"""Where a project begins, and what its files are called as modules."""

from __future__ import annotations

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
