"""`@task`: a typed function that runs on a worker, with retries, caching, resources."""

from __future__ import annotations

import datetime as dt
import inspect
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, ParamSpec, TypeVar, cast, overload

from alula.errors import DefinitionError
from alula.sdk import option
from alula.sdk.caller import locally, written
from alula.sdk.duration import Span, parse_span
from alula.sdk.entity import FunctionEntity
from alula.sdk.environment import Shared
from alula.sdk.resources import Cache, Resources, as_cache, as_resources
from alula.sdk.secret import Secret, as_secrets
from alula.sdk.where import user_place

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskOptions:
    """How a task runs; see `task` for the meanings."""

    name: str = ""
    cache: Cache | None = None
    retries: int = 0
    timeout: dt.timedelta | None = None
    resources: Resources | None = None
    interruptible: bool | None = None
    secrets: Sequence[Secret] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    image: str = ""
    environment: Shared | None = None
    deck: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    deprecated: str = ""
    pod_template: str = ""

    def __post_init__(self) -> None:
        for name in ("name", "image", "deprecated", "pod_template"):
            option.text(name, getattr(self, name))
        option.whole("retries", self.retries)
        option.flag("deck", self.deck)
        if self.interruptible is not None:
            option.flag("interruptible", self.interruptible)
        if self.resources is not None:
            as_resources(self.resources)
        for name in ("env", "labels", "annotations"):
            option.text_by_name(name, getattr(self, name))
        if self.environment is not None:
            option.instance("environment", self.environment, Shared, "an al.Environment")
            if self.image:
                raise DefinitionError("image and environment exclude each other; an environment may have an image", where=user_place())

    @property
    def asked(self) -> Resources | None:
        """The task's own resources, else its environment's."""
        return self.resources if self.resources is not None or self.environment is None else self.environment.resources


class Task(FunctionEntity, Generic[P, R]):
    """A function that can be a node. Calling it outside a workflow calls the function."""

    kind = "task"
    task_type: ClassVar[str] = "python-task"

    def __init__(self, function: Callable[P, R], options: TaskOptions, where: str) -> None:
        super().__init__(function, options.name, where)
        self.options = options

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """While a workflow is traced: a node and the promise of its outputs. While an async task runs: a child, to be awaited.
        Else: the function itself.
        """
        found = self.meant(args, kwargs)
        if found is not None:
            return cast(R, found)
        if self.is_async:
            return cast(R, locally(cast(Any, self.function), args, kwargs))
        return cast(R, self.implementation(*args, **kwargs))

    def aio(self, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, R]:
        """As a call within an async task, typed as what `await` gives: `await train.aio(depth=3)`.

        For a task that is `async` itself, `await task(…)` is typed already.
        """
        return written(lambda: self(*args, **kwargs), self.label)

    @property
    def is_async(self) -> bool:
        return inspect.iscoroutinefunction(self.function)

    def run_here(self, values: dict[str, Any]) -> Any:
        if self.is_async:
            return locally(cast(Any, self.function), (), values)
        return self.implementation(**values)

    @property
    def cache_version(self) -> str:
        """What the output cache compares, empty if not cached."""
        cache = self.options.cache
        return cache.version_of(self.content_hash) if cache is not None else ""

    @property
    def content_hash(self) -> str:
        """What `cache=True` compares: changes when the work does."""
        return code_hash(self.function)

    @property
    def implementation(self) -> Callable[..., Any]:
        """What a worker calls with the inputs by name."""
        return self.function


def code_hash(function: Callable[..., Any]) -> str:
    """16 hex digits that change when the function's own code does; comments, layout, decorators and docstring do not count."""
    import ast
    import hashlib
    import textwrap

    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, SyntaxError) as error:
        raise DefinitionError(f'by_code: the source of {function.__qualname__} cannot be read; give Cache(version="1")') from error
    definition = tree.body[0]
    if isinstance(definition, (ast.FunctionDef, ast.AsyncFunctionDef)):
        definition.decorator_list = []
        if ast.get_docstring(definition) is not None:
            definition.body = definition.body[1:] or [ast.Pass()]
    return hashlib.sha256(ast.unparse(tree).encode()).hexdigest()[:16]


@overload
def task(function: Callable[P, R], /) -> Task[P, R]: ...


