"""What a launch says besides its inputs, as options of a command."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from alula.client.client import LaunchOptions

F = TypeVar("F", bound=Callable[..., Any])
_MAX_INT32 = 2**31 - 1


def _pairs(context: click.Context, option: click.Parameter, texts: Sequence[str]) -> dict[str, str]:
    """NAME=VALUE, once for each name."""
    found: dict[str, str] = {}
    for text in texts:
        name, separator, value = text.partition("=")
        if not separator or not name.strip():
            raise click.UsageError(f"{option.opts[0]}: expected NAME=VALUE, got {text[:80]!r}", context)
        if name in found:
            raise click.UsageError(f"{option.opts[0]}: {name[:80]!r} is given twice; give it once", context)
        found[name] = value
    return found


def _pairs_option(option: str, name: str, help: str) -> Callable[[F], F]:
    return click.option(option, name, callback=_pairs, multiple=True, metavar="NAME=VALUE", help=f"{help}; repeat it for more.")


def _of_32_bits(context: click.Context, parameter: click.Parameter, value: int | None) -> int | None:
    if value is not None and value > _MAX_INT32:  # not by its type: every help page would say the bound
        raise click.BadParameter(f"{value} is not in the range 1<=x<={_MAX_INT32}.")
    return value


def spec_options(function: F) -> F:
    """Every setting of a launch but its version."""
    for option in (
        click.option(
            "--output-prefix", default="", metavar="URI", help="Where large values go, a folder or s3://bucket/prefix [the server's store]."
        ),
        click.option("--interruptible/--no-interruptible", default=None, help="Whether tasks may run where machines are taken away."),
        click.option(
            "--max-parallelism",
            type=click.IntRange(1),
            callback=_of_32_bits,
            default=None,
            metavar="N",
            help="Nodes that run at a time [as the launch plan says].",
        ),
        _pairs_option("--env", "env", "An environment variable of every task"),
        _pairs_option("--annotation", "annotations", "Something kept with the execution"),
        _pairs_option("--label", "labels", "A label to find the execution by"),
        click.option("--overwrite-cache", is_flag=True, help="Compute anew and replace what is cached."),
        click.option("--name", "execution_name", default="", help="Name of the execution."),
    ):
        function = option(function)
    return function


def launch_options(options: dict[str, Any]) -> LaunchOptions:
    """What `spec_options` were given."""
    from alula.client.client import LaunchOptions

    return LaunchOptions(
        name=options["execution_name"],
        labels=options["labels"],
        annotations=options["annotations"],
        env=options["env"],
        max_parallelism=options["max_parallelism"] or 0,
        overwrite_cache=options["overwrite_cache"],
        interruptible=options["interruptible"],
        output_prefix=options["output_prefix"],
    )
