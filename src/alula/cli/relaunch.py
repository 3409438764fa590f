"""Launch an execution again, as it was or changed."""

from __future__ import annotations

from typing import Any

import click

from alula.cli.support.again import CHANGING, change_options, launch_changed


@click.command(context_settings=CHANGING)
@change_options
@click.pass_context
def command(context: click.Context, /, **options: Any) -> int:
    """Launch an execution again; prints the new name.

    Same version and inputs, or with changes: `alula relaunch NAME --depth 5` changes one input, `--version` or `--file` the code.
    """
    return launch_changed(context, options)
