"""Pickles: only where asked for, with a warning, and for what is unknown the remedies are named."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any

import pytest

import alula as al
from alula.errors import DefinitionError, InvalidInput
from alula.idl import core
from alula.types.base import literal_type, to_literal, to_python
from alula.types.offload import Offload


class Opaque:
    def __init__(self, n: int) -> None:
        self.n = n

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Opaque) and other.n == self.n

    __hash__ = None  # type: ignore[assignment]


@pytest.fixture
def offload(tmp_path: Path) -> Offload:
    return Offload(str(tmp_path / "raw"))


@pytest.mark.parametrize(("annotation", "value"), [(al.Pickle[Opaque], Opaque(3)), (al.Pickle[set], {1, 2}), (al.Pickle[set[int]], {1})])
def test_pickle_round_trips(annotation: Any, value: Any, offload: Offload) -> None:
    literal = core.Literal.FromString(to_literal(value, annotation, offload).SerializeToString())
    assert literal.scalar.blob.metadata.type.format == "PythonPickle"
    assert to_python(literal, annotation, offload) == value
    assert literal.hash == to_literal(value, annotation, offload).hash


def test_pickle_is_told_in_the_log(offload: Offload, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "alula.types"):
        literal = to_literal(Opaque(1), al.Pickle[Opaque], offload)
        to_python(literal, al.Pickle[Opaque], offload)
    stored, read = (record.getMessage() for record in caplog.records)
    assert "Opaque is stored as a pickle" in stored
    assert "which may run any code" in read


def test_unknown_type_without_a_pickle_names_every_remedy() -> None:
    with pytest.raises(DefinitionError) as caught:
        literal_type(Opaque)
    for part in ("type Opaque is not supported", "dataclass", "entry point `alula.types`", "al.Pickle[T]"):
        assert part in str(caught.value)


def test_another_class_is_refused_on_both_sides(offload: Offload) -> None:
    with pytest.raises(InvalidInput, match="expected Opaque, got int 3"):
        to_literal(3, al.Pickle[Opaque], offload)
    with pytest.raises(InvalidInput, match="expected set, got Opaque"):
        to_python(to_literal(Opaque(1), al.Pickle[Opaque], offload), al.Pickle[set], offload)


def test_what_cannot_be_pickled_is_refused(offload: Offload) -> None:
    with pytest.raises(InvalidInput, match="cannot be pickled"):
        to_literal((n for n in range(3)), al.Pickle[object], offload)


def test_broken_pickle_is_refused(offload: Offload, tmp_path: Path) -> None:
    literal = to_literal(Opaque(1), al.Pickle[Opaque], offload)
    (tmp_path / "bad").write_bytes(b"no pickle")
    literal.scalar.blob.uri = str(tmp_path / "bad")
    with pytest.raises(InvalidInput, match="cannot be unpickled here"):
        to_python(literal, al.Pickle[Opaque], offload)


def test_missing_package_names_its_extra(offload: Offload, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cloudpickle", None)
    with pytest.raises(DefinitionError, match=r"cloudpickle is not installed; pip install cloudpickle \(Alula's extra `pickle`\)"):
        to_literal(Opaque(1), al.Pickle[Opaque], offload)
