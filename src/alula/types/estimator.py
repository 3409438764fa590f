"""scikit-learn estimators through skops: an archive of plain data and named types, rebuilt without a pickle."""

from __future__ import annotations

import hashlib
import importlib
import io
import json
import sys
import zipfile
from typing import Any

from alula.errors import InvalidInput
from alula.idl import core
from alula.types.base import Converter, mismatch, type_name
from alula.types.file import BlobConverter, blob
from alula.types.offload import Offload
from alula.types.value import Trust

FORMAT = "skops"
_TORCH_ADAPTER = "sklearn.externals.array_api_compat.torch"
# Data holders of scikit-learn that its fitted estimators contain; skops names them unknown though it rebuilds them from
# arrays and numbers alone.
_SAFE = (
    "sklearn.tree._tree.",
    "sklearn._loss.",
    "_loss.",
    "sklearn.ensemble._hist_gradient_boosting.",
    "sklearn.neighbors._",
    "sklearn.metrics._dist_metrics.",
    "sklearn.linear_model._sgd_fast.",
    "sklearn.neural_network._stochastic_optimizers.",
)
_EPOCH = (1980, 1, 1, 0, 0, 0)


def canonical(archive: bytes) -> bytes:
    """The same archive without what differs from process to process: times, and numbers taken from memory addresses.

    Equal estimators then have equal bytes, so the output cache recognises them.
    """
    source = zipfile.ZipFile(io.BytesIO(archive))
    schema = json.loads(source.read("schema.json"))
    numbers: dict[int, int] = {}
    files: dict[str, str] = {}

    def walk(of: Any) -> Any:
        if isinstance(of, list):
            return [walk(item) for item in of]
        if not isinstance(of, dict):
            return of
        made: dict[str, Any] = {}
        for key, value in of.items():
            if key == "__id__" and isinstance(value, int):
                made[key] = numbers.setdefault(value, len(numbers))
            elif key == "file" and isinstance(value, str):
                made[key] = files.setdefault(value, f"{len(files)}{value[value.rfind('.') :] if '.' in value else ''}")
            else:
                made[key] = walk(value)
        return made

    schema = walk(schema)
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as target:
        for old, new in files.items():
            target.writestr(zipfile.ZipInfo(new, _EPOCH), source.read(old))
        target.writestr(zipfile.ZipInfo("schema.json", _EPOCH), json.dumps(schema, sort_keys=True))
    return sink.getvalue()


class EstimatorConverter(BlobConverter):
    """A class derived from `sklearn.base.BaseEstimator`.

    Args:
        trusted: further types that may be rebuilt.
    """

    tag = "skops"
    format = FORMAT

    def __init__(self, annotation: Any, trusted: tuple[str, ...]) -> None:
        super().__init__(annotation)
        self.trusted = trusted

    def _refuse_unknown(self, data: bytes) -> list[str]:
        found = _skops_io().get_untrusted_types(data=data)
        unknown = [name for name in found if name not in self.trusted and not name.startswith(_SAFE)]
        if unknown:
            shown = ", ".join(f'"{name}"' for name in unknown)
            raise InvalidInput(
                f"the {type_name(self.annotation)} contains types that are not known to be safe to load: {', '.join(unknown)}; "
                f"if you vouch for them write Annotated[{type_name(self.annotation)}, al.Trust({shown})]",
                code="UNTRUSTED_TYPE",
            )
        return list(found)

    def to_literal(self, value: Any, offload: Offload) -> core.Literal:
        if not self.accepts_loosely(value):
            raise mismatch(type_name(self.annotation), value)
        data = canonical(_skops_io().dumps(value))
        self._refuse_unknown(data)
        digest = hashlib.sha256(data).hexdigest()
        return blob(offload.put_bytes(data, "model.skops", digest), FORMAT, digest)

    def load(self, uri: str, digest: str, offload: Offload) -> Any:
        data = offload.fetch(uri).read_bytes()
        value = _skops_io().loads(data, trusted=self._refuse_unknown(data))
        if not self.accepts_loosely(value):
            raise mismatch(type_name(self.annotation), value)
        return value

    def accepts(self, value: Any) -> bool:
        return type(value) is self.annotation

    def accepts_loosely(self, value: Any) -> bool:
        return isinstance(value, self.annotation)


def _skops_io() -> Any:
    """`skops.io`; importing it goes over all of scikit-learn, whose adapter for PyTorch would load that: 5 s and 400 MB for nothing."""
    if "skops.io" not in sys.modules and _TORCH_ADAPTER not in sys.modules:
        sys.modules[_TORCH_ADAPTER] = None  # type: ignore[assignment]  # Python's own way to say that it cannot be imported
        try:
            importlib.import_module("skops.io")
        finally:
            del sys.modules[_TORCH_ADAPTER]
    return importlib.import_module("skops.io")


def make(annotation: Any, metadata: tuple[Any, ...]) -> Converter | None:
    """The family's entry in the registry."""
    base = sys.modules.get("sklearn.base")
    if base is None or not isinstance(annotation, type):
        return None
    is_model = issubclass(annotation, base.BaseEstimator) or annotation in (base.ClassifierMixin, base.RegressorMixin)
    if not is_model:
        return None
    trusted = tuple(name for item in metadata if isinstance(item, Trust) for name in item.names)
    return EstimatorConverter(annotation, trusted)
