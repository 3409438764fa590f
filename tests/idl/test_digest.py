from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgpack
import pytest
from google.protobuf import any_pb2, struct_pb2, wrappers_pb2
from hypothesis import given
from hypothesis import strategies as st

from alula.idl import admin, core
from alula.idl.digest import (
    differences,
    digest_inputs,
    digest_interface,
    digest_launch_plan,
    digest_literal,
    digest_message,
    digest_task,
    digest_workflow,
)

scalars = st.one_of(
    st.integers(-(2**63), 2**63 - 1).map(lambda n: core.Primitive(integer=n)),
    st.floats().map(lambda f: core.Primitive(float_value=f)),
    st.text(max_size=8).map(lambda s: core.Primitive(string_value=s)),
    st.booleans().map(lambda b: core.Primitive(boolean=b)),
).map(lambda primitive: core.Literal(scalar=core.Scalar(primitive=primitive)))


def _list(items: list[Any]) -> Any:
    return core.Literal(collection=core.LiteralCollection(literals=items))


def _map(items: dict[str, Any]) -> Any:
    return core.Literal(map=core.LiteralMap(literals=items))


literals = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3).map(_list), st.dictionaries(st.text(max_size=5), inner, max_size=3).map(_map)),
    max_leaves=8,
)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), st.floats(), st.text(max_size=5), st.binary(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=4)),
    max_leaves=8,
)


def _int(number: int, hash: str = "") -> Any:
    return core.Literal(scalar=core.Scalar(primitive=core.Primitive(integer=number)), hash=hash)


def _packed(value: Any) -> Any:
    return core.Literal(scalar=core.Scalar(binary=core.Binary(value=msgpack.packb(value), tag="msgpack")))


def _reversed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _reversed(value[key]) for key in reversed(value)}
    return [_reversed(item) for item in value] if isinstance(value, list) else value


@given(literals)
def test_a_literal_keeps_its_digest_through_the_wire(literal: Any) -> None:
    again = core.Literal.FromString(literal.SerializeToString())
    assert digest_literal(again) == digest_literal(literal)
    assert digest_message(again) == digest_message(literal)


@given(st.dictionaries(st.text(max_size=6), literals, max_size=5))
def test_inputs_do_not_depend_on_the_order_they_were_set(inputs: dict[str, Any]) -> None:
    forward, backward = core.LiteralMap(literals=inputs), core.LiteralMap()
    for name in reversed(inputs):
        backward.literals[name].CopyFrom(inputs[name])
    assert digest_inputs(forward) == digest_inputs(backward)
    assert digest_message(forward) == digest_message(backward)


@given(values)
def test_msgpack_does_not_depend_on_key_order(value: Any) -> None:
    assert digest_literal(_packed(value)) == digest_literal(_packed(_reversed(value)))


@given(literals, literals)
def test_different_literals_have_different_digests(left: Any, right: Any) -> None:
    is_same = left.SerializeToString(deterministic=True) == right.SerializeToString(deterministic=True)
    if is_same:
        assert digest_literal(left) == digest_literal(right)
    elif "nan" not in f"{left}{right}":
        assert digest_literal(left) != digest_literal(right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (_int(1), core.Literal(scalar=core.Scalar(primitive=core.Primitive(float_value=1)))),
        (_int(1), core.Literal(scalar=core.Scalar(primitive=core.Primitive(boolean=True)))),
        (_packed({"a": 1}), _packed({"a": 1.0})),
        (_packed({"a": 1}), _packed({"a": True})),
        (_packed(b"a"), _packed("a")),
        (_packed([1, [2]]), _packed([1, 2])),
        (_list([_int(1)]), _list([_int(1), _int(1)])),
        (_list([]), _map({})),
        (core.Literal(), core.Literal(scalar=core.Scalar(none_type=core.Void()))),
    ],
)
def test_lookalikes_differ(left: Any, right: Any) -> None:
    assert digest_literal(left) != digest_literal(right)


def test_a_hash_stands_for_the_value_at_any_depth() -> None:
    one, two = _list([_int(1, "h")]), _list([_int(2, "h")])
    assert digest_literal(one) == digest_literal(two)
    assert digest_literal(_map({"k": one})) == digest_literal(_map({"k": two}))
    assert digest_literal(_int(1, "h")) != digest_literal(_int(1, "g"))


def test_a_union_counts_by_value_and_variant() -> None:
    def union(simple: int) -> Any:
        return core.Literal(scalar=core.Scalar(union=core.Union(value=_int(1), type=core.LiteralType(simple=simple))))

    assert digest_literal(union(core.SimpleType.INTEGER)) == digest_literal(union(core.SimpleType.INTEGER))
    assert digest_literal(union(core.SimpleType.INTEGER)) != digest_literal(union(core.SimpleType.STRUCT))


