"""Two versions side by side."""

from __future__ import annotations

from alula.client.compare import _version
from alula.idl import core
from alula.idl.command import OurCommand, our_arguments


def read(*args: str) -> tuple[str, list[str]]:
    """The code and the command of a version with one task."""
    template = core.TaskTemplate(id=core.Identifier(name="t"), container=core.Container(args=args))
    made = _version(core.TypedInterface(), [], [template], "v1")
    return made.bundle, list(made.tasks["t"].container.args)


def test_where_the_code_lies_is_no_difference_of_the_command() -> None:
    one, two = (read(*our_arguments(OurCommand("m:f", bundle))) for bundle in ("s3://b/one", "s3://b/two"))
    assert (one[0], two[0]) == ("s3://b/one", "s3://b/two")
    assert one[1] == two[1] == our_arguments(OurCommand("m:f", ""))


def test_a_command_that_is_none_of_ours_may_have_an_option_of_that_name() -> None:
    assert read("train", "--bundle", "large") == ("", ["train", "--bundle", "large"])
    assert read("train", "--bundle") == ("", ["train", "--bundle"])