@overload
def task(
    *,
    name: str = "",
    cache: str | bool | Cache | None = None,
    retries: int = 0,
    timeout: Span | None = None,
    resources: Resources | None = None,
    interruptible: bool | None = None,
    secrets: Sequence[Secret | str] = (),
    env: Mapping[str, str] | None = None,
    image: str = "",
    environment: Environment | None = None,
    deck: bool = False,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    deprecated: str = "",
    pod_template: str = "",
) -> Callable[[Callable[P, R]], Task[P, R]]: ...


def task(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Make a function a task: `@task`, or `@task(retries=2, cache="1")`.

    Types are read off the signature, the description off the docstring. `async def` works too. A plain call outside a
    workflow is a call of the function.

    Args:
        name: registered name; default `module.function`.
        cache: a version, `True` (follow the function's source) or an `al.Cache`.
        retries: further attempts after a failure, ≥ 0. Every exception counts, except `al.NonRecoverable`.
        timeout: per attempt, `"20m"`, seconds or a timedelta.
        resources: what it needs; see `al.Resources`.
        interruptible: may run where it can be evicted; None leaves it to the workflow.
        secrets: `al.Secret("group/key")` or just the name.
        env: environment variables.
        image: container image; default: the registration's.
        environment: packages and settings it shares with others; see `al.Environment`.
        deck: whether it writes a deck.
        labels: key → value on what runs it.
        annotations: key → value on what runs it.
        deprecated: a message shown to whoever launches it.
        pod_template: name of a pod template of the cluster.
    Raises:
        DefinitionError: an unknown or malformed option, with file and line.
    """
    where = user_place()

    def decorate(of: Callable[..., Any]) -> Task[Any, Any]:
        if not inspect.isroutine(of) and not callable(of):
            raise DefinitionError(f"@task decorates a function, got {type(of).__name__}", where=where)
        return Task(of, make_options(options, where), where)

    return decorate if function is None else decorate(function)


def make_options(options: dict[str, Any], where: str) -> TaskOptions:
    """What `@task` and its kin were given, checked; a DefinitionError names an unknown or malformed option."""
    given = dict(options)
    unknown = set(given) - set(TaskOptions.__slots__)
    if unknown:
        raise DefinitionError(f"@task has no option {sorted(unknown)[0]!r}; there are {', '.join(TaskOptions.__slots__)}", where=where)
    given["cache"] = as_cache(given.get("cache"))
    if given.get("timeout") is not None:
        given["timeout"] = parse_span(given["timeout"])
    given["secrets"] = as_secrets(given.get("secrets") or ())
    return TaskOptions(**{key: value for key, value in given.items() if value is not None})


class Environment(Shared):
    """What tasks run in. Defining one resolves nothing; that happens when the program is registered.

    Args:
        name: letters, digits, `_` and `-`; one meaning in a program.
        packages: requirements, `"scikit-learn==1.9"` or `"polars"`; pinned when the program is registered.
        lock: a requirements file in the project with versions and hashes, instead of `packages`.
        python: `"3.12"`; empty: the server's.
        resources: of tasks that name none.
        env: variables of its tasks; a task's own win.
        image: a container image instead of packages, or on one machine the name of an interpreter (`alula up --image`).
    Raises:
        DefinitionError: a malformed or contradictory setting, with file and line.
    """

    __slots__ = ()

    @overload
    def task(self, function: Callable[P, R], /) -> Task[P, R]: ...

    @overload
    def task(
        self,
        /,
        *,
        name: str = "",
        cache: str | bool | Cache | None = None,
        retries: int = 0,
        timeout: Span | None = None,
        resources: Resources | None = None,
        interruptible: bool | None = None,
        secrets: Sequence[Secret | str] = (),
        env: Mapping[str, str] | None = None,
        deck: bool = False,
        labels: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None,
        deprecated: str = "",
        pod_template: str = "",
    ) -> Callable[[Callable[P, R]], Task[P, R]]: ...

    def task(self, function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
        """Make a function a task of this environment; the options are those of `al.task`.

        Raises:
            DefinitionError: an unknown or malformed option, with file and line.
        """
        made: Any = task(**options, environment=self)
        return made if function is None else made(function)
