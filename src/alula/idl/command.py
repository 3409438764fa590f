"""The command of our own tasks, `alula-execute`, as a task template holds it: written when a task is registered, read by whoever runs it.

`alula.worker.command` takes the same arguments, with the placeholders filled in, where no server runs the task.
"""

from __future__ import annotations

from typing import NamedTuple

from alula.idl import core

OUR_COMMAND = "alula-execute"


class OurCommand(NamedTuple):
    """What a command of ours runs.

    Attributes:
        task: the function as `module:qualified.name`.
        bundle: URI of its code; empty: the code is installed.
    """

    task: str
    bundle: str


def our_arguments(command: OurCommand) -> list[str]:
    """The command that runs a task, its placeholders filled in by the engine."""
    return [
        OUR_COMMAND,
        "--inputs", "{{.input}}",
        "--output-prefix", "{{.outputPrefix}}",
        "--raw-output-data-prefix", "{{.rawOutputDataPrefix}}",
        "--checkpoint-path", "{{.checkpointOutputPrefix}}",
        "--prev-checkpoint", "{{.prevCheckpointPrefix}}",
        "--bundle", command.bundle,
        "--task", command.task,
    ]  # fmt: skip


def our_command(container: core.Container) -> OurCommand | None:
    """What a container's command runs; None if the task was not written with Alula."""
    args = [*container.command, *container.args]
    if not args or args[0] != OUR_COMMAND:
        return None
    options = dict(zip(args[1::2], args[2::2], strict=False))
    task = options.get("--task")
    return OurCommand(task, options.get("--bundle", "")) if task else None
