from __future__ import annotations

import pytest
from tests.programs import building

import alula as al
from alula.errors import DefinitionError


def test_a_built_workflow_is_one_like_any_other() -> None:
    assert building.built(x=4) == 12
    assert building.built() == 9
    assert building.built.interface.inputs["x"].description == "what is doubled"
    assert [node.id for node in building.built.graph.nodes] == ["n0", "n1", "n2"]


def builder() -> al.WorkflowBuilder:
    return al.WorkflowBuilder("w")


def test_what_does_not_hold_together_is_refused_at_its_line() -> None:
    build = builder()
    x = build.input("x", int)
    with pytest.raises(DefinitionError, match=r"test_builder.py:\d+: workflow w: input 'x' is no name or is there already"):
        build.input("x", int)
    with pytest.raises(DefinitionError, match=r"test_builder.py:\d+"):
        build.add(building.double, x="text")
    with pytest.raises(DefinitionError, match="workflow w calls nothing; add a task"):
        builder().build()
    build.add(building.double, x)
    build.build()
    with pytest.raises(DefinitionError, match="workflow w is built; begin another builder"):
        build.input("y", int)


def test_a_value_of_another_builder_is_refused() -> None:
    other, build = builder(), builder()
    with pytest.raises(DefinitionError, match="the value belongs to workflow w"):
        build.add(building.double, other.input("x", int))
