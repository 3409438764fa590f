"""Entities registered elsewhere, called by name and version; only their interface is written down here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, cast

from alula.errors import DefinitionError
from alula.sdk import option
from alula.sdk.entity import FunctionEntity
from alula.sdk.where import user_place

if TYPE_CHECKING:
    from alula.idl import core

P = ParamSpec("P")
R = TypeVar("R")


class Reference(FunctionEntity, Generic[P, R]):
    """A task, workflow or launch plan that is registered already; the function gives the interface, its body is never run."""

    kind = "reference"

    def __init__(self, function: Callable[P, R], of: str, project: str, domain: str, name: str, version: str, where: str) -> None:
        super().__init__(function, name, where)
        self.of, self.project, self.domain, self.version = of, project, domain, version

    @property
    def label(self) -> str:
        return self.function.__name__

    def identifier(self) -> core.Identifier:
        """The id as registered."""
        from alula.idl import core

        kinds = {"task": core.TASK, "workflow": core.WORKFLOW, "launch plan": core.LAUNCH_PLAN}
        return core.Identifier(resource_type=kinds[self.of], project=self.project, domain=self.domain, name=self.name, version=self.version)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """A node of the workflow being traced, or something to await in an async task."""
        found = self.meant(args, kwargs)
        if found is None:
            self.run_here({})
        return cast(R, found)

    def run_here(self, values: dict[str, Any]) -> Any:
        raise DefinitionError(
            f"{self.of} {self.name}:{self.version} is registered on a server and cannot be run here; run the workflow with `alula run`",
            where=user_place(),
        )


def _referring(of: str, project: str, domain: str, name: str, version: str) -> Callable[[Callable[P, R]], Reference[P, R]]:
    where = user_place()
    given = {"project": project, "domain": domain, "name": name, "version": version}
    missing = [key for key, value in given.items() if not option.text(key, value)]
    if missing:
        raise DefinitionError(f"a reference to a {of} needs {missing[0]}", where=where)
    return lambda function: Reference(function, of, project, domain, name, version, where)


def reference_task(*, project: str, domain: str, name: str, version: str) -> Callable[[Callable[P, R]], Reference[P, R]]:
    """Decorates a function with the interface of a task that is registered already; its body is ignored."""
    return _referring("task", project, domain, name, version)


def reference_workflow(*, project: str, domain: str, name: str, version: str) -> Callable[[Callable[P, R]], Reference[P, R]]:
    """As `reference_task`, for a workflow that is run as a child through the launch plan of its name."""
    return _referring("launch plan", project, domain, name, version)


def reference_launch_plan(*, project: str, domain: str, name: str, version: str) -> Callable[[Callable[P, R]], Reference[P, R]]:
    """As `reference_task`, for a launch plan: a call is a child execution."""
    return _referring("launch plan", project, domain, name, version)
