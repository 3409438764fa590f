"""What a task's source names: the entities it may call, the environments it may call them in."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any, TypeVar

from alula.sdk.entity import Entity
from alula.sdk.task import Task

T = TypeVar("T")


def called_in(task: Task[Any, Any]) -> list[Any]:
    """Entities that an async task's source names, in the order of their first appearance: what it may call when it runs.

    Found are names of its module, of modules it uses (`steps.train`), and of its closure; what is called by way of a variable is
    found by nobody, and must be registered by being named somewhere.
    """
    found: list[Any] = []

    def take(value: Any) -> None:
        origin = value.origin if isinstance(value, Entity) else getattr(value, "entity", None)
        if isinstance(origin, Entity) and origin is not task and origin not in found:
            found.append(origin)

    visit_names(task, take)
    return found


def named_in(task: Task[Any, Any], kind: type[T]) -> list[T]:
    """What of a kind a task's source names, found as `called_in` finds entities; in overrides of what it names too."""
    found: list[T] = []

    def take(value: Any) -> None:
        overrides = value._overrides if isinstance(value, Entity) else None
        for one in (value, overrides.environment if overrides is not None else None):
            if isinstance(one, kind) and one not in found:
                found.append(one)

    visit_names(task, take)
    return found


def visit_names(task: Task[Any, Any], visit: Callable[[Any], None]) -> None:
    """Hands over every value that a task's source names."""

    def walk(code: Any, names: dict[str, Any]) -> None:
        held = [names.get(name) for name in code.co_names]
        for value in held:
            visit(value)
            if isinstance(value, ModuleType):
                for name in code.co_names:
                    visit(getattr(value, name, None))
            elif inspect.isfunction(value) and value.__module__ == task.function.__module__ and id(value.__code__) not in seen:
                seen.add(id(value.__code__))
                walk(value.__code__, value.__globals__)
        for constant in code.co_consts:
            if inspect.iscode(constant):
                walk(constant, names)

    function = inspect.unwrap(task.function)
    seen = {id(function.__code__)}
    closure = dict(zip(function.__code__.co_freevars, [c.cell_contents for c in function.__closure__ or ()], strict=False))
    walk(function.__code__, {**function.__globals__, **closure})
