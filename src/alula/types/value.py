"""The value classes and markers users write in annotations; nothing here loads protobuf, pandas or numpy."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from io import TextIOWrapper
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any, TypeVar

from alula.errors import DefinitionError, InvalidInput
from alula.types.location import is_remote, local_path

if TYPE_CHECKING:
    from typing import Self

    from pandas import DataFrame as DataFrame

    from alula.types.offload import Offload

__all__ = [
    "Annotation",
    "DataFrame",
    "Directory",
    "File",
    "Format",
    "HashMethod",
    "Pickle",
    "PickleMark",
    "Trust",
    "columns",
    "is_remote",
    "local_path",
]

T = TypeVar("T")


class HashMethod:
    """`Annotated[T, al.HashMethod(f)]`: `f(value)` is the content hash the output cache compares instead of the URI.

    Args:
        function: takes the value, returns text that is equal exactly when the content is.
    """

    def __init__(self, function: Callable[[Any], str]) -> None:
        self.function = function


class Annotation:
    """`Annotated[float, al.Annotation(unit="m")]`: notes about a value that are kept in its literal type, for people and tools.

    Args:
        notes: whatever JSON can say; `cache-key-metadata` is the platform's own.
    """

    def __init__(self, **notes: Any) -> None:
        if "cache-key-metadata" in notes:
            raise DefinitionError("al.Annotation: cache-key-metadata is a name of the platform's own; choose another")
        self._text = json.dumps(notes, sort_keys=True)  # what has no JSON fails here, where it is written

    @property
    def notes(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._text)
        return found

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Annotation) and other._text == self._text

    def __hash__(self) -> int:
        return hash(("alula.Annotation", self._text))

    def __repr__(self) -> str:
        return f"Annotation(**{self._text})"


class PickleMark:
    """What `al.Pickle[T]` writes into the annotation."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PickleMark)

    def __hash__(self) -> int:
        return hash("alula.Pickle")

    def __repr__(self) -> str:
        return "Pickle"


Pickle = Annotated[T, PickleMark()]
"""`al.Pickle[T]`: a T of any class, stored as a Python pickle. Reading one runs code that whoever wrote it chose, and a pickle
may not be readable by another version of its library; a warning is logged each time. Prefer a dataclass, or an entry point."""


