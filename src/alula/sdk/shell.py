"""Shell tasks: a script with typed inputs and outputs."""

from __future__ import annotations

import dataclasses
import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any, ClassVar

from alula.errors import CommandFailed, DefinitionError, InvalidInput
from alula.sdk import option
from alula.sdk.kind import TaskKind
from alula.sdk.script import PLACE, fill

STDOUT = "stdout"
_TAIL = 20  # last lines of stderr in the error


class ShellTask(TaskKind):
    """A bash script; see `shell`."""

    task_type: ClassVar[str] = "shell"

    def __init__(self, name: str, script: str, inputs: Mapping[str, Any], outputs: Mapping[str, Any], options: dict[str, Any]) -> None:
        super().__init__(name, inputs=inputs, outputs=outputs, **options)
        self.script = option.text("script", script)
        known = {"inputs": set(self.interface.inputs), "outputs": set(self.interface.outputs) - {STDOUT}}
        for side, key in PLACE.findall(script):
            if key not in known[side]:
                names = ", ".join(sorted(known[side])) or "none"
                raise DefinitionError(f"shell task {name}: the script names {{{side}.{key}}}; its {side} are {names}", where=self.where)
        used = {key for side, key in PLACE.findall(script) if side == "outputs"}
        for key in known["outputs"] - used:
            raise DefinitionError(f"shell {name}: the script never names output {key!r}; write to {{outputs.{key}}}", where=self.where)

    def fingerprint(self) -> str:
        return self.script

    def execute(self, **inputs: Any) -> Any:
        """Runs the script in a folder of its own; stdout and stderr go to the log."""
        folder = Path(tempfile.mkdtemp(prefix="alula-shell-"))
        targets = {name: folder / "outputs" / name for name in self.interface.outputs}
        (folder / "outputs").mkdir()

        words: dict[tuple[str, str], list[str] | str] = {("outputs", name): shlex.quote(str(path)) for name, path in targets.items()}
        words |= {("inputs", name): _words(value) for name, value in inputs.items()}
        stdout = _run(fill(self.script, words), folder, is_kept=STDOUT in targets)
        return self.interface.pack([stdout if name == STDOUT else self._read(name, path) for name, path in targets.items()])

    def _read(self, name: str, path: Path) -> Any:
        annotation = self.interface.outputs[name].annotation
        if not path.exists():
            raise InvalidInput(f"shell task {self.label}: the script ended and left no output {name!r}; write it to {{outputs.{name}}}")
        if path.is_dir() or _is_file(annotation):
            from alula.types.value import Directory, File

            return Directory(path) if path.is_dir() else File(path)
        text = path.read_text().rstrip("\n")
        if annotation is str:
            return text
        try:
            return annotation(text) if annotation in (int, float) else json.loads(text)
        except ValueError as error:
            raise InvalidInput(f"shell task {self.label}: output {name!r}: expected {annotation}, found {text[:80]!r}") from error


def _is_file(annotation: Any) -> bool:
    from alula.types.value import File

    base = getattr(annotation, "__origin__", annotation)
    return base is File or (isinstance(base, type) and issubclass(base, (File, Path)))


def _words(value: Any) -> list[str] | str:
    """A value as one word of a script, quoted; a list as several."""
    if not isinstance(value, (list, tuple)):
        return _word(value)
    found: list[str] = []
    for item in value:
        words = _words(item)
        found += [words] if isinstance(words, str) else words
    return found


def _word(value: Any) -> str:
    if value is None:
        return "''"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, os.PathLike):
        return shlex.quote(os.fspath(value))
    if isinstance(value, Enum):
        return shlex.quote(str(value.value))
    if isinstance(value, dict):
        return shlex.quote(json.dumps(value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return shlex.quote(json.dumps(dataclasses.asdict(value)))
    return shlex.quote(str(value))


def _run(script: str, folder: Path, *, is_kept: bool) -> str:
    """Runs a script to its end; its stdout if that is an output.

    Raises:
        CommandFailed: it ended with another code than 0.
    """
    command = ["bash", "-euo", "pipefail", "-c", script]
    sys.stdout.flush()
    with subprocess.Popen(
        command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE if is_kept else None, stderr=subprocess.PIPE, text=True
    ) as process:
        kept, tail = _pass_on(process, is_kept=is_kept)
        code = process.wait()
    if code:
        said = "".join(tail).strip()
        raise CommandFailed(f"the script ended with exit code {code}" + (f":\n{said}" if said else "; it said nothing on stderr"))
    return kept.rstrip("\n")


def _pass_on(process: subprocess.Popen[str], *, is_kept: bool) -> tuple[str, deque[str]]:
    """Hands stderr on line by line and keeps its end; collects stdout beside it."""
    import threading

    kept: list[str] = []
    reader = threading.Thread(target=lambda: kept.append(process.stdout.read() if process.stdout else ""), daemon=True)
    if is_kept:
        reader.start()
    tail: deque[str] = deque(maxlen=_TAIL)
    for line in process.stderr or ():
        sys.stderr.write(line)
        tail.append(line)
    if is_kept:
        reader.join()
    return "".join(kept), tail


def shell(
    name: str, script: str, *, inputs: Mapping[str, Any] | None = None, outputs: Mapping[str, Any] | None = None, **options: Any
) -> ShellTask:
    """A task that is a bash script: `count = al.shell("count", "wc -l < {inputs.text} > {outputs.lines}", inputs=…, outputs=…)`.

    `{inputs.x}` becomes the value, quoted as one word (a file's path, the items of a list as several words); `{outputs.y}` a path to write
    to: a `File` or `Directory` is what lies there, any other type is read from it. An output named `stdout` is what the script prints. The
    script stops at the first command that fails.

    Args:
        name: registered as `module.name`; assign the task to a name at module level.
        inputs: type by name, or a pair of type and default.
        outputs: type by name.
        options: as for `al.task`.
    Raises:
        DefinitionError: the script names what is no input or output, or never writes an output.
    """
    return ShellTask(name, script, inputs or {}, outputs or {}, options)
