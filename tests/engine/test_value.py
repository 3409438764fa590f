from __future__ import annotations

from typing import Any

import msgpack
import pytest

from alula.engine.value import BindingFailed, resolve_bindings, wire
from alula.idl import core
from alula.testing.engine_kit.graphs import literal, literals, plain_map

OUTPUTS = {"n0": literals(o0=7, xs=[1, 2, 3]), "start-node": literals(a=5)}


def promise(node_id: str, var: str, *path: int | str) -> core.BindingData:
    steps = [core.PromiseAttribute(**({"int_value": p} if isinstance(p, int) else {"string_value": p})) for p in path]
    return core.BindingData(promise=core.OutputReference(node_id=node_id, var=var, attr_path=steps))


def resolve(data: core.BindingData, **more: core.LiteralMap) -> core.LiteralMap:
    return resolve_bindings([wire(core.Binding(var="x", binding=data))], {**OUTPUTS, **more}.get)


def value(data: core.BindingData, **more: core.LiteralMap) -> Any:
    return plain_map(resolve(data, **more))["x"]


def binary(content: Any) -> core.LiteralMap:
    packed = core.Literal(scalar=core.Scalar(binary=core.Binary(value=msgpack.packb(content), tag="msgpack")))
    return core.LiteralMap(literals={"o0": packed})


def collection(*data: core.BindingData) -> core.BindingData:
    return core.BindingData(collection=core.BindingDataCollection(bindings=data))


def test_constants_promises_and_collections() -> None:
    assert value(core.BindingData(scalar=literal(3).scalar)) == 3
    assert value(promise("n0", "o0")) == 7
    assert value(collection(promise("n0", "o0"), promise("start-node", "a"))) == [7, 5]


def test_an_input_that_nobody_gave_is_absent_but_keeps_its_place_in_a_list() -> None:
    assert dict(resolve(promise("start-node", "b")).literals) == {}
    assert value(collection(promise("start-node", "b"), promise("n0", "o0"))) == [None, 7]


def test_maps_are_resolved_by_key() -> None:
    data = core.BindingData(map=core.BindingDataMap(bindings={"k": promise("n0", "o0"), "l": promise("start-node", "b")}))
    assert resolve(data).literals["x"].map == core.LiteralMap(literals={"k": literal(7), "l": literal(None)})


@pytest.mark.parametrize(
    ("path", "expected"),
    [(("xs", 1), 2), (("xs", -1), 3)],
)
def test_elements_of_lists(path: Any, expected: int) -> None:
    assert value(promise("n0", *path)) == expected


def test_attributes_of_structures_keep_their_kinds() -> None:
    data = {"n": 3, "f": 1.5, "s": "t", "ok": True, "none": None, "xs": [1, {"y": 2}]}
    outputs = binary(data)
    assert [value(promise("n1", "o0", name), n1=outputs) for name in ("n", "f", "s", "ok", "none")] == [3, 1.5, "t", True, None]
    assert value(promise("n1", "o0", "xs", 1, "y"), n1=outputs) == 2
    whole = resolve(promise("n1", "o0", "xs"), n1=outputs).literals["x"].collection.literals
    assert (whole[0], msgpack.unpackb(whole[1].scalar.binary.value)) == (literal(1), {"y": 2})


def test_a_union_is_looked_through() -> None:
    inner = core.Literal(scalar=core.Scalar(union=core.Union(value=literal([4, 5]))))
    assert value(promise("n1", "o0", 0), n1=core.LiteralMap(literals={"o0": inner})) == 4


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (promise("n0", "ghost"), 'input "x": node "n0" has produced no output "ghost"'),
        (promise("ghost", "o0"), 'input "x": node "ghost" has produced no output "o0"'),
        (promise("n0", "xs", 3), r"n0.xs\[3\]: the list has 3 elements"),
        (promise("n0", "o0", "k"), "n0.o0.k: a scalar has no attributes"),
        (promise("n1", "o0", "k"), "n1.o0.k: KeyError, the value is a dict"),
        (promise("n1", "o0", "s", 0), "n1.o0.s.0: a str has no attributes"),
        (promise("n1", "o0", "big"), "n1.o0.big: "),
        (promise("n2", "o0", "k"), "n2.o0: its binary value is no MessagePack"),
        (core.BindingData(), 'input "x" is bound to nothing'),
    ],
)
def test_what_cannot_be_resolved_says_why(data: core.BindingData, message: str) -> None:
    broken = core.LiteralMap(literals={"o0": core.Literal(scalar=core.Scalar(binary=core.Binary(value=b"\xc1")))})
    with pytest.raises(BindingFailed, match=message):
        resolve(data, n1=binary({"s": "abc", "big": 2**64 - 1}), n2=broken)
