"""Data frames of pandas, polars and pyarrow: Parquet behind a structured dataset literal, so one can be written and another read.

The literal's hash is that of the file, so equal content hits the cache.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import sys
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from alula.errors import DefinitionError, InvalidInput
from alula.idl import core
from alula.types.base import Converter, Reference, converter, mismatch, type_name
from alula.types.offload import Offload, needs, store
from alula.types.scalar import describe
from alula.types.value import DataFrame, is_remote, local_path

FORMAT = "parquet"
CSV = "csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """One kind of frame.

    Args:
        module: where `name` lives.
        to_arrow: a frame as `pyarrow.Table`.
        read: a Parquet file, or a list of them, and the columns wanted (None: all) as a frame.
        dtypes: column → its type in the library's words, for messages.
    """

    module: str
    name: str
    extra: str
    to_arrow: Callable[[Any], Any]
    read: Callable[[Any, list[str] | None], Any]
    dtypes: Callable[[Any], Mapping[str, Any]]

    def find(self) -> Any:
        """The class if its library has been imported, as it has been where somebody annotates it or makes one."""
        return getattr(sys.modules.get(self.module), self.name, None)


def _table(source: Any, columns: list[str] | None) -> Any:
    import pyarrow.parquet as parquet

    return parquet.read_table(source, columns=columns)


def _pandas(source: Any, columns: list[str] | None) -> Any:
    needs("pandas", "data")
    return _table(source, columns).to_pandas()


def _polars(source: Any, columns: list[str] | None) -> Any:
    return needs("polars", "polars").from_arrow(_table(source, columns))


def _lazy(source: Any, columns: list[str] | None) -> Any:
    frame = needs("polars", "polars").scan_parquet(source)
    return frame.select(columns) if columns else frame


def _from_pandas(frame: Any) -> Any:
    import pyarrow as arrow

    try:
        return arrow.Table.from_pandas(frame)
    except (arrow.ArrowException, TypeError, ValueError) as error:
        raise InvalidInput(
            f"the data frame has a column of mixed or unknown types: {error}; give each column one type", code="COLUMNS"
        ) from error


def _no_types(frame: Any) -> Mapping[str, Any]:
    return {}


PANDAS = Library(
    module="pandas", name="DataFrame", extra="data", to_arrow=_from_pandas, read=_pandas, dtypes=lambda frame: dict(frame.dtypes.items())
)
LIBRARIES = (
    PANDAS,
    Library(
        module="polars",
        name="DataFrame",
        extra="polars",
        to_arrow=lambda frame: frame.to_arrow(),
        read=_polars,
        dtypes=lambda frame: frame.schema,
    ),
    Library(
        module="polars", name="LazyFrame", extra="polars", to_arrow=lambda frame: frame.collect().to_arrow(), read=_lazy, dtypes=_no_types
    ),
    Library(module="pyarrow", name="Table", extra="data", to_arrow=lambda table: table, read=_table, dtypes=_no_types),
)


class DataFrameConverter(Converter):
    """A data frame, with or without stated columns.

    Args:
        library: what it is read as; None for `al.DataFrame`: written as any, read as pandas.
        columns: column → Python type, empty if none are stated.
    """

    tag = "StructuredDatasetTransformerEngine"

    def __init__(self, annotation: Any, library: Library | None, columns: Mapping[str, Any]) -> None:
        super().__init__(annotation)
        self.library, self.columns = library, dict(columns)
        self._checks = {name: _check_of(name, kind) for name, kind in self.columns.items()}

    def build_literal_type(self) -> core.LiteralType:
        made = core.StructuredDatasetType(format=FORMAT if self.columns else "")
        for name, annotation in self.columns.items():
            made.columns.add(name=name, literal_type=converter(annotation).literal_type)
        return core.LiteralType(structured_dataset_type=made)

    def _check(self, schema: Any, shown: Mapping[str, Any]) -> None:
        """Raises InvalidInput if an arrow schema lacks a stated column or has it of another type."""
        missing = [name for name in self.columns if name not in schema.names]
        if missing:
            have = ", ".join(schema.names[:20]) or "none"
            raise InvalidInput(f"the data frame lacks column {missing[0]!r}; it has {have}", code="COLUMNS")
        for name, fits in self._checks.items():
            kind = schema.field(name).type
            if not fits(kind):
                message = f"column {name!r} is {shown.get(name, kind)}, expected {type_name(self.columns[name])}"
                raise InvalidInput(message, code="COLUMNS")

    def _library_of(self, value: Any) -> Library | None:
        for library in (self.library,) if self.library else LIBRARIES:
            kind = library.find()
            if kind is not None and isinstance(value, kind):
                return library
        return None

    def to_literal(self, value: Any, offload: Offload) -> core.Literal:
        library = self._library_of(value)
        if library is None:
            raise mismatch("a data frame" if self.library is None else f"a {self.library.module}.{self.library.name}", value)
        arrow = needs("pyarrow", library.extra)
        parquet = needs("pyarrow.parquet", library.extra)
        table = library.to_arrow(value)
        if len(set(table.schema.names)) != len(table.schema.names):
            raise InvalidInput("the data frame has two columns of one name, which Parquet cannot hold; rename one", code="COLUMNS")
        self._check(table.schema, library.dtypes(value))
        sink = arrow.BufferOutputStream()
        try:
            parquet.write_table(table, sink)
        except arrow.ArrowException as error:
            raise InvalidInput(f"the data frame cannot be written as Parquet: {error}", code="COLUMNS") from error
        data = sink.getvalue().to_pybytes()
        digest = hashlib.sha256(data).hexdigest()
        uri = offload.put_bytes(data, "data.parquet", digest)
        kind = core.StructuredDatasetType(format=FORMAT, columns=self.literal_type.structured_dataset_type.columns)
        dataset = core.StructuredDataset(uri=uri, metadata=core.StructuredDatasetMetadata(structured_dataset_type=kind))
        return core.Literal(scalar=core.Scalar(structured_dataset=dataset), hash=digest)

    def read(self, literal: core.Literal, offload: Offload) -> Any:
        form = literal.scalar.WhichOneof("value")
        if form == "schema":
            return self._load(literal.scalar.schema.uri, offload)
        if form != "structured_dataset":
            raise mismatch("a data frame", describe(literal))
        dataset = literal.scalar.structured_dataset
        format = dataset.metadata.structured_dataset_type.format
        if format == CSV:
            return self._load_csv(dataset.uri, offload)
        if format not in ("", FORMAT):
            raise InvalidInput(f"the data frame is stored as {format}, which cannot be read here; write it as parquet")
        return self._load(dataset.uri, offload)

    def _load(self, uri: str, offload: Offload) -> Any:
        library = self.library or PANDAS
        arrow = needs("pyarrow", library.extra)
        parquet = needs("pyarrow.parquet", library.extra)
        source = self._source(uri, offload)
        try:
            for part in source if isinstance(source, list) else [source]:
                self._check(parquet.read_schema(part), {})
            return library.read(source, list(self.columns) or None)
        except arrow.ArrowException as error:
            raise InvalidInput(f"{uri} is no Parquet this can read: {error}", code="COLUMNS") from error

    def _load_csv(self, uri: str, offload: Offload) -> Any:
        """A frame that a person brought along: its types are told from its values, as pyarrow does."""
        library = self.library or PANDAS
        arrow = needs("pyarrow", library.extra)
        read_csv, parquet = needs("pyarrow.csv", library.extra).read_csv, needs("pyarrow.parquet", library.extra)
        made = offload.scratch / f"{hashlib.sha256(uri.encode()).hexdigest()[:16]}.parquet"
        try:
            parquet.write_table(read_csv(offload.fetch(uri) if is_remote(uri) else local_path(uri)), made)
        except arrow.ArrowException as error:
            raise InvalidInput(f"{uri} is no CSV this can read: {error}", code="COLUMNS") from error
        return self._load(str(made), offload)

    def _source(self, uri: str, offload: Offload) -> Any:
        """A path, a file-like that reads parts of a remote object, or the paths of a folder of parts as Spark writes it."""
        if is_remote(uri):
            if store().exists(uri):
                is_whole = not self.columns or (self.library is not None and self.library.name == "LazyFrame")
                return offload.fetch(uri) if is_whole else offload.open(uri)
            path = offload.fetch_folder(uri)
        else:
            path = local_path(uri)
        if not path.is_dir():
            return path
        return sorted(part for part in path.rglob("*") if part.is_file() and not part.name.startswith(("_", ".")))

    def to_plain(self, value: Any, offload: Offload) -> Reference:
        literal = self.to_literal(value, offload)
        return Reference(uri=literal.scalar.structured_dataset.uri, file_format=FORMAT, hash=literal.hash)

    def from_plain(self, plain: Any, offload: Offload) -> Any:
        if not isinstance(plain, dict) or not isinstance(plain.get("uri"), str):
            raise mismatch("a data frame", plain)
        return self._load(plain["uri"], offload)

    def schema(self) -> dict[str, Any]:
        properties = {name: {"type": "string"} for name in ("uri", "file_format", "hash")}
        return {"type": "object", "title": "DataFrame", "properties": properties, "required": ["uri"]}

    def accepts(self, value: Any) -> bool:
        return self._library_of(value) is not None


def _words(kind: Any) -> bool:
    import pyarrow.types as at

    if at.is_dictionary(kind):
        kind = kind.value_type
    return bool(at.is_string(kind) or at.is_large_string(kind) or str(kind) == "string_view")


def _arrow(*names: str) -> Callable[[Any], bool]:
    """Whether an arrow type is one of these; `is_integer` and its like."""

    def fits(kind: Any) -> bool:
        import pyarrow.types as at

        return any(getattr(at, name)(kind) for name in names)

    return fits


_KINDS: dict[Any, Callable[[Any], bool]] = {
    int: _arrow("is_integer"),
    float: _arrow("is_floating", "is_integer", "is_decimal"),
    str: _words,
    bool: _arrow("is_boolean"),
    dt.datetime: _arrow("is_timestamp"),
    dt.date: _arrow("is_date"),
    dt.timedelta: _arrow("is_duration"),
}


def _check_of(name: str, annotation: Any) -> Callable[[Any], bool]:
    """Whether an arrow type holds values of an annotation; a column of nothing but nulls fits every one."""
    bare = annotation
    if typing.get_origin(bare) in (typing.Union, types.UnionType):
        rest = [one for one in typing.get_args(bare) if one is not type(None)]
        bare = rest[0] if len(rest) == 1 else bare
    if typing.get_origin(bare) is list:
        inner = _check_of(name, typing.get_args(bare)[0])
        is_list = _arrow("is_list", "is_large_list", "is_fixed_size_list")
        return lambda kind: str(kind) == "null" or (is_list(kind) and inner(kind.value_type))
    fits = _KINDS.get(bare)
    if fits is None:
        raise DefinitionError(
            f"column {name!r} of a data frame cannot be {type_name(annotation)}; "
            "use int, float, str, bool, datetime, date, timedelta, a list of these, or Optional of one",
            code="UNSUPPORTED_TYPE",
        )
    return lambda kind: str(kind) == "null" or fits(kind)


def make(annotation: Any, metadata: tuple[Any, ...]) -> Converter | None:
    """The family's entry in the registry."""
    library = next((library for library in LIBRARIES if library.find() is not None and annotation is library.find()), None)
    if annotation is not DataFrame and library is None:
        return None
    columns: Mapping[str, Any] = next((item for item in metadata if isinstance(item, Mapping)), {})
    if any(not isinstance(name, str) for name in columns):
        raise DefinitionError("columns of a data frame are named by text")
    return DataFrameConverter(annotation, library, columns)
