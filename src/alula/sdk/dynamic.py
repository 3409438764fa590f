"""`@dynamic`: a task whose body is run with real values and writes a graph, which then runs in its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar, cast, overload

from alula.errors import DefinitionError
from alula.sdk.caller import calling
from alula.sdk.graph import Graph, tracing
from alula.sdk.interface import Interface
from alula.sdk.local import outputs_of
from alula.sdk.task import Task, make_options
from alula.sdk.where import user_place
from alula.sdk.workflow import finish

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Built:
    """The graph that one run of a dynamic task wrote, as far as serialising it needs a workflow."""

    name: str
    graph: Graph
    interface: Interface
    where: str
    failure_policy: str = "fail-immediately"
    interruptible: bool | None = None
    on_failure: None = None


class Dynamic(Task[P, R]):
    """A task that writes a graph. Its body sees values where a workflow's sees promises, so it may loop over and decide by them."""

    def build(self, values: dict[str, Any]) -> Built:
        """Runs the body with these inputs and gives the graph of its calls.

        Raises:
            DefinitionError: misuse in the body, with file and line.
        """
        graph = Graph(self.name)
        with calling(None), tracing(graph):
            result = self.function(**values)
        finish(graph, result, self.interface, f"dynamic task {self.label}", self.where)
        return Built(self.name, graph, self.interface, self.where)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """While a workflow is traced: a node. While an async task runs: a child, to be awaited. Else: the graph it writes is run here."""
        found = self.meant(args, kwargs)
        if found is not None:
            return cast(R, found)
        return cast(R, self.run_here(self.interface.collect(args, kwargs, f"dynamic task {self.label}")))

    def run_here(self, values: dict[str, Any]) -> Any:
        return self.interface.pack(outputs_of(self.build(values).graph))


@overload
def dynamic(function: Callable[P, R], /) -> Dynamic[P, R]: ...


@overload
def dynamic(**options: Any) -> Callable[[Callable[P, R]], Dynamic[P, R]]: ...


def dynamic(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Make a function a dynamic task: `@dynamic`, or with the options of `al.task`.

    The body runs on a worker with real inputs; what it calls becomes a graph, as in a workflow, that runs when the body has ended. Results
    of calls are promises in it. To use the result of a call to decide on the next one, write an `async` task instead.

    Args:
        options: as for `al.task`.
    Raises:
        DefinitionError: an unknown or malformed option, with file and line.
    """
    where = user_place()

    def decorate(of: Callable[..., Any]) -> Dynamic[Any, Any]:
        made: Dynamic[Any, Any] = Dynamic(of, make_options(options, where), where)
        if made.is_async:
            raise DefinitionError("a dynamic task writes a graph and cannot wait; write @al.task for an async function", where=where)
        return made

    return decorate if function is None else decorate(function)
