"""A traced graph run here, in this process, as plain Python: for tests and for `python file.py`. No engine, no record, no cache."""

from __future__ import annotations

import asyncio
import inspect
import itertools
import threading
from collections.abc import Coroutine, Iterator
from typing import Any

from alula.errors import DefinitionError
from alula.sdk.entity import Entity
from alula.sdk.graph import Graph, Node
from alula.sdk.promise import Promise

Values = dict[int, list[Any]]


def settle(value: Any) -> Any:
    """The result of a coroutine, or the value itself; works with and without a running loop."""
    if not inspect.iscoroutine(value):
        return value
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(value)
    return _in_thread(value)


def _in_thread(coroutine: Coroutine[Any, Any, Any]) -> Any:
    box: dict[str, Any] = {}

    def target() -> None:
        try:
            box["value"] = asyncio.run(coroutine)
        except BaseException as error:  # noqa: BLE001 - carried to the caller's thread
            box["error"] = error

    thread = threading.Thread(target=target)
    thread.start()
    thread.join()
    if "error" in box:
        raise box["error"]
    return box["value"]


class Local:
    """One run of one graph.

    Args:
        inputs: the workflow's inputs.
        signals: gate name → answer.
    """

    def __init__(self, graph: Graph, inputs: dict[str, Any], signals: dict[str, Any]) -> None:
        self.graph, self.inputs, self.signals = graph, inputs, signals
        self.values: Values = {}

    def value(self, of: Any) -> Any:
        """A value with its promises replaced by what they have become."""
        if isinstance(of, Promise):
            if of._node is None:
                found = self.inputs[of._var]
            else:
                outputs = list(of._node.interface.outputs)
                found = self._output(id(of._node), outputs.index(of._var)) if of._var else None
            for part in of._path:
                found = getattr(found, part) if isinstance(part, str) and not isinstance(found, dict) else found[part]
            return found
        if isinstance(of, dict):
            return {key: self.value(item) for key, item in of.items()}
        if type(of) in (list, tuple):
            return [self.value(item) for item in of]
        return of

    def _output(self, node: int, index: int) -> Any:
        found = self.values[node][index]
        if isinstance(found, Iterator):  # a stream: whoever reads it leaves it whole for the next
            found, self.values[node][index] = itertools.tee(found)
        return found

    def run_node(self, node: Node) -> list[Any]:
        """Runs a node and keeps its outputs."""
        if isinstance(node.target, Entity):
            values = {name: self.value(value) for name, value in node.values.items()}
            result = settle(node.target.run_here(values))
        else:
            result = node.target.run_here(node, self)
        self.values[id(node)] = node.interface.unpack(result, node.name)
        return self.values[id(node)]

    def run(self) -> list[Any]:
        """Runs every node after those it depends on; the workflow's outputs in order."""
        waiting = list(self.graph.nodes)
        done: set[int] = set()
        while waiting:
            ready = next((node for node in waiting if all(id(one) in done or one not in waiting for one in node.depends_on())), None)
            if ready is None:
                raise DefinitionError(
                    f"workflow {self.graph.name}: {waiting[0].name} waits for itself by way of `>>`", where=waiting[0].where
                )
            waiting.remove(ready)
            self.run_node(ready)
            done.add(id(ready))
        return [self.value(value) for value in self.graph.outputs.values()]


def outputs_of(graph: Graph) -> list[Any]:
    """The outputs, in order, of a graph that needs no inputs."""
    return Local(graph, {}, {}).run()


def evaluate(workflow: Any, inputs: dict[str, Any], signals: dict[str, Any]) -> Any:
    """The workflow's result for these inputs; an exception of a task comes through as it is, after `on_failure` has run."""
    local = Local(workflow.graph, inputs, signals)
    try:
        values = local.run()
    except Exception:
        if workflow.graph.failure is not None:
            local.run_node(workflow.graph.failure)
        raise
    return workflow.interface.pack(values)
