"""Checkpoints: bytes, a file or a folder that a later attempt of the same task finds again."""

from __future__ import annotations

import json
import secrets
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from alula.errors import AlulaError, InvalidInput, NotFound

_INDEX = "checkpoint.json"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What this attempt saves, and what it or an earlier one saved last.

    A checkpoint appears whole or not at all: its files are written first and the index that names them last, so an attempt that is
    killed while it saves leaves the one before.

    Args:
        target: URI of the folder this attempt writes to, empty if there is none.
        previous: URIs of earlier attempts' folders, the latest first.
    """

    target: str
    previous: Sequence[str] = field(default=(), repr=False)

    def save(self, source: bytes | str | Path) -> None:
        """Keeps bytes, a file or a folder for later attempts; replaces what was saved before.

        Args:
            source: bytes, or the path of a file or folder. Durable when this returns.
        Raises:
            NotFound: there is no such path.
            InvalidInput: there is nowhere to save to.
        """
        from alula.objectstore import store

        if not self.target:
            raise InvalidInput("checkpoint: this attempt was given no folder for one")
        before = self._index(self.target)
        folder = secrets.token_hex(6)
        uri = f"{self._base}/{folder}"
        if isinstance(source, (bytes, bytearray, memoryview)):
            kind, names = "bytes", ["checkpoint"]
            store.put_bytes(bytes(source), f"{uri}/checkpoint", is_durable=True)
        else:
            path = Path(source)
            if path.is_dir():
                kind = "folder"
                names = sorted(p.relative_to(path).as_posix() for p in path.rglob("*") if p.is_file())
                for name in names:
                    store.put_file(path / name, f"{uri}/{name}", is_durable=True)
            elif path.is_file():
                kind, names = "file", [path.name]
                store.put_file(path, f"{uri}/{path.name}", is_durable=True)
            else:
                raise NotFound(f"checkpoint: {path} is neither a file nor a folder")
        index = {"kind": kind, "folder": folder, "names": names}
        store.put_bytes(json.dumps(index).encode(), f"{self._base}/{_INDEX}", is_durable=True)
        if before is not None:
            for name in before["names"]:
                with suppress(AlulaError):  # it is of no use any more, and no harm either
                    store.delete(f"{self._base}/{before['folder']}/{name}")

    def restore(self, to: str | Path | None = None) -> Path | None:
        """Brings the last checkpoint here.

        Args:
            to: folder to put a folder's content or the file into; None: a new temporary one.
        Returns:
            The folder if one was saved, else the file; None if nothing was saved yet.
        """
        from alula.objectstore import store

        found = self._find()
        if found is None:
            return None
        uri, index = found
        folder = Path(to) if to is not None else Path(tempfile.mkdtemp(prefix="alula-checkpoint-"))
        folder.mkdir(parents=True, exist_ok=True)
        for name in index["names"]:
            if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
                raise InvalidInput(f"checkpoint {uri}: {name!r} leads out of its folder")
            store.get_file(f"{uri}/{name}", folder / name)
        return folder if index["kind"] == "folder" else folder / index["names"][0]

    def write(self, data: bytes) -> None:
        """`save` for bytes."""
        self.save(data)

    def read(self) -> bytes | None:
        """The bytes or the file that this attempt or an earlier one saved last; None if nothing was.

        Raises:
            InvalidInput: it was a folder; `restore` brings that.
        """
        from alula.objectstore import store

        found = self._find()
        if found is None:
            return None
        uri, index = found
        if index["kind"] == "folder":
            raise InvalidInput("checkpoint: a folder was saved; al.context().checkpoint.restore() brings it")
        return bytes(store.get_bytes(f"{uri}/{index['names'][0]}"))

    @property
    def _base(self) -> str:
        return self.target.rstrip("/")

    def _find(self) -> tuple[str, dict[str, Any]] | None:
        for prefix in (self.target, *self.previous):
            if prefix and (index := self._index(prefix)) is not None:
                return f"{prefix.rstrip('/')}/{index['folder']}", index
        return None

    def _index(self, prefix: str) -> dict[str, Any] | None:
        from alula.objectstore import store

        try:
            found: dict[str, Any] = json.loads(store.get_bytes(f"{prefix.rstrip('/')}/{_INDEX}"))
        except NotFound:
            return None
        return found
