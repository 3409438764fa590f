from __future__ import annotations

import pytest

from alula.engine import transition
from alula.errors import Internal
from alula.idl.phase import TERMINAL_ATTEMPT, TERMINAL_EXECUTION, TERMINAL_NODE, AttemptPhase, ExecutionPhase, NodePhase


def test_nothing_follows_a_terminal_phase_and_all_phases_can_end() -> None:
    for table, terminal in (
        (transition.EXECUTION, TERMINAL_EXECUTION),
        (transition.NODE, TERMINAL_NODE),
        (transition.ATTEMPT, TERMINAL_ATTEMPT),
    ):
        assert not set(table) & set(terminal)
        assert all(set(following) & set(terminal) for following in table.values())


@pytest.mark.parametrize(
    "check",
    [
        lambda: transition.check_execution(ExecutionPhase.SUCCEEDED, ExecutionPhase.RUNNING, "e"),
        lambda: transition.check_node(NodePhase.SKIPPED, NodePhase.RUNNING, "n"),
        lambda: transition.check_attempt(AttemptPhase.FAILED, AttemptPhase.SUCCEEDED, "a"),
    ],
)
def test_an_impossible_transition_is_a_defect(check: object) -> None:
    with pytest.raises(Internal, match="is no transition"):
        check()  # type: ignore[operator]
