"""Entities of a notebook as those of a module: written down, imported here to see that it stands by itself, and sent."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from alula.client import memory
from alula.client.code import Sent, send_scan
from alula.client.wire import Wire
from alula.errors import AlulaError, DefinitionError
from alula.objectstore import local
from alula.objectstore.scan import scan
from alula.sdk.cells import Captured, capture


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """The module made of a notebook.

    Attributes:
        file: where it was written.
        entities: those asked for, as it defines them.
        root: the project that the notebook lies in.
        is_local: whether it imports modules of that project.
    """

    file: Path
    entities: tuple[Any, ...]
    root: Path
    is_local: bool


def load(entities: Sequence[Any]) -> Module:
    """Writes the module that entities of a notebook need, and imports it.

    Raises:
        DefinitionError: something cannot travel, or the module does not stand by itself.
    """
    captured = capture(entities)
    digest = hashlib.sha256(captured.source.encode()).hexdigest()[:16]
    file = memory.cache_folder() / memory.NOTEBOOKS / digest / f"{captured.module}.py"
    if file.exists():
        os.utime(file.parent)  # by which `tidy` knows that it is used
    else:
        local.put_bytes(captured.source.encode(), file)
        memory.tidy()
    module = _imported(captured, file)
    for name, shown in captured.remade.items():
        if repr(getattr(module, name)).replace(f"{captured.module}.", "__main__.") != shown.replace(f"{captured.module}.", "__main__."):
            raise DefinitionError(f"{name!r} is no longer what its cell made of it ({shown[:80]}); make it an input, or run its cell again")
    return Module(
        file=file, entities=tuple(getattr(module, name) for name in captured.names), root=captured.root, is_local=captured.is_local
    )


def _imported(captured: Captured, file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(captured.module, file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[captured.module] = module  # an older one is replaced: classes look for their module there
    try:
        spec.loader.exec_module(module)
    except AlulaError:
        raise
    except Exception as error:
        raise DefinitionError(
            f"the notebook's definitions do not stand by themselves: {type(error).__name__}: {error}; they were written to {file}"
        ) from error
    return module


async def send(wire: Wire, module: Module) -> Sent:
    """Sends the module, with the project it belongs to if it imports from it."""
    folder = module.root if module.is_local else module.file.parent
    known = await wire.blocking(lambda: memory.load(folder))
    found = await wire.blocking(lambda: scan(folder, known.stamps))
    if module.is_local:
        found.put(module.file.name, module.file.read_bytes())
    sent = await send_scan(wire, found, known)
    await wire.blocking(known.save)
    return sent
