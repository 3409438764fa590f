"""Whatever a client sends: a closure or a list of problems, never another error."""

from __future__ import annotations

from typing import Any

from google.protobuf.message import Message
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.compiler import programs
from tests.compiler.specs import serialize

from alula.compiler.closure import compile_workflow, references
from alula.errors import CompileFailed
from alula.idl import admin

NAMES = ("branching", "nested_branching", "bound_mapping", "gated", "parent", "child_plan", "guarded_with_error", "attributes", "enums")
PROGRAMS = {name: serialize(getattr(programs, name)) for name in NAMES}


def holders(message: Any) -> list[tuple[Any, Any]]:
    """Every (message, set field) of a tree."""
    found = []
    for field, value in message.ListFields():
        found.append((message, field))
        is_map = field.message_type is not None and field.message_type.GetOptions().map_entry
        inner = value.values() if is_map else value if field.is_repeated else [value]
        for item in inner:
            if isinstance(item, Message):
                found += holders(item)
    return found


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.sampled_from(NAMES), st.lists(st.integers(0, 10_000), min_size=1, max_size=3))
def test_a_damaged_spec_compiles_or_says_why(name: str, cuts: list[int]) -> None:
    program = PROGRAMS[name]
    spec = admin.WorkflowSpec()
    spec.CopyFrom(program.spec)
    for cut in cuts:
        places = holders(spec.template)
        message, field = places[cut % len(places)]
        message.ClearField(field.name)
        if not spec.template.ListFields():
            return
    references(spec)
    try:
        closure = compile_workflow(spec, program.tasks, program.plans)
    except CompileFailed as failure:
        assert failure.problems
    else:
        assert [node.id for node in closure.primary.template.nodes[:2]] == ["start-node", "end-node"]
