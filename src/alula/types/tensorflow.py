"""TensorFlow tensors as serialized TensorProtos, Keras models as `.keras` archives; both are read without running code."""

from __future__ import annotations

import hashlib
import io
import json
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from alula.errors import InvalidInput
from alula.idl import core
from alula.types.base import Converter, mismatch, type_name
from alula.types.file import BlobConverter, blob
from alula.types.offload import Offload

_EPOCH = (1980, 1, 1, 0, 0, 0)


class TensorConverter(BlobConverter):
    """`tensorflow.Tensor`: dtype and shape kept, also of text."""

    tag = "TensorFlow Tensor"
    format = "TensorFlowTensor"

    def to_literal(self, value: Any, offload: Offload) -> core.Literal:
        if not self.accepts(value):
            raise mismatch("a tensorflow.Tensor", value, "wrap it in tensorflow.constant(…)")
        import tensorflow

        try:
            data = tensorflow.io.serialize_tensor(value).numpy()
        except (AttributeError, ValueError, tensorflow.errors.OpError) as error:
            raise InvalidInput(f"the tensor has no content to store ({str(error).splitlines()[0]})", code="TYPE_MISMATCH") from error
        digest = hashlib.sha256(data).hexdigest()
        return blob(offload.put_bytes(data, "tensor.pb", digest), self.format, digest)

    def load(self, uri: str, digest: str, offload: Offload) -> Any:
        import tensorflow
        from tensorflow.core.framework.tensor_pb2 import TensorProto

        data = offload.fetch(uri).read_bytes()
        try:
            return tensorflow.io.parse_tensor(data, tensorflow.as_dtype(TensorProto.FromString(data).dtype))
        except Exception as error:  # protobuf's and TensorFlow's own have no base of their own
            raise InvalidInput(f"{uri} is no tensor this can read: {str(error).splitlines()[0]}") from error

    def accepts(self, value: Any) -> bool:
        tensorflow = sys.modules.get("tensorflow")
        return tensorflow is not None and isinstance(value, tensorflow.Tensor)


class ModelConverter(BlobConverter):
    """`keras.Model` or a class of your own derived from it."""

    tag = "TensorFlow Model"
    format = "TensorFlowModel"

    def to_literal(self, value: Any, offload: Offload) -> core.Literal:
        if not self.accepts_loosely(value):
            raise mismatch(type_name(self.annotation), value)
        with tempfile.TemporaryDirectory(dir=offload.scratch) as folder:
            path = Path(folder) / "model.keras"
            try:
                value.save(path)
            except (ValueError, TypeError, NotImplementedError) as error:
                raise InvalidInput(f"{type_name(self.annotation)} cannot be saved: {error}", code="TYPE_MISMATCH") from error
            data = canonical(path.read_bytes())
        digest = hashlib.sha256(data).hexdigest()
        return blob(offload.put_bytes(data, "model.keras", digest), self.format, digest)

    def load(self, uri: str, digest: str, offload: Offload) -> Any:
        import keras

        with tempfile.TemporaryDirectory(dir=offload.scratch) as folder:
            path = Path(folder) / "model.keras"  # Keras goes by the name, and others write none
            path.write_bytes(offload.fetch(uri).read_bytes())
            try:
                value = keras.models.load_model(path, custom_objects={self.annotation.__name__: self.annotation}, safe_mode=True)
            except (ValueError, TypeError, KeyError, OSError) as error:
                reason = str(error).strip().splitlines()[0]
                raise InvalidInput(f"{uri} is no model that can be read without running its code: {reason}", code="UNSAFE_FILE") from error
        if not self.accepts_loosely(value):
            raise mismatch(type_name(self.annotation), value)
        return value

    def accepts(self, value: Any) -> bool:
        return type(value) is self.annotation

    def accepts_loosely(self, value: Any) -> bool:
        return isinstance(value, self.annotation)


def canonical(archive: bytes) -> bytes:
    """The same archive without what differs from process to process: the time, and numbers taken from memory addresses.

    Equal models then have equal bytes.
    """
    source, sink = zipfile.ZipFile(io.BytesIO(archive)), io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as target:
        for name in sorted(source.namelist()):
            data = source.read(name)
            if name == "metadata.json":
                data = json.dumps({**json.loads(data), "date_saved": ""}, sort_keys=True).encode()
            elif name == "config.json":
                data = json.dumps(_renumbered(json.loads(data), {})).encode()
            target.writestr(zipfile.ZipInfo(name, _EPOCH), data)
    return sink.getvalue()


def _renumbered(of: Any, numbers: dict[int, int]) -> Any:
    if isinstance(of, list):
        return [_renumbered(item, numbers) for item in of]
    if not isinstance(of, dict):
        return of
    return {
        key: numbers.setdefault(item, len(numbers)) if key == "shared_object_id" else _renumbered(item, numbers) for key, item in of.items()
    }


def make(annotation: Any, metadata: tuple[Any, ...]) -> Converter | None:
    """The family's entry in the registry."""
    if not isinstance(annotation, type):
        return None
    tensorflow, keras = sys.modules.get("tensorflow"), sys.modules.get("keras")
    if tensorflow is not None and annotation is getattr(tensorflow, "Tensor", None):
        return TensorConverter(annotation)
    model = getattr(keras, "Model", None)
    return ModelConverter(annotation) if model is not None and issubclass(annotation, model) else None
