"""Registering: the code, then the entities as one request."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from alula.client.code import send
from alula.client.environment import resolve_all, send_all
from alula.client.located import raise_located
from alula.client.rpc import REGISTER
from alula.client.source import source_of
from alula.client.wire import Wire
from alula.errors import DefinitionError, InvalidInput
from alula.idl.identifier import EntityId
from alula.idl.v1 import source_pb2
from alula.sdk import discover
from alula.sdk.interactive import is_interactive
from alula.sdk.serialize import Serializer, Settings
from alula.sdk.task import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """What a registration did.

    Attributes:
        version: of every entity.
        entries: id, and whether it is new (False: the identical content was there).
        bundle: native URI of the code.
        sent_bytes: how much of the code the server lacked; 0: the identical tree was there before.
        skipped: what the bundle left out and the user may miss: links out of the folder, repositories within it.
        environments: that its tasks run in, with the digests of their locks.
    """

    version: str
    entries: tuple[tuple[EntityId, bool], ...]
    bundle: str
    sent_bytes: int
    skipped: tuple[str, ...]
    environments: tuple[source_pb2.Environment, ...] = ()

    @property
    def is_sent(self) -> bool:
        """Whether the code was not there before."""
        return self.sent_bytes > 0


def root_of(entities: Sequence[Any]) -> Path:
    """The project folder that the entities' functions were written in.

    Raises:
        DefinitionError: none was written in a file, or they come from several projects.
    """
    roots = set()
    for entity in entities:
        file = _file_of(entity)
        if file is None:
            raise DefinitionError(f"{entity.kind} {entity.label}: was not written in a file, so no worker could load it; put it into one")
        roots.add(discover.project_root(file))
    if len(roots) != 1:
        names = ", ".join(sorted(map(str, roots))) or "no folder"
        raise DefinitionError(f"the entities come from {names}; register each project by itself")
    return roots.pop()


def _file_of(entity: Any) -> Path | None:
    """The file of the module that an entity was defined in."""
    function = getattr(getattr(entity, "workflow", entity), "function", None)
    module = sys.modules.get(getattr(function, "__module__", None) or "")
    # Not that of the code alone: a function that a decorator wrapped has the decorator's.
    for name in (getattr(module, "__file__", None), getattr(getattr(function, "__code__", None), "co_filename", None)):
        if name and Path(name).is_file():
            return Path(name)
    return None


def _check_places(root: Path, entities: Iterable[Any]) -> None:
    """Refuses tasks whose module a worker would not find as it was found here."""
    modules = {entity.module: file for entity in entities if isinstance(entity, Task) and (file := _file_of(entity)) is not None}
    base = root.resolve()
    for module, file in modules.items():
        if base in file.resolve().parents:  # another's code has to be installed where the worker runs
            discover.check_import(base, module, file)


async def register(
    wire: Wire, entities: Iterable[Any], *, root: Path | None = None, version: str = "", upgrade: bool = False
) -> Registered:
    """Sends the code and registers entities with all they call, after resolving what they run in.

    Args:
        wire: to the server.
        entities: tasks, workflows, launch plans of one project, or of a notebook.
        root: folder to bundle; the entities' project if None. Of a notebook, what its definitions need is sent.
        version: of every entity; empty: `v` and 12 hex digits of the code's digest, and of its environments' if it has any.
        upgrade: resolve packages anew, even if they were resolved before.
    Raises:
        InvalidInput: the graph does not hold together, or the version exists with other content, or packages exclude each other.
    """
    listed = list(entities)
    module = None
    if any(is_interactive(entity) for entity in listed):
        from alula.client import cells  # costs 6 ms, and most programs lie in files

        module = await wire.blocking(lambda: cells.load(listed))
        listed = list(module.entities)
    folder = module.root if module is not None else root if root is not None else root_of(listed)
    place = Settings(wire.settings.project, wire.settings.domain, version)
    resolved = await resolve_all(wire, listed, place, folder, is_fresh=upgrade)
    environments = await send_all(wire, resolved)
    code = await (send(wire, folder) if module is None else cells.send(wire, module))
    version = version or f"v{_digest(code.digest, environments)[:12]}"
    images = {each.name: each.image for each in environments}
    settings = replace(place, version=version, bundle=code.uri, images=images)
    serializer = Serializer(settings)
    request = await wire.blocking(lambda: serializer.run(listed))
    if module is None:
        _check_places(folder, serializer.seen.values())
    request.environments.extend(environments)
    source = await wire.blocking(lambda: source_of(folder))
    if source is not None:
        request.source.CopyFrom(source)
    try:
        answer = await wire.call(REGISTER, request)
    except InvalidInput as error:
        raise_located(error, listed)
    entries = tuple((EntityId.from_proto(entry.id), entry.is_new) for entry in answer.entries)
    return Registered(
        version=version,
        entries=entries,
        bundle=code.uri,
        sent_bytes=code.sent_bytes,
        skipped=code.skipped,
        environments=tuple(environments),
    )


def _digest(code: str, environments: Sequence[source_pb2.Environment]) -> str:
    """What decides the version: the code's digest alone if it has no environments."""
    if not environments:
        return code
    return hashlib.sha256("\0".join([code, *sorted(each.image for each in environments)]).encode()).hexdigest()
