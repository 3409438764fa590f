"""`@workflow`: a function traced once into a typed graph that is known before it runs."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any, Generic, Literal, ParamSpec, TypeVar, cast, overload

from alula.errors import AlulaError, DefinitionError
from alula.sdk import option
from alula.sdk.entity import Entity, FunctionEntity
from alula.sdk.graph import Graph, Node, check_value, current_graph, promises_in, tracing
from alula.sdk.interface import MISSING, Interface
from alula.sdk.promise import Promise
from alula.sdk.where import place_of, shown, user_place

P = ParamSpec("P")
R = TypeVar("R")

FailurePolicy = Literal["fail-immediately", "finish-independent"]
POLICIES = ("fail-immediately", "finish-independent")

_lock = threading.RLock()


class Workflow(FunctionEntity, Generic[P, R]):
    """A graph of calls. Called in another workflow it is a sub-workflow; called outside, it runs here as plain Python."""

    kind = "workflow"

    def __init__(
        self, function: Callable[P, R], name: str, on_failure: Any, failure_policy: str, interruptible: bool | None, where: str
    ) -> None:
        if not callable(function):
            raise DefinitionError(f"@workflow decorates a function, got {type(function).__name__}", where=where)
        super().__init__(function, option.text("name", name), where)
        if interruptible is not None:
            option.flag("interruptible", interruptible)
        if inspect.iscoroutinefunction(function):
            raise DefinitionError(
                f"workflow {self.label} is async, but a workflow's body is traced and waits for nothing; write `def`, or make it an async "
                "@al.task, which calls others while it runs",
                where=where,
            )
        if failure_policy not in POLICIES:
            raise DefinitionError(f"failure_policy={failure_policy!r}: expected one of {', '.join(POLICIES)}", where=where)
        if on_failure is not None and not isinstance(on_failure, Entity):
            raise DefinitionError(f"on_failure takes a task or workflow, got {type(on_failure).__name__}", where=where)
        self.on_failure: Entity | None = on_failure
        self.failure_policy, self.interruptible = failure_policy, interruptible
        self._graph: Graph | None = None
        self._is_tracing = False

    @property
    def graph(self) -> Graph:
        """The traced graph; tracing happens at first use and once.

        Raises:
            DefinitionError: misuse in the body, with file and line.
        """
        if self._graph is None:
            with _lock:
                if self._graph is None:
                    if self._is_tracing:
                        raise DefinitionError(f"workflow {self.label} contains itself", where=user_place())
                    self._is_tracing = True
                    try:
                        self._graph = self._trace()
                    finally:
                        self._is_tracing = False
        return self._graph

    def _trace(self) -> Graph:
        graph = Graph(self.name)
        graph.inputs = {name: Promise(graph, None, name, port.annotation) for name, port in self.interface.inputs.items()}
        with tracing(graph):
            try:
                result = self.function(**graph.inputs)
            except AlulaError:
                raise
            except Exception as error:
                message = f"workflow {self.label}: its body raised {type(error).__name__}: {shown(error)}; correct it there"
                raise DefinitionError(message, where=place_of(error) or self.where) from error
        finish(graph, result, self.interface, f"workflow {self.label}", self.where)
        if self.on_failure is not None:
            graph.failure = self._failure_node(graph)
        return graph

    def fail_with(self, handler: Entity) -> None:
        """Runs `handler` after the workflow has failed."""
        if not isinstance(handler, Entity):
            raise DefinitionError(f"on_failure takes a task or workflow, got {type(handler).__name__}", where=self.where)
        self.on_failure = handler
        self.graph.failure = self._failure_node(self.graph)

    def _failure_node(self, graph: Graph) -> Node:
        handler = self.on_failure
        assert handler is not None
        values: dict[str, Any] = {}
        for name, port in handler.interface.inputs.items():
            if name in graph.inputs:
                values[name] = graph.inputs[name]
            elif port.default is not MISSING:
                values[name] = port.default
            else:
                raise DefinitionError(
                    f"on_failure={handler.label} needs input {name!r}, which workflow {self.label} does not have; "
                    "give it a default or name it as one of the workflow's inputs",
                    where=self.where,
                )
        return Node(handler.origin, handler.label, handler.interface, values, self.where, id="fn0")

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """While a workflow is traced: a sub-workflow node. While an async task runs: an execution of its own, to be awaited.
        Else: the graph is run here, in plain Python.
        """
        if current_graph() is not None:
            _ = self.graph  # a body that does not trace is reported at its own line, not at registration
        found = self.meant(args, kwargs)
        if found is not None:
            return cast(R, found)
        return cast(R, self.run_here(self.interface.collect(args, kwargs, f"workflow {self.label}")))

    def run_local(self, *, signals: dict[str, Any] | None = None, **inputs: Any) -> Any:
        """Run here in plain Python, with answers for the gates.

        Args:
            signals: gate name → True/False for `approve`, the value for `wait_for_input`.
            inputs: the workflow's inputs.
        """
        from alula.sdk.local import evaluate

        return evaluate(self, self.interface.collect((), inputs, f"workflow {self.label}"), signals or {})

    def run_here(self, values: dict[str, Any]) -> Any:
        from alula.sdk.local import evaluate

        return evaluate(self, values, {})

    @cached_property
    def defaults(self) -> dict[str, Any]:
        """Inputs that have a default."""
        return {name: port.default for name, port in self.interface.inputs.items() if port.default is not MISSING}


def finish(graph: Graph, result: Any, interface: Interface, what: str, where: str) -> None:
    """Ends the tracing of a body: its result becomes the graph's outputs, its nodes get their ids.

    Raises:
        DefinitionError: the result is not what the interface declares, a branch lacks its last case, or a node inside one is used outside.
    """
    for conditional in graph.open:
        conditional.close()
    _bind_outputs(graph, result, interface, what, where)
    _check_branches(graph)
    graph.number()


def _bind_outputs(graph: Graph, result: Any, interface: Interface, what: str, where: str) -> None:
    if interface.shape == "none":
        # `return task()` of a task without outputs is fine: there is nothing to hand on.
        if result is not None and not (isinstance(result, Promise) and result._var == ""):
            raise DefinitionError(f"{what} declares no output but returns one; annotate its return type", where=where)
        return
    if interface.shape == "single" and isinstance(result, tuple):
        raise DefinitionError(f"{what} declares one output but returns {len(result)}; annotate tuple[…] or pick one", where=where)
    try:
        values = interface.unpack(result, what)
    except DefinitionError as error:
        raise DefinitionError(error.message, where=where) from error
    for (name, port), value in zip(interface.outputs.items(), values, strict=True):
        check_value(graph, value, port, where)
        graph.outputs[name] = value


def _check_branches(graph: Graph) -> None:
    """A node inside a branch may not run, so nothing else may take its value or wait for it."""
    inside: set[int] = set()

    def walk(nodes: Iterable[Node], is_inner: bool) -> None:
        for node in nodes:
            if is_inner:
                inside.add(id(node))
            inner = getattr(node.target, "inner_nodes", None)
            if inner is not None:
                walk(inner(), True)

    walk(graph.nodes, False)
    uses = [(one, node.where) for node in graph.nodes for one in node.depends_on()]
    uses += [(promise._node, "") for promise in promises_in(list(graph.outputs.values())) if promise._node is not None]
    for used, where in uses:
        if id(used) in inside:
            raise DefinitionError(
                f"{used.name} runs only in one case of a branch, so nothing else can take its value or wait for it; use what "
                "al.when(…).then(…).otherwise(…) returns",
                where=where or used.where,
            )


@overload
def workflow(function: Callable[P, R], /) -> Workflow[P, R]: ...


@overload
def workflow(
    *,
    name: str = "",
    on_failure: Entity | None = None,
    failure_policy: FailurePolicy = "fail-immediately",
    interruptible: bool | None = None,
) -> Callable[[Callable[P, R]], Workflow[P, R]]: ...


def workflow(
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str = "",
    on_failure: Entity | None = None,
    failure_policy: FailurePolicy = "fail-immediately",
    interruptible: bool | None = None,
) -> Any:
    """Make a function a workflow: its body is run once with promises, and what it calls becomes the graph.

    Args:
        name: registered name; default `module.function`.
        on_failure: task or workflow that is run, with the workflow's inputs, after it has failed.
        failure_policy: "finish-independent" lets nodes that do not depend on the failed one finish.
        interruptible: default for its tasks.
    Raises:
        DefinitionError: misuse, with file and line; that of the body when it is first traced.
    """
    where = user_place()

    def decorate(of: Callable[..., Any]) -> Workflow[Any, Any]:
        return Workflow(of, name, on_failure, failure_policy, interruptible, where)

    return decorate if function is None else decorate(function)
