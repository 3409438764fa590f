"""Tasks whose work is described rather than written as a function: what shell, SQL and other kinds have in common.

A new kind derives from `TaskKind`, says its inputs and outputs, and does the work in `execute`, which runs in a worker like any task's
function: caching, retries, resources and types are those of every task.
"""

from __future__ import annotations

import hashlib
import sys
from abc import abstractmethod
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, ClassVar

from alula.errors import DefinitionError
from alula.sdk import option
from alula.sdk.interface import Interface, Port
from alula.sdk.standin import maker, stand_in
from alula.sdk.task import Task, make_options


class TaskKind(Task[..., Any]):
    """A task of a kind of its own.

    ```python
    class Fetch(al.TaskKind):
        task_type = "fetch"

        def __init__(self, name: str, url: str, **options):
            super().__init__(name, inputs={"day": str}, outputs={"page": str}, **options)
            self.url = url

        def execute(self, day: str) -> str:
            return urllib.request.urlopen(self.url.format(day=day)).read().decode()

        def fingerprint(self) -> str:
            return self.url
    ```

    Args:
        name: registered as `module.name`.
        inputs: type by name; a pair of type and default where there is one.
        outputs: type by name; one output is returned bare, several as a tuple in this order.
        options: as for `al.task`.
    Raises:
        DefinitionError: a name that is no name, or a malformed option.
    """

    task_type: ClassVar[str] = "python-task"

    def __init__(
        self, name: str, *, inputs: Mapping[str, Any] | None = None, outputs: Mapping[str, Any] | None = None, **options: Any
    ) -> None:
        self._globals, where = maker(self)
        if not option.text("name", name).isidentifier():
            raise DefinitionError(f"{self.task_type} task {name!r}: expected a name of letters, digits and _", where=where)
        what = f"{self.task_type} task {name}"
        super().__init__(stand_in(name, where, str(self._globals.get("__name__", ""))), make_options(options, where), where)
        types = option.by_name("outputs", outputs or {})
        ports = {key: _port(key, given, f"{what}, input {key!r}") for key, given in option.by_name("inputs", inputs or {}).items()}
        produced = {key: Port(key, annotation, f"{what}, output {key!r}") for key, annotation in types.items()}
        for key in (*ports, *produced):
            if not key.isidentifier():
                raise DefinitionError(f"{what}: {key!r} is no name for an input or output", where=where)
        shape = "none" if not produced else "single" if len(produced) == 1 else "tuple"
        self.interface = Interface(ports, produced, shape, where=where, summary=options.get("description", ""))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """A node, a child to be awaited, or the work done here, as for any task."""
        found = self.meant(args, kwargs)
        return found if found is not None else self.run_here(self.interface.collect(args, kwargs, f"{self.task_type} task {self.label}"))

    @abstractmethod
    def execute(self, **inputs: Any) -> Any:
        """Does the work: inputs by name in, outputs out as a function would return them. Runs in a worker."""

    @abstractmethod
    def fingerprint(self) -> str:
        """Text that changes when the work does; what `cache=True` compares."""

    @property
    def implementation(self) -> Callable[..., Any]:
        return self.execute

    @property
    def content_hash(self) -> str:
        return hashlib.sha256(f"{type(self).__qualname__}\0{self.fingerprint()}".encode()).hexdigest()[:16]

    @property
    def ref(self) -> str:
        """`module:variable`, by which a worker loads it.

        Raises:
            DefinitionError: it has no name at module level.
        """
        for variable, value in self._globals.items():
            if value is self:
                return f"{self.module}:{variable}"
        for name, module in list(sys.modules.items()):  # made by a function of another module
            for variable, value in list(vars(module).items()) if isinstance(module, ModuleType) else ():
                if value is self:
                    return f"{name}:{variable}"
        raise DefinitionError(
            f"{self.kind} {self.label} is assigned to no name at module level, so no worker could load it; write "
            f"{self.label} = … in the module",
            where=self.where,
        )


def _port(name: str, given: Any, place: str) -> Port:
    if isinstance(given, tuple):
        annotation, default = given
        return Port(name, annotation, place, default)
    return Port(name, given, place)
