"""The command of our own tasks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alula.idl import core
from alula.idl.command import OurCommand, our_arguments, our_command


@given(st.text(min_size=1), st.text())
def test_what_was_written_is_read(task: str, bundle: str) -> None:
    command = OurCommand(task, bundle)
    args = our_arguments(command)
    assert our_command(core.Container(args=args)) == command
    assert our_command(core.Container(command=args[:1], args=args[1:])) == command


@given(st.lists(st.sampled_from(["alula-execute", "--task", "--bundle", "m:f", ""])))
def test_anything_can_be_read(args: list[str]) -> None:
    found = our_command(core.Container(args=args))
    assert found is None or (args[0] == "alula-execute" and found.task)


@pytest.mark.parametrize(
    "args",
    [
        [],
        ["alula-execute"],
        ["alula-execute", "--bundle", "s3://b/code", "--task"],
        ["alula-execute", "--task", ""],
        ["pyflyte-execute", "--task", "m:f"],
        ["train", "--bundle", "s3://b/code"],
    ],
)
def test_what_is_none_of_ours_is_not_read(args: list[str]) -> None:
    assert our_command(core.Container(args=args)) is None
