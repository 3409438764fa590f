"""Files and folders: a blob literal with a URI; content goes below the attempt's prefix, named by its digest."""

from __future__ import annotations

import hashlib
import os
import pathlib
from pathlib import Path
from typing import Any

from alula.errors import InvalidInput
from alula.idl import core
from alula.types.base import Converter, Reference, mismatch, type_name
from alula.types.location import is_remote, local_path
from alula.types.offload import Offload, file_digest
from alula.types.scalar import describe
from alula.types.value import Directory, File, Format

SINGLE, MULTIPART = core.BlobType.SINGLE, core.BlobType.MULTIPART


def blob(uri: str, format: str, digest: str, dimensionality: Any = SINGLE) -> core.Literal:
    """A blob literal; `digest`, if known, is what the output cache compares instead of the URI."""
    metadata = core.BlobMetadata(type=core.BlobType(format=format, dimensionality=dimensionality))
    return core.Literal(scalar=core.Scalar(blob=core.Blob(uri=uri, metadata=metadata)), hash=digest)


class BlobConverter(Converter):
    """Base of everything that is a blob: the plain form, inside records, is `{"path": uri}` as flytekit writes it."""

    dimensionality: Any = SINGLE
    format = ""

    def build_literal_type(self) -> core.LiteralType:
        return core.LiteralType(blob=core.BlobType(format=self.format, dimensionality=self.dimensionality))

    def load(self, uri: str, digest: str, offload: Offload) -> Any:
        """The value behind a URI."""
        raise NotImplementedError

    def read(self, literal: core.Literal, offload: Offload) -> Any:
        if literal.scalar.WhichOneof("value") != "blob":
            raise mismatch(type_name(self.annotation), describe(literal))
        return self.load(literal.scalar.blob.uri, literal.hash, offload)

    def to_plain(self, value: Any, offload: Offload) -> Reference:
        literal = self.to_literal(value, offload)
        made = Reference(path=literal.scalar.blob.uri)
        if literal.hash:
            made["hash"] = literal.hash
        return made

    def from_plain(self, plain: Any, offload: Offload) -> Any:
        if isinstance(plain, str):  # a Path in a dataclass, as other writers put it
            plain = {"path": plain}
        if not isinstance(plain, dict) or not isinstance(plain.get("path"), str):
            raise mismatch(type_name(self.annotation), plain)
        return self.load(plain["path"], plain.get("hash", ""), offload)

    def schema(self) -> dict[str, Any]:
        return {
            "type": "object",
            "title": type_name(self.annotation),
            "properties": {"path": {"type": "string"}, "hash": {"type": "string"}},
            "required": ["path"],
        }


class FileConverter(BlobConverter):
    tag = "FlyteFilePath"

    def __init__(self, annotation: Any, format: str) -> None:
        super().__init__(annotation)
        self.format = format

    def to_literal(self, value: Any, offload: Offload) -> core.Literal:
        if isinstance(value, Directory) or not self.accepts_loosely(value):
            raise mismatch("al.File or a path", value)
        if isinstance(value, File) and value.uri:
            return blob(value.uri, value.format or self.format, value.hash)
        text = os.fspath(value)
        if is_remote(text):
            return blob(text, self.format, "")
        path = local_path(text)
        if not path.is_file():
            raise InvalidInput(f"{path} is {'a folder' if path.is_dir() else 'not there'}; a File must exist when it is passed on")
        digest = file_digest(path)
        return blob(offload.put_file(path, path.name, digest), self.format, digest)

    def load(self, uri: str, digest: str, offload: Offload) -> Any:
        if self.annotation is Path:
            return offload.fetch(uri)
        return File._at(uri, format=self.format, hash=digest, offload=offload)

    def accepts(self, value: Any) -> bool:
        return isinstance(value, (File, Path))

    def accepts_loosely(self, value: Any) -> bool:
        return isinstance(value, (File, Path, str))


class DirectoryConverter(BlobConverter):
    tag = "FlyteDirectory"
    dimensionality = MULTIPART

    def __init__(self, annotation: Any, format: str) -> None:
        super().__init__(annotation)
        self.format = format

    def to_literal(self, value: Any, offload: Offload) -> core.Literal:
        if not self.accepts_loosely(value):
            raise mismatch("al.Directory or a path", value)
        if isinstance(value, Directory) and value.uri:
            return blob(value.uri, value.format or self.format, value.hash, MULTIPART)
        text = os.fspath(value)
        if is_remote(text):
            return blob(text, self.format, "", MULTIPART)
        folder = local_path(text)
        if not folder.is_dir():
            raise InvalidInput(f"{folder} is not a folder; a Directory must exist when it is passed on")
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        digests = {path.relative_to(folder).as_posix(): file_digest(path) for path in files}
        digest = hashlib.sha256("".join(f"{name}\0{one}\n" for name, one in sorted(digests.items())).encode()).hexdigest()
        # The folder's URI is what the files' URIs share: only the offload knows where it puts things.
        uris = [offload.put_file(folder / name, name, digest).removesuffix(name) for name in digests]
        return blob(uris[0].rstrip("/") if uris else offload.target(digest, ""), self.format, digest, MULTIPART)

    def load(self, uri: str, digest: str, offload: Offload) -> Any:
        return Directory._at(uri, format=self.format, hash=digest, offload=offload)

    def accepts(self, value: Any) -> bool:
        return isinstance(value, Directory)

    def accepts_loosely(self, value: Any) -> bool:
        return isinstance(value, (Directory, Path, str))


def make(annotation: Any, metadata: tuple[Any, ...]) -> Converter | None:
    """The family's entry in the registry."""
    format = next((item.name for item in metadata if isinstance(item, Format)), "")
    if annotation in (File, Path, os.PathLike, pathlib.PurePath):
        return FileConverter(File if annotation is File else Path, format)
    return DirectoryConverter(annotation, format) if annotation is Directory else None
