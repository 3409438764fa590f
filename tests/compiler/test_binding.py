from __future__ import annotations

from typing import Any

import pytest

from alula.compiler.binding import Scope, binding_problem, promises, rewrite_start
from alula.idl import core

S = core.SimpleType
INT, STR, NONE = (core.LiteralType(simple=kind) for kind in (S.INTEGER, S.STRING, S.NONE))
LIST = core.LiteralType(collection_type=INT)
MAP = core.LiteralType(map_value_type=INT)
SCOPE = Scope(inputs={"a": INT, "s": STR}, known={"late"}, outputs={"n0": {"xs": LIST}, "broken": None})


def union(*types: Any) -> Any:
    return core.LiteralType(union_type=core.UnionType(variants=types))


def promise(node_id: str, var: str, *path: int) -> Any:
    steps = [core.PromiseAttribute(int_value=step) for step in path]
    return core.BindingData(promise=core.OutputReference(node_id=node_id, var=var, attr_path=steps))


def items(*data: Any) -> Any:
    return core.BindingData(collection=core.BindingDataCollection(bindings=data))


def entries(**data: Any) -> Any:
    return core.BindingData(map=core.BindingDataMap(bindings=data))


A, TEXT = promise("start-node", "a"), promise("start-node", "s")


@pytest.mark.parametrize(
    ("data", "type_"),
    [
        (A, INT),
        (items(A, promise("n0", "xs", 0)), LIST),
        (entries(k=A), MAP),
        (items(), LIST),
        (items(A), union(LIST, NONE)),
        (items(), union(LIST, core.LiteralType(collection_type=STR))),
        (promise("broken", "x"), INT),
        (promise("late", "x"), INT),
        (core.BindingData(offloaded_metadata=core.LiteralOffloadedMetadata(inferred_type=LIST)), LIST),
    ],
)
def test_a_binding_fits(data: Any, type_: Any) -> None:
    assert binding_problem(data, type_, SCOPE, "x") is None


@pytest.mark.parametrize(
    ("data", "type_", "text"),
    [
        (items(A, TEXT), LIST, 'BINDING_TYPE x[1]: expected int, got str from the workflow\'s input "s"'),
        (entries(k=TEXT), MAP, 'BINDING_TYPE x["k"]: expected int, got str'),
        (items(A), INT, "BINDING_TYPE x: expected int, got list[int]"),
        (items(TEXT), union(LIST, NONE), "BINDING_TYPE x[0]: expected int, got str"),
        (entries(k=A), union(LIST, NONE), "BINDING_TYPE x: expected list[int] | None, got dict[str, int]"),
        (items(core.BindingData()), LIST, "BINDING_EMPTY x[0]"),
        (promise("start-node", "a", 0), INT, "ATTRIBUTE x: int has no [0]"),
        (TEXT, union(STR, core.LiteralType(enum_type=core.EnumType(values=["e"]))), "UNION_AMBIGUOUS x: the value fits str and 'e'"),
    ],
)
def test_a_binding_that_does_not_fit_says_where(data: Any, type_: Any, text: str) -> None:
    assert text in str(binding_problem(data, type_, SCOPE, "x"))


def test_promises_to_inputs_are_made_explicit_at_any_depth() -> None:
    binding = core.Binding(var="x", binding=items(entries(k=promise("", "a")), promise("n0", "xs")))
    assert rewrite_start([binding]) == {"start-node", "n0"}
    assert [entry.node_id for entry in promises(binding.binding)] == ["start-node", "n0"]
