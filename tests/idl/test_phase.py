from __future__ import annotations

import json

from alula.idl import admin
from alula.idl.phase import ExecutionPhase, NodePhase


def test_a_phase_is_a_number_on_the_wire_and_a_name_to_people() -> None:
    phase = ExecutionPhase.FAILED
    assert (str(phase), f"{phase}", f"{phase:>8}", repr(phase)) == ("FAILED", "FAILED", "  FAILED", "<ExecutionPhase.FAILED: 6>")
    assert admin.ExecutionClosure(phase=phase).phase == 6 and json.dumps([phase]) == "[6]"
    assert ExecutionPhase(6) is phase and phase == 6 and phase in {6} and hash(phase) == hash(6)


def test_a_phase_equals_its_name_and_no_other() -> None:
    assert ExecutionPhase.FAILED == "FAILED" and "FAILED" == ExecutionPhase.FAILED  # noqa: SIM300 - both ways
    assert ExecutionPhase.FAILED in ("FAILED", "ABORTED") and NodePhase.SKIPPED == "SKIPPED"
    assert ExecutionPhase.FAILED != "SUCCEEDED" and ExecutionPhase.FAILED != "6"
