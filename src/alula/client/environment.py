"""Resolving a program's environments while it is registered: packages become locks, locks objects in the server's store."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alula.client.rpc import STATUS
from alula.client.transfer import upload
from alula.client.wire import Wire
from alula.errors import InvalidInput
from alula.idl.v1 import service_pb2 as v1
from alula.idl.v1 import source_pb2
from alula.provision import lock, spec
from alula.provision.resolve import Wanted, resolve
from alula.sdk.environment import Shared
from alula.sdk.serialize import Settings, environments_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """An environment and the lock it came to; `message` lacks only where the lock lies."""

    message: source_pb2.Environment
    text: str


async def resolve_all(wire: Wire, entities: Sequence[Any], settings: Settings, folder: Path, *, is_fresh: bool = False) -> list[Resolved]:
    """The environments that entities run in, resolved; nothing is sent.

    Raises:
        InvalidInput: no set of versions fulfils one; with uv's reason.
        Unavailable: uv is missing, or the package index does not answer.
        DefinitionError: two environments of one name differ.
    """
    found = await wire.blocking(lambda: environments_of(entities, settings))
    if not found:
        return []
    python = ""
    if any(not one.python for one in found):
        python = (await wire.call(STATUS, v1.StatusRequest())).python or f"3.{sys.version_info.minor}"
    return [await wire.blocking(lambda one=one: _resolve(one, one.python or python, folder, is_fresh)) for one in found]  # type: ignore[misc]


def _resolve(environment: Shared, python: str, folder: Path, is_fresh: bool) -> Resolved:
    wanted = Wanted(
        name=environment.name,
        where=environment.where,
        packages=environment.packages,
        lock=_inside(folder, environment) if environment.lock else None,
        python=python,
        folder=folder,
    )
    text = resolve(wanted, is_fresh=is_fresh)
    digest = lock.digest(text)
    message = source_pb2.Environment(
        image=spec.image_of(python, digest, environment.env),
        name=environment.name,
        python=python,
        lock_digest=digest,
        variables=environment.env,
    )
    return Resolved(message=message, text=text)


def _inside(folder: Path, environment: Shared) -> Path:
    path = (folder / environment.lock).resolve()
    if not path.is_relative_to(folder.resolve()):
        message = f"environment {environment.name}: the lock {environment.lock} lies outside the project {folder}; move it in"
        raise InvalidInput(f"{environment.where}: {message}")
    return path


async def send_all(wire: Wire, resolved: Sequence[Resolved]) -> list[source_pb2.Environment]:
    """Uploads the locks that the server does not have."""
    sent = []
    for each in resolved:
        uri, _ = await upload(wire, f"lock-{each.message.lock_digest}.txt", each.text.encode())
        message = source_pb2.Environment(lock_uri=uri)
        message.MergeFrom(each.message)
        sent.append(message)
    return sent
