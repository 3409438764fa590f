"""Mocks: what a task gives instead of being run, checked against its interface like what it would have returned."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Mapping
from typing import Any

from alula.errors import InvalidInput
from alula.sdk.entity import Entity
from alula.sdk.interface import Interface
from alula.sdk.launch_plan import LaunchPlan
from alula.sdk.task import Task, TaskOptions
from alula.sdk.workflow import Workflow
from alula.testing.program import Program, stand_in
from alula.types.offload import Offload


class _Hangs:
    """Stands for an attempt that never ends."""

    def __repr__(self) -> str:
        return "HANGS"


HANGS: Any = _Hangs()


class Hung(BaseException):
    """A mock says that its attempt hangs."""


def named(program: Program, key: Any, what: str) -> Entity:
    """The entity behind a task object or a name: in full, or its last part if that is enough.

    Raises:
        InvalidInput: nothing or several of that name.
    """
    if isinstance(key, Entity):
        return key.origin
    if not isinstance(key, str):
        raise InvalidInput(f"{what}: expected a task or its name, got {type(key).__name__} {key!r}")
    known = program.known
    found = [one for one in known if one.name == key] or [one for one in known if one.label == key]
    tasks = [one for one in found if not isinstance(one, Workflow | LaunchPlan)] or found[:1]
    if len(tasks) == 1:
        return tasks[0]
    names = ", ".join(sorted({one.name for one in (found or known)}))
    raise InvalidInput(f"{what}: {'several are' if found else 'nothing is'} called {key!r}; write one of {names}")


class Mocks:
    """The mocks of one run, by the name of what they stand for."""

    def __init__(self, program: Program, given: Mapping[Any, Any]) -> None:
        self._found: dict[str, tuple[Entity, Any]] = {}
        for key, value in given.items():
            entity = named(program, key, "mocks")
            if isinstance(entity, Workflow) and program.is_inlined(entity.name):
                raise InvalidInput(f"mocks: workflow {entity.label} runs within what calls it; give mocks for its tasks")
            if callable(value):
                _check_signature(entity, value)
            self._found[entity.name] = (entity, value)

    def __contains__(self, name: str) -> bool:
        return name in self._found

    def task(self, name: str) -> tuple[Task[..., Any], Run] | None:
        """A task that gives what the mock gives, and how its call went; None without a mock."""
        found = self._found.get(name)
        if found is None:
            return None
        entity, value = found
        run = Run(value)
        return stand_in(entity, run, entity.options if isinstance(entity, Task) else TaskOptions()), run

    def outputs(self, name: str, values: dict[str, Any], offload: Offload) -> Any:
        """What the mock of a launch plan gives, as literals by output."""
        entity, value = self._found[name]
        return literals_of(entity.interface, Run(value)(**values), f"mock of {entity.kind} {entity.label}", offload)


class Run:
    """One call of a mock."""

    def __init__(self, value: Any) -> None:
        self._value = value
        self.has_returned = False
        for attribute in ("__module__", "__name__", "__qualname__"):
            setattr(self, attribute, getattr(value, attribute, "mock"))

    def __call__(self, **values: Any) -> Any:
        result = self._value(**values) if callable(self._value) else self._value
        if inspect.isawaitable(result):
            result = asyncio.run(_awaited(result))
        if result is HANGS:
            raise Hung
        self.has_returned = True
        return result


async def _awaited(value: Any) -> Any:
    return await value


def _check_signature(entity: Entity, mock: Any) -> None:
    try:
        signature = inspect.signature(mock)
    except (TypeError, ValueError):
        return  # written in C: it is found out when it is called
    try:
        signature.bind(**dict.fromkeys(entity.interface.inputs))
    except TypeError as error:
        names = ", ".join(entity.interface.inputs) or "none"
        raise InvalidInput(
            f"mock of {entity.kind} {entity.label} takes {signature}, it is called by name with the inputs {names}: {error}"
        ) from error


def literals_of(interface: Interface, result: Any, what: str, offload: Offload) -> Any:
    """A Python result as literals by output.

    Raises:
        InvalidInput: names the output and what was expected.
    """
    from alula.idl import core

    made = core.LiteralMap()
    for (name, port), value in zip(interface.outputs.items(), interface.unpack(result, what), strict=True):
        try:
            made.literals[name].CopyFrom(port.converter.to_literal(value, offload))
        except InvalidInput as error:
            raise InvalidInput(f"{what}, output {name!r}: {error.message}", code=error.code) from error
    return made
