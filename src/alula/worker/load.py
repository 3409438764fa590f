"""From a task's reference to the function: unpack the bundle once per machine, import the module once per process."""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

from alula.errors import NotFound
from alula.sdk.project import import_folders
from alula.sdk.task import Task

_tasks: dict[tuple[str, str], Task[Any, Any]] = {}
_modules: dict[str, dict[str, ModuleType]] = {}
_active: list[str] = [""]


def active_bundle() -> str:
    """Folder of the bundle whose modules are loaded just now, empty if there is none."""
    return _active[0]


def cache_folder() -> Path:
    """Where bundles are unpacked on this machine: `ALULA_BUNDLE_CACHE`, else a folder of the user's."""
    given = os.environ.get("ALULA_BUNDLE_CACHE")
    if given:
        return Path(given)
    return Path(tempfile.gettempdir()) / f"alula-bundles-{os.getuid()}"


def ensure_bundle(uri: str, cache_dir: str | Path | None = None) -> Path:
    """The folder that holds a bundle, fetched as far as this machine does not have it yet.

    Args:
        uri: of its manifest, or of a whole `bundle-<sha256>.tar.zst`.
        cache_dir: folder for code; default `cache_folder()`.
    Raises:
        InvalidInput: the name holds no digest, or the content has another one.
        NotFound: it is gone from the store.
    """
    from alula.objectstore import store
    from alula.objectstore.assemble import assemble

    return assemble(uri, store.get_bytes, Path(cache_dir) if cache_dir is not None else cache_folder())


def load_task(ref: str, bundle_path: str = "") -> Task[Any, Any]:
    """The task behind `module:qualname`; remembered per process.

    Args:
        ref: as in the task's spec.
        bundle_path: folder of the unpacked bundle, empty if the code is installed.
    Raises:
        NotFound: the module has no such task. What importing the user's module raises comes through as it is.
    """
    found = _tasks.get((ref, bundle_path))
    if bundle_path != _active[0]:
        _activate(bundle_path)
    if found is not None:
        return found
    module_name, _, qualname = ref.partition(":")
    if bundle_path:
        _extend_path(Path(bundle_path), module_name)
    value: Any = importlib.import_module(module_name)
    for part in qualname.split("."):
        value = getattr(value, part, None)
    if not isinstance(value, Task):
        what = "nothing" if value is None else f"a {type(value).__name__}"
        raise NotFound(f"task {ref}: module {module_name} has {what} under that name; it must be a @task at module level")
    _tasks[(ref, bundle_path)] = value
    return value


def _extend_path(root: Path, module: str) -> None:
    first, last = import_folders(root, module)
    for folder in first:
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))
    sys.path += [str(folder) for folder in last if str(folder) not in sys.path]


def _activate(bundle_path: str) -> None:
    """Makes another bundle the importable one; modules of the one before are set aside, so two versions never mix."""
    before = _active[0]
    if before:
        inside = before.rstrip("/") + "/"
        aside = {name: module for name, module in sys.modules.items() if _lies_in(module, inside)}
        _modules.setdefault(before, {}).update(aside)
        for name in aside:
            del sys.modules[name]
        sys.path[:] = [folder for folder in sys.path if not (folder + "/").startswith(inside)]
    _active[0] = bundle_path
    if bundle_path:
        sys.modules.update(_modules.pop(bundle_path, {}))
        # First on the path, as the script's own folder is: the bundle is what the user meant by `import`.
        for folder in reversed(import_folders(Path(bundle_path), "")[0]):
            sys.path.insert(0, str(folder))
    importlib.invalidate_caches()


def _lies_in(module: ModuleType, prefix: str) -> bool:
    file = getattr(module, "__file__", None)
    if isinstance(file, str):
        return file.startswith(prefix)
    paths = getattr(module, "__path__", None)
    return paths is not None and any((str(path) + "/").startswith(prefix) for path in list(paths))
