"""What every executor makes of an error document."""

from __future__ import annotations

from alula.executors.base import failure_of


def test_an_error_document_that_is_none_is_a_failure() -> None:
    assert failure_of(b"\xff\xff").code == "ErrorUnreadable"
