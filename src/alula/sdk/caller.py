"""What a call of an entity means while an `async` task runs: something to await, carried out by whoever runs the task."""

from __future__ import annotations

import contextvars
import functools
import inspect
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Generic, NoReturn, ParamSpec, Protocol, TypeVar, cast

from alula.errors import DefinitionError
from alula.sdk.where import user_place

if TYPE_CHECKING:
    from alula.sdk.interface import Interface

P = ParamSpec("P")
T = TypeVar("T")


class Caller(Protocol):
    """Carries out what a running async task calls."""

    def call(self, entity: Any, values: dict[str, Any], place: str) -> Call:
        """An `Entity` (task, workflow, launch plan) with its inputs by name."""

    def gate(self, gate: Any, interface: Interface, values: dict[str, Any], place: str) -> Call:
        """A `Gate`: a wait for a person, a value or a time."""

    def trace(self, traced: Traced[..., Any], values: dict[str, Any], place: str) -> Call:
        """A plain function whose result is put on record."""


_current: contextvars.ContextVar[Caller | None] = contextvars.ContextVar("alula_caller", default=None)
_group: contextvars.ContextVar[str] = contextvars.ContextVar("alula_group", default="")


def current_caller() -> Caller | None:
    """Who carries out calls in this coroutine; None outside a running async task."""
    return _current.get()


@contextmanager
def calling(caller: Caller | None) -> Iterator[None]:
    """Makes `caller` the current one."""
    token = _current.set(caller)
    try:
        yield
    finally:
        _current.reset(token)


class Call(Awaitable[Any]):
    """A call that was written down and is carried out when it is awaited, once.

    Args:
        what: for messages, such as "task train".
        start: gives the coroutine that carries it out.
    """

    def __init__(self, what: str, place: str, start: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        self.what, self.place = what, place
        self._start = start
        self._future: Any = None

    def __await__(self) -> Generator[Any, None, Any]:
        import asyncio

        if self._future is None:
            self._future = asyncio.get_running_loop().create_future()
            return self._carry_out(self._future).__await__()
        return asyncio.shield(self._future).__await__()  # whoever awaits it a second time must not cancel the first

    async def _carry_out(self, future: Any) -> Any:
        try:
            result = await self._start()
        except BaseException as error:
            if not future.done():
                future.set_exception(error)
                future.exception()  # heard of: the first who awaits raises it
            raise
        future.set_result(result)
        return result

    def _misused(self, *_: Any, **__: Any) -> NoReturn:
        raise DefinitionError(f"the call of {self.what} was not awaited; write `await` before it", where=user_place() or self.place)

    __bool__ = __len__ = __iter__ = __getitem__ = __float__ = __int__ = __index__ = _misused
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _misused
    __lt__ = __le__ = __gt__ = __ge__ = __contains__ = __call__ = _misused

    @property
    def __name__(self) -> str:
        return self.what.rpartition(" ")[2]

    def __repr__(self) -> str:
        return f"<call of {self.what}, not awaited>" if self._future is None else f"<call of {self.what}>"


def label(name: str) -> str:
    """A call's name with the groups around it, outermost first."""
    return f"{_group.get()}{name}"


@contextmanager
def group(name: str) -> Iterator[None]:
    """Names what is called inside, in an async task: `with al.group("tuning"):`. Groups may be nested.

    Args:
        name: shown before the name of each call, with a slash.
    """
    token = _group.set(f"{_group.get()}{name}/")
    try:
        yield
    finally:
        _group.reset(token)


async def awaited(value: T) -> T:
    """What a call in an async task gives, typed as its result: `await al.awaited(al.wait_for_input("number", int))`.

    For gates and workflows, whose calls are typed for the body of a workflow; a task has `.aio(…)`. What is no call is handed back.
    """
    found: Any = value
    return cast(T, await found if inspect.isawaitable(found) else found)


def written(call: Callable[[], T], label: str) -> Coroutine[Any, Any, T]:
    """A call as a coroutine. In a running async task its place is where it is written, whoever awaits it and in whatever order.

    Args:
        label: what is called, for whoever forgets to await it.
    """
    made = awaited(call()) if current_caller() is not None else _later(call)
    coroutine: Any = made
    coroutine.__name__ = coroutine.__qualname__ = f"{label}.aio"
    return made


async def _later(call: Callable[[], T]) -> T:
    return await awaited(call())


class LocalCaller:
    """Carries calls out here, as plain Python: for tests and for `python file.py`."""

    def call(self, entity: Any, values: dict[str, Any], place: str) -> Call:
        async def start() -> Any:
            with calling(None):
                result = entity.run_here(values)
            return await result if inspect.isawaitable(result) else result

        return Call(f"{entity.kind} {entity.label}", place, start)

    def gate(self, gate: Any, interface: Interface, values: dict[str, Any], place: str) -> Call:
        async def start() -> Any:
            if gate.kind == "sleep":
                return None  # a plain call waits for nothing
            raise DefinitionError(f'gate "{gate.signal}" has no answer in a plain call; run the task with `alula run`', where=place)

        return Call(f"gate {gate.signal or 'sleep'}", place, start)

    def trace(self, traced: Traced[..., Any], values: dict[str, Any], place: str) -> Call:
        async def start() -> Any:
            with calling(None):
                result = traced.function(**values)
            return await result if inspect.isawaitable(result) else result

        return Call(f"trace {traced.label}", place, start)


_LOCAL = LocalCaller()


async def locally(function: Callable[..., Coroutine[Any, Any, T]], args: Any, kwargs: Any) -> T:
    """An async task called as a plain function: what it calls is plain Python too."""
    with calling(_LOCAL):
        return await function(*args, **kwargs)


class Traced(Generic[P, T]):
    """A function whose result is put on record when an async task calls it."""

    def __init__(self, function: Callable[P, T], where: str) -> None:
        functools.update_wrapper(self, function)
        self.function, self.where = function, where

    @property
    def label(self) -> str:
        return self.function.__name__

    @functools.cached_property
    def interface(self) -> Interface:
        from alula.sdk.interface import interface_of

        return interface_of(self.function, f"trace {self.label}", self.where)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        """In an async task: to be awaited. Anywhere else: the function."""
        caller = current_caller()
        if caller is None:
            return self.function(*args, **kwargs)
        return cast(T, caller.trace(self, self.interface.collect(args, kwargs, f"trace {self.label}"), user_place()))

    def aio(self, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, T]:
        """As a call, to be awaited wherever it is written."""
        return written(lambda: self(*args, **kwargs), self.label)


def trace(function: Callable[P, T], /) -> Traced[P, T]:
    """Make a function's result a checkpoint of the async task that calls it: `@al.trace`, then `await now()`.

    It runs in the task's own process. After a crash or a retry of the task the recorded result is taken instead of calling it again,
    which makes time, chance and outside state safe to use. Inputs and result are typed as a task's are.
    """
    return Traced(function, user_place())
