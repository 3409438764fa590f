"""Pickles, for what nothing else can store, and only where `al.Pickle[T]` asks for one."""

from __future__ import annotations

import hashlib
import logging
import typing
from typing import Any

from alula.errors import InvalidInput
from alula.idl import core
from alula.types.base import Converter, mismatch, type_name
from alula.types.file import BlobConverter, blob
from alula.types.offload import Offload, needs

FORMAT = "PythonPickle"
log = logging.getLogger("alula.types")


class PickleConverter(BlobConverter):
    """`al.Pickle[T]`: T is checked where it is a class, and nothing else is known about the value."""

    tag = "FlytePickle"
    format = FORMAT

    def __init__(self, annotation: Any) -> None:
        super().__init__(annotation)
        kind = typing.get_origin(annotation) or annotation
        self.kind = kind if isinstance(kind, type) else object

    def build_literal_type(self) -> core.LiteralType:
        made = super().build_literal_type()
        made.metadata.update({"python_class_name": str(self.annotation)})
        return made

    def to_literal(self, value: Any, offload: Offload) -> core.Literal:
        cloudpickle = needs("cloudpickle", "pickle")
        if not self.accepts(value):
            raise mismatch(type_name(self.annotation), value)
        try:
            data = cloudpickle.dumps(value)
        except Exception as error:  # whatever the class's own reduction raises
            raise InvalidInput(f"{type_name(self.annotation)} cannot be pickled: {error}", code="TYPE_MISMATCH") from error
        log.warning("%s is stored as a pickle: only this code and these versions may be able to read it", type_name(self.annotation))
        digest = hashlib.sha256(data).hexdigest()
        return blob(offload.put_bytes(data, "value.pkl", digest), FORMAT, digest)

    def load(self, uri: str, digest: str, offload: Offload) -> Any:
        cloudpickle = needs("cloudpickle", "pickle")
        log.warning("%s is read from the pickle %s, which may run any code", type_name(self.annotation), uri)
        try:
            value = cloudpickle.loads(offload.fetch(uri).read_bytes())
        except Exception as error:  # unpickling runs code of the value's classes
            raise InvalidInput(f"{uri} cannot be unpickled here: {type(error).__name__}: {error}", code="PICKLE") from error
        if not self.accepts(value):
            raise mismatch(type_name(self.annotation), value)
        return value

    def accepts(self, value: Any) -> bool:
        return isinstance(value, self.kind)


def make(annotation: Any, metadata: tuple[Any, ...]) -> Converter | None:
    """Asked only for an annotation that is marked as a pickle."""
    return PickleConverter(annotation)