def test_a_file_counts_by_uri_and_type() -> None:
    def file(uri: str, kind: str) -> Any:
        metadata = core.BlobMetadata(type=core.BlobType(format=kind))
        return core.Literal(scalar=core.Scalar(blob=core.Blob(uri=uri, metadata=metadata)))

    assert len({digest_literal(file(uri, kind)) for uri in ("s3://a", "s3://b") for kind in ("csv", "")}) == 4


def test_metadata_of_a_literal_never_counts() -> None:
    noted = _int(1)
    noted.metadata["seen"] = "yes"
    assert digest_literal(noted) == digest_literal(_int(1))


def test_ignored_inputs_do_not_count() -> None:
    one = core.LiteralMap(literals={"a": _int(1), "seed": _int(1)})
    two = core.LiteralMap(literals={"a": _int(1), "seed": _int(2)})
    assert digest_inputs(one) != digest_inputs(two)
    assert digest_inputs(one, {"seed"}) == digest_inputs(two, {"seed"}) == digest_inputs(core.LiteralMap(literals={"a": _int(1)}))


def test_floats_are_defined() -> None:
    def number(value: float) -> Any:
        return core.Literal(scalar=core.Scalar(primitive=core.Primitive(float_value=value)))

    assert digest_literal(number(float("nan"))) == digest_literal(number(-float("nan")))
    assert digest_literal(number(0.0)) != digest_literal(number(-0.0))
    # No presence: -0.0 is the default there.
    assert digest_message(struct_pb2.Value()) != digest_message(struct_pb2.Value(number_value=0.0))
    assert digest_message(wrappers_pb2.DoubleValue(value=-0.0)) == digest_message(wrappers_pb2.DoubleValue())


def _task() -> Any:
    task = core.TaskTemplate(
        type="python-task", id=core.Identifier(resource_type=core.TASK, project="p", domain="d", name="t", version="v")
    )
    task.interface.inputs.variables["a"].type.simple = core.SimpleType.INTEGER
    task.interface.inputs.variables["a"].description = "how many"
    task.metadata.runtime.version = "1.16.0"
    task.container.image = "python:3.11"
    return task


def test_prose_and_sdk_release_do_not_make_another_task() -> None:
    other = _task()
    other.interface.inputs.variables["a"].description = "number of rows"
    other.metadata.runtime.version = "1.16.31"
    assert digest_task(other) == digest_task(_task()) == digest_task(core.CompiledTask(template=_task()))
    assert differences(_task(), other) == []
    assert digest_message(other) != digest_message(_task())


def test_an_empty_message_says_what_none_says_except_where_presence_does() -> None:
    other = _task()
    other.metadata.retries.SetInParent()
    other.security_context.SetInParent()
    assert digest_task(other) == digest_task(_task())
    node, present = core.Node(id="n"), core.Node(id="n")
    present.gate_node.sleep.SetInParent()
    assert digest_message(node) != digest_message(present)
    array, explicit = core.ArrayNode(), core.ArrayNode()
    explicit.is_original_sub_node_interface.value = False
    assert digest_message(array) != digest_message(explicit)


def test_unknown_fields_count_at_any_depth() -> None:
    known = core.CompiledTask(template=_task())
    inner = _task().container.SerializeToString() + bytes([0xFA, 0x3F, 0x01, 0x78])
    foreign = core.CompiledTask(template=_task())
    foreign.template.container.CopyFrom(core.Container.FromString(inner))
    assert digest_message(foreign) != digest_message(known)
    assert digest_message(core.CompiledTask.FromString(foreign.SerializeToString())) == digest_message(foreign)


def test_any_counts_by_content_not_by_bytes() -> None:
    one, two = struct_pb2.Struct(), struct_pb2.Struct()
    one.update({"a": 1, "b": 2})
    two.update({"b": 2, "a": 1})

    def wrapped(struct: Any) -> Any:
        return admin.LaunchPlanMetadata(
            launch_conditions=any_pb2.Any(type_url="x/google.protobuf.Struct", value=struct.SerializeToString())
        )

    assert digest_message(wrapped(one)) == digest_message(wrapped(two))
    broken = admin.LaunchPlanMetadata(launch_conditions=any_pb2.Any(type_url="x/google.protobuf.Struct", value=b"\xff"))
    assert digest_message(broken) != digest_message(wrapped(one))


