"""Print the completion script of a shell."""

from __future__ import annotations

import click


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> int:
    """Print the completion script of a shell: `eval "$(alula completion bash)"`."""
    from click.shell_completion import get_completion_class

    from alula.cli.support import complete  # noqa: F401 - brings our way to complete in bash
    from alula.cli.support.group import alula

    kind = get_completion_class(shell)
    assert kind is not None  # the choice allows only what click knows
    click.echo(kind(alula, {}, "alula", "_ALULA_COMPLETE").source())
    return 0
