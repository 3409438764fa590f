"""Bytes by URI: plain paths, `file://`, `s3://` (and `gs://`, `az://`), in a sync and an async face.

Credentials and endpoint of S3 come from the environment, `FLYTE_AWS_*` before `AWS_*`. Local objects are ordinary files,
read and written directly: obstore's local put costs 120 µs where a write and a rename cost 40.

Every function raises NotFound (no such object), PermissionDenied, Unauthenticated, Exhausted (disk full), Unavailable (the
store is away), InvalidInput (the URI) or Unsupported (its scheme).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from types import ModuleType

from alula.errors import InvalidInput, NotFound, Unsupported
from alula.objectstore import local
from alula.objectstore.location import Location, join, parse

__all__ = [
    "adelete",
    "aexists",
    "aget_bytes",
    "aget_file",
    "alist_prefix",
    "aput_bytes",
    "aput_file",
    "asize",
    "chunks",
    "delete",
    "exists",
    "get_bytes",
    "get_file",
    "join",
    "list_prefix",
    "presign",
    "put_bytes",
    "put_file",
    "size",
]

_CHUNK_BYTES = 1 << 20


def _remote() -> ModuleType:
    # obstore costs 20 ms to load and a laptop with a local store never needs it.
    from alula.objectstore import remote

    return remote


def _check_range(uri: str, start: int | None, end: int | None) -> None:
    if (start is not None and start < 0) or (end is not None and end < 0):
        raise InvalidInput(f"{uri}: bytes {start}..{end} asked for; offsets count from the start and are not negative")


def _under(uri: str, location: Location, names: list[str]) -> list[str]:
    """Full URIs, spelled the way the caller spelled the prefix."""
    if location.is_local:
        return [f"file://{name}" for name in names] if uri.startswith("file://") else names
    return [f"{location.scheme}://{location.bucket}/{name}" for name in names]


def put_bytes(data: bytes, uri: str, *, is_durable: bool = False) -> None:
    """Writes an object, whole or not at all; replaces what was there.

    Args:
        data: the content.
        uri: where to; parent folders are made.
        is_durable: local files only: flush to the disk before returning (+0.8 ms), for what a commit will refer to.
    """
    location = parse(uri)
    if location.is_local:
        local.put_bytes(data, location.path, is_durable=is_durable)
    else:
        _remote().put_bytes(data, location)


async def aput_bytes(data: bytes, uri: str, *, is_durable: bool = False) -> None:
    """`put_bytes` without blocking the loop."""
    location = parse(uri)
    if location.is_local:
        await asyncio.to_thread(local.put_bytes, data, location.path, is_durable=is_durable)
    else:
        await _remote().aput_bytes(data, location)


def put_file(path: str | Path, uri: str, *, is_durable: bool = False) -> None:
    """Copies a local file to an object, in pieces, whole or not at all."""
    location = parse(uri)
    if location.is_local:
        local.copy(Path(path), location.path, is_durable=is_durable)
    else:
        _remote().put_file(Path(path), location)


async def aput_file(path: str | Path, uri: str, *, is_durable: bool = False) -> None:
    """`put_file` without blocking the loop."""
    location = parse(uri)
    if location.is_local:
        await asyncio.to_thread(local.copy, Path(path), location.path, is_durable=is_durable)
    else:
        await _remote().aput_file(Path(path), location)


def get_bytes(uri: str, start: int | None = None, end: int | None = None) -> bytes:
    """An object's content, or its bytes start..end (end excluded, as a slice: what lies behind the end is left out)."""
    _check_range(uri, start, end)
    location = parse(uri)
    if location.is_local:
        return local.get_bytes(location.path, start, end)
    return bytes(_remote().get_bytes(location, start, end))


async def aget_bytes(uri: str, start: int | None = None, end: int | None = None) -> bytes:
    """`get_bytes` without blocking the loop."""
    _check_range(uri, start, end)
    location = parse(uri)
    if location.is_local:
        return await asyncio.to_thread(local.get_bytes, location.path, start, end)
    return bytes(await _remote().aget_bytes(location, start, end))


def get_file(uri: str, path: str | Path) -> None:
    """Copies an object to a local file, whole or not at all; parent folders are made."""
    location = parse(uri)
    target = Path(path).absolute()
    if location.is_local:
        local.copy(location.path, target)
    else:
        _remote().get_file(location, target)


async def aget_file(uri: str, path: str | Path) -> None:
    """`get_file` without blocking the loop."""
    await asyncio.to_thread(get_file, uri, path)


async def chunks(uri: str) -> AsyncIterator[bytes]:
    """An object's content in pieces, for a response that streams it."""
    location = parse(uri)
    if not location.is_local:
        async for chunk in _remote().chunks(location):
            yield chunk
        return
    with local.translated(location.path):
        file = await asyncio.to_thread(location.path.open, "rb")
        with file:
            while chunk := await asyncio.to_thread(file.read, _CHUNK_BYTES):
                yield chunk


def list_prefix(uri: str) -> list[str]:
    """URIs of every object beneath a folder, sorted; empty when there is none (also when there is no such folder)."""
    location = parse(uri)
    if location.is_local:
        return _under(uri, location, [str(path) for path in local.list_files(location.path)])
    return _under(uri, location, _remote().list_keys(location))


async def alist_prefix(uri: str) -> list[str]:
    """`list_prefix` without blocking the loop."""
    location = parse(uri)
    if location.is_local:
        return await asyncio.to_thread(list_prefix, uri)
    return _under(uri, location, await _remote().alist_keys(location))


def size(uri: str) -> int:
    """Size of an object in bytes."""
    location = parse(uri)
    return local.size(location.path) if location.is_local else int(_remote().size(location))


async def asize(uri: str) -> int:
    """`size` without blocking the loop."""
    location = parse(uri)
    return await asyncio.to_thread(local.size, location.path) if location.is_local else int(await _remote().asize(location))


def exists(uri: str) -> bool:
    """Whether there is an object (a folder is none)."""
    try:
        size(uri)
    except NotFound:
        return False
    return True


async def aexists(uri: str) -> bool:
    """`exists` without blocking the loop."""
    try:
        await asize(uri)
    except NotFound:
        return False
    return True


def presign(method: str, uri: str, expires_in: timedelta) -> str:
    """An https link to an object of a remote store, for a client without credentials.

    Args:
        method: GET, PUT or HEAD.
        uri: of the object, which need not exist.
        expires_in: how long the link works.
    Raises:
        Unsupported: a local object; those have links of our own (`signed.Signer`).
    """
    location = parse(uri)
    if location.is_local:
        raise Unsupported(f"{uri}: a local object has no link of its own; sign its key with Signer")
    return str(_remote().presign(method, location, expires_in))


def delete(uri: str) -> None:
    """Removes an object; one that is not there is no error, as in S3."""
    location = parse(uri)
    if location.is_local:
        local.delete(location.path)
    else:
        _remote().delete(location)


async def adelete(uri: str) -> None:
    """`delete` without blocking the loop."""
    location = parse(uri)
    if location.is_local:
        await asyncio.to_thread(local.delete, location.path)
    else:
        await _remote().adelete(location)
