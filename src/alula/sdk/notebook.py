"""Notebook tasks: a Jupyter notebook run with typed inputs and outputs, the executed notebook kept as a deck."""

from __future__ import annotations

import hashlib
import importlib
import os
import re
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from alula.errors import CommandFailed, DefinitionError, InvalidInput, Unsupported
from alula.sdk.kind import TaskKind

if TYPE_CHECKING:
    from alula.sdk.interface import Port

PARAMETERS = "parameters"  # the tag, papermill's too, of the cell whose values the inputs replace
OURS = "alula"  # the tag of cells that we add
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


class NotebookTask(TaskKind):
    """A notebook; see `notebook`."""

    task_type: ClassVar[str] = "notebook"

    def __init__(self, name: str, path: str | Path, inputs: Mapping[str, Any], outputs: Mapping[str, Any], options: dict[str, Any]) -> None:
        super().__init__(name, inputs=inputs, outputs=outputs, **options)
        self.path = Path(self.where.rpartition(":")[0]).parent / path
        if not self.path.is_file():
            raise DefinitionError(f"notebook {name}: there is no file {path} beside {Path(self.where).name}", where=self.where)

    def fingerprint(self) -> str:
        return hashlib.sha256(self.path.read_bytes()).hexdigest()

    def execute(self, **inputs: Any) -> Any:
        """Runs every cell in a fresh kernel of this interpreter; the executed notebook becomes the deck, also when a cell fails."""
        try:
            import nbformat
        except ImportError as error:
            from alula.version import installing

            raise Unsupported(f"a notebook task needs nbclient, nbconvert and ipykernel; {installing('notebook')}") from error
        book = nbformat.read(self.path, as_version=4)
        with tempfile.TemporaryDirectory(prefix="alula-notebook-") as folder:
            _write(self.interface.inputs, inputs, Path(folder) / "inputs.pb", folder)
            self._add_cells(book, folder)
            try:
                self._run(book)
            finally:
                _keep(book, self.label)
            target = Path(folder) / "outputs.pb"
            values = _read(self.interface.outputs, target, f"notebook {self.label}") if self.interface.outputs else {}
        return self.interface.pack([values[name] for name in self.interface.outputs])

    def _add_cells(self, book: Any, folder: str) -> None:
        from nbformat.v4 import new_code_cell

        head = f"import alula.sdk.notebook as _alula\nglobals().update(_alula.take({self.ref!r}, {folder!r}))"
        tail = f"_alula.give({self.ref!r}, {folder!r}, globals())"
        at = next((i for i, cell in enumerate(book.cells) if PARAMETERS in cell.metadata.get("tags", ())), -1)
        book.cells.insert(at + 1, new_code_cell(head, metadata={"tags": [OURS]}))
        book.cells.append(new_code_cell(tail, metadata={"tags": [OURS]}))

    def _run(self, book: Any) -> None:
        from nbclient import NotebookClient
        from nbclient.exceptions import CellExecutionError, DeadKernelError

        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(dict.fromkeys([*filter(None, sys.path), str(self.path.parent)]))}
        client = NotebookClient(book, timeout=None, kernel_name="python3", resources={"metadata": {"path": str(Path.cwd())}})
        try:
            client.execute(env=environment)
        except CellExecutionError as error:
            raise CommandFailed(f"notebook {self.path.name}: a cell raised {error.ename}: {_ANSI.sub('', str(error.evalue))}") from None
        except DeadKernelError as error:
            raise CommandFailed(f"notebook {self.path.name}: its kernel died: {error}") from error


def _keep(book: Any, label: str) -> None:
    """The executed notebook without the cells that we added, as a deck; what it printed goes to the log, too."""
    from nbconvert import HTMLExporter

    from alula.sdk.running import deck

    book.cells = [cell for cell in book.cells if OURS not in cell.metadata.get("tags", ())]
    for cell in book.cells:
        for output in cell.get("outputs", ()):
            if output.get("output_type") == "stream":
                (sys.stderr if output.get("name") == "stderr" else sys.stdout).write(output.get("text", ""))
            elif output.get("output_type") == "error":
                sys.stderr.write(_ANSI.sub("", "\n".join(output.get("traceback", ()))) + "\n")
    page, _ = HTMLExporter(template_name="basic", embed_images=True).from_notebook_node(book)
    deck(label).html(page)


def _write(ports: Mapping[str, Port], values: Mapping[str, Any], target: Path, folder: str) -> None:
    from alula.idl import core
    from alula.types.offload import Offload

    made, offload = core.LiteralMap(), Offload(f"{folder}/data")
    for name, port in ports.items():
        try:
            made.literals[name].CopyFrom(port.converter.to_literal(values[name], offload))
        except InvalidInput as error:
            raise InvalidInput(f"{port.place}: {error.message}", code=error.code) from error
    target.write_bytes(made.SerializeToString())


def _read(ports: Mapping[str, Port], source: Path, what: str) -> dict[str, Any]:
    from alula.idl import core
    from alula.types.offload import Offload

    literals = core.LiteralMap.FromString(source.read_bytes()).literals
    offload = Offload(f"{source.parent}/data", scratch=Path(tempfile.mkdtemp(prefix="alula-notebook-")))
    return {name: port.converter.to_python(literals[name], offload) for name, port in ports.items()}


def _task(ref: str) -> NotebookTask:
    module, _, variable = ref.partition(":")
    found: NotebookTask = getattr(importlib.import_module(module), variable)
    return found


def take(ref: str, folder: str) -> dict[str, Any]:
    """In the kernel: the inputs by name."""
    return _read(_task(ref).interface.inputs, Path(folder) / "inputs.pb", ref)


def give(ref: str, folder: str, names: Mapping[str, Any]) -> None:
    """In the kernel: writes the variables that are outputs.

    Raises:
        InvalidInput: one is not there, or of another type.
    """
    task = _task(ref)
    missing = [name for name in task.interface.outputs if name not in names]
    if missing:
        raise InvalidInput(f"notebook {task.label}: it set no variable {missing[0]!r}; its outputs are {', '.join(task.interface.outputs)}")
    _write(task.interface.outputs, names, Path(folder) / "outputs.pb", folder)


def notebook(
    name: str, path: str | Path, *, inputs: Mapping[str, Any] | None = None, outputs: Mapping[str, Any] | None = None, **options: Any
) -> NotebookTask:
    """A task that is a Jupyter notebook: `report = al.notebook("report", "report.ipynb", inputs={"depth": int}, outputs={"score": float})`.

    Inputs become variables after the cell tagged `parameters`, or before the first cell if there is none; outputs are the variables of
    those names at the end. Every run has a kernel of its own. The executed notebook is kept as a deck.

    Args:
        name: registered as `module.name`; assign the task to a name at module level.
        path: of the notebook, relative to the file that defines the task.
        inputs: type by name, or a pair of type and default.
        outputs: type by name.
        options: as for `al.task`.
    Raises:
        DefinitionError: there is no such file.
    """
    return NotebookTask(name, path, inputs or {}, outputs or {}, options)
