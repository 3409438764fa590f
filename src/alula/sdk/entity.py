"""What tasks, workflows, launch plans and references have in common: a name, an interface, and what a call of them means."""

from __future__ import annotations

import copy
import inspect
import sys
from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar, Self

from alula.errors import DefinitionError
from alula.sdk.caller import current_caller
from alula.sdk.graph import current_graph
from alula.sdk.interface import Interface, interface_of
from alula.sdk.overrides import Overrides
from alula.sdk.where import user_place


class Entity:
    """Something a workflow can call.

    Args:
        name: as registered; empty: derived.
        where: `file:line` of its definition.
    """

    kind: ClassVar[str] = "entity"

    def __init__(self, name: str, where: str) -> None:
        self._name, self.where = name, where
        self._overrides: Overrides | None = None
        self._origin: Any = None

    @property
    def name(self) -> str:
        """Name it is registered under."""
        return self._name

    @property
    def label(self) -> str:
        """Name of a node that calls it: the last part."""
        return self.name.rsplit(".", 1)[-1]

    @property
    def origin(self) -> Any:
        """The entity as defined, without `.override(…)`."""
        return self._origin if self._origin is not None else self

    @cached_property
    def interface(self) -> Interface:
        raise NotImplementedError

    def override(self, **changes: Any) -> Self:
        """The same entity, run differently where this copy is called.

        Args:
            changes: name, resources, retries, timeout, interruptible, cache, image, environment.
        Raises:
            DefinitionError: an unknown setting.
        """
        made = copy.copy(self)
        made._overrides = (self._overrides or Overrides()).merged(Overrides.of(changes))
        made._origin = self.origin
        return made

    def run_here(self, values: dict[str, Any]) -> Any:
        """Plain Python: the call without any engine."""
        raise NotImplementedError

    def node(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The call's node in the workflow being traced."""
        graph = current_graph()
        assert graph is not None
        values = self.interface.collect(args, kwargs, f"{self.kind} {self.label}")
        return graph.call(self.origin, self.label, self.interface, values, self._overrides)

    def meant(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What a call means here: a node while a workflow is traced, something to await while an async task runs, else None."""
        if current_graph() is not None:
            return self.node(args, kwargs)
        caller = current_caller()
        if caller is None:
            return None
        return caller.call(self, self.interface.collect(args, kwargs, f"{self.kind} {self.label}"), user_place())

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name}>"


class FunctionEntity(Entity):
    """An entity made of a function."""

    def __init__(self, function: Callable[..., Any], name: str, where: str) -> None:
        super().__init__(name, where)
        self.function = function
        self.__wrapped__ = function
        for attribute in ("__module__", "__name__", "__qualname__", "__doc__"):
            setattr(self, attribute, getattr(function, attribute, None))

    @cached_property
    def module(self) -> str:
        """Name of the function's module; for a script that is run, the name its file would be imported by."""
        if self.function.__module__ != "__main__":
            return self.function.__module__
        from alula.sdk import interactive, project

        return interactive.module_name() if interactive.is_interactive(self) else project.module_name(inspect.getfile(self.function))

    @property
    def name(self) -> str:
        return self._name or f"{self.module}.{self.function.__qualname__}".replace(".<locals>", "")

    @property
    def ref(self) -> str:
        """`module:qualname`, by which a worker loads it.

        Raises:
            DefinitionError: defined inside a function, where nothing can import it.
        """
        if "<locals>" in self.function.__qualname__:
            raise DefinitionError(f"{self.kind} {self.label} is defined inside a function; move it to module level", where=self.where)
        found: Any = sys.modules.get(self.function.__module__)
        for part in self.function.__qualname__.split("."):
            found = getattr(found, part, None)
        if inspect.isroutine(found):
            raise DefinitionError(
                f"{self.kind} {self.label} is hidden by another decorator, so no worker would find it; put @al.{self.kind} on top",
                where=self.where,
            )
        return f"{self.module}:{self.function.__qualname__}"

    @cached_property
    def interface(self) -> Interface:
        return interface_of(self.function, f"{self.kind} {self.function.__name__}", self.where)
