"""Objects in S3 and its kin, through obstore: the one place that knows obstore's names."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import obstore
from obstore import exceptions
from obstore.store import S3Store, from_url

from alula.errors import AlulaError, InvalidInput, NotFound, PermissionDenied, Unauthenticated, Unavailable
from alula.objectstore import local
from alula.objectstore.location import Location

# Option of obstore ← environment, first one set wins: Flyte's names first, because a Flyte client's configuration says
# explicitly where its store is while AWS_* may be there for the user's own buckets.
_S3_ENVIRONMENT: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("endpoint", ("FLYTE_AWS_ENDPOINT", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")),
    ("access_key_id", ("FLYTE_AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY_ID")),
    ("secret_access_key", ("FLYTE_AWS_SECRET_ACCESS_KEY", "AWS_SECRET_ACCESS_KEY")),
    ("session_token", ("AWS_SESSION_TOKEN",)),
    ("region", ("AWS_REGION", "AWS_DEFAULT_REGION")),
)


def s3_options(environment: Mapping[str, str]) -> dict[str, str]:
    """obstore's S3 options from `AWS_*` and `FLYTE_AWS_*` names; only what is set."""
    found = {}
    for option, names in _S3_ENVIRONMENT:
        value = next((environment[name] for name in names if environment.get(name)), None)
        if value is not None:
            found[option] = value
    if "session_token" in found and environment.get("FLYTE_AWS_ACCESS_KEY_ID"):
        del found["session_token"]  # a token belongs to the AWS_* key pair, not to Flyte's
    return found


@lru_cache(maxsize=64)
def _s3(bucket: str, options: tuple[tuple[str, str], ...]) -> Any:
    config = dict(options)
    config.setdefault("region", "us-east-1")
    client = {"connect_timeout": "5s", "timeout": "10m", "allow_http": config.get("endpoint", "").startswith("http://")}
    return S3Store(bucket, config=config, client_options=client, retry_config={"max_retries": 4})


@lru_cache(maxsize=64)
def _other(root: str) -> Any:
    return from_url(root)


def _store(location: Location) -> Any:
    with _translated(location):
        if location.scheme == "s3":
            return _s3(location.bucket, tuple(s3_options(os.environ).items()))
        return _other(f"{location.scheme}://{location.bucket}")


def translate(error: BaseException, what: str) -> AlulaError:
    """The error of ours for obstore's on `what`."""
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    if isinstance(error, (exceptions.NotFoundError, FileNotFoundError)):
        return NotFound(f"{what}: there is no such object")
    if isinstance(error, exceptions.PermissionDeniedError):
        return PermissionDenied(f"{what}: the store refuses access; check the bucket policy and the key's rights ({reason})")
    if isinstance(error, exceptions.UnauthenticatedError):
        return Unauthenticated(
            f"{what}: the store does not accept the credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY ({reason})"
        )
    if isinstance(error, (exceptions.InvalidPathError, exceptions.UnknownConfigurationKeyError, exceptions.NotSupportedError)):
        return InvalidInput(f"{what}: {reason}; correct the URI or the store's settings")
    return Unavailable(f"{what}: the object store cannot be reached; check its endpoint (AWS_ENDPOINT_URL) and the network ({reason})")


@contextmanager
def _translated(location: Location) -> Iterator[None]:
    try:
        yield
    except (exceptions.BaseError, FileNotFoundError) as error:
        raise translate(error, str(location)) from error


def put_bytes(data: bytes, location: Location) -> None:
    store = _store(location)
    with _translated(location):
        obstore.put(store, location.key, data)


async def aput_bytes(data: bytes, location: Location) -> None:
    store = _store(location)
    with _translated(location):
        await obstore.put_async(store, location.key, data)


def put_file(path: Path, location: Location) -> None:
    store = _store(location)
    with local.translated(path):
        file = path.open("rb")
    with file, _translated(location):
        obstore.put(store, location.key, file)


async def aput_file(path: Path, location: Location) -> None:
    store = _store(location)
    with local.translated(path):
        file = path.open("rb")
    with file, _translated(location):
        await obstore.put_async(store, location.key, file)


def _range(start: int | None, end: int | None) -> dict[str, Any] | None:
    if start is None and end is None:
        return None
    if end is None:
        return {"range": {"offset": start}}
    return {"range": (start or 0, end)}


def get_bytes(location: Location, start: int | None, end: int | None) -> bytes:
    store = _store(location)
    with _translated(location):
        if start:  # S3 answers 416 to a range that starts at or behind the end; a slice there is empty
            end = min(end if end is not None else 1 << 62, size(location))
            if start >= end:
                return b""
        return bytes(obstore.get(store, location.key, options=_range(start, end)).bytes())


async def aget_bytes(location: Location, start: int | None, end: int | None) -> bytes:
    store = _store(location)
    with _translated(location):
        if start:
            end = min(end if end is not None else 1 << 62, await asize(location))
            if start >= end:
                return b""
        found = await obstore.get_async(store, location.key, options=_range(start, end))
        return bytes(await found.bytes_async())


def get_file(location: Location, path: Path) -> None:
    store = _store(location)
    with _translated(location):
        chunks = iter(obstore.get(store, location.key))

        def fill(file: Any) -> None:
            for chunk in chunks:
                file.write(chunk)

        with local.translated(path):
            local.write(path, fill)


async def chunks(location: Location) -> AsyncIterator[bytes]:
    """The object's content in pieces of some MiB."""
    store = _store(location)
    with _translated(location):
        async for chunk in (await obstore.get_async(store, location.key)).stream():
            yield bytes(chunk)


def list_keys(location: Location) -> list[str]:
    store = _store(location)
    with _translated(location):
        return sorted(entry["path"] for batch in obstore.list(store, prefix=location.key or None) for entry in batch)


async def alist_keys(location: Location) -> list[str]:
    store = _store(location)
    with _translated(location):
        return sorted([entry["path"] async for batch in obstore.list(store, prefix=location.key or None) for entry in batch])


def size(location: Location) -> int:
    store = _store(location)
    with _translated(location):
        return int(obstore.head(store, location.key)["size"])


async def asize(location: Location) -> int:
    store = _store(location)
    with _translated(location):
        return int((await obstore.head_async(store, location.key))["size"])


def delete(location: Location) -> None:
    store = _store(location)
    try:
        with _translated(location):
            obstore.delete(store, location.key)
    except NotFound:
        return


async def adelete(location: Location) -> None:
    store = _store(location)
    try:
        with _translated(location):
            await obstore.delete_async(store, location.key)
    except NotFound:
        return


def presign(method: str, location: Location, expires_in: timedelta) -> str:
    store = _store(location)
    with _translated(location):
        return str(obstore.sign(store, method, location.key, expires_in))
