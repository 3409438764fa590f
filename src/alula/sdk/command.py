"""Raw commands: any program, in any language, with its inputs and outputs as files beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from alula.errors import DefinitionError
from alula.sdk.kind import TaskKind
from alula.sdk.where import user_place

if TYPE_CHECKING:
    from alula.idl import core

INPUTS, OUTPUTS = "/var/inputs", "/var/outputs"


class CommandTask(TaskKind):
    """A program; see `command`."""

    task_type: ClassVar[str] = "raw-container"

    def __init__(
        self, name: str, command: Sequence[str], inputs: Mapping[str, Any], outputs: Mapping[str, Any], options: dict[str, Any]
    ) -> None:
        super().__init__(name, inputs=inputs, outputs=outputs, **options)
        if isinstance(command, str) or not command:
            raise DefinitionError(f"command {name}: expected a list of words, got {command!r}; a script is for al.shell", where=self.where)
        self.command = list(command)

    def fingerprint(self) -> str:
        return "\0".join(self.command)

    def execute(self, **inputs: Any) -> Any:
        raise DefinitionError(f"command {self.label} runs where its image is; run the workflow with `alula run`", where=user_place())

    def describe(self, container: core.Container) -> None:
        """Turns the container of an ordinary task into that of a program which reads and writes files."""
        from alula.idl import core

        del container.args[:]
        container.command.extend(self.command)
        container.data_config.CopyFrom(
            core.DataLoadingConfig(enabled=True, input_path=INPUTS, output_path=OUTPUTS, format=core.DataLoadingConfig.JSON)
        )


def command(
    name: str,
    command: Sequence[str],
    *,
    inputs: Mapping[str, Any] | None = None,
    outputs: Mapping[str, Any] | None = None,
    **options: Any,
) -> CommandTask:
    """A task that is a program of any language, by Flyte's contract of raw containers.

    Each input is a file `/var/inputs/<name>`, all of them together are `/var/inputs/inputs.json`; small values may be written into the
    command as `{{.inputs.name}}`. Each output is a file (or folder) that the program writes to `/var/outputs/<name>`. On the process
    executor both stand for folders of the attempt, wherever the command names them.

    Args:
        name: registered as `module.name`; assign the task to a name at module level.
        command: program and arguments, one word each.
        inputs: type by name, or a pair of type and default.
        outputs: type by name.
        options: as for `al.task`; `image=` says which image has the program.
    Raises:
        DefinitionError: no words, or one text instead.
    """
    return CommandTask(name, command, inputs or {}, outputs or {}, options)
