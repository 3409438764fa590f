"""Streams: made and read one item at a time, a long one stored by itself."""

from __future__ import annotations

import dataclasses
import itertools
import tracemalloc
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest

import alula as al
from alula.errors import DefinitionError, InvalidInput
from alula.idl import core
from alula.types import stream
from alula.types.base import literal_type, to_literal, to_python
from alula.types.offload import Offload

NOWHERE = Offload()


@pytest.fixture
def offload(tmp_path: Path) -> Offload:
    return Offload(str(tmp_path / "raw"), tmp_path / "scratch")


@pytest.fixture(autouse=True)
def _scratch(tmp_path: Path) -> None:
    (tmp_path / "scratch").mkdir()


def wire(literal: core.Literal) -> core.Literal:
    return core.Literal.FromString(literal.SerializeToString())


@pytest.mark.parametrize("annotation", [Iterator[int], Generator[int, None, None]])
def test_short_stream_is_a_list_on_the_wire(annotation: Any) -> None:
    literal = wire(to_literal((n for n in range(3)), annotation, NOWHERE))
    assert literal == to_literal([0, 1, 2], list[int], NOWHERE)
    assert literal_type(annotation) == literal_type(list[int])
    assert list(to_python(literal, annotation, NOWHERE)) == [0, 1, 2]


@pytest.mark.parametrize("limit", [0, 10, 40, 1 << 20])
def test_long_stream_is_stored_and_read_by_streams_and_lists_alike(limit: int, offload: Offload, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "INLINE_BYTES", limit)
    texts = ["x" * (37 * n % 300) for n in range(50)]
    literal = wire(to_literal(iter(texts), Iterator[str], offload))
    assert literal.HasField("offloaded_metadata") == (limit < 1 << 20)
    for _ in range(2):  # the literal can be read again, the iterator cannot
        assert list(to_python(literal, Iterator[str], offload)) == texts
    assert to_python(literal, list[str], offload) == texts
    assert to_python(literal, list[str] | int, offload) == texts
    again = to_literal(iter(texts), Iterator[str], Offload(offload.prefix + "-2", offload.scratch))
    assert again.hash == literal.hash
    assert not list(offload.scratch.iterdir())


def test_neither_side_holds_the_whole(offload: Offload) -> None:
    text = "x" * 10_000
    tracemalloc.start()
    literal = to_literal((text + str(n) for n in range(3000)), Iterator[str], offload)
    assert sum(len(item) for item in to_python(literal, Iterator[str], offload)) > 30_000_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert literal.offloaded_metadata.size_bytes > 30_000_000
    assert peak < 6_000_000


def test_values_are_made_when_they_are_asked_for() -> None:
    literal = core.Literal(collection=core.LiteralCollection(literals=[to_literal(1, int, NOWHERE), to_literal("x", str, NOWHERE)]))
    found = to_python(literal, Iterator[int], NOWHERE)
    assert next(found) == 1
    with pytest.raises(InvalidInput, match=r"Iterator\[int\]\[1\]: expected int, got .*<string_value>"):
        next(found)


def test_stream_of_large_values_keeps_each_by_reference(offload: Offload) -> None:
    arrays = [np.full(5, n) for n in range(3)]
    literal = wire(to_literal(iter(arrays), Iterator[np.ndarray], offload))
    assert all(item.scalar.blob.uri for item in literal.collection.literals)
    for one, other in zip(to_python(literal, Iterator[np.ndarray], offload), arrays, strict=True):
        np.testing.assert_array_equal(one, other)


def test_stream_that_another_writer_stored_is_read(offload: Offload, tmp_path: Path) -> None:
    whole = to_literal([1, 2], list[int], NOWHERE)
    for index, data in enumerate((whole.SerializeToString(), b"\x22\x01h" + whole.SerializeToString())):
        (tmp_path / f"{index}.pb").write_bytes(data)
        literal = core.Literal(offloaded_metadata=core.LiteralOffloadedMetadata(uri=str(tmp_path / f"{index}.pb")))
        assert list(to_python(literal, Iterator[int], offload)) == [1, 2]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("abc", "expected Iterator"),
        ({"a": 1}, "expected Iterator"),
        (iter(["x"]), r"\[0\]: expected int, got str 'x'"),
        (3, "yield the items"),
    ],
)
def test_what_is_no_such_stream_is_refused(value: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        to_literal(value, Iterator[int], NOWHERE)


def test_misuse_is_refused_at_definition() -> None:
    with pytest.raises(DefinitionError, match=r"field Made\.x: .* is no part of a record; use list\[T\]"):
        literal_type(dataclasses.make_dataclass("Made", [("x", Iterator[int])]))
    with pytest.raises(DefinitionError, match=r"nothing can be sent into a stream.*write Iterator\[int\]"):
        literal_type(Generator[int, str, None])
    with pytest.raises(DefinitionError, match=r"write Iterator\[int\]"):
        literal_type(Iterator)


def test_hash_method_sees_the_items(offload: Offload) -> None:
    annotation = Annotated[Iterator[int], al.HashMethod(lambda items: ",".join(map(str, items)))]
    assert to_literal(iter([1, 2]), annotation, offload).hash == "1,2"


@al.task
def count(n: int) -> Iterator[int]:
    yield from range(n)


@al.task
def total(numbers: Iterator[int]) -> int:
    return sum(itertools.islice(numbers, 1_000_000))


@al.task
def square(n: int) -> int:
    return n * n


def test_plain_call_gives_every_reader_the_whole_stream() -> None:
    @al.workflow
    def both(n: int) -> tuple[int, int]:
        made = count(n)
        return total(made), total(made)

    assert both(4) == (6, 6)


def test_stream_cannot_be_mapped_over() -> None:
    @al.workflow
    def mapped(n: int) -> list[int]:
        return al.map(square, over="n")(n=count(n))

    with pytest.raises(DefinitionError, match=r"'n' is a stream, whose length nobody knows; .*return list\[T\]"):
        _ = mapped.graph
