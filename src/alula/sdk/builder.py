"""Building a workflow by calls instead of by a traced function: for graphs that a program makes from a description."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from alula.errors import DefinitionError
from alula.sdk import option
from alula.sdk.entity import Entity
from alula.sdk.graph import Graph, check_value, tracing
from alula.sdk.interface import MISSING, Interface, Port
from alula.sdk.promise import Promise
from alula.sdk.standin import maker, stand_in
from alula.sdk.where import user_place
from alula.sdk.workflow import FailurePolicy, Workflow, finish


class BuiltWorkflow(Workflow[..., Any]):
    """What `WorkflowBuilder.build` gives: a workflow like any other."""

    def __init__(self, builder: WorkflowBuilder, function: Callable[..., Any], interface: Interface, graph: Graph, policy: str) -> None:
        super().__init__(function, builder.name, None, policy, None, builder.where)
        self.interface = interface
        self._graph = graph


class WorkflowBuilder:
    """Builds a workflow step by step.

    ```python
    build = al.WorkflowBuilder("nightly")
    day = build.input("day", str)
    rows = build.add(load, day=day)
    build.output("count", build.add(count, rows=rows), int)
    nightly = build.build()
    ```

    Args:
        name: under which the workflow is registered.
        failure_policy: as for `al.workflow`.
    """

    def __init__(self, name: str, *, failure_policy: FailurePolicy = "fail-immediately") -> None:
        found, self.where = maker(self)
        if not option.text("name", name):
            raise DefinitionError("a workflow needs a name", where=self.where)
        self.name, self._policy = name, failure_policy
        self._graph = Graph(name)
        self._inputs: dict[str, Port] = {}
        self._outputs: dict[str, Port] = {}
        self._values: dict[str, Any] = {}
        self._is_built = False
        self._module = str(found.get("__name__", ""))

    def _check_open(self) -> None:
        if self._is_built:
            raise DefinitionError(f"workflow {self.name} is built; begin another builder", where=user_place())

    def input(self, name: str, type: Any, default: Any = MISSING, description: str = "") -> Any:
        """Adds an input; returns the promise of its value.

        Raises:
            DefinitionError: a name that is taken or no name.
        """
        self._check_open()
        if not name.isidentifier() or name in self._inputs:
            raise DefinitionError(f"workflow {self.name}: input {name!r} is no name or is there already", where=user_place())
        self._inputs[name] = Port(name, type, f"workflow {self.name}, input {name!r}", default, description)
        self._graph.inputs[name] = Promise(self._graph, None, name, type)
        return self._graph.inputs[name]

    def add(self, target: Callable[..., Any], /, *args: Any, after: Any = (), **inputs: Any) -> Any:
        """Adds a call; returns the promises of its outputs.

        Args:
            target: a task, workflow, launch plan, `al.map(…)`, or any function that makes such calls.
            after: results of earlier calls that must have ended before it starts.
        Raises:
            DefinitionError: a value does not fit its input, with the user's line.
        """
        self._check_open()
        with tracing(self._graph):
            result = target(*args, **inputs)
            for one in after if isinstance(after, (list, tuple)) else [after]:
                _ = one >> result
        return result

    def output(self, name: str, value: Any, type: Any) -> None:
        """Adds an output.

        Raises:
            DefinitionError: a name that is taken, or a value of another type.
        """
        self._check_open()
        if not name.isidentifier() or name in self._outputs:
            raise DefinitionError(f"workflow {self.name}: output {name!r} is no name or is there already", where=user_place())
        port = Port(name, type, f"workflow {self.name}, output {name!r}")
        check_value(self._graph, value, port, user_place())
        self._outputs[name], self._values[name] = port, value

    def build(self, on_failure: Entity | None = None) -> BuiltWorkflow:
        """The workflow; the builder takes nothing more.

        Raises:
            DefinitionError: a graph without calls, or a branch without its last case.
        """
        self._check_open()
        self._is_built = True
        if not self._graph.nodes:
            raise DefinitionError(f"workflow {self.name} calls nothing; add a task", where=self.where)
        shape = "tuple" if self._outputs else "none"
        interface = Interface(self._inputs, self._outputs, shape, where=self.where)
        result = tuple(self._values.values()) if self._outputs else None
        finish(self._graph, result, interface, f"workflow {self.name}", self.where)
        if len(self._outputs) == 1:
            interface.shape = "single"
        made = BuiltWorkflow(self, stand_in(self.name, self.where, self._module), interface, self._graph, self._policy)
        if on_failure is not None:
            made.fail_with(on_failure)
        return made
