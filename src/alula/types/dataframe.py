"""Data frames: pandas as Parquet, a structured dataset literal; its hash is that of the file, so equal content hits the cache."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from typing import Any

from alula.errors import DefinitionError, InvalidInput
from alula.idl import core
from alula.types.base import Converter, converter, mismatch
from alula.types.location import is_remote, local_path
from alula.types.offload import Offload, store
from alula.types.scalar import describe
from alula.types.value import DataFrame

FORMAT = "parquet"


class DataFrameConverter(Converter):
    """`al.DataFrame` or `pandas.DataFrame`, with or without stated columns.

    Args:
        columns: column → Python type, empty if none are stated.
    """

    tag = "StructuredDatasetTransformerEngine"

    def __init__(self, annotation: Any, columns: Mapping[str, Any]) -> None:
        super().__init__(annotation)
        self.columns = dict(columns)

    def build_literal_type(self) -> core.LiteralType:
        made = core.StructuredDatasetType(format=FORMAT if self.columns else "")
        for name, annotation in self.columns.items():
            made.columns.add(name=name, literal_type=converter(annotation).literal_type)
        return core.LiteralType(structured_dataset_type=made)

    def _check(self, frame: Any) -> None:
        missing = [name for name in self.columns if name not in frame.columns]
        if missing:
            raise InvalidInput(
                f"the data frame lacks column {missing[0]!r}; it has {', '.join(map(str, frame.columns[:20])) or 'none'}",
                code="COLUMNS",
            )
        for name, annotation in self.columns.items():
            kind, wanted = frame[name].dtype.kind, _KINDS.get(annotation)
            if wanted is not None and kind not in wanted:
                raise InvalidInput(f"column {name!r} is {frame[name].dtype}, expected {annotation.__name__}", code="COLUMNS")

    def to_literal(self, value: Any, offload: Offload) -> core.Literal:
        if not self.accepts(value):
            raise mismatch("a pandas DataFrame", value)
        self._check(value)
        import pyarrow as arrow
        import pyarrow.parquet as parquet

        sink = arrow.BufferOutputStream()
        parquet.write_table(arrow.Table.from_pandas(value), sink)
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
        if format not in ("", FORMAT):
            raise InvalidInput(f"the data frame is stored as {format}, which cannot be read here; write it as parquet")
        return self._load(dataset.uri, offload)

    def _load(self, uri: str, offload: Offload) -> Any:
        import pandas

        frame = pandas.read_parquet(self._local(uri, offload), columns=list(self.columns) or None)
        self._check(frame)
        return frame

    @staticmethod
    def _local(uri: str, offload: Offload) -> Any:
        """A file, or a folder of parts as flytekit and Spark write it."""
        if not is_remote(uri):
            return local_path(uri)
        return offload.fetch(uri) if store().exists(uri) else offload.fetch_folder(uri)

    def to_plain(self, value: Any, offload: Offload) -> dict[str, str]:
        literal = self.to_literal(value, offload)
        return {"uri": literal.scalar.structured_dataset.uri, "file_format": FORMAT}

    def from_plain(self, plain: Any, offload: Offload) -> Any:
        if not isinstance(plain, dict) or not isinstance(plain.get("uri"), str):
            raise mismatch("a data frame", plain)
        return self._load(plain["uri"], offload)

    def schema(self) -> dict[str, Any]:
        properties = {"uri": {"type": "string"}, "file_format": {"type": "string"}}
        return {"type": "object", "title": "DataFrame", "properties": properties, "required": ["uri"]}

    def accepts(self, value: Any) -> bool:
        return isinstance(value, DataFrame)


# NumPy's dtype kinds; pandas' own dtypes (nullable integers, strings) report the same letters or "O".
_KINDS = {int: "iu", float: "fiu", str: "OUTS", bool: "b"}


def make(annotation: Any, metadata: tuple[Any, ...]) -> Converter | None:
    """The family's entry in the registry."""
    pandas = sys.modules.get("pandas")
    if annotation is not DataFrame and (pandas is None or annotation is not pandas.DataFrame):
        return None
    columns: Mapping[str, Any] = next((item for item in metadata if isinstance(item, Mapping)), {})
    if any(not isinstance(name, str) for name in columns):
        raise DefinitionError("columns of a data frame are named by text")
    return DataFrameConverter(annotation, columns)
