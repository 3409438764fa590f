"""What an exception becomes as a message."""

from __future__ import annotations

from alula.worker.failure import message_of


def test_errors_that_are_each_others_cause_are_told_once() -> None:
    first, second = ValueError("first"), KeyError("second")
    first.__cause__, second.__cause__ = second, first
    assert message_of(first) == "ValueError: first\n\nCaused by KeyError: 'second'"
