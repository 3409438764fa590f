"""The value classes and markers users write in annotations; nothing here loads protobuf, pandas or numpy."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

from alula.types.location import is_remote, local_path

if TYPE_CHECKING:
    from pandas import DataFrame as DataFrame

__all__ = ["DataFrame", "Directory", "File", "Format", "HashMethod", "Trust", "is_remote", "local_path"]


class HashMethod:
    """`Annotated[T, al.HashMethod(f)]`: `f(value)` is the content hash the output cache compares instead of the URI.

    Args:
        function: takes the value, returns text that is equal exactly when the content is.
    """

    def __init__(self, function: Callable[[Any], str]) -> None:
        self.function = function


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