def test_an_interface_counts_by_its_types() -> None:
    one, two = core.TypedInterface(), core.TypedInterface()
    one.outputs.variables["o"].type.simple = core.SimpleType.STRUCT
    two.CopyFrom(one)
    two.outputs.variables["o"].description = "a point"
    two.outputs.variables["o"].type.metadata.update({"title": "Point"})
    assert digest_interface(one) == digest_interface(two)
    two.outputs.variables["o"].type.annotation.annotations.update({"cache-key-metadata": {"v": "2"}})
    assert digest_interface(one) != digest_interface(two)


def test_a_union_counts_without_the_order_of_its_variants() -> None:
    def interface(*simple: int) -> core.TypedInterface:
        made = core.TypedInterface()
        union = made.inputs.variables["a"].type.collection_type.union_type
        union.variants.extend(core.LiteralType(simple=one) for one in simple)
        return made

    one = interface(core.SimpleType.INTEGER, core.SimpleType.STRING)
    other = interface(core.SimpleType.STRING, core.SimpleType.INTEGER)
    assert digest_interface(one) == digest_interface(other)
    assert differences(one, other) == []
    assert digest_interface(one) != digest_interface(interface(core.SimpleType.INTEGER, core.SimpleType.FLOAT))
    assert digest_interface(one) != digest_interface(interface(core.SimpleType.INTEGER))


def test_launch_plan_and_workflow_count_what_they_hold() -> None:
    id_ = core.Identifier(resource_type=core.LAUNCH_PLAN, name="l")
    expected = core.ParameterMap(parameters={"a": core.Parameter(required=True)})
    spec = admin.LaunchPlanSpec(max_parallelism=3)
    digests = {
        digest_launch_plan(spec, id_),
        digest_launch_plan(spec, id_, expected),
        digest_launch_plan(admin.LaunchPlanSpec(), id_),
        digest_launch_plan(spec, core.Identifier(name="m")),
    }
    assert len(digests) == 4
    closure = core.CompiledWorkflowClosure(tasks=[core.CompiledTask(template=_task())])
    assert digest_workflow(closure) != digest_workflow(core.CompiledWorkflowClosure())


def test_differences_show_records_as_they_are_written() -> None:
    def literal(**record: object) -> core.Literal:
        return core.Literal(scalar=core.Scalar(binary=core.Binary(value=msgpack.packb(record), tag="msgpack")))

    assert differences(literal(rate=0.1, depth=2), literal(depth=2, rate=0.2)) == [
        'scalar.binary: {"depth": 2, "rate": 0.1} → {"depth": 2, "rate": 0.2}'
    ]
    assert differences(literal(rate=0.1, depth=2), literal(depth=2, rate=0.1)) == [], "the order of its fields does not count"
    added = core.LiteralMap(literals={"config": literal(rate=0.1)})
    assert differences(core.LiteralMap(), added) == ["literals['config']: nothing → {\"rate\": 0.1}"]
    text = core.Binary(value=b"ab", tag="other")
    assert differences(text, core.Binary(value=b"ac", tag="other")) == ["value: b'ab' → b'ac'"]


def test_differences_name_the_field_and_both_values() -> None:
    other = _task()
    other.container.image = "python:3.12"
    other.interface.inputs.variables["b"].type.simple = core.SimpleType.FLOAT
    other.container.args.append("--fast")
    assert differences(_task(), other) == [
        "container.args[0]: nothing → '--fast'",
        "container.image: 'python:3.11' → 'python:3.12'",
        "interface.inputs.variables['b']: nothing → type { simple: FLOAT }",
    ]
    assert differences(_task(), other, limit=1)[-1] == "… and 2 more"


PROGRAM = """
import sys
from alula.idl import core
from alula.idl.digest import digest_inputs, digest_message
inputs = core.LiteralMap.FromString(bytes.fromhex(sys.argv[1]))
print(digest_inputs(inputs).hex(), digest_message(inputs).hex())
"""


def test_a_digest_is_the_same_in_a_fresh_process_with_another_hash_seed() -> None:
    inputs = core.LiteralMap(literals={f"k{n}": _packed({"b": n, "a": [n, {"y": 1, "x": 2}]}) for n in range(20)})
    wanted = f"{digest_inputs(inputs).hex()} {digest_message(inputs).hex()}"
    for seed in ("0", "1", "4242"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
        command = [sys.executable, "-c", PROGRAM, inputs.SerializeToString().hex()]
        assert subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip() == wanted


def test_the_digest_of_a_known_task_never_changes() -> None:
    # A change here makes every registered version "different": it needs a new digest version and a migration.
    assert digest_task(_task()).hex() == "0ecffa954b0ef5c86482b09f20cd544235659c8768fcfa555c3d122f30ec9391"
