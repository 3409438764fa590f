"""NumPy arrays as `.npy` files: dtype and shape kept, nothing pickled."""

from __future__ import annotations

import hashlib
import io
import sys
import typing
from typing import Any

from alula.errors import InvalidInput
from alula.idl import core
from alula.types.base import Converter, mismatch
from alula.types.file import BlobConverter, blob
from alula.types.offload import Offload

FORMAT = "NumpyArray"


class ArrayConverter(BlobConverter):
    """`numpy.ndarray`, or `NDArray[dtype]`, whose dtype is then checked."""

    tag = "NumPy Array"
    format = FORMAT

    def __init__(self, annotation: Any, dtype: Any) -> None:
        super().__init__(annotation)
        self.dtype = dtype

    def _check(self, array: Any) -> Any:
        import numpy

        if self.dtype is not None and not numpy.issubdtype(array.dtype, self.dtype):
            raise InvalidInput(f"expected an array of {self.dtype.__name__}, got {array.dtype}; use .astype", code="TYPE_MISMATCH")
        return array

    def to_literal(self, value: Any, offload: Offload) -> core.Literal:
        import numpy

        if not self.accepts(value):
            raise mismatch("a numpy.ndarray", value, "wrap it in numpy.asarray(…)")
        self._check(value)
        if value.dtype.hasobject:
            raise InvalidInput("an array of objects would have to be pickled; give it a numeric or text dtype", code="TYPE_MISMATCH")
        sink = io.BytesIO()
        numpy.save(sink, value, allow_pickle=False)
        data = sink.getvalue()
        digest = hashlib.sha256(data).hexdigest()
        return blob(offload.put_bytes(data, "array.npy", digest), FORMAT, digest)

    def load(self, uri: str, digest: str, offload: Offload) -> Any:
        import numpy

        try:
            return self._check(numpy.load(offload.fetch(uri), allow_pickle=False))
        except ValueError as error:
            raise InvalidInput(f"{uri} is no array this can read: {error}") from error

    def accepts(self, value: Any) -> bool:
        numpy = sys.modules.get("numpy")
        return numpy is not None and isinstance(value, numpy.ndarray)


def make(annotation: Any, metadata: tuple[Any, ...]) -> Converter | None:
    """The family's entry in the registry."""
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return None
    if annotation is numpy.ndarray:
        return ArrayConverter(annotation, None)
    if typing.get_origin(annotation) is numpy.ndarray:
        args = typing.get_args(annotation)
        inner = typing.get_args(args[1])[0] if len(args) == 2 and typing.get_args(args[1]) else None
        return ArrayConverter(annotation, inner if isinstance(inner, type) else None)
    return None