class columns(Mapping[str, Any]):
    """`Annotated[pd.DataFrame, al.columns(age=int, plan=str)]`: what columns a data frame has; only these are read.

    Args:
        given: the same as a mapping, for names that are no identifiers.
        named: column → int, float, str, bool, datetime, date, timedelta, a list of these, or Optional of one of them.
    """

    def __init__(self, given: Mapping[str, Any] | None = None, /, **named: Any) -> None:
        self._columns = {**(given or {}), **named}

    def __getitem__(self, name: str) -> Any:
        return self._columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def __hash__(self) -> int:
        return hash(tuple(self._columns.items()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, columns) and list(other._columns.items()) == list(self._columns.items())

    def __repr__(self) -> str:
        return f"columns({', '.join(f'{name}={kind}' for name, kind in self._columns.items())})"


class Format:
    """`Annotated[al.File, al.Format("csv")]`, the type-checker's spelling of `al.File["csv"]`."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Format) and other.name == self.name

    def __hash__(self) -> int:
        return hash(("alula.Format", self.name))

    def __repr__(self) -> str:
        return f"Format({self.name!r})"


class Trust:
    """`Annotated[Model, al.Trust("package.Type")]`: further types that may be rebuilt when an estimator is loaded.

    Args:
        names: full names of types outside scikit-learn, NumPy and SciPy that the model contains and you vouch for.
    """

    def __init__(self, *names: str) -> None:
        self.names = tuple(sorted(names))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Trust) and other.names == self.names

    def __hash__(self) -> int:
        return hash(("alula.Trust", self.names))


class _Offloaded(os.PathLike[str]):
    """A path that is here, or elsewhere and fetched when it is first needed."""

    def __init__(self, path: str | os.PathLike[str], *, format: str = "") -> None:
        text = os.fspath(path)
        self.uri = text if "://" in text else ""
        self.format = format
        self.hash = ""
        self._offload: Offload | None = None
        self._path: Path | None = None if is_remote(text) else local_path(text)

    @classmethod
    def _at(cls, uri: str, *, format: str, hash: str, offload: Offload) -> Self:
        """A value read from a literal: lazy, and returned unchanged it is not uploaded again."""
        made = cls(uri, format=format)
        made.uri, made.hash, made._offload = uri, hash, offload
        if made._path is not None and not made._path.exists():
            made._path = None  # a path of the server's machine: the offload knows how to get it from here
        return made

    @property
    def _source(self) -> Offload:
        if self._offload is None:
            from alula.types.offload import Offload

            return Offload()
        return self._offload

    def _fetch(self) -> Path:
        raise NotImplementedError

    @property
    def path(self) -> Path:
        """Where the content lies on this machine, fetched now if need be. Treat what you did not write as read-only."""
        if self._path is None:
            self._path = self._fetch()
        return self._path

    @property
    def name(self) -> str:
        """The last part of the path or URI."""
        return (self.uri or str(self._path)).partition("?")[0].rstrip("/").rpartition("/")[2]

    def __fspath__(self) -> str:
        return str(self.path)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self) or not isinstance(other, _Offloaded):
            return NotImplemented
        return (self.uri or str(self._path)) == (other.uri or str(other._path))

    def __hash__(self) -> int:
        return hash(self.uri or str(self._path))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.uri or str(self._path)!r})"


class File(_Offloaded):
    """A file: uploaded when a task returns it, read where it lies or downloaded when a path is asked for.

    `al.File["csv"]` states the format (a checker wants `Annotated[al.File, al.Format("csv")]`). Usable wherever a path is; as
    one, it is downloaded whole. `open` reads a remote file in parts of one MiB and downloads nothing.

    Args:
        path: a local path, or a URI such as `s3://bucket/key` or `https://…` that is referred to, not copied.
    """

    def __class_getitem__(cls, format: str) -> Any:
        return Annotated[cls, Format(format)]

    @classmethod
    def new(cls, name: str) -> File:
        """A path to write to, called `name`, in a fresh temporary folder."""
        return cls(Path(tempfile.mkdtemp(prefix="alula-")) / name)

    def _fetch(self) -> Path:
        return self._source.fetch(self.uri)

    @property
    def size(self) -> int:
        """Bytes, without a download."""
        return self._path.stat().st_size if self._path is not None else self._source.size(self.uri)

    def open(self, mode: str = "r", encoding: str | None = None, newline: str | None = None) -> IO[Any]:
        """Open the file; text mode is UTF-8 unless `encoding` says otherwise.

        A remote file is read in parts. Written to (`File("s3://bucket/key").open("w")`), it is uploaded when it is closed, or
        not at all if the `with` block fails.

        Raises:
            InvalidInput: writing to a file that is an input, or appending to a remote one.
        """
        is_text = "b" not in mode
        encoding = (encoding or "utf-8") if is_text else None
        if not set(mode) & set("wxa+"):
            if self._path is not None:
                return self._path.open(mode, encoding=encoding, newline=newline)
            binary = self._source.open(self.uri)
            return TextIOWrapper(binary, encoding=encoding, newline=newline) if is_text else binary
        if self._offload is not None:
            raise InvalidInput(f"{self.uri} is an input, and others may read it; write to al.File.new({self.name!r}) and return that")
        if not is_remote(self.uri):
            return self.path.open(mode, encoding=encoding, newline=newline)
        if "w" not in mode or "+" in mode:
            raise InvalidInput(f"{self.uri} cannot be opened with mode {mode!r}; a remote file is written as a whole, with 'w' or 'wb'")
        from alula.types import remote

        if remote.is_web(self.uri):
            raise InvalidInput(f"{self.uri} cannot be written by HTTP; write to al.File.new({self.name!r}) and return that")
        put = self._source.upload
        made: IO[Any] = remote.upload(lambda path: put(path, self.uri), is_text=is_text, encoding=encoding, newline=newline)
        return made

    def read_bytes(self) -> bytes:
        with self.open("rb") as file:
            data: bytes = file.read()
        return data

    def read_text(self, encoding: str = "utf-8") -> str:
        with self.open("r", encoding) as file:
            text: str = file.read()
        return text

    def write_bytes(self, data: bytes) -> File:
        with self.open("wb") as file:
            file.write(data)
        return self

    def write_text(self, text: str, encoding: str = "utf-8") -> File:
        with self.open("w", encoding) as file:
            file.write(text)
        return self


class Directory(_Offloaded):
    """A folder with everything under it; uploaded when a task returns it.

    Iterating lists it without a download: each `al.File` is fetched or read in parts by itself. As a path, and with `/`, the
    whole folder is downloaded.
    """

    def __class_getitem__(cls, format: str) -> Any:
        return Annotated[cls, Format(format)]

    @classmethod
    def new(cls) -> Directory:
        """A fresh, empty temporary folder to write to."""
        return cls(tempfile.mkdtemp(prefix="alula-"))

    def _fetch(self) -> Path:
        return self._source.fetch_folder(self.uri)

    def names(self) -> list[str]:
        """Every file under the folder, relative to it and sorted; nothing is downloaded."""
        return self._source.list(str(self._path) if self._path is not None else self.uri)

    def file(self, name: str) -> File:
        """The file of this relative name, which is not looked for before it is opened."""
        if self._offload is None and not self.uri:
            return File(self.path / name)
        uri = f"{self.uri.rstrip('/')}/{name}"
        return File(uri) if self._offload is None else File._at(uri, format="", hash="", offload=self._offload)

    def __iter__(self) -> Iterator[File]:
        """Every file under the folder, sorted by name."""
        return (self.file(name) for name in self.names())

    def __truediv__(self, name: str) -> Path:
        return self.path / name


if not TYPE_CHECKING:

    class _DataFrameMeta(type):
        def __instancecheck__(cls, value: object) -> bool:
            import sys

            pandas = sys.modules.get("pandas")
            return pandas is not None and isinstance(value, pandas.DataFrame)

    class DataFrame(metaclass=_DataFrameMeta):
        """A pandas DataFrame, stored as Parquet; a checker sees `pandas.DataFrame` itself.

        A task that declares one may return a frame of polars or pyarrow too; what is read is pandas'. Calling it makes a
        `pandas.DataFrame`. `Annotated[al.DataFrame, al.columns(age=int)]` also states columns: they are checked when the
        frame is written and read, and only they are read.
        """

        def __new__(cls, *args: Any, **kwargs: Any) -> Any:
            import pandas

            return pandas.DataFrame(*args, **kwargs)
