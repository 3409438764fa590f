"""The value classes and markers users write in annotations; nothing here loads protobuf, pandas or numpy."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any, TypeVar

from alula.errors import DefinitionError
from alula.types.location import is_remote, local_path

if TYPE_CHECKING:
    from pandas import DataFrame as DataFrame

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
        self._fetch: Callable[[str], Path] | None = None
        self._path: Path | None = None if is_remote(text) else local_path(text)

    @classmethod
    def _at(cls, uri: str, *, format: str, hash: str, fetch: Callable[[str], Path]) -> Any:
        """A value read from a literal: lazy, and returned unchanged it is not uploaded again."""
        made = cls(uri, format=format)
        made.uri, made.hash, made._fetch = uri, hash, fetch
        return made

    @property
    def path(self) -> Path:
        """Where the content lies on this machine, fetched now if need be. Treat what you did not write as read-only."""
        if self._path is None:
            fetch = self._fetch
            if fetch is None:
                from alula.types.offload import Offload

                fetch = Offload().fetch if isinstance(self, File) else Offload().fetch_folder
            self._path = fetch(self.uri)
        return self._path

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
    """A file: uploaded when a task returns it, downloaded when its content is first used.

    `al.File["csv"]` states the format (a checker wants `Annotated[al.File, al.Format("csv")]`). Usable wherever a path is.

    Args:
        path: a local path, or a URI such as `s3://bucket/key` or `https://…` that is referred to, not copied.
    """

    def __class_getitem__(cls, format: str) -> Any:
        return Annotated[cls, Format(format)]

    @classmethod
    def new(cls, name: str) -> File:
        """A path to write to, called `name`, in a fresh temporary folder."""
        return cls(Path(tempfile.mkdtemp(prefix="alula-")) / name)

    def open(self, mode: str = "r", encoding: str | None = None) -> IO[Any]:
        """Open the file, fetching it first; text mode is UTF-8 unless `encoding` says otherwise."""
        return self.path.open(mode, encoding=encoding or (None if "b" in mode else "utf-8"))

    def read_bytes(self) -> bytes:
        return self.path.read_bytes()

    def read_text(self, encoding: str = "utf-8") -> str:
        return self.path.read_text(encoding)

    def write_bytes(self, data: bytes) -> File:
        self.path.write_bytes(data)
        return self

    def write_text(self, text: str, encoding: str = "utf-8") -> File:
        self.path.write_text(text, encoding)
        return self


class Directory(_Offloaded):
    """A folder with everything under it; uploaded when a task returns it, downloaded when first used."""

    def __class_getitem__(cls, format: str) -> Any:
        return Annotated[cls, Format(format)]

    @classmethod
    def new(cls) -> Directory:
        """A fresh, empty temporary folder to write to."""
        return cls(tempfile.mkdtemp(prefix="alula-"))

    def __iter__(self) -> Iterator[Path]:
        """Every file under the folder, sorted by path."""
        return iter(sorted(p for p in self.path.rglob("*") if p.is_file()))

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

        `Annotated[al.DataFrame, {"age": int, "plan": str}]` also states columns: they are checked on the way out, and only
        they are read on the way in. Calling it makes a `pandas.DataFrame`.
        """

        def __new__(cls, *args: Any, **kwargs: Any) -> Any:
            import pandas

            return pandas.DataFrame(*args, **kwargs)
